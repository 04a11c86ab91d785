package auth

import (
	"slices"
	"time"

	"wangge/dispatch/city/roster"
)

// Revoke revokes every token of a person and, in a server that runs, ends the calls that are open with one. Each line of
// the person is marked as revoked, and a line is added: damage to one line makes no token valid again.
func (t *Tokens) Revoke(person roster.PersonID, now time.Time) error {
	return t.change(now, func(*tokenFile) (edit, error) {
		return edit{
			add: []tokenLine{{Person: person, Created: now, Revoked: true, Format: format}},
			change: func(l *tokenLine) bool {
				if l.Person != person || l.Revoked {
					return false
				}
				l.Revoked = true
				l.end(now)
				return true
			},
		}, nil
	})
}

// RevokeOne revokes one token, as Revoke does with all tokens of a person, and returns the token. A token that is over
// stays as it is. Errors: *NoTokenError.
func (t *Tokens) RevokeOne(id string, now time.Time) (Token, error) {
	err := t.change(now, func(f *tokenFile) (edit, error) {
		one, ok := f.tokens[id]
		if !ok {
			return edit{}, &NoTokenError{ID: id}
		}
		if one.Over(now) {
			return edit{}, nil
		}
		return revocation(f, []string{id}, now), nil
	})
	if err != nil {
		return Token{}, err
	}
	one, _ := t.Get(id, now)
	return one, nil
}

// revocation ends tokens: each of their lines is marked, and for each secret a line is added.
func revocation(f *tokenFile, ids []string, now time.Time) (e edit) {
	if len(ids) == 0 {
		return e
	}
	for _, id := range ids {
		for _, h := range f.hashes[id] {
			l := f.secrets[h]
			l.end(now)
			e.add = append(e.add, l)
		}
	}
	e.change = func(l *tokenLine) bool {
		if l.SHA256 == "" || l.Revoked || !l.Ended.IsZero() || !slices.Contains(ids, l.ID) {
			return false
		}
		l.end(now)
		return true
	}
	return e
}

// end marks the line of a secret as that of a token revoked at an instant.
func (l *tokenLine) end(now time.Time) {
	l.Ended, l.Format = now, format
	if now.Before(l.Expires) {
		l.Expires = now
	}
}
