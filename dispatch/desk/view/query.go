package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view/attributes"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/rights"
	"wangge/dispatch/waits"
	"wangge/grid"
	"wangge/storage"
)

// OpenIDs lists at most n open cases after the given one, ascending.
func (d *View) OpenIDs(after dispatch.CaseID, n int) []dispatch.CaseID {
	d.board.mu.RLock()
	defer d.board.mu.RUnlock()
	ids := make([]dispatch.CaseID, 0, n)
	d.board.ids.Ascend(after+1, func(id dispatch.CaseID) bool {
		ids = append(ids, id)
		return len(ids) < n
	})
	return ids
}

const (
	defaultPage = 50
	maxPage     = 200
	maxScan     = 5000    // cases read for one page of all cases
	maxBoard    = 200_000 // rows scanned for one page of open cases
	hashLen     = 8       // bytes of the query's hash in a page token
)

// Readable loads a case that a person may read at an instant, or returns ErrNoCase. A merged case is also for those who work on
// the case into which it was merged: see WithMain.
func Readable(snap storage.Snapshot, c *city.City, person roster.PersonID, id dispatch.CaseID, now time.Time) (ledger.Loaded, error) {
	l, _, err := WithMain(snap, c, person, id, now)
	return l, err
}

// WithMain is Readable, with the case into which the case was merged, directly or through others; nil = it is not merged. The
// person may not be permitted to read that one.
func WithMain(
	snap storage.Snapshot, c *city.City, person roster.PersonID, id dispatch.CaseID, now time.Time,
) (l ledger.Loaded, main *dispatch.Case, err error) {
	if l, err = ledger.Load(snap, id); err != nil {
		return ledger.Loaded{}, nil, err
	}
	main, err = ledger.Main(snap, l.Cs)
	if err != nil && !errors.Is(err, ledger.ErrNoCase) && !ledger.IsDamage(err) { // without the other, this one is read as ever
		return ledger.Loaded{}, nil, fmt.Errorf("case into which %s was merged: %w", id, err)
	}
	if !rights.MayRead(c, person, l.Cs, now) && (main == nil || !rights.WorksOn(c, person, main, now)) {
		return ledger.Loaded{}, nil, fmt.Errorf("%s: %w", id, ledger.ErrNoCase)
	}
	return l, main, nil
}

// List returns a page of the cases of a scope. Cases on the ground of a unit, or waiting for a person, are limited to
// those that the caller may read. Errors: ErrNoCase for a scope that the caller may not read, ErrBadToken for a token
// of another query, ErrOnlyOpen.
func (d *View) List(ctx context.Context, person roster.PersonID, q Query) (Page, error) {
	a := d.revisions.Active()
	return d.list(ctx, a.City, person, q, a.Now())
}

func (d *View) list(ctx context.Context, c *city.City, person roster.PersonID, q Query, now time.Time) (Page, error) {
	if q.Person == "" && !rights.MayReadScope(c, person, q.Scope, now) {
		return Page{}, fmt.Errorf("scope %s: %w", q.Scope, ledger.ErrNoScope)
	}
	q.Open = q.Open || !q.OverdueAt.IsZero() || q.Queue != NoQueue
	if !q.Open && (q.Person != "" || q.Ground || q.Order == DueFirst || q.Order == DueLast) {
		return Page{}, ErrOnlyOpen
	}
	if q.Order == Usual {
		q.Order = OldestFirst
		if q.Open {
			q.Order = DueFirst
		}
	}
	if q.PageSize <= 0 {
		q.PageSize = defaultPage
	}
	q.PageSize = min(q.PageSize, maxPage)
	hash := q.hash()
	from := token{at: ledger.SortTime(q.OverdueAt)}
	if q.Token != "" {
		var err error
		if from, err = parseToken(q.Token, hash); err != nil {
			return Page{}, err
		}
	}
	if !q.Open {
		cases, last, err := d.allCases(ctx, c, q, from.last.ID)
		page := Page{Cases: cases, Total: -1}
		if last != nil {
			page.Next = token{from.at, 0, *last}.String(hash)
		}
		return page, err
	}
	if err := d.CaughtUp(ctx); err != nil {
		return Page{}, err
	}
	found := d.queryOpen(c, person, q, from, now)
	page := Page{Total: found.total}
	if found.next != nil {
		page.Next = found.next.String(hash)
	}
	var err error
	page.Cases, err = d.fetch(ctx, c, q, found)
	return page, err
}

