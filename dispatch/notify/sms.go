package notify

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"text/template"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// SMS is the channel of short messages by the gateway of the city, whose requests and answers a file describes. It is
// safe for concurrent use.
type SMS struct {
	*gateway
	host       string // scheme and host of every request
	method     string
	url, body  *template.Template
	headers    map[string]*template.Template
	characters int
	success    verdict
	permanent  verdict
}

// smsFields are the fields of the templates of a gateway.
type smsFields struct {
	Phone  string // digits, with + before a country's code. Example: "+8645155550101"
	Text   string // the message, within the bound of the file
	ID     string // of the message, the same in each delivery. Example: "20261123-000417-5"
	Case   string // number; "" for a digest
	City   string // code
	Secret string
}

// Name implements Channel.
func (s *SMS) Name() string { return city.ChannelSMS }

// Digests implements Channel.
func (s *SMS) Digests() bool { return true }

// unsigned takes the brackets 【】 out of a message: carriers read them as the signature of the sender, which is the
// gateway's or the template's to write.
var unsigned = strings.NewReplacer("【", "[", "】", "]")

// Send implements Channel. One try takes at most the timeout of the file. The error is Permanent when the person has no
// phone, when no request can be made of the message, and for the answers that the file calls permanent.
func (s *SMS) Send(ctx context.Context, m Message) error {
	if !roster.ValidPhone(m.To.Phone) {
		return Permanent(s.errorf(nil, "%s has no phone", m.To.ID))
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	fields := smsFields{
		Phone: dialled(m.To.Phone),
		Text:  unsigned.Replace(cut(m.Text.lines(), " / ", s.characters, inUCS2)),
		ID:    m.ID, City: m.City, Secret: s.secret(),
	}
	if m.Count == 1 && len(m.Items) > 0 {
		fields.Case = m.Items[0].Case
	}
	req, err := s.request(fields)
	if err != nil {
		return Permanent(s.errorf(nil, "%v", err))
	}
	a, err := s.call(ctx, req)
	switch {
	case err != nil:
		return err
	case s.success.met(a):
		return nil
	}
	said := "a long text"
	if !a.cut {
		said = s.quote(string(a.body), nil)
	}
	err = s.errorf(nil, "%s answered %s: %s", req.URL.Host, a.line, said)
	if s.permanent.any(a) {
		return Permanent(err)
	}
	return err
}

// request executes the templates. Every request of a gateway goes to the same host. The error may hold the secret.
func (s *SMS) request(fields smsFields) (*http.Request, error) {
	target, err := executed(s.url, fields)
	if err != nil {
		return nil, err
	}
	body, err := executed(s.body, fields)
	if err != nil {
		return nil, err
	}
	if len(body) > maxRequest {
		return nil, errTooLong
	}
	req, err := http.NewRequest(s.method, target, strings.NewReader(body)) //nolint:noctx // call sets the context
	if err != nil {
		return nil, err
	}
	if hostOf(req.URL) != s.host {
		return nil, errElsewhere
	}
	for name, t := range s.headers {
		value, err := executed(t, fields)
		if err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

// executed is the text of a template, without line ends at its end: a block of YAML has one.
func executed(t *template.Template, fields smsFields) (string, error) {
	var b strings.Builder
	if err := t.Execute(&b, fields); err != nil {
		return "", err
	}
	return strings.TrimRight(b.String(), "\r\n"), nil
}

// hostOf is the scheme and host of a URL.
func hostOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// dialled is a phone number as gateways take it: digits, with + before a country's code.
func dialled(number string) string {
	return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(number)
}
