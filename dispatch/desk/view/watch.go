package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/rights"
	"wangge/dispatch/waits"
	"wangge/storage"
)

const (
	recentChanges = 16 << 10 // that watchers find in memory; a watcher that falls further behind reads the store
	maxAtOnce     = 256      // commits searched while b.mu is held
)

// ErrAhead is returned for a revision that the store has not reached: the store was restored to an older state, or the
// revision is that of another store. The caller must start without a revision.
var ErrAhead = errors.New("the store has not reached that revision")

// ChangeSet is what one commit changed under a scope. A ChangeSet without changes is a bookmark: every change up to its
// revision has been sent. A watcher resumes after the revision of its last ChangeSet.
type ChangeSet struct {
	Revision storage.Revision
	Changes  []Change
	Behind   bool // a bookmark of a reader that has fallen behind and now reads from the store
}

// Change is a case as one commit left it. Left reports that the case no longer concerns the scope, or is no longer in the
// queue that is watched.
type Change struct {
	Case *dispatch.Case
	Left bool
}

// changeSet is what one commit changed, for every scope.
type changeSet struct {
	rev     storage.Revision
	changes changes
}

type changes []change

type change struct {
	cs     *dispatch.Case
	scopes []roster.Unit // that it concerns now
	left   []roster.Unit // that it concerned before
	is     queue.Queued  // the queues in which it is now, and for whom
	was    queue.Queued  // likewise before
	lost   bool          // was is not known

	fresh   bool              // the commit makes the case, or has its first act
	parted  []dispatch.CaseID // the main cases of which the case becomes a part, or is one no longer
	ofParts bool              // the case itself has not changed, but is or is no longer a main case of a mass event
}

// changesOf reads a commit. The postings that it deletes tell which units a case has left.
func changesOf(
	c *city.City, com storage.Committed,
	known func(dispatch.CaseID, []byte) *dispatch.Case,
	damaged func(dispatch.CaseID, error),
) changeSet {
	m := changeSet{rev: com.Revision}
	var gone map[dispatch.CaseID][]roster.Unit
	var parted map[dispatch.CaseID][]dispatch.CaseID
	cases := 0
	var acted map[dispatch.CaseID]bool // events without the first one: a new case has none of its own, and its first act writes them all
	for _, op := range com.Batch.Ops {
		if n, ok := ledger.ParseLink(op.Key); ok && n.Kind == ledger.LinkPart {
			if parted == nil {
				parted = map[dispatch.CaseID][]dispatch.CaseID{}
			}
			parted[n.From] = append(parted[n.From], n.To)
		}
		if id, seq, ok := ledger.ParseEvent(op.Key); ok {
			if acted == nil {
				acted = map[dispatch.CaseID]bool{}
			}
			if had, has := acted[id]; seq == 1 || !has || had {
				acted[id] = seq > 1
			}
		}
		if !op.Delete {
			if bytes.HasPrefix(op.Key, ledger.CasePrefix) {
				cases++
			}
			continue
		}
		if u, id, ok := ledger.ParsePosting(op.Key); ok {
			if gone == nil {
				gone = map[dispatch.CaseID][]roster.Unit{}
			}
			gone[id] = append(gone[id], u)
		}
	}
	m.changes = make(changes, 0, cases)
	for _, op := range com.Batch.Ops {
		if op.Delete || !bytes.HasPrefix(op.Key, ledger.CasePrefix) {
			continue
		}
		id := ledger.TailID(op.Key)
		cs := known(id, op.Value)
		if cs == nil {
			s, err := record.DecodeCase(id, op.Value)
			if err != nil {
				damaged(id, err)
				continue
			}
			cs = s.Case
		}
		ch := change{cs: cs, scopes: ledger.ScopesOf(c, cs), fresh: !acted[id], parted: parted[id]}
		for _, u := range gone[id] {
			for n, ok := 0, true; ok && n < roster.MaxTreeDepth; n++ {
				if !slices.Contains(ch.scopes, u) && !slices.Contains(ch.left, u) {
					ch.left = append(ch.left, u)
				}
				u, ok = c.Parent(u)
			}
		}
		m.changes = append(m.changes, ch)
	}
	return m
}

