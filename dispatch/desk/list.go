package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/storage"
)

const (
	defaultPage = 50
	maxPage     = 200
	maxScan     = 5000 // index entries read for one page
	hashLen     = 8    // bytes of the query's hash in a page token
)

// Case returns a case that the person may read, else ErrNoCase.
func (d *Desk) Case(ctx context.Context, person roster.PersonID, id dispatch.CaseID) (*dispatch.Case, error) {
	var l loaded
	err := d.read(ctx, func(snap storage.Snapshot) (err error) {
		l, err = d.readable(snap, person, id)
		return err
	})
	return l.cs, err
}

func (d *Desk) readable(snap storage.Snapshot, person roster.PersonID, id dispatch.CaseID) (loaded, error) {
	l, err := load(snap, id)
	if err != nil {
		return loaded{}, err
	}
	if !dispatch.MayRead(d.city, person, l.cs, d.now()) {
		return loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	return l, nil
}

// Events returns up to limit events of a case numbered above after, in order; limit 0 or above 200
// means 200. ErrNoCase as for Case.
func (d *Desk) Events(ctx context.Context, person roster.PersonID, id dispatch.CaseID, after uint64, limit int) ([]dispatch.Event, error) {
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	var events []dispatch.Event
	err := d.read(ctx, func(snap storage.Snapshot) error {
		l, err := d.readable(snap, person, id)
		if err != nil || after >= l.cs.Seq {
			return err
		}
		for it, err := range snap.Scan(storage.Range{Start: eventKey(id, after+1), End: eventKey(id, l.cs.Seq+1)}) {
			if err != nil {
				return err
			}
			e, err := record.DecodeEvent(it.Value)
			if err != nil {
				return fmt.Errorf("case %s: %w", id, err)
			}
			if events = append(events, e); len(events) == limit {
				break
			}
		}
		return nil
	})
	return events, err
}

// Query selects cases of one scope. Zero fields don't select.
type Query struct {
	Scope     roster.Unit
	Open      bool      // only open cases, nearest deadline first; else all, in time order
	OverdueAt time.Time // only open cases whose deadline had passed then; implies Open. A token brings its own
	Stage     dispatch.Stage
	Category  catalog.Code
	PageSize  int // 0 = 50, at most 200
	Token     string
}

// Page is one page of a list. A page may be short, even empty, with more to come: Next "" is the
// end. Each page is read at one revision of the store; a token stays good across restarts.
type Page struct {
	Cases []*dispatch.Case
	Next  string
}

// token is where a page ended: what was asked, the instant asked about, and the last index key
// seen, without its prefix. The instant travels along, so that later pages are of the same list.
type token struct {
	at   uint64 // sortTime of OverdueAt
	tail []byte
}

// hash binds a token to everything but the page size, the instant and the token itself.
func (q Query) hash() ([]byte, error) {
	h, err := hashOf([]any{q.Scope, q.Open, q.OverdueAt.IsZero(), q.Stage, q.Category})
	if err != nil {
		return nil, err
	}
	return h[:hashLen], nil
}

func (t token) String(hash []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(u64(slices.Clone(hash), t.at), t.tail...))
}

func parseToken(text string, hash []byte, tail int) (token, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != hashLen+8+tail || !bytes.Equal(b[:hashLen], hash) {
		return token{}, ErrBadToken
	}
	return token{binary.BigEndian.Uint64(b[hashLen:]), b[hashLen+8:]}, nil
}

