package view

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/tidwall/btree"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view/attributes"
	"wangge/dispatch/desk/view/order"
	"wangge/dispatch/desk/view/queue"
	"wangge/dispatch/escalation"
	"wangge/dispatch/waits"
	"wangge/storage"
)

// board is the index of open cases in memory: each open case once, and for each unit its open cases by deadline, in all and
// by queue. A closed case with an open appeal is in the board, too, in queues only. The board is derived from the store
// alone, from a snapshot and the feed after it, so that all desks over a store agree. It takes about 1.3 KB an open case.
type board struct {
	store     *tx.Store
	city      *city.City                                // used by the follow goroutine only
	activate  func(context.Context) (*city.City, error) // called after a commit that activates another revision
	committed func(storage.Batch)                       // called with each commit

	mu      sync.RWMutex
	rev     storage.Revision // the board includes all commits up to rev
	moved   chan struct{}    // closed and replaced when rev moves and somebody waits
	waits   int
	err     error // why following ended; nil while the board follows
	rows    map[dispatch.CaseID]*row
	ids     *btree.BTreeG[dispatch.CaseID] // of the rows
	indexes map[roster.Unit]*order.Index
	lines   queue.Lines // the lines with an index
	history history
	tally   tally
	mass    massEvents

	recent map[storage.Revision]changeSet // the commits that watchers find in memory, from first to rev without a gap
	first  storage.Revision
	kept   int               // changes in recent
	cached []dispatch.CaseID // ring of the rows with a cached case; the oldest is evicted
	next   int               // position in cached
	topics topics
}

// row is a case of the board as used by lists.
type row struct {
	attributes.Attributes
	cs        *dispatch.Case // nil: not cached, read from the store
	owners    bool           // the owner must act at the present stage
	closed    bool           // closed, with an open appeal: in queues only
	units     []roster.Unit  // whose lists hold the case: see unitsOf
	queued    queue.Queued
	overdueBy []roster.PostID // posts accountable while it is overdue: those notified last, or the owner's

	armed, fallback bool // a timer is armed; the catch-all rule chose its owner
}

func newIDs() *btree.BTreeG[dispatch.CaseID] {
	return btree.NewBTreeGOptions(func(a, b dispatch.CaseID) bool { return a < b }, btree.Options{NoLocks: true})
}

// openBoard reads the open cases and returns the board at that revision. Each case of the board has exactly one timer, so the
// timers are the list of these cases.
func openBoard(ctx context.Context, c *city.City, store *tx.Store) (*board, error) {
	b := &board{
		store: store, city: c, moved: make(chan struct{}), rows: map[dispatch.CaseID]*row{}, ids: newIDs(),
		indexes: map[roster.Unit]*order.Index{},
		mass:    newMassEvents(),
		lines:   queue.Lines{},
		recent:  map[storage.Revision]changeSet{}, topics: topics{waiting: map[roster.Unit]chan struct{}{}},
	}
	return b, store.Read(ctx, b.fill)
}

// fill adds the cases of a snapshot that wait for somebody to an empty board.
func (b *board) fill(snap storage.Snapshot) error {
	b.rev = snap.Revision()
	b.first, b.history.from = b.rev+1, b.rev
	for it, err := range snap.Scan(storage.Prefix(ledger.TimerPrefix)) {
		if err != nil {
			return err
		}
		l, err := ledger.Load(snap, ledger.TailID(it.Key))
		if errors.Is(err, storage.ErrCorrupt) { // more than this case may be missing: every list would be incomplete
			return err
		}
		if err != nil {
			b.damaged(ledger.TailID(it.Key), err)
			continue
		}
		b.place(l.Cs, ledger.ScopesOf(b.city, l.Cs), b.rev)
	}
	return b.fillMassEvents(snap)
}