// under picks what concerns a scope, or one of its queues.
func (m changeSet) under(w watched, mine func(queue.Queued) bool) (out []Change) {
	for _, ch := range m.changes {
		if !w.concerns(&ch) {
			continue
		}
		if w.person != "" {
			switch {
			case mine(ch.is):
				out = append(out, Change{Case: ch.cs})
			case ch.lost || mine(ch.was):
				out = append(out, Change{Case: ch.cs, Left: true})
			}
			continue
		}
		here := slices.Contains(ch.scopes, w.scope)
		switch {
		case !here && !slices.Contains(ch.left, w.scope):
		case here && (w.queue == NoQueue || ch.is.Set.Has(w.queue)):
			out = append(out, Change{Case: ch.cs})
		case w.queue == NoQueue || ch.lost || ch.was.Set.Has(w.queue):
			out = append(out, Change{Case: ch.cs, Left: true})
		}
	}
	return out
}

// watched is the subject of a watch: a unit or a person, and one of the queues or all changes.
type watched struct {
	scope  roster.Unit     // the zero unit for a person
	person roster.PersonID // in place of scope: what waits for that person
	queue  Queue
}

// anyTurn stands for another revision of the city among the units of topics. It wakes every watcher.
var anyTurn = roster.Unit{ID: "revision"}

// topics wakes the watchers of a unit; those of the zero unit are woken by every change.
type topics struct {
	mu      sync.Mutex
	waiting map[roster.Unit]chan struct{}
}

// of is closed by the next change of a unit.
func (t *topics) of(u roster.Unit) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := t.waiting[u]
	if ch == nil {
		ch = make(chan struct{})
		t.waiting[u] = ch
	}
	return ch
}

func (t *topics) wake(u roster.Unit) {
	if ch := t.waiting[u]; ch != nil {
		close(ch)
		delete(t.waiting, u)
	}
}

func (t *topics) all() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for u := range t.waiting {
		t.wake(u)
	}
}

// retain keeps a change set for watchers and drops the oldest; one without changes costs little.
func (b *board) retain(m changeSet) {
	b.recent[m.rev] = m
	for b.kept += 1 + len(m.changes); b.kept > recentChanges && b.first < m.rev; b.first++ {
		b.kept -= 1 + len(b.recent[b.first].changes)
		delete(b.recent, b.first)
	}
}

// publish wakes the watchers of every unit that a change set concerns. The caller holds b.mu.
func (b *board) publish(m changeSet) {
	b.topics.mu.Lock()
	defer b.topics.mu.Unlock()
	if len(b.topics.waiting) == 0 {
		return
	}
	if len(m.changes) > 0 {
		b.topics.wake(roster.Unit{})
	}
	for _, ch := range m.changes {
		for _, u := range ch.scopes {
			b.topics.wake(u)
		}
		for _, u := range ch.left {
			b.topics.wake(u)
		}
	}
}

// since returns the moments of a scope that follow a revision, and up to which revision it has searched; behind when the
// first of them is no longer in memory. When there are none, more is closed as soon as there may be some.
func (b *board) since(
	w watched, mine func(queue.Queued) bool, after storage.Revision,
) (out []ChangeSet, upTo storage.Revision, more <-chan struct{}, behind bool, err error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.err != nil {
		return nil, after, nil, false, b.err
	}
	if after < b.rev && after+1 < b.first {
		return nil, after, nil, true, nil
	}
	for upTo = after; upTo < b.rev && upTo-after < maxAtOnce; {
		upTo++
		if found := b.recent[upTo].under(w, mine); found != nil {
			out = append(out, ChangeSet{Revision: upTo, Changes: found})
		}
	}
	if upTo >= b.rev && out == nil {
		more = b.topics.of(w.scope)
	}
	return out, upTo, more, false, nil
}

// Watch yields the changes of a scope, or what enters, changes in or leaves one of its queues. Each change comes once and in
// order, beginning after a revision; nil begins now, with a bookmark that says where. Watch yields a bookmark at least every
// so often. It goes on until ctx ends, without an error, or until something else ends it: ErrNoCase for a scope that the
// person may not read (any more), ErrAhead, or the store's error. A slow reader loses nothing and delays nobody: the reader
// gets a bookmark that says so, and reads on from the store. Changes of a queue that are read from the store may report as
// left a case that was not in the queue.
func (d *View) Watch(
	ctx context.Context, person roster.PersonID, scope roster.Unit, q Queue, after *storage.Revision, every time.Duration,
) iter.Seq2[ChangeSet, error] {
	return func(yield func(ChangeSet, error) bool) {
		err := d.watch(ctx, person, watched{scope: scope, queue: q}, after, every, func(m ChangeSet) bool { return yield(m, nil) })
		if err != nil && ctx.Err() == nil {
			yield(ChangeSet{}, err)
		}
	}
}