// List returns a page of the cases of a scope. ErrNoCase for a scope that the person may not read,
// ErrBadToken for a token of another query.
func (d *Desk) List(ctx context.Context, person roster.PersonID, q Query) (Page, error) {
	if !dispatch.MayReadScope(d.city, person, q.Scope, d.now()) {
		return Page{}, fmt.Errorf("scope %s: %w", q.Scope.ID, ErrNoCase)
	}
	q.Open = q.Open || !q.OverdueAt.IsZero()
	size := q.PageSize
	if size <= 0 {
		size = defaultPage
	}
	size = min(size, maxPage)
	prefix, tail := scopeKey("s/", q.Scope), 8
	if q.Open {
		prefix, tail = scopeKey("o/", q.Scope), 16
	}
	rng := storage.Prefix(prefix)
	hash, err := q.hash()
	if err != nil {
		return Page{}, err
	}
	from := token{at: sortTime(q.OverdueAt)}
	if q.Token != "" {
		if from, err = parseToken(q.Token, hash, tail); err != nil {
			return Page{}, err
		}
		rng.Start = append(slices.Concat(prefix, from.tail), 0)
	}
	if !q.OverdueAt.IsZero() {
		rng.End = u64(slices.Clone(prefix), from.at)
	}
	var page Page
	if rng.End != nil && bytes.Compare(rng.Start, rng.End) >= 0 {
		return page, nil
	}
	err = d.read(ctx, func(snap storage.Snapshot) error {
		var at []byte
		scanned := 0
		for it, err := range snap.Scan(rng) {
			if err != nil {
				return err
			}
			if len(page.Cases) == size || scanned == maxScan {
				page.Next = token{from.at, at[len(prefix):]}.String(hash)
				return nil
			}
			scanned++
			at = slices.Clone(it.Key)
			l, err := load(snap, tailID(it.Key))
			if err != nil {
				return fmt.Errorf("index: %w", err)
			}
			if (q.Stage == 0 || l.cs.Stage == q.Stage) && (q.Category == "" || l.cs.Category == q.Category) {
				page.Cases = append(page.Cases, l.cs)
			}
		}
		return nil
	})
	return page, err
}

// Overdue is List of the open cases whose deadline has passed, the longest overdue first. A zero
// OverdueAt means now; with a token it is the instant of the first page.
func (d *Desk) Overdue(ctx context.Context, person roster.PersonID, q Query) (Page, error) {
	if q.OverdueAt.IsZero() {
		q.OverdueAt = d.now()
	}
	return d.List(ctx, person, q)
}

// SummaryRow counts the cases found under one unit.
type SummaryRow struct {
	Unit          roster.Unit
	Open, Overdue int
	WorstLate     time.Duration // of the longest overdue case
}

// Summarize counts the open and the overdue cases of each child unit of the scope at an instant,
// exactly, ordered by unit id; a scope without children gives its own row. A case with co-owners
// counts under each unit it concerns, so rows need not add up. ErrNoCase as for List.
func (d *Desk) Summarize(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) ([]SummaryRow, error) {
	if !dispatch.MayReadScope(d.city, person, scope, d.now()) {
		return nil, fmt.Errorf("scope %s: %w", scope.ID, ErrNoCase)
	}
	var rows []SummaryRow
	err := d.read(ctx, func(snap storage.Snapshot) error {
		for _, u := range d.children(scope) {
			row := SummaryRow{Unit: u}
			prefix := scopeKey("o/", u)
			for it, err := range snap.Scan(storage.Prefix(prefix)) {
				if err != nil {
					return err
				}
				row.Open++
				due := binary.BigEndian.Uint64(it.Key[len(prefix):])
				if due >= sortTime(at) {
					continue
				}
				if row.Overdue++; row.Overdue == 1 {
					row.WorstLate = time.Duration(sortTime(at) - due)
				}
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// children lists the child units of the same tree; the unit itself when it has none.
func (d *Desk) children(u roster.Unit) []roster.Unit {
	var out []roster.Unit
	switch u.Kind {
	case roster.UnitArea:
		for id, a := range d.city.Areas {
			if string(a.Parent) == u.ID && id != a.Parent {
				out = append(out, roster.Unit{Kind: u.Kind, ID: string(id)})
			}
		}
	case roster.UnitDepartment:
		for id, dep := range d.city.Departments {
			if dep.Parent == u.ID {
				out = append(out, roster.Unit{Kind: u.Kind, ID: id})
			}
		}
	default:
	}
	if len(out) == 0 {
		return []roster.Unit{u}
	}
	slices.SortFunc(out, func(a, b roster.Unit) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// isConflict reports a lost race.
func isConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }
