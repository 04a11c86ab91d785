package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// Bounds of a message of WeCom, in bytes of UTF-8, and for how long WeCom drops a message equal to an earlier one.
const (
	weComText        = 2048
	weComCardTitle   = 128
	weComCardDetail  = 512
	weComRepeatsDrop = 120 // seconds; the relay sends an unacknowledged message again after 5 s and more
)

// weComHost is the address of the public service.
const weComHost = "https://qyapi.weixin.qq.com"

// weComSettings is the file that --notify-wecom names.
type weComSettings struct {
	URL        string `yaml:"url"`         // "" = weComHost
	TLS        string `yaml:"tls"`         // required or optional; "" = required
	Corp       string `yaml:"corp"`        // id of the enterprise (corpid)
	Agent      int64  `yaml:"agent"`       // number of the application (agentid)
	SecretFile string `yaml:"secret_file"` // secret of the application (corpsecret)
	Message    string `yaml:"message"`     // text or textcard; "" = text
}

// WeCom is the channel of application messages of WeCom (企业微信): gettoken, then message/send to one person. The access
// token is kept until the token expires or is refused. It is safe for concurrent use.
type WeCom struct {
	*gateway
	base  string // without a slash at the end
	corp  string
	agent int64
	card  bool
	token weComToken
}

// LoadWeCom reads the settings of a WeCom application and its secret. Without a fault the channel can be used; nothing is
// sent.
func LoadWeCom(file string) (*WeCom, diag.List) {
	var in weComSettings
	s, ok := loadSettings(file, &in)
	if !ok {
		return nil, s.faults
	}
	if in.URL == "" {
		in.URL = weComHost
	}
	s.endpoint(in.URL, in.TLS)
	if strings.Contains(in.URL, "?") {
		s.report(i18n.F("the URL has a query", "该 URL 含查询参数"), i18n.F("write the address before /cgi-bin alone", "请只填写 /cgi-bin 之前的地址"), "url")
	}
	if in.Corp == "" || strings.ContainsAny(in.Corp, " \t\n") {
		s.report(i18n.F("corp %q is no id of an enterprise", "corp %q 不是企业 ID", in.Corp), i18n.F("write the corpid of the administration console, as in ww0123456789abcdef", "请填写管理后台的企业 ID，如 ww0123456789abcdef"), "corp")
	}
	if in.Agent <= 0 {
		s.report(i18n.F("agent %d is no number of an application", "agent %d 不是应用编号", in.Agent), i18n.F("write the AgentId of the application, as in 1000002", "请填写应用的 AgentId，如 1000002"), "agent")
	}
	s.oneOf("message", in.Message, "", "text", "textcard")
	key := s.secretOf(in.SecretFile)
	if len(s.faults) > 0 {
		s.faults.Sort(nil)
		return nil, s.faults
	}
	w := &WeCom{
		gateway: newGateway(city.ChannelWeCom, func() string { return key }, sendTimeout),
		base:    strings.TrimRight(in.URL, "/"), corp: in.Corp, agent: in.Agent, card: in.Message == "textcard",
	}
	w.token.turn = make(chan struct{}, 1)
	return w, nil
}

// Name implements Channel.
func (w *WeCom) Name() string { return city.ChannelWeCom }

// Digests implements Channel.
func (w *WeCom) Digests() bool { return true }

// weComMessage is the body of message/send.
type weComMessage struct {
	To       string     `json:"touser"`
	Type     string     `json:"msgtype"`
	Agent    int64      `json:"agentid"`
	Text     *weComBody `json:"text,omitempty"`
	Card     *weComCard `json:"textcard,omitempty"`
	NoRepeat int        `json:"enable_duplicate_check"`
	Within   int        `json:"duplicate_check_interval"` // seconds
}

type weComBody struct {
	Content string `json:"content"`
}

type weComCard struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	URL         string `json:"url"`
}

