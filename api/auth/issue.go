package auth

import (
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Bounds of tokens that are made over the wire. The wire's documentation states the same.
const (
	MaxTokens   = 20                   // good tokens of one person
	MaxLife     = 366 * 24 * time.Hour // of a secret
	MinLife     = time.Minute
	DefaultLife = 90 * 24 * time.Hour
	MaxDevice   = 64 // characters of the name of a device
)

const (
	// Grace is how long the secret before lasts after a renewal: a device whose answer was lost renews again with it.
	Grace = 10 * time.Minute
	// KeepOver is how long a token that is over is listed. After that the next write removes its lines.
	KeepOver = 30 * 24 * time.Hour
	// maxSecrets bounds the secrets of one token that are good at once: the newest, the one that renewed, and others in
	// their grace.
	maxSecrets = 4
)

// Grant says for whom a token is made.
type Grant struct {
	Person  roster.PersonID
	Device  string
	Issuer  roster.PersonID // who makes the token; "" = at the machine of the service
	Life    time.Duration
	Request string // "", or the id of the request: see Create
}

// TooManyTokensError says that a person has MaxTokens good tokens.
type TooManyTokensError struct{ Person roster.PersonID }

// Error implements error.
func (e *TooManyTokensError) Error() string { return e.Text().En }

// Text returns the error in both languages.
func (e *TooManyTokensError) Text() i18n.Text {
	return i18n.F("%[1]s has %[2]d tokens, which is the most; revoke one first", "%[1]s 已有 %[2]d 个有效令牌，达到上限；请先撤销一个", e.Person, MaxTokens)
}

// NoTokenError says that there is no token of an id, or that the token is over.
type NoTokenError struct {
	ID   string
	Over bool
}

// Error implements error.
func (e *NoTokenError) Error() string { return e.Text().En }

// Text returns the error in both languages.
func (e *NoTokenError) Text() i18n.Text {
	if e.Over {
		return i18n.F("token %s has expired or was revoked; make a new one", "令牌 %s 已过期或被撤销，请重新生成", e.ID)
	}
	return i18n.F("there is no token %s", "令牌 %s 不存在", e.ID)
}

// newSecret makes a secret of 256 random bits.
func newSecret(random io.Reader) (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Issue makes a token for a person at the machine of the service, beyond every bound. When Issue returns, the hash of
// the secret is in the file and synced; several processes may issue at once.
func (t *Tokens) Issue(person roster.PersonID, ttl time.Duration, now time.Time, random io.Reader) (string, error) {
	return t.IssueFor(person, "", ttl, now, random)
}

// IssueFor is Issue for a token of a device with a name.
func (t *Tokens) IssueFor(person roster.PersonID, device string, ttl time.Duration, now time.Time, random io.Reader) (string, error) {
	_, secret, err := t.issue(Grant{Person: person, Device: device, Life: ttl}, 0, now, random)
	return secret, err
}

// Create makes a token, as Issue does. A good token that the same request of the same issuer made before ends now: its
// secret was lost with the answer. Errors: *TooManyTokensError.
func (t *Tokens) Create(g Grant, now time.Time, random io.Reader) (Token, string, error) {
	return t.issue(g, MaxTokens, now, random)
}

// issue makes a token. most bounds the good tokens of the person; 0 = no bound.
func (t *Tokens) issue(g Grant, most int, now time.Time, random io.Reader) (Token, string, error) {
	secret, err := newSecret(random)
	if err != nil {
		return Token{}, "", err
	}
	l := tokenLine{
		SHA256: hash(secret), Person: g.Person, Created: now, Expires: now.Add(g.Life),
		Format: format, Device: g.Device, Issuer: g.Issuer, Request: g.Request,
	}
	l.ID = idOf(l.SHA256)
	err = t.change(now, func(f *tokenFile) (edit, error) {
		var before []string // tokens of the same request
		good := 0
		for _, one := range f.people[g.Person] {
			switch {
			case one.Over(now):
			case g.Request != "" && one.request == g.Request && one.Issuer == g.Issuer:
				before = append(before, one.ID)
			default:
				good++
			}
		}
		if most > 0 && good >= most {
			return edit{}, &TooManyTokensError{g.Person}
		}
		e := revocation(f, before, now)
		e.add = append(e.add, l)
		return e, nil
	})
	if err != nil {
		return Token{}, "", err
	}
	one, _ := t.Get(l.ID, now)
	return one, secret, nil
}

// Renew gives a token a new secret, good for so long. Its other secrets last for Grace at most, so that a device that
// missed the answer can renew again; presented is the hash of the secret with which the caller renews, "" = none of
// them. Errors: *NoTokenError.
func (t *Tokens) Renew(id, presented string, life time.Duration, now time.Time, random io.Reader) (Token, string, error) {
	secret, err := newSecret(random)
	if err != nil {
		return Token{}, "", err
	}
	err = t.change(now, func(f *tokenFile) (edit, error) {
		one, ok := f.tokens[id]
		if !ok || one.Over(now) {
			return edit{}, &NoTokenError{id, ok}
		}
		ends := graces(f, id, presented, now, min(Grace, life))
		return edit{
			add: []tokenLine{{
				SHA256: hash(secret), Person: one.Person, Created: one.Created, Renewed: now, Expires: now.Add(life),
				Format: format, ID: id, Device: one.Device, Issuer: one.Issuer, Request: one.request,
			}},
			change: func(l *tokenLine) bool {
				end, ok := ends[l.SHA256]
				if !ok || !end.Before(l.Expires) {
					return false
				}
				l.Expires, l.Format = end, format
				return true
			},
		}, nil
	})
	if err != nil {
		return Token{}, "", err
	}
	one, _ := t.Get(id, now)
	return one, secret, nil
}

// graces returns when the secrets of a token end once the token is renewed, by hash.
func graces(f *tokenFile, id, presented string, now time.Time, grace time.Duration) map[string]time.Time {
	ends, others := map[string]time.Time{}, []string{}
	for _, h := range f.hashes[id] {
		if ends[h] = now.Add(grace); h != presented && now.Before(f.secrets[h].Expires) && !slices.Contains(others, h) {
			others = append(others, h)
		}
	}
	slices.SortFunc(others, func(a, b string) int { return f.secrets[b].made().Compare(f.secrets[a].made()) }) // the newest first
	for _, h := range others[min(len(others), maxSecrets-2):] {
		ends[h] = now
	}
	return ends
}
