package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// Bounds of a call to a gateway.
const (
	maxRequest = 64 << 10 // bytes of a request's body
	maxAnswer  = 64 << 10 // bytes that are read of an answer
	maxQuoted  = 120      // characters of an answer that an error quotes
)

// secret holds a text that is printed nowhere: a formatted secret is an address.
type secret func() string

// gateway is an HTTP service that takes messages and a secret. A redirect is not followed: the secret goes to no other
// address. Errors name the host alone and hold no secret. It is safe for concurrent use.
type gateway struct {
	channel string // for errors
	secret  secret
	timeout time.Duration
	client  *http.Client
}

func newGateway(channel string, s secret, timeout time.Duration) *gateway {
	return &gateway{channel, s, timeout, &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is the response of a gateway.
type answer struct {
	status int
	line   string // Example: "503 Service Unavailable"
	body   []byte // at most maxAnswer
	cut    bool   // the answer was longer
}

// call sends a request and reads the answer, whatever its status. tokens are further secrets that no error may hold. The
// caller bounds ctx.
func (g *gateway) call(ctx context.Context, req *http.Request, tokens ...string) (answer, error) {
	resp, err := g.client.Do(req.WithContext(ctx)) //nolint:gosec // who runs the server names the host
	if err != nil {
		return answer{}, g.failed(ctx, req.URL.Host, err, tokens)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return answer{}, g.failed(ctx, req.URL.Host, err, tokens)
	}
	a := answer{status: resp.StatusCode, line: resp.Status, body: body}
	if len(body) > maxAnswer {
		a.body, a.cut = body[:maxAnswer], true
	}
	return a, nil
}

// failed describes why no answer came, without the URL: the query of a URL may hold a secret.
func (g *gateway) failed(ctx context.Context, host string, err error, tokens []string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s has not answered: %w", g.channel, host, ctx.Err())
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return g.errorf(tokens, "%s: %v", host, err)
}

// errorf is an error of the channel without the secret and the tokens. It wraps nothing, as what it wraps may hold them.
func (g *gateway) errorf(tokens []string, format string, args ...any) error {
	return errors.New(g.channel + ": " + g.conceal(fmt.Sprintf(format, args...), tokens))
}

// quote is the beginning of what the other side said, without secrets: a part of a secret is none that conceal finds, so
// that the text is shortened afterwards.
func (g *gateway) quote(text string, tokens []string) string {
	short := []rune(strings.TrimSpace(g.conceal(strings.ToValidUTF8(text, "?"), tokens)))
	if len(short) > maxQuoted {
		return i18n.OneLine(string(short[:maxQuoted])) + cutMark
	}
	return i18n.OneLine(string(short))
}

// conceal removes the secret and the tokens from a text.
func (g *gateway) conceal(text string, tokens []string) string {
	text = conceal(text, g.secret())
	for _, t := range tokens {
		text = conceal(text, t)
	}
	return text
}

// conceal removes a secret from a text, in each way in which a request may write the secret.
func conceal(text, s string) string {
	if s == "" {
		return text
	}
	quoted, _ := json.Marshal(s) // a string is always written
	for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s), string(quoted[1 : len(quoted)-1])} {
		text = strings.ReplaceAll(text, form, "(secret)")
	}
	return text
}

// onThisMachine reports whether a host of a URL is this machine.
func onThisMachine(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