// Overdue lists the open cases whose deadline has passed, the longest overdue first. A zero OverdueAt means now; with
// a token, the instant of the first page.
func (d *View) Overdue(ctx context.Context, person roster.PersonID, q Query) (Page, error) {
	a := d.revisions.Active()
	now := a.Now()
	if q.OverdueAt.IsZero() {
		q.OverdueAt = now
	}
	return d.list(ctx, a.City, person, q, now)
}

// found is a page as found in memory.
type found struct {
	ids   []dispatch.CaseID
	cases []*dispatch.Case // nil: to be read from the store
	keep  func(attributes.Attributes) bool
	next  *token // nil at the end of the list
	total int
}

// indexesFor returns the indexes that hold a query's cases, and a further condition; nil: none.
func (b *board) indexesFor(
	c *city.City, reader roster.PersonID, q Query, now time.Time,
) (indexes []queue.Key, also func(attributes.Attributes) bool) {
	switch {
	case q.Person != "":
		return b.keysOf(c, q.Person, q.Queue, now), attributes.Readable(c, reader, now)
	case q.Ground && q.Scope.Kind == roster.UnitArea:
		may := attributes.Readable(c, reader, now)
		here := func(f attributes.Attributes) bool { return f.LiesIn(c, grid.AreaID(q.Scope.ID)) && may(f) }
		return []queue.Key{{Unit: q.Scope, Queue: q.Queue}}, here
	case q.Ground:
		return []queue.Key{{Unit: queue.GroundOf(q.Scope), Queue: q.Queue}}, attributes.Readable(c, reader, now)
	default:
		return []queue.Key{{Unit: q.Scope, Queue: q.Queue}}, nil
	}
}

// queryOpen takes a page from the board.
func (d *View) queryOpen(c *city.City, reader roster.PersonID, q Query, from token, now time.Time) found {
	indexes, also := d.board.indexesFor(c, reader, q, now)
	out := found{total: -1}
	if len(indexes) == 0 {
		return out
	}
	out.keep = func(f attributes.Attributes) bool {
		return (q.OverdueAt.IsZero() || ledger.SortTime(f.DueFirst) < from.at) && (also == nil || also(f)) && q.Filter.matches(f)
	}
	b := d.board
	b.mu.RLock()
	if q.Filter.Keep == nil && also == nil {
		out.total = b.count(indexes[0], q.OverdueAt.IsZero(), from.at)
	}
	if q.Token == "" {
		from.since = b.rev
	}
	b.mu.RUnlock()
	keep := func(c *row) bool {
		return (q.OverdueAt.IsZero() || c.cursor(indexes[0].Unit.Kind).Due < from.at) && out.keep(c.Attributes)
	}
	ended := func(at cursor) { out.next = &token{from.at, from.since, at} }
	if q.Order == OldestFirst || q.Order == NewestFirst {
		for i, c := range b.byNumber(indexes, q.Order == NewestFirst, from.last.ID, q.PageSize+1, from.since, keep) {
			if i == q.PageSize {
				ended(cursor{ID: out.ids[i-1]})
				break
			}
			out.ids, out.cases = append(out.ids, c.id), append(out.cases, c.cs)
		}
		return out
	}
	var after *cursor
	switch {
	case q.Token != "":
		after = &from.last
	case q.Order == DueLast && !q.OverdueAt.IsZero():
		after = &cursor{Due: from.at}
	}
	var at cursor
	seen := 0
	for s := range b.sliced(indexes, q.Order == DueLast, after, from.since) {
		if q.Order == DueFirst && !q.OverdueAt.IsZero() && s.Due >= from.at {
			break
		}
		if len(out.ids) == q.PageSize || seen == maxBoard {
			ended(at)
			break
		}
		seen++
		at = s
		if c := b.rows[s.ID]; keep(c) {
			out.ids, out.cases = append(out.ids, c.ID), append(out.cases, c.cs)
		}
	}
	return out
}

