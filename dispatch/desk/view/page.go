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
	"wangge/dispatch/desk/view/attributes"
	"wangge/storage"
)

// Query selects cases of one scope. Zero fields do not restrict.
type Query struct {
	Scope     roster.Unit
	Ground    bool            // cases on the unit's ground, instead of those that the unit answers for; needs Open
	Person    roster.PersonID // cases that wait for this person now, instead of Scope; needs Open
	Queue     Queue           // cases in this queue only; implies Open, and has the closed cases with an open appeal, too
	Open      bool            // open cases only
	OverdueAt time.Time       // open cases whose deadline had passed at this instant; implies Open. A token brings its own
	Order     Order
	Filter    Filter
	PageSize  int // 0 = 50, at most 200
	Token     string
}

// Order is the order of a list.
type Order int

// Orders. The default is DueFirst for open cases, else OldestFirst.
const (
	Usual       Order = iota
	DueFirst          // nearest deadline first; needs Open
	DueLast           // farthest deadline first, preceded by cases without one; needs Open
	OldestFirst       // by number, which is in order of time
	NewestFirst
)

// ErrOnlyOpen is returned for a query that is limited to open cases.
var ErrOnlyOpen = errors.New("this can be asked of open cases only")

// Page is one page of a list. A page may be short or empty before the end: an empty Next marks the end. A token stays
// valid across restarts and changes: no case is repeated, and no case is skipped that belonged to the list all the
// time. The exception is a list by deadline, which may repeat or skip a case whose deadline moved, after a restart or
// after more than 16,384 moves since the first page. A case that leaves the list while the page is read is left out.
type Page struct {
	Cases []*dispatch.Case
	Next  string
	Total int // exact size of the whole list now; -1 = not counted
}

// token is the end of a page: the query, the instant and the revision of the first page, and the position in the
// order. Later pages thus continue the same list.
type token struct {
	at    uint64 // sortTime of OverdueAt
	since storage.Revision
	last  cursor
}

// tokenLen is the length of a token in bytes.
const tokenLen = hashLen + 4*8

// hash binds a token to the query without its page size, instant and token.
func (q Query) hash() []byte {
	asked := fmt.Appendf(nil, "%d %q %t %q %t %t %d %q", q.Scope.Kind, q.Scope.ID, q.Ground, q.Person,
		q.Open, q.OverdueAt.IsZero(), q.Order, q.Filter.Text)
	if q.Queue != NoQueue {
		asked = fmt.Appendf(asked, " %d", q.Queue)
	}
	h := sha256.Sum256(asked)
	return h[:hashLen]
}

func (t token) String(hash []byte) string {
	out := ledger.U64(ledger.U64(slices.Clone(hash), t.at), uint64(t.since))
	return base64.RawURLEncoding.EncodeToString(ledger.U64(ledger.U64(out, t.last.Due), uint64(t.last.ID)))
}

func parseToken(text string, hash []byte) (token, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != tokenLen || !bytes.Equal(b[:hashLen], hash) {
		return token{}, ledger.ErrBadToken
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[hashLen+8*i:]) }
	return token{n(0), storage.Revision(n(1)), cursor{Due: n(2), ID: dispatch.CaseID(n(3))}}, nil
}

// CheckToken returns ErrBadToken if a text cannot be a page token.
func CheckToken(text string) error {
	if b, err := base64.RawURLEncoding.DecodeString(text); text != "" && (err != nil || len(b) != tokenLen) {
		return ledger.ErrBadToken
	}
	return nil
}

// Filter selects cases of a list. The zero Filter matches all.
type Filter struct {
	Text string                           // binds page tokens: the same text must mean the same filter
	Keep func(attributes.Attributes) bool // nil matches all

	Contacts bool // Keep compares phones: a case in the list is a look at its phones
}

func (f Filter) matches(facts attributes.Attributes) bool { return f.Keep == nil || f.Keep(facts) }
