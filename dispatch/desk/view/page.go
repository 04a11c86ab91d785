package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// Query selects cases of one scope. Zero fields don't select.
type Query struct {
	Scope     roster.Unit
	Ground    bool            // not what the unit answers for but what lies on its ground; needs Open
	Person    roster.PersonID // instead of Scope: what waits for the person now; needs Open
	Open      bool            // only open cases; else all
	OverdueAt time.Time       // only open cases whose deadline had passed then; implies Open. A token brings its own
	Order     Order
	Filter    Filter
	PageSize  int // 0 = 50, at most 200
	Token     string
}

// Order is the order of a list.
type Order int

// Orders. The usual one is DueFirst of open cases, else OldestFirst.
const (
	Usual       Order = iota
	DueFirst          // nearest deadline first; needs Open
	DueLast           // farthest deadline first, before it what has none; needs Open
	OldestFirst       // by number, which is time order
	NewestFirst
)

// ErrOnlyOpen is returned for a query that can be asked of open cases only.
var ErrOnlyOpen = errors.New("this can be asked of open cases only")

// Page is one page of a list. A page may be short, even empty, with more to come: Next "" is the
// end. A token stays good across restarts and while cases come and go: no case comes twice, and none is
// passed over that belonged to the list all the time. Only in a list by deadline a case whose deadline
// moved may be, after a restart or when more than 16,384 cases have moved since the first page. A case
// that left the list while the page was read is left out.
type Page struct {
	Cases []*dispatch.Case
	Next  string
	Total int // how many the whole list has now, exactly; -1 when they are not counted
}

// token is where a page ended: what was asked, the instant and the revision of the first page, and
// the place in the order. The former travel along, so that later pages are of the same list.
type token struct {
	at    uint64 // sortTime of OverdueAt
	since storage.Revision
	last  cursor
}

// tokenLen is the bytes of a token.
const tokenLen = hashLen + 4*8

// hash binds a token to everything but the page size, the instant and the token itself.
func (q Query) hash() []byte {
	asked := fmt.Appendf(nil, "%d %q %t %q %t %t %d %q", q.Scope.Kind, q.Scope.ID, q.Ground, q.Person,
		q.Open, q.OverdueAt.IsZero(), q.Order, q.Filter.Text)
	h := sha256.Sum256(asked)
	return h[:hashLen]
}

func (t token) String(hash []byte) string {
	out := ledger.U64(ledger.U64(slices.Clone(hash), t.at), uint64(t.since))
	return base64.RawURLEncoding.EncodeToString(ledger.U64(ledger.U64(out, t.last.due), uint64(t.last.id)))
}

func parseToken(text string, hash []byte) (token, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != tokenLen || !bytes.Equal(b[:hashLen], hash) {
		return token{}, ledger.ErrBadToken
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[hashLen+8*i:]) }
	return token{n(0), storage.Revision(n(1)), cursor{n(2), dispatch.CaseID(n(3))}}, nil
}

// CheckToken tells whether a text can be a page token at all: ErrBadToken when it can't.
func CheckToken(text string) error {
	if b, err := base64.RawURLEncoding.DecodeString(text); text != "" && (err != nil || len(b) != tokenLen) {
		return ledger.ErrBadToken
	}
	return nil
}
