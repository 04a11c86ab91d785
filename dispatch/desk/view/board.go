package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/tidwall/btree"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/escalation"
	"wangge/storage"
)

// Board holds what is asked of open cases, in memory: each open case once, and for each unit its
// open cases by deadline. It is derived from the store alone, from a snapshot and the feed after
// it, so that every desk over a store has the same. It costs about 0.7 KB an open case.
type Board struct {
	city  *city.City
	Turn  func(context.Context) (*city.City, error) // asked after a commit that turns
	Pause func(context.Context)                     // waits before what failed for a while is tried again
	Armed func(storage.Batch)                       // told of each commit: it may arm timers
	log   *slog.Logger

	Mu    sync.RWMutex
	Rev   storage.Revision // everything up to it is on the board
	moved chan struct{}    // closed and replaced when rev moves and somebody waits
	waits int
	err   error // why the board stopped following, nil while it follows
	Cards map[dispatch.CaseID]*card
	ids   *btree.BTreeG[dispatch.CaseID] // of the cards
	lanes map[roster.Unit]*lane
	moves moves
	Tally tally

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

// OpenBoard reads the open cases and returns the board of that revision. Each open case has
// exactly one timer, so the timers are the list of open cases.
func OpenBoard(ctx context.Context, c *city.City, store storage.Engine, log *slog.Logger) (*Board, error) {
	b := &Board{city: c, log: log, moved: make(chan struct{}), Cards: map[dispatch.CaseID]*card{}, ids: newIDs(), lanes: map[roster.Unit]*lane{}, recent: map[storage.Revision]moment{}, topics: topics{waiting: map[roster.Unit]chan struct{}{}}}
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	b.Rev = snap.Revision()
	b.first, b.moves.from = b.Rev+1, b.Rev
	for it, err := range snap.Scan(storage.Prefix(ledger.TimerPrefix)) {
		if err != nil {
			return nil, err
		}
		l, err := ledger.Load(snap, ledger.TailID(it.Key))
		if errors.Is(err, storage.ErrCorrupt) { // more may be missing than this case: no list would be whole
			return nil, err
		}
		if err != nil {
			b.Damaged(ledger.TailID(it.Key), err)
			continue
		}
		b.place(l.Cs, ledger.ScopesOf(c, l.Cs), b.Rev)
	}
	return b, nil
}

// Follow puts each commit on the board, in order, until ctx ends or the store fails.
func (b *Board) Follow(ctx context.Context, store storage.Engine, known *tx.Sketches) {
	var err error
	for c, failed := range store.Watch(ctx, b.Rev) {
		if failed != nil {
			err = failed
			break
		}
		if ledger.Turns(c.Batch) {
			for err = b.Restage(ctx, store); errors.Is(err, storage.ErrRebuilding); err = b.Restage(ctx, store) {
				b.Pause(ctx) // what is read is whole again soon
			}
			if err != nil {
				break
			}
		}
		b.Armed(c.Batch)
		b.apply(c, known)
	}
	if ctx.Err() != nil || err == nil {
		err = ledger.ErrStopped
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	b.err = fmt.Errorf("the board no longer follows the store: %w", err)
	close(b.moved)
	b.topics.all()
}

// Restage sets the board up when the city's ground or people are others: what a case concerns is told by the tree of units. It
// is filled from a snapshot that may be ahead of the feed, which then brings it there once more.
func (b *Board) Restage(ctx context.Context, store storage.Engine) error {
	c, err := b.Turn(ctx)
	if err != nil || c.Base() == b.city.Base() {
		return err
	}
	fresh, err := OpenBoard(ctx, c, store, b.log)
	if err != nil {
		return err
	}
	b.Mu.Lock()
	defer b.Mu.Unlock()
	b.city, b.Cards, b.ids, b.lanes, b.whole, b.next = c, fresh.Cards, fresh.ids, fresh.lanes, fresh.whole, fresh.next
	b.moves, b.Tally = fresh.moves, fresh.Tally
	return nil
}

// Damaged says that a case is left off the board: one that can't be read stops nobody else.
func (b *Board) Damaged(id dispatch.CaseID, err error) {
	b.log.Error("board: a case can't be read and is left out of the lists", "case", id.String(), "error", err)
}

func (b *Board) apply(c storage.Committed, known *tx.Sketches) {
	m := momentOf(b.city, c, known, b.Damaged)
	b.Mu.Lock()
	defer b.Mu.Unlock()
	for _, ch := range m.changes {
		b.place(ch.cs, ch.scopes, c.Revision)
	}
	b.Rev = c.Revision
	b.keep(m)
	b.tell(m)
	if b.waits > 0 {
		close(b.moved)
		b.moved, b.waits = make(chan struct{}), 0
	}
}

// place puts a case on the board as a revision left it, or takes it off when it has ended. scopes are
// the units that it concerns.
func (b *Board) place(cs *dispatch.Case, scopes []roster.Unit, at storage.Revision) {
	old := b.Cards[cs.ID]
	if old != nil {
		for _, u := range old.lanes {
			if l := b.lanes[u]; l.Len() > 1 {
				l.Delete(old.slot(u.Kind))
			} else {
				delete(b.lanes, u)
			}
		}
		delete(b.Cards, cs.ID)
		b.Tally.add(old, -1)
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
	b.Cards[cs.ID] = c
	b.ids.Set(cs.ID)
	b.Tally.add(c, 1)
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
type tally struct{ Armed, Owned, Fallback int }

func (t *tally) add(c *card, n int) {
	if c.armed {
		t.Armed += n
	}
	if c.Owner != (roster.Unit{}) {
		t.Owned += n
	}
	if c.fallback {
		t.Fallback += n
	}
}

// mostWhole bounds the cases that are held whole: about 2 KB each.
const mostWhole = 8 << 10

// hold notes that a card holds its case, and makes the card that has done so longest let go.
func (b *Board) hold(id dispatch.CaseID) {
	if len(b.whole) < mostWhole {
		b.whole = append(b.whole, id)
		return
	}
	if old := b.Cards[b.whole[b.next]]; old != nil && b.whole[b.next] != id {
		old.cs = nil
	}
	b.whole[b.next] = id
	b.next = (b.next + 1) % mostWhole
}

// learn keeps a case that was read from the store, when the board still shows it as it was read.
func (b *Board) learn(cs *dispatch.Case, at storage.Revision) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	if c := b.Cards[cs.ID]; c != nil && c.cs == nil && at >= b.Rev {
		c.cs = cs
		b.hold(cs.ID)
	}
}

// Reach waits until the board shows a revision.
func (b *Board) Reach(ctx context.Context, rev storage.Revision) error {
	for {
		b.Mu.Lock()
		if b.err != nil || b.Rev >= rev {
			defer b.Mu.Unlock()
			return b.err
		}
		b.waits++
		moved := b.moved
		b.Mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
