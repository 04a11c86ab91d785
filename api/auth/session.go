package auth

import (
	"strings"
	"time"

	"wangge/dispatch/city/roster"
)

// Session is what one valid bearer token stands for.
type Session struct {
	Person  roster.PersonID
	Token   string    // hash of the secret; "" = no valid token
	Expires time.Time // of the secret, unless it is renewed or revoked before
}

// Authenticator finds the session of a bearer token. Safe for concurrent use.
type Authenticator struct {
	Tokens *Tokens
	Active func(roster.PersonID, time.Time) bool // whether a person is active at an instant
}

// Authenticate returns the session of the values of the metadata "authorization". sent reports that a bearer
// token was sent. The session is zero if the token is unknown or has expired, or if its person is not active.
// last is the last valid token of the connection.
func (a Authenticator) Authenticate(authorization []string, last *LastToken, now time.Time) (s Session, sent bool) {
	for _, v := range authorization {
		secret, ok := strings.CutPrefix(v, "Bearer ")
		if !ok {
			continue
		}
		id := last.hash(secret)
		l, ok := a.Tokens.find(id, now)
		if !ok || !a.Active(l.Person, now) {
			return Session{}, true
		}
		if id != last.id {
			*last = LastToken{secret: secret, id: id}
		}
		return Session{Person: l.Person, Token: id, Expires: l.Expires}, true
	}
	return Session{}, false
}

// Checker reads the token file if it has changed and returns a test of many sessions at about one instant:
// whether the token is still valid and its person still active. Not safe for concurrent use.
func (a Authenticator) Checker() func(s Session, now time.Time) bool {
	known := a.Tokens.current()
	active := map[roster.PersonID]bool{}
	return func(s Session, now time.Time) bool {
		is, asked := active[s.Person]
		if !asked {
			is = a.Active(s.Person, now)
			active[s.Person] = is
		}
		return is && known(s.Token, now)
	}
}
