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
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/grid"
	"wangge/storage"
)

const (
	defaultPage = 50
	maxPage     = 200
	maxEvents   = 1000
	maxScan     = 5000    // cases read for one page of all cases
	maxBoard    = 200_000 // cards looked at for one page of open cases: some milliseconds
	hashLen     = 8       // bytes of the query's hash in a page token
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
	if !dispatch.MayRead(d.City(), person, l.cs, d.now()) {
		return loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	return l, nil
}

// Events returns up to limit events of a case numbered above after, in order; limit 0 or above
// 1000 means 1000. ErrNoCase as for Case.
func (d *Desk) Events(ctx context.Context, person roster.PersonID, id dispatch.CaseID, after uint64, limit int) ([]dispatch.Event, error) {
	if limit <= 0 || limit > maxEvents {
		limit = maxEvents
	}
	var events []dispatch.Event
	err := d.read(ctx, func(snap storage.Snapshot) error {
		l, err := d.readable(snap, person, id)
		if err != nil || after >= l.cs.Seq {
			return err
		}
		events = make([]dispatch.Event, 0, min(uint64(limit), l.cs.Seq-after))
		for group, err := range eventsFrom(snap, l, after+1) {
			if err != nil {
				return err
			}
			for i := range group {
				if group[i].Seq > after && len(events) < limit {
					events = append(events, group[i])
				}
			}
			if len(events) == limit {
				break
			}
		}
		return nil
	})
	return events, err
}

// eventsFrom yields the events of a case act by act, beginning with the act that holds a number.
func eventsFrom(snap storage.Snapshot, l loaded, seq uint64) func(func([]dispatch.Event, error) bool) {
	return func(yield func([]dispatch.Event, error) bool) {
		if l.filing != nil {
			yield(l.filing, nil)
			return
		}
		id := l.cs.ID
		from := eventKey(id, seq)
		for it, err := range snap.Scan(storage.Range{Start: eventKey(id, 0), End: append(slices.Clone(from), 0), Reverse: true}) {
			if err != nil {
				yield(nil, err)
				return
			}
			from = it.Key
			break
		}
		for it, err := range snap.Scan(storage.Range{Start: from, End: eventKey(id+1, 0)}) {
			var group []dispatch.Event
			if err == nil {
				group, err = record.DecodeEvents(it.Value)
			}
			if err != nil {
				yield(nil, fmt.Errorf("events of case %s: %w", id, err))
				return
			}
			if !yield(group, nil) {
				return
			}
		}
	}
}

// Query selects cases of one scope. Zero fields don't select.
type Query struct {
	Scope     roster.Unit
	Open      bool      // only open cases, nearest deadline first; else all, in time order
	OverdueAt time.Time // only open cases whose deadline had passed then; implies Open. A token brings its own
	Newest    bool      // all cases, newest first; not with Open
	Filter    Filter
	PageSize  int // 0 = 50, at most 200
	Token     string
}

// Page is one page of a list. A page may be short, even empty, with more to come: Next "" is the
// end. A token stays good across restarts and while cases come and go; a case that left the list
// while the page was read is left out.
type Page struct {
	Cases []*dispatch.Case
	Next  string
}

// token is where a page ended: what was asked, the instant asked about, and the place in the
// order. The instant travels along, so that later pages are of the same list.
type token struct {
	at   uint64 // sortTime of OverdueAt
	last slot
}

// hash binds a token to everything but the page size, the instant and the token itself.
func (q Query) hash() ([]byte, error) {
	h, err := hashOf([]any{q.Scope, q.Open, q.OverdueAt.IsZero(), q.Newest, q.Filter.Text})
	if err != nil {
		return nil, err
	}
	return h[:hashLen], nil
}

func (t token) String(hash []byte) string {
	return base64.RawURLEncoding.EncodeToString(u64(u64(u64(slices.Clone(hash), t.at), t.last.due), uint64(t.last.id)))
}

func parseToken(text string, hash []byte) (token, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != hashLen+24 || !bytes.Equal(b[:hashLen], hash) {
		return token{}, ErrBadToken
	}
	n := func(i int) uint64 { return binary.BigEndian.Uint64(b[hashLen+8*i:]) }
	return token{n(0), slot{n(1), dispatch.CaseID(n(2))}}, nil
}

// List returns a page of the cases of a scope. ErrNoCase for a scope that the person may not read,
// ErrBadToken for a token of another query.
func (d *Desk) List(ctx context.Context, person roster.PersonID, q Query) (Page, error) {
	if !dispatch.MayReadScope(d.City(), person, q.Scope, d.now()) {
		return Page{}, fmt.Errorf("scope %s: %w", q.Scope.ID, ErrNoCase)
	}
	q.Open = q.Open || !q.OverdueAt.IsZero()
	if q.PageSize <= 0 {
		q.PageSize = defaultPage
	}
	q.PageSize = min(q.PageSize, maxPage)
	hash, err := q.hash()
	if err != nil {
		return Page{}, err
	}
	from := token{at: sortTime(q.OverdueAt)}
	if q.Token != "" {
		if from, err = parseToken(q.Token, hash); err != nil {
			return Page{}, err
		}
	}
	var page Page
	var last *slot
	if q.Open {
		page.Cases, last, err = d.openCases(ctx, q, from)
	} else {
		page.Cases, last, err = d.allCases(ctx, q, from.last.id)
	}
	if last != nil {
		page.Next = token{from.at, *last}.String(hash)
	}
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

// openCases takes the page from the board and the cases from the store. last is where the page
// ended, nil at the end of the list.
func (d *Desk) openCases(ctx context.Context, q Query, from token) (cases []*dispatch.Case, last *slot, err error) {
	if err := d.caughtUp(ctx); err != nil {
		return nil, nil, err
	}
	var found []*dispatch.Case // nil: to be read
	var ids []dispatch.CaseID
	keep := func(f Facts) bool {
		return q.Filter.keeps(f) && (q.OverdueAt.IsZero() || sortTime(f.Due) < from.at)
	}
	d.board.mu.RLock()
	if l := d.board.lanes[q.Scope]; l != nil {
		after := from.last
		if q.Token != "" {
			after.id++
		}
		seen := 0
		var at slot
		l.Ascend(after, func(s slot) bool {
			if !q.OverdueAt.IsZero() && s.due >= from.at {
				return false
			}
			if len(ids) == q.PageSize || seen == maxBoard {
				last = &slot{at.due, at.id}
				return false
			}
			seen++
			at = s
			if c := d.board.cards[s.id]; keep(c.Facts) {
				ids, found = append(ids, s.id), append(found, c.cs)
			}
			return true
		})
	}
	d.board.mu.RUnlock()
	if !slices.Contains(found, nil) {
		return found, last, nil
	}
	err = d.read(ctx, func(snap storage.Snapshot) error {
		for i, id := range ids {
			if found[i] == nil {
				l, err := load(snap, id)
				if err != nil {
					return fmt.Errorf("board: %w", err)
				}
				if !l.cs.Open() || !keep(factsOf(d.City(), l.cs)) {
					continue
				}
				d.board.learn(l.cs, snap.Revision())
				found[i] = l.cs
			}
			cases = append(cases, found[i])
		}
		return nil
	})
	return cases, last, err
}

// allCases merges the units that make up a scope, in time order.
func (d *Desk) allCases(ctx context.Context, q Query, from dispatch.CaseID) (cases []*dispatch.Case, last *slot, err error) {
	c := d.City()
	err = d.read(ctx, func(snap storage.Snapshot) error {
		var lists []*posting
		for _, prefix := range madeUp(c, q.Scope) {
			rng := storage.Prefix(prefix)
			rng.Reverse = q.Newest
			switch {
			case q.Token == "":
			case q.Newest:
				rng.End = u64(slices.Clone(prefix), uint64(from))
			default:
				rng.Start = u64(slices.Clone(prefix), uint64(from)+1)
			}
			p, err := openPosting(snap, rng)
			if err != nil {
				return err
			}
			defer p.stop()
			lists = append(lists, p)
		}
		scanned := 0
		var at dispatch.CaseID
		for {
			id, err := nextID(lists, q.Newest)
			if err != nil || id == 0 {
				return err
			}
			if len(cases) == q.PageSize || scanned == maxScan {
				last = &slot{id: at}
				return nil
			}
			scanned++
			at = id
			l, err := load(snap, id)
			if err != nil {
				return fmt.Errorf("index: %w", err)
			}
			if q.Filter.keeps(factsOf(c, l.cs)) {
				cases = append(cases, l.cs)
			}
		}
	})
	return cases, last, err
}

// madeUp lists the key prefixes whose cases are those of a scope: see postings.
func madeUp(c *city.City, scope roster.Unit) [][]byte {
	if scope.Kind == roster.UnitArea && scope.ID == string(c.Root) {
		return [][]byte{casePrefix}
	}
	if a := c.Areas[grid.AreaID(scope.ID)]; scope.Kind == roster.UnitArea && a != nil && a.Parent == c.Root {
		return [][]byte{postingPrefix(scope)}
	}
	var out [][]byte
	for units := []roster.Unit{scope}; len(units) > 0; units = units[1:] {
		out = append(out, postingPrefix(units[0]))
		units = append(units, below(c, units[0])...)
	}
	return out
}

// SummaryRow counts the cases found under one unit.
type SummaryRow struct {
	Unit          roster.Unit
	Open, Overdue int
	WorstLate     time.Duration // of the longest overdue case
}

// Summarize counts the open and the overdue cases at an instant, exactly: of the scope as a whole
// first, then of each unit just below it, ordered by id. A case with co-owners counts under each
// unit that it concerns, and one at the scope itself under none below, so that the rows need not
// add up to the first. ErrNoCase as for List.
func (d *Desk) Summarize(ctx context.Context, person roster.PersonID, scope roster.Unit, at time.Time) ([]SummaryRow, error) {
	c := d.City()
	if !dispatch.MayReadScope(c, person, scope, d.now()) {
		return nil, fmt.Errorf("scope %s: %w", scope.ID, ErrNoCase)
	}
	if err := d.caughtUp(ctx); err != nil {
		return nil, err
	}
	units := append([]roster.Unit{scope}, below(c, scope)...)
	rows := make([]SummaryRow, 0, len(units))
	d.board.mu.RLock()
	defer d.board.mu.RUnlock()
	for _, u := range units {
		row := SummaryRow{Unit: u}
		if l := d.board.lanes[u]; l != nil {
			row.Open, row.Overdue = l.Len(), l.before(sortTime(at))
			if first, _ := l.Min(); row.Overdue > 0 {
				row.WorstLate = time.Duration(sortTime(at) - first.due)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// below lists the units just below one in the same tree, by id.
func below(c *city.City, u roster.Unit) []roster.Unit {
	var out []roster.Unit
	switch u.Kind {
	case roster.UnitArea:
		if a := c.Areas[grid.AreaID(u.ID)]; a != nil {
			for _, id := range a.Children {
				out = append(out, roster.Unit{Kind: u.Kind, ID: string(id)})
			}
		}
	case roster.UnitDepartment:
		for id, dep := range c.Departments {
			if dep.Parent == u.ID {
				out = append(out, roster.Unit{Kind: u.Kind, ID: id})
			}
		}
	default:
	}
	slices.SortFunc(out, func(a, b roster.Unit) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// isConflict reports a lost race.
func isConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }
