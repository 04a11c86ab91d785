package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
	"unicode"

	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of the settings of a gateway for short messages.
const (
	smsDefaultCharacters = 201 // three parts of a concatenated message, 67 characters each
	smsFewest, smsMost   = 20, 1000
	smsShortest          = time.Second
	smsLongest           = 30 * time.Second
	smsHeaders           = 32
)

var (
	errTooLong   = fmt.Errorf("the body has more than %d bytes", maxRequest)
	errElsewhere = errors.New("the URL names another host")
)

// smsSettings is the file that --notify-sms names.
type smsSettings struct {
	URL        string            `yaml:"url"`
	TLS        string            `yaml:"tls"`    // required or optional; "" = required
	Method     string            `yaml:"method"` // "" = POST
	Headers    map[string]string `yaml:"headers"`
	Body       string            `yaml:"body"`
	SecretFile string            `yaml:"secret_file"` // "" = no secret
	Characters int               `yaml:"characters"`  // most of a text; 0 = smsDefaultCharacters
	Timeout    string            `yaml:"timeout"`     // "" = sendTimeout
	Success    smsVerdict        `yaml:"success"`
	Permanent  smsVerdict        `yaml:"permanent"`
}

// smsVerdict is a test of an answer, as the file describes the test.
type smsVerdict struct {
	Status []int   `yaml:"status"`
	JSON   smsJSON `yaml:"json"`
	Body   string  `yaml:"body"` // regular expression
}

// smsJSON compares a value of a JSON answer.
type smsJSON struct {
	Path   string   `yaml:"path"` // keys and indexes with dots between: data.0.code
	Equals []string `yaml:"equals"`
}

// smsFunctions are the functions of the templates, besides those of text/template such as urlquery.
var smsFunctions = template.FuncMap{
	"json": jsonText, "form": formOf,
	"trimprefix": func(prefix, text string) string { return strings.TrimPrefix(text, prefix) },
}

// jsonText is a text as a string of JSON, with its quotation marks.
func jsonText(text string) (string, error) {
	b, err := json.Marshal(text)
	return string(b), err
}

// formOf encodes names and values in turn as a form.
func formOf(pairs ...string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", errors.New("form wants a value after each name")
	}
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return strings.Join(out, "&"), nil
}

// LoadSMS reads the description of a gateway for short messages, and its secret. Without a fault the channel can be used;
// nothing is sent.
func LoadSMS(file string) (*SMS, diag.List) {
	var in smsSettings
	s, ok := loadSettings(file, &in)
	if !ok {
		return nil, s.faults
	}
	key := ""
	if in.SecretFile != "" {
		key = s.secretOf(in.SecretFile)
	}
	out := &SMS{method: in.Method, characters: in.Characters, headers: map[string]*template.Template{}}
	if out.method == "" {
		out.method = http.MethodPost
	}
	s.oneOf("method", out.method, http.MethodPost, http.MethodGet, http.MethodPut)
	if out.characters == 0 {
		out.characters = smsDefaultCharacters
	}
	if out.characters < smsFewest || out.characters > smsMost {
		s.report(i18n.F("characters %d", "characters 为 %d", in.Characters), i18n.F("write a number from %d to %d", "请填写 %d 至 %d 的数", smsFewest, smsMost), "characters")
	}
	out.success = s.verdict("success", in.Success)
	out.permanent = s.verdict("permanent", in.Permanent)
	out.url = s.template(in.URL, "url")
	out.body = s.template(in.Body, "body")
	s.headersOf(in.Headers, out)
	out.gateway = newGateway(city.ChannelSMS, func() string { return key }, s.timeout(in.Timeout))
	if out.url != nil && out.body != nil {
		s.rehearse(out, in)
	}
	if len(s.faults) > 0 {
		s.faults.Sort(nil)
		return nil, s.faults
	}
	return out, nil
}