// weComAnswer is the response of gettoken and message/send.
type weComAnswer struct {
	Code       *int   `json:"errcode"`
	Message    string `json:"errmsg"`
	Invalid    string `json:"invaliduser"`    // ids with | between, in lower case
	Unlicensed string `json:"unlicenseduser"` // likewise
	Token      string `json:"access_token"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
}

// weComRenew are the codes of a token that is invalid or has expired.
var weComRenew = []int{40014, 42001}

// weComForGood are the codes that no further try mends: the person or the message is refused. Other codes are tried
// again: WeCom is busy (-1), a rate is exceeded (45009, 45033), or a setting of the application can be corrected, such
// as the secret (40001), the addresses that may call (60020) or the application itself (40056).
var weComForGood = map[int]string{
	40003: "the user id is invalid",
	40008: "the kind of the message is invalid",
	40031: "the user id is invalid",
	40058: "a parameter is invalid",
	44004: "the text is empty",
	45002: "the text is too long",
	60111: "the user does not exist",
	81013: "the user does not exist, or may not see the application",
	82001: "the user does not exist, or may not see the application",
}

// Send implements Channel. One try takes at most ten seconds, a new token included. The error is Permanent when WeCom has
// no such user, when the user may not see the application or has no licence for it, and when the message is refused.
func (w *WeCom) Send(ctx context.Context, m Message) error {
	if !roster.ValidWeCom(m.To.WeCom) {
		return Permanent(w.errorf(nil, "%s has no user id of WeCom", m.To.ID))
	}
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	body, err := json.Marshal(w.message(m))
	if err != nil {
		return Permanent(w.errorf(nil, "%v", err))
	}
	token, err := w.tokenFor(ctx, m.At, "")
	if err != nil {
		return err
	}
	a, err := w.send(ctx, token, body)
	if err == nil && slices.Contains(weComRenew, *a.Code) {
		old := token
		if token, err = w.tokenFor(ctx, m.At, old); err != nil {
			return err
		}
		a, err = w.send(ctx, token, body)
	}
	if err != nil {
		return err
	}
	return w.outcome(a, m.To, token)
}

// outcome says how a person's message fared.
func (w *WeCom) outcome(a weComAnswer, to roster.Person, token string) error {
	among := func(list string) bool {
		return slices.ContainsFunc(strings.Split(list, "|"), func(id string) bool { return strings.EqualFold(id, to.WeCom) })
	}
	if why, ok := weComForGood[*a.Code]; ok {
		return Permanent(w.errorf(nil, "%s: %s (%d %s)", to.ID, why, *a.Code, w.quote(a.Message, []string{token})))
	}
	switch {
	case *a.Code != 0:
		return w.errorf(nil, "answered %d %s", *a.Code, w.quote(a.Message, []string{token}))
	case among(a.Invalid):
		return Permanent(w.errorf(nil, "%s: user %q does not exist, or may not see the application", to.ID, to.WeCom))
	case among(a.Unlicensed):
		return Permanent(w.errorf(nil, "%s: user %q has no licence for the interface", to.ID, to.WeCom))
	}
	return nil
}

// message writes a message in the form of message/send. Angle brackets are replaced by full-width ones: WeCom would read
// what people wrote as a link.
func (w *WeCom) message(m Message) weComMessage {
	out := weComMessage{To: m.To.WeCom, Type: "text", Agent: w.agent, NoRepeat: 1, Within: weComRepeatsDrop}
	lines := m.Text.lines()
	for i := range lines {
		lines[i] = strings.NewReplacer("<", "＜", ">", "＞").Replace(lines[i])
	}
	if w.card && (strings.HasPrefix(m.Link, "https://") || strings.HasPrefix(m.Link, "http://")) {
		out.Type = "textcard"
		out.Card = &weComCard{
			cut(lines[:1], "", weComCardTitle, inBytes), cut([]string{strings.Join(lines[1:max(1, len(lines)-1)], "\n")}, "", weComCardDetail, inBytes), m.Link,
		}
		return out
	}
	out.Text = &weComBody{cut(lines, "\n", weComText, inBytes)}
	return out
}

// send posts one message.
func (w *WeCom) send(ctx context.Context, token string, body []byte) (weComAnswer, error) {
	target := w.base + "/cgi-bin/message/send?access_token=" + url.QueryEscape(token)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return weComAnswer{}, w.errorf([]string{token}, "%v", err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return w.exchange(ctx, req, token)
}

// exchange sends a request and reads the answer. The Code of an answer without an error is set.
func (w *WeCom) exchange(ctx context.Context, req *http.Request, tokens ...string) (weComAnswer, error) {
	var out weComAnswer
	got, err := w.call(ctx, req, tokens...)
	if err != nil {
		return out, err
	}
	if got.status != http.StatusOK {
		return out, w.errorf(tokens, "%s answered %s", req.URL.Host, got.line)
	}
	if err := json.Unmarshal(got.body, &out); err != nil || out.Code == nil || got.cut {
		// The answer is not quoted: a token may be in it.
		return out, w.errorf(tokens, "%s answered %d bytes that are no answer of WeCom", req.URL.Host, len(got.body))
	}
	return out, nil
}
