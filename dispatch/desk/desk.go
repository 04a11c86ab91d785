// Package desk keeps cases: it loads, lets package dispatch decide, and commits under a guard.
// One act is one read and one commit; who loses a race reads again, a bounded number of times.
package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// retries bounds how often a lost race is run again.
const retries = 8

// Config says what a desk works with. Store and City are required.
type Config struct {
	Store storage.Engine
	City  *city.City // decides unless the store has kept a revision: then that one does, and City may be nil
	// Directory is what City was loaded from: a store that keeps no revision yet keeps it as its
	// first. nil = the store is left without revisions, and nothing can be applied.
	Directory city.Directory
	Channels  []string     // by which notices are queued: see city.Channels; none = nobody is told
	Clock     Clock        // nil = SystemClock
	Log       *slog.Logger // nil = slog.Default
}

// Desk keeps the cases of one city. It is safe for concurrent use; several desks, also in several
// processes, may share one store.
type Desk struct {
	store    storage.Engine
	turning  sync.Mutex // while force changes
	force    atomic.Pointer[inForce]
	compiled compiled
	passages passages
	clock    Clock
	log      *slog.Logger
	wake     chan struct{} // size 1: a timer may have become the earliest
	looksAt  atomic.Int64  // when the keeper looks again, unix nanoseconds; never when none runs
	board    *board
	known    sketches
	acked    atomic.Uint64 // the last revision that this desk told somebody of
	floor    floor
	trouble  trouble
	hooks    []func(b storage.Batch, timer time.Time) // called after each attempt to commit, before commit returns
	checked  atomic.Pointer[CheckReport]
	verified atomic.Pointer[verification]
	channels []string
	post     chan struct{} // size 1: a notice was queued
	stop     context.CancelFunc
	done     chan struct{} // closed when the board follows no more

	numbers numbers
	sends   sends

	mu     sync.Mutex
	stuck  map[dispatch.CaseID]stuckTimer // timers that failed
	claims map[dispatch.CaseID]bool       // timers that a keeper over this desk is firing
	steps  steps                          // fired since the desk was opened
}

// Open returns a desk over the store, of whose open cases it reads every one. The caller keeps the
// store and closes it after the desk.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Store == nil {
		return nil, errors.New("desk: a store is required")
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.City != nil {
		if err := claim(ctx, cfg.Store, cfg.City.Code); err != nil {
			return nil, err
		}
	}
	kept, err := layoutOf(ctx, cfg.Store)
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	d := &Desk{
		store: cfg.Store, clock: cfg.Clock, log: cfg.Log, wake: make(chan struct{}, 1), post: make(chan struct{}, 1), channels: cfg.Channels, done: make(chan struct{}),
		known: sketches{cases: map[dispatch.CaseID]sketch{}}, numbers: newNumbers(), stuck: map[dispatch.CaseID]stuckTimer{}, claims: map[dispatch.CaseID]bool{},
	}
	d.hooks = append(d.hooks, d.armedIn, d.queuedIn)
	c, err := d.start(ctx, cfg.City, cfg.Directory)
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	if err := upgrade(ctx, cfg.Store, c.city, kept); err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	d.force.Store(c)
	b, err := openBoard(ctx, c.city, cfg.Store, cfg.Log)
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	b.turn, b.pause = d.turn, d.pause
	if err := b.restage(ctx, cfg.Store); err != nil { // another city may have come to decide since start looked
		return nil, fmt.Errorf("open desk: %w", err)
	}
	b.armed = func(b storage.Batch) { d.notify(d.armedBy(b)) }
	d.board = b
	var following context.Context
	following, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(d.done)
		b.follow(following, d.store, &d.known)
		d.floor.lose()
	}()
	return d, nil
}

// Close ends what the desk does in the background. The store stays open.
func (d *Desk) Close() {
	d.stop()
	<-d.done
}

// pause waits as long as the store is given to come to itself, or until ctx ends.
func (d *Desk) pause(ctx context.Context) {
	fire, stop := d.clock.NewTimer(storeRetry)
	defer stop()
	select {
	case <-ctx.Done():
	case <-fire:
	}
}

// caughtUp waits until the board shows everything that this desk has told anybody of.
func (d *Desk) caughtUp(ctx context.Context) error {
	return d.board.reach(ctx, storage.Revision(d.acked.Load()))
}

// Reach waits until lists show a revision of the store, and the city is the one that decides there.
func (d *Desk) Reach(ctx context.Context, rev storage.Revision) error { return d.board.reach(ctx, rev) }

// commit writes a batch and notes its revision. timer is the earliest that the batch arms.
func (d *Desk) commit(ctx context.Context, b storage.Batch, timer time.Time) error {
	rev, err := d.store.Commit(ctx, b)
	d.wrote(err)
	d.attempted(b, timer) // also when the caller gave up: the batch may be written
	var lost *storage.ConflictError
	if errors.As(err, &lost) && bytes.Equal(lost.Key, headKey) {
		return fmt.Errorf("%w: %w", errBehind, err)
	}
	if err != nil {
		return err
	}
	for {
		was := d.acked.Load()
		if uint64(rev) <= was || d.acked.CompareAndSwap(was, uint64(rev)) {
			return nil
		}
	}
}

// attempted tells the hooks of a batch that may have been written, and of the earliest timer that it arms.
func (d *Desk) attempted(b storage.Batch, timer time.Time) {
	for _, f := range d.hooks {
		f(b, timer)
	}
}

// City returns the city that decides now. An operation asks once and hands it down, so that one
// case never sees two.
func (d *Desk) City() *city.City { return d.inForce().city }

func (d *Desk) inForce() *inForce { return d.force.Load() }

func (d *Desk) now() time.Time { return d.clock.Now().Round(0).In(d.City().Location) }

// loaded is a case as the store holds it.
type loaded struct {
	indexed
	rev storage.Revision
}

func load(snap storage.Snapshot, id dispatch.CaseID) (loaded, error) {
	it, err := snap.Get(caseKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	if err != nil {
		return loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	s, err := record.DecodeCase(id, it.Value)
	if err != nil {
		return loaded{}, fmt.Errorf("read %w", err)
	}
	return loaded{indexed{s.Case, s.Scopes, s.Filing}, it.Revision}, nil
}

// read runs f on one snapshot.
func (d *Desk) read(ctx context.Context, f func(storage.Snapshot) error) error {
	snap, err := d.store.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer snap.Close()
	return f(snap)
}

// step folds the events and returns the new case with what must be written.
func (d *Desk) step(c *city.City, before indexed, id dispatch.CaseID, events []dispatch.Event) (indexed, []storage.Op, error) {
	var after indexed
	if before.cs == nil {
		after.cs, after.filing = dispatch.FoldAll(&dispatch.Case{ID: id}, events), events
	} else {
		after.cs = dispatch.FoldAll(before.cs, events)
	}
	after.postings = postings(c, after.cs)
	ops, err := caseDiff(before, after, events)
	if err != nil {
		return after, nil, err
	}
	d.known.put(ops[0].Value, after.cs)
	told, err := notices(d.channels, c, after.cs, events)
	return after, append(ops, told...), err
}
