package auth

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
)

// Token is a bearer token of a person, as it is shown: without its secret. Renewing a token gives it a new secret; the
// token keeps its id.
type Token struct {
	ID      string // Example: "tk-3f9a01c2b4d5"
	Person  roster.PersonID
	Device  string          // name of the device that holds the token; "" = none was given
	Issuer  roster.PersonID // "" = made at the machine of the service
	Created time.Time
	Renewed time.Time // zero = never
	Expires time.Time // no later than Revoked
	Revoked time.Time // zero = not revoked
	Used    time.Time // begin of the latest call, known to the hour; zero = never used, or not known

	made    time.Time // the newest secret
	request string    // id of the request that made the token
	guessed bool      // Revoked is not known
}

// Over reports whether a token is no longer good at an instant: it has expired or was revoked.
func (t *Token) Over(now time.Time) bool { return !t.Revoked.IsZero() || !now.Before(t.Expires) }

// Life is how long the newest secret was made to last; the rest of it after a revocation does not count.
func (t *Token) Life() time.Duration { return t.Expires.Sub(t.made) }

// Cursor is a place in the order of tokens: by person, then by age. The zero Cursor is before all tokens.
type Cursor struct {
	Person  roster.PersonID
	Created time.Time
	ID      string
}

// Cursor returns the place of a token.
func (t *Token) Cursor() Cursor { return Cursor{t.Person, t.Created, t.ID} }

func compareCursors(a, b Cursor) int {
	return cmp.Or(strings.Compare(string(a.Person), string(b.Person)), a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
}

// Listing says which tokens List returns.
type Listing struct {
	Person roster.PersonID // "" = every person's
	After  Cursor          // only tokens that follow this place
	Over   bool            // with tokens that are over; they are kept for KeepOver
	Most   int             // above 0
}

// List returns tokens in order, and whether more follow. Tokens that are over are skipped one by one; see KeepOver.
func (t *Tokens) List(l Listing, now time.Time) (page []Token, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refreshStale(now, true)
	after := l.After
	if after == (Cursor{}) {
		after.Person = l.Person // the first of a person follows the person's empty place
	}
	from, _ := slices.BinarySearchFunc(t.file.sorted, after, func(one *Token, place Cursor) int { return compareCursors(one.Cursor(), place) })
	for _, one := range t.file.sorted[from:] {
		switch {
		case l.Person != "" && one.Person != l.Person:
			return page, false
		case compareCursors(one.Cursor(), l.After) == 0 || !l.Over && one.Over(now):
		case len(page) == l.Most:
			return page, true
		default:
			page = append(page, t.shown(one))
		}
	}
	return page, false
}

// Get returns a token by its id, also one that is over.
func (t *Tokens) Get(id string, now time.Time) (Token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refreshStale(now, true)
	one, ok := t.file.tokens[id]
	if !ok {
		return Token{}, false
	}
	return t.shown(one), true
}

// shown is a token with its last use.
func (t *Tokens) shown(one *Token) Token {
	out := *one
	if used := t.use.at[out.ID]; used.After(out.Used) {
		out.Used = used
	}
	return out
}

// IDOf returns the id of the token whose secret has a hash; "" if no valid secret has.
func (t *Tokens) IDOf(hash string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.secrets[hash].ID
}
