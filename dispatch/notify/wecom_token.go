package notify

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Margins of an access token.
const (
	weComEarly = 5 * time.Minute // a token is renewed before it expires by this, or by a tenth of its life if that is less
	weComRest  = 5 * time.Second // after a refusal no token is asked for
)

// weComToken is the access token of an application. One caller at a time reads or renews it.
type weComToken struct {
	turn    chan struct{} // size 1: full while a caller has its turn
	value   string        // "" = none yet
	until   time.Time     // when the token is renewed
	refused time.Time     // when WeCom last gave no token; zero = it gave the last one
	why     error         // of refused
}

// tokenFor returns a token that is valid at an instant and is not the refused one. Callers that find the same token
// refused at the same time renew the token once. After a failure callers get the same error for five seconds.
func (w *WeCom) tokenFor(ctx context.Context, at time.Time, refused string) (string, error) {
	t := &w.token
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", w.failed(ctx, w.base, ctx.Err(), nil)
	}
	if t.value != "" && t.value != refused && at.Before(t.until) {
		return t.value, nil
	}
	if since := at.Sub(t.refused); !t.refused.IsZero() && since >= 0 && since < weComRest {
		return "", t.why
	}
	value, life, err := w.newToken(ctx)
	if err != nil {
		if ctx.Err() == nil { // a caller that was interrupted says nothing of WeCom
			t.refused, t.why = at, err
		}
		return "", err
	}
	t.value, t.until, t.refused, t.why = value, at.Add(life-min(weComEarly, life/10)), time.Time{}, nil
	return value, nil
}

// newToken asks for a token and its life.
func (w *WeCom) newToken(ctx context.Context) (string, time.Duration, error) {
	query := url.Values{"corpid": {w.corp}, "corpsecret": {w.secret()}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+"/cgi-bin/gettoken?"+query.Encode(), nil)
	if err != nil {
		return "", 0, w.errorf(nil, "%v", err)
	}
	a, err := w.exchange(ctx, req)
	if err != nil {
		return "", 0, err
	}
	if *a.Code != 0 || a.Token == "" {
		return "", 0, w.errorf(nil, "no access token: answered %d %s", *a.Code, w.quote(a.Message, []string{a.Token}))
	}
	return a.Token, time.Duration(min(max(a.ExpiresIn, 0), 86_400)) * time.Second, nil
}
