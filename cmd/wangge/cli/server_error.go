package cli

import (
	"slices"
	"strings"

	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// codeName is the name of a code on the wire, such as INVALID_ARGUMENT.
func codeName(c codes.Code) string { return code.Code(c).String() }

// callError is an error status of a server, in words.
type callError struct {
	status  *status.Status
	message i18n.Text // without the code
	text    i18n.Text
}

func (e *callError) Error() string        { return e.text.En }
func (e *callError) Localized() i18n.Text { return e.text }

// fields returns the faulty fields of the request, each with the flag or argument of cmd that fills the field.
func (e *callError) fields(cmd *cobra.Command) []fieldJSON {
	var out []fieldJSON
	for _, d := range e.status.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				out = append(out, fieldJSON{v.GetField(), inputFor(cmd, v.GetField()), v.GetDescription()})
			}
		}
	}
	return out
}

// flagOf names the flags of those fields of the wire whose flags have another name: the first that a command has. A name in capitals
// is an argument.
var flagOf = map[string]string{
	"photo_hashes": "photo", "position": "at", "radius_m": "radius", "center": "at", "capture_time": "at", "client_id": "id",
	"latitude": "LAT", "longitude": "LNG", "accuracy_m": "accuracy", "page_size": "limit", "page_token": "page",
	"order_by": "order", "scope_by": "ground", "targets": "NUMBER", "name": "NUMBER", "parent": "NUMBER", "state": "open", "act": "ACT",
	"display_name": "text", "polygons": "polygon", "circle": "at", "after_revision": "after", "schedule_time": "from",
	"open_cases": "open-cases", "base_revision": "against", "city_revision": "revision", "waiver": "waive",
	"start_time": "from at", "stop_time": "at", "end_time": "until to", "successors": "successor", "resume_time": "until", "recipient": "to",
	"lifetime": "ttl", "show_ended": "ended", "caller_name": "caller", "caller_phone": "phone", "component_id": "component", "unit_no": "unit",
}

// FlagName is the name of the flag that fills a field of the wire; a name in capitals is an argument.
func FlagName(field string) string {
	if name, _, _ := strings.Cut(flagOf[field], " "); name != "" {
		return name
	}
	return field
}

// inputFor is the flag or argument of cmd that fills a field of the wire, as it is typed: "--at", or "LAT"; "" if there is none.
func inputFor(cmd *cobra.Command, field string) string {
	if cmd == nil {
		return ""
	}
	words := strings.FieldsFunc(cmd.Use, func(r rune) bool { return strings.ContainsRune(" []|.", r) })
	parts := strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for _, part := range slices.Backward(parts) {
		if part == "position" && strings.Contains(cmd.Use, "LAT LNG") {
			return "LAT LNG"
		}
		if part == "name" {
			switch {
			case cmd.Flag("case") != nil:
				return "--case"
			case cmd.Flag("number") != nil:
				return "--number"
			case slices.Contains(words, "ID"):
				return "ID"
			}
		}
		for _, name := range append(strings.Fields(flagOf[part]), strings.ReplaceAll(part, "_", "-"), strings.ToUpper(part)) {
			switch {
			case name == strings.ToUpper(name) && slices.Contains(words, name):
				return name
			case cmd.Flag(name) != nil:
				return "--" + name
			}
		}
	}
	return ""
}

// ServerError puts the error status of a server into words: each faulty field on a line of its own, by the flag or argument of cmd that
// fills the field. cmd may be nil.
func ServerError(cmd *cobra.Command, st *status.Status) error {
	e := &callError{status: st, message: i18n.F("%[1]s", "%[1]s", st.Message())}
	switch bad := e.fields(cmd); {
	case bad != nil:
		var en, zh []string
		for _, f := range bad {
			line := f.line()
			en, zh = append(en, line.En), append(zh, line.Zh)
		}
		e.text = i18n.F("%[1]s\n%[2]s", "请更正以下内容：\n%[3]s", codeName(st.Code()), strings.Join(en, "\n"), strings.Join(zh, "\n"))
	case st.Code() == codes.Unavailable && len(st.Details()) == 0: // the text is the transport's, not the server's
		why := unreachable(st.Message())
		e.message = i18n.F("no server answers: %[1]v", "服务无应答，请检查地址与网络（%[1]v）", why)
		e.text = i18n.F("%[1]s: no server answers: %[2]v", "服务无应答，请检查地址与网络（%[1]s：%[2]v）", codeName(st.Code()), why)
	case reason(st) == "TOKEN_MISSING":
		e.message = i18n.F("no token: give --token or set WANGGE_TOKEN; the grid office makes one (wangge token)", "未提供令牌：请用 --token 或环境变量 WANGGE_TOKEN 提供；令牌向网格办申请（wangge token）")
		e.text = i18n.F("%[1]s: %[2]v", "%[2]v（%[1]s）", codeName(st.Code()), e.message)
	default:
		e.text = i18n.F("%[1]s: %[2]s", "%[2]s（%[1]s）", codeName(st.Code()), st.Message())
	}
	return e
}

// otherFlag is the flag that says the opposite of another.
var otherFlag = map[string]string{"--granted": "--denied", "--passed": "--failed"}

// line is a faulty field on a line, by the flags or the argument that fill the field.
func (f fieldJSON) line() i18n.Text {
	flag := i18n.Text{En: f.Flag, Zh: f.Flag}
	if other := otherFlag[f.Flag]; other != "" {
		flag = i18n.F("%[1]s or %[2]s", "%[1]s 或 %[2]s", f.Flag, other)
	}
	if f.Flag == "" {
		return i18n.F("  %[1]s: %[2]s", "  %[1]s：%[2]s", f.Field, f.Message)
	}
	return i18n.F("  %[1]s (%[2]s): %[3]s", "  %[1]s（%[2]s）：%[3]s", flag, f.Field, f.Message)
}

// reason is the machine-readable reason of a status; "" without one.
func reason(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// unreachable says why a server was not reached, from the text of a transport error. Texts of the network without a Chinese translation
// stay in English.
func unreachable(said string) i18n.Text {
	if strings.Contains(said, "produced zero addresses") {
		return i18n.F("no such host", "没有该主机")
	}
	if _, dialled, ok := strings.Cut(said, "while dialing: "); ok {
		said = strings.Trim(dialled, `"`)
	}
	text := i18n.Text{En: said, Zh: said}
	for _, w := range []struct{ en, zh string }{
		{"connection refused", "连接被拒绝"},
		{"i/o timeout", "连接超时"},
		{"no such host", "没有该主机"},
		{"network is unreachable", "网络不可达"},
		{"no route to host", "没有通往该主机的路由"},
		{"connection reset by peer", "连接被对方断开"},
		{"server misbehaving", "域名解析失败"},
	} {
		if strings.Contains(said, w.en) {
			where, _, _ := strings.Cut(strings.TrimPrefix(said, "dial tcp "), ": ")
			text.Zh = where + "：" + w.zh
		}
	}
	return text
}