// timeout reads the longest time of a try.
func (s *settings) timeout(text string) time.Duration {
	if text == "" {
		return sendTimeout
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < smsShortest || d > smsLongest {
		s.report(i18n.F("timeout %q", "timeout %q", text), i18n.F("write a time from %s to %s", "请填写 %s 至 %s 之间的时间", smsShortest, smsLongest), "timeout")
	}
	return d
}

// template parses a template of the file.
func (s *settings) template(text string, path ...any) *template.Template {
	t, err := template.New(fmt.Sprint(path[len(path)-1])).Funcs(smsFunctions).Parse(text)
	if err != nil {
		s.report(i18n.F("the template can't be read: %v", "模板无法解析：%v", err), i18n.F("compare with dispatch/notify/README.md", "请对照 dispatch/notify/README.md"), path...)
		return nil
	}
	return t
}

// ownHeaders are the headers that the connection writes.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade"}

// headerName matches a token of HTTP.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (s *settings) headersOf(in map[string]string, out *SMS) {
	if len(in) > smsHeaders {
		s.report(i18n.F("%d headers", "%d 个请求头", len(in)), i18n.F("write at most %d", "最多 %d 个", smsHeaders), "headers")
	}
	for name, text := range in {
		if !headerName.MatchString(name) || slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)) {
			s.report(i18n.F("header %q can't be set", "不能设置请求头 %q", name), i18n.F("remove the header", "请删除"), "headers", name)
		}
		if t := s.template(text, "headers", name); t != nil {
			out.headers[name] = t
		}
	}
}

// verdict reads a test of an answer.
func (s *settings) verdict(key string, in smsVerdict) verdict {
	out := verdict{statuses: in.Status, path: pathOf(in.JSON.Path), equals: in.JSON.Equals}
	for i, code := range in.Status {
		if code < 200 || code > 599 {
			s.report(i18n.F("status %d", "状态码 %d", code), i18n.F("write codes of HTTP from 200 to 599", "请填写 200 至 599 的 HTTP 状态码"), key, "status", i)
		}
	}
	if (in.JSON.Path == "") != (len(in.JSON.Equals) == 0) || slices.Contains(out.path, "") {
		s.report(i18n.F("json compares nothing", "json 没有可比较的内容"), i18n.F("write json: {path: data.0.code, equals: [OK]}", "请写 json: {path: data.0.code, equals: [OK]}"), key, "json")
	}
	if in.Body != "" {
		var err error
		if out.body, err = regexp.Compile(in.Body); err != nil {
			s.report(i18n.F("body is no regular expression: %v", "body 不是正则表达式：%v", err), i18n.F("write one of Go's syntax, as in ^OK", "请按 Go 语法填写，如 ^OK"), key, "body")
		}
	}
	return out
}

// rehearse makes requests of made-up messages, so that what can't work shows at the start: the message must be in the
// request, and the request must go to one host in a form that its content type names.
func (s *settings) rehearse(out *SMS, in smsSettings) {
	message := smsFields{
		Phone: "+8613900000000", Text: "他说：\"a\\b\" & c=d / 50%", ID: "20261123-000417-5", Case: "20261123-000417", City: "HRB",
		Secret: out.secret(),
	}
	if message.Secret == "" && in.SecretFile != "" {
		message.Secret = "rehearsal" // the file's own fault is reported
	}
	written := true
	try := func(t *template.Template, path ...any) string {
		text, err := executed(t, message)
		if err != nil {
			written = false
			s.report(i18n.F("no request can be made: %s", "无法生成请求：%s", conceal(err.Error(), message.Secret)), i18n.F("use .Phone, .Text, .ID, .Case, .City and .Secret", "可用字段为 .Phone、.Text、.ID、.Case、.City 与 .Secret"), path...)
		}
		return text
	}
	target, body := try(out.url, "url"), try(out.body, "body")
	for name, t := range out.headers {
		if strings.ContainsFunc(try(t, "headers", name), unicode.IsControl) {
			s.report(i18n.F("header %s holds a control character", "请求头 %s 含有控制字符", name), i18n.F("write the header on one line", "请把请求头写在一行内"), "headers", name)
		}
	}
	if !written {
		return
	}
	s.oneHost(out, in, target, message)
	s.carries(out, message)
	s.form(in, body, message.Text)
}

