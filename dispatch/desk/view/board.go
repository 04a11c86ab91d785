package view

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/escalation"
	"wangge/storage"

	"github.com/tidwall/btree"
)

// board holds what is asked of open cases, in memory: each open case once, and for each unit its
// open cases by deadline. It is derived from the store alone, from a snapshot and the feed after
// it, so that every desk over a store has the same. It costs about 0.7 KB an open case.
type board struct {
	store     *tx.Store
	city      *city.City                                // of the following goroutine alone
	activate  func(context.Context) (*city.City, error) // asked after a commit that activates another city
	committed func(storage.Batch)                       // told of each commit

	mu    sync.RWMutex
	rev   storage.Revision // everything up to it is on the board
	moved chan struct{}    // closed and replaced when rev moves and somebody waits
	waits int
	err   error // why the board stopped following, nil while it follows
	cards map[dispatch.CaseID]*card
	ids   *btree.BTreeG[dispatch.CaseID] // of the cards
	lanes map[roster.Unit]*lane
	moves moves
	tally tally

	recent map[storage.Revision]moment // what watchers find in memory, from first to rev without a gap
	first  storage.Revision
	kept   int               // changes in recent
	whole  []dispatch.CaseID // ring of the cards that hold their case; the oldest lets go
	next   int               // in whole
	topics topics
}

// card is an open case as lists see it.
type card struct {
	Facts
	cs     *dispatch.Case // nil: not in memory, the store has it
	id     dispatch.CaseID
	owners bool            // the present stage is the owner's
	lanes  []roster.Unit   // in which it stands: see lanesOf
	stands []roster.PostID // on whose step it stands

	armed, fallback bool // a timer is armed; the last rule decided its owner
}

func newIDs() *btree.BTreeG[dispatch.CaseID] {
	return btree.NewBTreeGOptions(func(a, b dispatch.CaseID) bool { return a < b }, btree.Options{NoLocks: true})
}

// openBoard reads the open cases and returns the board of that revision. Each open case has exactly one timer, so the
// timers are the list of open cases.
func openBoard(ctx context.Context, c *city.City, store *tx.Store) (*board, error) {
	b := &board{store: store, city: c, moved: make(chan struct{}), cards: map[dispatch.CaseID]*card{}, ids: newIDs(), lanes: map[roster.Unit]*lane{}, recent: map[storage.Revision]moment{}, topics: topics{waiting: map[roster.Unit]chan struct{}{}}}
	return b, store.Read(ctx, b.fill)
}

// fill puts the open cases of a snapshot on an empty board.
func (b *board) fill(snap storage.Snapshot) error {
	b.rev = snap.Revision()
	b.first, b.moves.from = b.rev+1, b.rev
	for it, err := range snap.Scan(storage.Prefix(ledger.TimerPrefix)) {
		if err != nil {
			return err
		}
		l, err := ledger.Load(snap, ledger.TailID(it.Key))
		if errors.Is(err, storage.ErrCorrupt) { // more may be missing than this case: no list would be whole
			return err
		}
		if err != nil {
			b.damaged(ledger.TailID(it.Key), err)
			continue
		}
		b.place(l.Cs, ledger.ScopesOf(b.city, l.Cs), b.rev)
	}
	return nil
}

// follow puts each commit on the board, in order, until ctx ends or the store fails.
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
				if err := b.store.Sleep(ctx, tx.StoreRetry, nil); err != nil { // what is read is whole again soon
					return err
				}
			}
			if err != nil {
				return err
			}
		}
		b.committed(c.Batch)
		b.apply(c)
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
	b.city, b.cards, b.ids, b.lanes, b.whole, b.next = c, fresh.cards, fresh.ids, fresh.lanes, fresh.whole, fresh.next
	b.moves, b.tally = fresh.moves, fresh.tally
	return nil
}

// damaged says that a case is left off the board: one that can't be read stops nobody else.
func (b *board) damaged(id dispatch.CaseID, err error) {
	b.store.Log().Error("board: a case can't be read and is left out of the lists", "case", id.String(), "error", err)
}

func (b *board) apply(c storage.Committed) {
	m := momentOf(b.city, c, b.store.Decoded, b.damaged)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range m.changes {
		b.place(ch.cs, ch.scopes, c.Revision)
	}
	b.rev = c.Revision
	b.keep(m)
	b.tell(m)
	if b.waits > 0 {
		close(b.moved)
		b.moved, b.waits = make(chan struct{}), 0
	}
}

// place puts a case on the board as a revision left it, or takes it off when it has ended. scopes are
// the units that it concerns.
func (b *board) place(cs *dispatch.Case, scopes []roster.Unit, at storage.Revision) {
	old := b.cards[cs.ID]
	if old != nil {
		for _, u := range old.lanes {
			if l := b.lanes[u]; l.Len() > 1 {
				l.Delete(old.slot(u.Kind))
			} else {
				delete(b.lanes, u)
			}
		}
		delete(b.cards, cs.ID)
		b.tally.add(old, -1)
	}
	if !cs.Open() {
		if b.ids.Delete(cs.ID); old != nil {
			b.moves.add(at, old)
		}
		return
	}
	_, post := escalation.Answers(b.city, cs)
	c := &card{cs: cs, Facts: factsOf(b.city, cs), id: cs.ID, owners: post == cs.Owner.Post, stands: escalation.StandsAt(b.city, cs)}
	c.lanes = lanesOf(b.city, c, scopes, post)
	c.armed, c.fallback = !cs.NextAt.IsZero(), cs.Rule != "" && cs.Rule == b.city.Rules[len(b.city.Rules)-1].ID
	if old != nil && (old.owners != c.owners || !old.DueFirst.Equal(c.DueFirst)) {
		b.moves.add(at, old)
	}
	b.cards[cs.ID] = c
	b.ids.Set(cs.ID)
	b.tally.add(c, 1)
	b.hold(cs.ID)
	for _, u := range c.lanes {
		l := b.lanes[u]
		if l == nil {
			fresh := newLane()
			l = &fresh
			b.lanes[u] = l
		}
		l.Set(c.slot(u.Kind))
	}
}

// tally counts what operators ask of the board.
type tally struct{ armed, owned, fallback int }

func (t *tally) add(c *card, n int) {
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

// mostWhole bounds the cases that are held whole: about 2 KB each.
const mostWhole = 8 << 10

// hold notes that a card holds its case, and makes the card that has done so longest let go.
func (b *board) hold(id dispatch.CaseID) {
	if len(b.whole) < mostWhole {
		b.whole = append(b.whole, id)
		return
	}
	if old := b.cards[b.whole[b.next]]; old != nil && b.whole[b.next] != id {
		old.cs = nil
	}
	b.whole[b.next] = id
	b.next = (b.next + 1) % mostWhole
}

// learn keeps a case that was read from the store, when the board still shows it as it was read.
func (b *board) learn(cs *dispatch.Case, at storage.Revision) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.cards[cs.ID]; c != nil && c.cs == nil && at >= b.rev {
		c.cs = cs
		b.hold(cs.ID)
	}
}

// reach waits until the board shows a revision.
func (b *board) reach(ctx context.Context, rev storage.Revision) error {
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

// Stats is what operators ask of the open cases.
type Stats struct {
	Revision                     storage.Revision // that the lists show
	Open, Armed, Owned, Fallback int              // open cases; of these, with an instant armed, with an owner, with the last rule's
}

func (b *board) stats() Stats {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return Stats{b.rev, len(b.cards), b.tally.armed, b.tally.owned, b.tally.fallback}
}