// WatchPerson yields what enters, changes in or leaves what waits for a person, in one queue or in any, to that person. It is
// Watch otherwise. What waits for a person changes with shifts, absences and stand-ins, too: each change of a case is judged by who
// is on duty when the change is yielded, but the change of a shift is no change of a case, and is not yielded. A reader who wants to
// see it lists again, at the latest at a bookmark.
func (d *View) WatchPerson(
	ctx context.Context, person roster.PersonID, q Queue, after *storage.Revision, every time.Duration,
) iter.Seq2[ChangeSet, error] {
	return func(yield func(ChangeSet, error) bool) {
		err := d.watch(ctx, person, watched{person: person, queue: q}, after, every, func(m ChangeSet) bool { return yield(m, nil) })
		if err != nil && ctx.Err() == nil {
			yield(ChangeSet{}, err)
		}
	}
}

// mine reports, as of now, what waits for the person of a watch; nil for the watch of a unit.
func (d *View) mine(w watched) func(queue.Queued) bool {
	if w.person == "" {
		return nil
	}
	a := d.revisions.Active()
	return queue.WaitingFor(a.City, w.person, w.queue, a.Now())
}

// watcher is one watch in progress.
type watcher struct {
	*View
	watched
	reader roster.PersonID
	at     storage.Revision // everything up to this revision has been yielded
	yield  func(ChangeSet) bool

	base  string    // the directory of the city by which the reader may watch; "" = not asked yet
	until time.Time // when that may change with the time; zero: never
}

// ask returns ErrNoScope unless the reader may watch now. It looks at the rights when the directory of the city has changed or
// the span of a post has begun or ended, and reports so: changes that were picked before are to be picked again.
func (w *watcher) ask() (turned bool, err error) {
	a := w.revisions.Active()
	now, base := a.Now(), a.City.Base()
	if base == w.base && (w.until.IsZero() || now.Before(w.until)) {
		return false, nil
	}
	r := a.City.Roster
	if w.person != "" && !r.Active(w.person, now) || w.person == "" && !rights.MayReadScope(a.City, w.reader, w.scope, now) {
		return true, fmt.Errorf("scope %s: %w", w.scope, ledger.ErrNoScope)
	}
	w.base, w.until = base, postsChange(r, w.reader, now)
	return true, nil
}