// oneHost checks the URLs of two messages, and sets the host of the gateway.
func (s *settings) oneHost(out *SMS, in smsSettings, target string, message smsFields) {
	message.Phone, message.Text, message.ID, message.Case, message.City = "10000", "x", "x", "x", "x"
	second, _ := executed(out.url, message) // it was executed before
	a, bad := url.Parse(target)
	b, worse := url.Parse(second)
	switch {
	case bad != nil || worse != nil:
	case hostOf(a) != hostOf(b):
		s.report(i18n.F("the host of the URL depends on the message", "URL 的主机随消息而变"), i18n.F("write the host without a template", "主机部分请不要使用模板"), "url")
		return
	default:
		out.host = hostOf(a)
	}
	s.endpoint(target, in.TLS)
}

// carries checks that phone, text and secret are in the request.
func (s *settings) carries(out *SMS, message smsFields) {
	whole := func(f smsFields) string {
		text, _ := executed(out.url, f)
		body, _ := executed(out.body, f)
		text += "\n" + body
		for _, name := range slices.Sorted(maps.Keys(out.headers)) {
			value, _ := executed(out.headers[name], f)
			text += "\n" + value
		}
		return text
	}
	is := whole(message)
	for _, tt := range []struct {
		field  string
		change func(*smsFields)
	}{
		{".Phone", func(f *smsFields) { f.Phone = "10000" }},
		{".Text", func(f *smsFields) { f.Text = "y" }},
	} {
		changed := message
		if tt.change(&changed); whole(changed) == is {
			s.report(i18n.F("the request is the same whatever %s is", "请求中没有用到 %s", tt.field), i18n.F("write {{%[1]s}} into the body or the URL", "请在请求体或 URL 中写入 {{%[1]s}}", tt.field), "body")
		}
	}
	changed := message
	changed.Secret += "-other"
	switch used := whole(changed) != is; {
	case used && message.Secret == "":
		s.report(i18n.F("the request wants a secret, and there is none", "请求需要密钥，但没有密钥"), i18n.F("name the file of the secret: secret_file: sms.secret", "请给出密钥文件：secret_file: sms.secret"))
	case !used && message.Secret != "":
		s.report(i18n.F("the secret is in no request", "请求中没有用到密钥"), i18n.F("write {{.Secret}} where the gateway wants it, or remove secret_file", "请在网关要求之处写入 {{.Secret}}，或删除 secret_file"), "secret_file")
	}
}

// form checks that a body has the form of its content type, with the text of the message whole.
func (s *settings) form(in smsSettings, body, text string) {
	kind := ""
	for name, value := range in.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			kind, _, _ = mime.ParseMediaType(value)
		}
	}
	switch {
	case kind == "application/json" && !json.Valid([]byte(body)):
		s.report(i18n.F("the body is no JSON with the text %q", "文本为 %q 时请求体不是 JSON", text), i18n.F("write {{json .Text}} without quotation marks around", "请写 {{json .Text}}，两侧不加引号"), "body")
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(strings.TrimSpace(body))
		whole := false
		for _, v := range values {
			whole = whole || slices.ContainsFunc(v, func(v string) bool { return strings.Contains(v, text) })
		}
		if err != nil || !whole && strings.Contains(in.Body, ".Text") {
			s.report(i18n.F("the text %q is not whole in the form", "表单中的文本 %q 不完整", text), i18n.F("write {{urlquery .Text}}, or {{form \"content\" .Text}} for name and value", "请写 {{urlquery .Text}}，或用 {{form \"content\" .Text}} 写名称与值"), "body")
		}
	}
}