// follow applies each commit to the board, in order, until ctx ends or the store fails.
func (b *board) follow(ctx context.Context) {
	err := b.followUntil(ctx)
	if ctx.Err() != nil || err == nil {
		err = ledger.ErrStopped
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = fmt.Errorf("the board no longer follows the store: %w", err)
	close(b.moved)
	b.topics.all()
}

func (b *board) followUntil(ctx context.Context) error {
	for c, err := range b.store.Watch(ctx, b.rev) {
		if err != nil {
			return err
		}
		if ledger.Activates(c.Batch) {
			for err = b.rebuild(ctx); errors.Is(err, storage.ErrRebuilding); err = b.rebuild(ctx) {
				if err := b.store.Sleep(ctx, tx.StoreRetry, nil); err != nil { // the damaged file is being rebuilt
					return err
				}
			}
			if err != nil {
				return err
			}
		}
		b.committed(c.Batch)
		if err := b.apply(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// rebuild indexes all open cases anew when another directory is active, because its unit tree decides under which units
// a case is listed. The snapshot may be ahead of the feed; replaying the overlap is idempotent.
func (b *board) rebuild(ctx context.Context) error {
	c, err := b.activate(ctx)
	if err != nil || c.Base() == b.city.Base() {
		return err
	}
	fresh, err := openBoard(ctx, c, b.store)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, was := range b.rows { // a list that was begun before goes on by the positions of its first page
		if is := fresh.rows[id]; is == nil || is.elsewhere(was) {
			b.history.add(b.rev+1, was)
		}
	}
	b.city, b.rows, b.ids, b.indexes, b.cached, b.next = c, fresh.rows, fresh.ids, fresh.indexes, fresh.cached, fresh.next
	b.lines = fresh.lines
	b.tally, b.mass = fresh.tally, fresh.mass
	b.topics.all() // a watcher may have lost the post that allows the watch
	return nil
}

// elsewhere reports whether a row has another position than the row of the same case had.
func (c *row) elsewhere(was *row) bool {
	return c.owners != was.owners || !c.DueFirst.Equal(was.DueFirst)
}

// damaged logs that a case is left out. An unreadable case does not affect others.
func (b *board) damaged(id dispatch.CaseID, err error) {
	b.store.Log().Error("board: a case can't be read and is left out of the lists", "case", id.String(), "error", err)
}

func (b *board) apply(ctx context.Context, c storage.Committed) error {
	m := changesOf(b.city, c, b.store.Decoded, b.damaged)
	mains, err := b.mainsOf(ctx, m)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range m.changes {
		ch := &m.changes[i]
		ch.was = b.queuesOf(ch.cs.ID)
		b.place(ch.cs, ch.scopes, c.Revision)
		ch.is = b.queuesOf(ch.cs.ID)
	}
	b.placeMains(&m, mains)
	b.rev = c.Revision
	b.retain(m)
	b.publish(m)
	if b.waits > 0 {
		close(b.moved)
		b.moved, b.waits = make(chan struct{}), 0
	}
	return nil
}

// place updates the row of a case as of a revision, or removes it if the case has ended. scopes are the units that
// the case concerns.
func (b *board) place(cs *dispatch.Case, scopes []roster.Unit, at storage.Revision) {
	old := b.rows[cs.ID]
	if old != nil {
		b.unindex(old)
		delete(b.rows, cs.ID)
		b.tally.add(old, -1)
		b.mass.add(old, -1)
	}
	if !cs.Open() {
		b.ids.Delete(cs.ID)
		delete(b.mass.closed, cs.ID)
		if b.rows[cs.Group] != nil && ledger.PartCounts(cs) {
			b.mass.closed[cs.Group] = struct{}{}
		}
	}
	if !cs.Waits() {
		if old != nil {
			b.history.add(at, old)
		}
		return
	}
	c := b.rowOf(cs, scopes)
	if old != nil && c.elsewhere(old) {
		b.history.add(at, old)
	}
	b.rows[cs.ID] = c
	if !c.closed {
		b.ids.Set(cs.ID)
	}
	b.tally.add(c, 1)
	b.mass.add(c, 1)
	b.cache(cs.ID)
	b.index(c)
}

// unindex takes a row out of its indexes.
func (b *board) unindex(c *row) {
	for at := range c.places {
		x := b.indexes[at.Unit]
		if x.Delete(c.cursor(at.Unit.Kind)); x.Empty() {
			delete(b.indexes, at.Unit)
			if at.Unit.Kind == queue.AtPost {
				delete(b.lines, at.Unit.ID)
			}
		}
	}
}

// index puts a row into its indexes.
func (b *board) index(c *row) {
	for at := range c.places {
		x := b.indexes[at.Unit]
		if x == nil {
			x = &order.Index{}
			b.indexes[at.Unit] = x
			if at.Unit.Kind == queue.AtPost {
				b.lines.Hold(at.Unit.ID)
			}
		}
		x.Set(c.cursor(at.Unit.Kind), at.In)
	}
}

// queuesOf are the queues in which a case is, and for whom.
func (b *board) queuesOf(id dispatch.CaseID) queue.Queued {
	if c := b.rows[id]; c != nil {
		return c.queued
	}
	return queue.Queued{}
}

// rowOf is the row of a case that waits for somebody.
func (b *board) rowOf(cs *dispatch.Case, scopes []roster.Unit) *row {
	var buf [3]waits.Wait
	all := waits.Into(buf[:0], b.city, cs)
	post := all[0].Post // of an open case, that of the stage
	if !cs.Open() {
		_, post = escalation.Accountable(b.city, cs)
	}
	c := &row{
		cs: cs, Attributes: attributes.Of(b.city, cs), closed: !cs.Open(),
		queued: queue.Of(b.city, cs, all, b.mass.has(cs.ID), b.lines),
		owners: post == cs.Owner.Post, overdueBy: escalation.NotifiedPosts(b.city, cs),
	}
	c.units = unitsOf(b.city, c, scopes)
	c.armed, c.fallback = !cs.NextAt.IsZero(), cs.Rule != "" && cs.Rule == b.city.Rules[len(b.city.Rules)-1].ID
	return c
}

// tally holds the counts for operators.
type tally struct{ armed, owned, fallback int }

func (t *tally) add(c *row, n int) {
	if c.closed {
		return
	}
	if c.armed {
		t.armed += n
	}
	if c.Owner != (roster.Unit{}) {
		t.owned += n
	}
	if c.fallback {
		t.fallback += n
	}
}

// maxCached bounds the decoded cases in rows, about 2 KB each.
const maxCached = 8 << 10

// cache notes that a row holds its case, and evicts the oldest.
func (b *board) cache(id dispatch.CaseID) {
	if len(b.cached) < maxCached {
		b.cached = append(b.cached, id)
		return
	}
	if old := b.rows[b.cached[b.next]]; old != nil && b.cached[b.next] != id {
		old.cs = nil
	}
	b.cached[b.next] = id
	b.next = (b.next + 1) % maxCached
}

// remember caches a case that was read from the store, unless the row has changed since.
func (b *board) remember(cs *dispatch.Case, at storage.Revision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.rows[cs.ID]; c != nil && c.cs == nil && at >= b.rev {
		c.cs = cs
		b.cache(cs.ID)
	}
}

// waitFor waits until the board includes a revision.
func (b *board) waitFor(ctx context.Context, rev storage.Revision) error {
	for {
		b.mu.Lock()
		if b.err != nil || b.rev >= rev {
			defer b.mu.Unlock()
			return b.err
		}
		b.waits++
		moved := b.moved
		b.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Stats holds figures of the open cases for operators.
type Stats struct {
	Revision                     storage.Revision // of the lists
	Open, Armed, Owned, Fallback int              // open cases; of these, with a timer, with an owner, owned by the catch-all rule
}

func (b *board) stats() Stats {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return Stats{b.rev, b.ids.Len(), b.tally.armed, b.tally.owned, b.tally.fallback}
}