// count returns the size of an index, or the number of its rows with a deadline before due.
func (b *board) count(k queue.Key, all bool, due uint64) int {
	switch x := b.indexes[k.Unit]; {
	case x == nil:
		return 0
	case all:
		return x.Len(k.Queue)
	default:
		return x.Before(k.Queue, due)
	}
}

// fetch reads the cases that are not cached. A case that has left the list meanwhile is left out.
func (d *View) fetch(ctx context.Context, c *city.City, q Query, f found) (cases []*dispatch.Case, err error) {
	if !slices.Contains(f.cases, nil) {
		return f.cases, nil
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for i, id := range f.ids {
			if f.cases[i] == nil {
				l, err := ledger.Load(snap, id)
				if err != nil {
					return fmt.Errorf("board: %w", err)
				}
				if !d.belongs(c, q, l.Cs) || !f.keep(attributes.Of(c, l.Cs)) {
					continue
				}
				d.board.remember(l.Cs, snap.Revision())
				f.cases[i] = l.Cs
			}
			cases = append(cases, f.cases[i])
		}
		return nil
	})
	return cases, err
}

// belongs reports whether a case that was read from the store is still in the list of a query, apart from conditions on
// its attributes.
func (d *View) belongs(c *city.City, q Query, cs *dispatch.Case) bool {
	switch {
	case q.Queue != NoQueue && !queue.Of(c, cs, waits.For(c, cs), d.board.isMain(cs.ID), nil).Set.Has(q.Queue):
		return false
	case !cs.Open() && q.Queue == NoQueue && q.Person == "", !cs.Waits():
		return false
	default:
		return q.Person != "" || q.Ground || slices.Contains(ledger.ScopesOf(c, cs), q.Scope)
	}
}

// allCases merges the units of a scope, in order of time.
func (d *View) allCases(
	ctx context.Context, c *city.City, q Query, from dispatch.CaseID,
) (cases []*dispatch.Case, last *cursor, err error) {
	newest := q.Order == NewestFirst
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		var lists []*ledger.Posting
		for _, prefix := range derivedScopes(c, q.Scope) {
			rng := storage.Prefix(prefix)
			rng.Reverse = newest
			switch {
			case q.Token == "":
			case newest:
				rng.End = ledger.CaseIn(prefix, from)
			default:
				rng.Start = ledger.CaseIn(prefix, from+1)
			}
			p, err := ledger.OpenPosting(snap, rng)
			if err != nil {
				return err
			}
			defer p.Stop()
			lists = append(lists, p)
		}
		scanned := 0
		var at dispatch.CaseID
		for {
			id, err := ledger.NextID(lists, newest)
			if err != nil || id == 0 {
				return err
			}
			if len(cases) == q.PageSize || scanned == maxScan {
				last = &cursor{ID: at}
				return nil
			}
			scanned++
			at = id
			l, err := ledger.Load(snap, id)
			if err != nil {
				return fmt.Errorf("index: %w", err)
			}
			if q.Filter.matches(attributes.Of(c, l.Cs)) {
				cases = append(cases, l.Cs)
			}
		}
	})
	return cases, last, err
}

// derivedScopes lists the key prefixes whose cases are those of a scope: see postings.
func derivedScopes(c *city.City, scope roster.Unit) [][]byte {
	if scope.Kind == roster.UnitArea && scope.ID == string(c.Root) {
		return [][]byte{ledger.CasePrefix}
	}
	if a := c.Areas[grid.AreaID(scope.ID)]; scope.Kind == roster.UnitArea && a != nil && a.Parent == c.Root {
		return [][]byte{ledger.PostingPrefix(scope)}
	}
	var out [][]byte
	for units := []roster.Unit{scope}; len(units) > 0; units = units[1:] {
		out = append(out, ledger.PostingPrefix(units[0]))
		for u, f := range c.Former.Units { // what a revision removed below it
			if f.Parent == units[0] && !c.Exists(u) && !slices.Contains(units, u) {
				units = append(units, u)
			}
		}
		units = append(units, children(c, units[0])...)
	}
	return out
}