// postsChange is the next instant after another at which a person may have other posts; zero: never.
func postsChange(r *roster.Roster, person roster.PersonID, after time.Time) (first time.Time) {
	held := r.HeldBy(person)
	p, _ := r.Person(person)
	edges := []time.Time{p.ActiveFrom, p.ActiveTo}
	for _, a := range r.Covers(person) {
		edges = append(edges, a.From, a.To)
		held = slices.Concat(held, r.HeldBy(a.Person))
	}
	for _, h := range held {
		edges = append(edges, h.From, h.To)
	}
	for _, t := range edges {
		if t.After(after) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func (d *View) watch(
	ctx context.Context, person roster.PersonID, what watched,
	after *storage.Revision, every time.Duration, yield func(ChangeSet) bool,
) error {
	at, err := d.watchFrom(ctx, after)
	if err != nil {
		return err
	}
	w := &watcher{View: d, watched: what, reader: person, at: at, yield: yield}
	for began := after != nil; ; began = true {
		if _, err := w.ask(); err != nil {
			return err
		}
		span := every
		if !w.until.IsZero() {
			span = min(span, w.until.Sub(d.revisions.Now()))
		}
		beat, stop := d.tx.NewTimer(span)
		if !began && !yield(ChangeSet{Revision: w.at}) {
			stop()
			return nil
		}
		on, err := w.untilBeat(ctx, beat)
		stop()
		if err != nil || !on || !yield(ChangeSet{Revision: w.at}) {
			return err
		}
	}
}

// untilBeat yields changes until a beat, or until the rights of the reader have to be looked at, or changed; on is false when
// the reader has gone. After it a bookmark is due.
func (w *watcher) untilBeat(ctx context.Context, beat <-chan time.Time) (on bool, err error) {
	for beating := false; ; {
		found, upTo, more, behind, err := w.board.since(w.watched, w.mine(w.watched), w.at)
		if err != nil {
			return false, err
		}
		if turned, err := w.ask(); turned { // also after more was taken: a revision that comes later closes it
			return true, err
		}
		if behind {
			if !w.yield(ChangeSet{Revision: w.at, Behind: true}) {
				return false, nil
			}
			if on, turned, err := w.catchUp(ctx); !on || turned {
				return on, err
			}
			continue
		}
		for _, m := range found {
			if turned, err := w.ask(); turned {
				return true, err
			}
			if !w.yield(m) {
				return false, nil
			}
			w.at = m.Revision
		}
		w.at = upTo
		if more == nil {
			continue
		}
		if beating { // and everything that came before the beat has been looked at
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-more:
		case <-beat:
			beating = true
		}
	}
}

func (d *View) watchFrom(ctx context.Context, after *storage.Revision) (storage.Revision, error) {
	if after == nil {
		if err := d.CaughtUp(ctx); err != nil {
			return 0, err
		}
		d.board.mu.RLock()
		defer d.board.mu.RUnlock()
		return d.board.rev, d.board.err
	}
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if *after > snap.Revision() {
			return fmt.Errorf("revision %d of %d: %w", *after, snap.Revision(), ErrAhead)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return *after, d.board.waitFor(ctx, *after)
}

// catchUp reads the store until the board's memory holds what follows; on is false when the reader has gone, turned reports
// that the reader's rights were looked at.
func (w *watcher) catchUp(ctx context.Context) (on, turned bool, err error) {
	w.board.mu.RLock()
	target := w.board.rev
	w.board.mu.RUnlock()
	none := func(dispatch.CaseID, []byte) *dispatch.Case { return nil }
	for c, err := range w.tx.Watch(ctx, w.at) {
		if err != nil {
			return false, false, err
		}
		m, mine := changesOf(w.revisions.City(), c, none, w.board.damaged), w.mine(w.watched)
		if w.queue == MassEvents {
			mains, err := w.mainsInStore(ctx, m)
			if err != nil {
				return false, false, err
			}
			m.changes = append(m.changes, mains...)
		}
		active := w.revisions.Active()
		for i := range m.changes {
			ch := &m.changes[i]
			ch.is = queue.Of(active.City, ch.cs, waits.For(active.City, ch.cs), w.board.isMain(ch.cs.ID), nil)
			ch.lost = w.person == "" || rights.MayRead(active.City, w.person, ch.cs, active.Now())
		}
		if found := m.under(w.watched, mine); found != nil {
			if turned, err := w.ask(); turned {
				return true, true, err
			}
			if !w.yield(ChangeSet{Revision: c.Revision, Changes: found}) {
				return false, false, nil
			}
		}
		if w.at = c.Revision; w.at >= target {
			return true, false, nil
		}
	}
	return false, false, ctx.Err()
}

// Overview is a summary at an instant and the revision that it counts.
type Overview struct {
	Revision storage.Revision
	Rows     []SummaryRow // nil: nothing has changed since the last one
}

// WatchOverview yields the summary of a scope whenever its figures have changed, evaluated every so
// often, and without rows at least every beat. Errors as for Watch.
func (d *View) WatchOverview(
	ctx context.Context, person roster.PersonID, scope roster.Unit, interval, beat time.Duration,
) iter.Seq2[Overview, error] {
	return func(yield func(Overview, error) bool) {
		var last []SummaryRow
		silent := time.Duration(0)
		for {
			turned := d.board.topics.of(anyTurn)
			o, err := d.overview(ctx, person, scope, d.revisions.Now())
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(Overview{}, err)
				return
			}
			same := slices.EqualFunc(o.Rows, last, func(a, b SummaryRow) bool {
				a.WorstLate, b.WorstLate = 0, 0
				return a == b
			})
			switch {
			case !same:
				silent, last = 0, o.Rows
				if !yield(o, nil) {
					return
				}
			case silent >= beat:
				silent = 0
				if !yield(Overview{Revision: o.Revision}, nil) {
					return
				}
			}
			if d.tx.Sleep(ctx, interval, turned) != nil {
				return
			}
			silent += interval
		}
	}
}
