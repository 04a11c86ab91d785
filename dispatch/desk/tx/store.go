// Package tx is the one way in which the packages of the desk use the store: reads on one snapshot, and optimistic
// transactions that decide on a snapshot, commit under guards, and run again after a lost race. The Store also holds the
// clock, the log, and whether the store accepts writes.
package tx

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"wangge/dispatch"
	"wangge/storage"
)

// How long loops wait.
const (
	StoreRetry = time.Second      // how long a loop waits for a store that failed
	Shortest   = time.Millisecond // a sleep is never shorter: clocks differ in the last digits
)

// Store is the engine as the rooms of the desk share it. It is safe for concurrent use once it is composed: OnCommit
// and OnStale are called before the first commit.
type Store struct {
	engine   storage.Engine
	clock    Clock
	log      *slog.Logger
	channels []string
	hooks    []func(storage.Batch)
	catchUp  func(context.Context) error

	decoded decodeCache
	acked   atomic.Uint64 // the last revision that was acknowledged
	health  health
}

// New returns a store over an engine. Notices are queued by the channels; none = no notices.
func New(engine storage.Engine, clock Clock, log *slog.Logger, channels []string) *Store {
	return &Store{engine: engine, clock: clock, log: log, channels: channels, decoded: decodeCache{cases: map[dispatch.CaseID]decoded{}}}
}

// OnCommit adds a hook, which is called with the batch of each attempt to commit before the attempt returns: also when
// the caller gave up meanwhile, or the engine could not tell what became of the batch.
func (s *Store) OnCommit(hook func(storage.Batch)) { s.hooks = append(s.hooks, hook) }

// OnStale sets the function that Do calls after ErrStale, outside the snapshot and before the next run.
func (s *Store) OnStale(catchUp func(context.Context) error) { s.catchUp = catchUp }

// Engine returns the engine, for the packages that also work on a store without a desk: fsck and auditlog. A package that
// makes decisions uses Do.
func (s *Store) Engine() storage.Engine { return s.engine }

// Channels returns the channels by which notices are queued. The caller does not change them.
func (s *Store) Channels() []string { return s.channels }

// Log is where the rooms log.
func (s *Store) Log() *slog.Logger { return s.log }

// Now is the present instant, in the clock's zone.
func (s *Store) Now() time.Time { return s.clock.Now().Round(0) }

// NewTimer is the clock's: see Clock.
func (s *Store) NewTimer(d time.Duration) (<-chan time.Time, func() bool) { return s.clock.NewTimer(d) }

// Sleep waits until d has passed, or wake receives, or ctx ends; the error is ctx's. A nil wake never receives.
func (s *Store) Sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	fire, stop := s.clock.NewTimer(d)
	defer stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-fire:
	case <-wake:
	}
	return nil
}

// Acked is the last revision that this process acknowledged to a caller. Lists wait until they include it.
func (s *Store) Acked() storage.Revision { return storage.Revision(s.acked.Load()) }

// Watch is the engine's feed: see storage.Engine.
func (s *Store) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return s.engine.Watch(ctx, after)
}

// Read runs f on one snapshot, and closes it. Errors: ErrNested inside a transaction; the engine's; f's.
func (s *Store) Read(ctx context.Context, f func(storage.Snapshot) error) error {
	if inside(ctx) {
		return fmt.Errorf("read: %w", ErrNested)
	}
	snap, err := s.engine.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer snap.Close()
	return f(snap)
}

// Commit commits one batch without a snapshot and without a retry. It is for writes whose guards were read earlier, such
// as the result of a message that was sent meanwhile. A decision on the present content of the store uses Do. Errors:
// ErrNested inside a transaction, ErrStale, and those of the engine.
func (s *Store) Commit(ctx context.Context, b storage.Batch) error {
	if inside(ctx) {
		return fmt.Errorf("commit: %w", ErrNested)
	}
	rev, err := s.write(ctx, b)
	if err == nil {
		s.ack(rev)
	}
	return err
}

// write commits a batch, records the outcome for health, and calls the hooks.
func (s *Store) write(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	rev, err := s.engine.Commit(ctx, b)
	s.wrote(err)
	for _, hook := range s.hooks {
		hook(b)
	}
	return rev, stale(err)
}

// ack raises the last acknowledged revision to rev.
func (s *Store) ack(rev storage.Revision) {
	for {
		was := s.acked.Load()
		if uint64(rev) <= was || s.acked.CompareAndSwap(was, uint64(rev)) {
			return
		}
	}
}

// ErrNested is returned for a commit or another snapshot inside a transaction, which is a programming error: an engine
// may have to wait for the end of every snapshot before it can make room for a commit.
var ErrNested = errors.New("inside a transaction: read from its snapshot, write into its batch")

type insideKey struct{}

// within marks a context as inside a transaction.
type within struct{ context.Context }

// Value implements context.Context.
func (c *within) Value(key any) any {
	if key == (insideKey{}) {
		return true
	}
	return c.Context.Value(key)
}

// Inside reports whether a context comes from a transaction. Engines of tests use it.
func Inside(ctx context.Context) bool { return inside(ctx) }

func inside(ctx context.Context) bool { return ctx.Value(insideKey{}) != nil }
