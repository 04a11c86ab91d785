// Package faultinject wraps an engine in the failures of a store: a commit that fails, a commit that is written but whose answer is
// lost, a sync that fails so that the outcome is known later, and a machine that stops before or after a commit. The caller decides,
// from a seed, what fails. Without faults the wrapper behaves as the engine.
package faultinject

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"wangge/storage"
)

// Fault is what happens to one commit.
type Fault int

// Faults; the zero value is none.
const (
	None        Fault = iota
	Fails             // nothing is written, and the caller is told
	AnswerLost        // it is written, and the caller is told that it failed
	CrashBefore       // the machine stops before it is written
	CrashAfter        // the machine stops after it is written, before the caller is told
	SyncKept          // its sync fails: storage.ErrUncertain, then refusals; it turns out to be written
	SyncDropped       // the same, and it turns out not to be
)

// refusals is how many commits are refused with storage.ErrFailed after a sync that failed; with the next one the
// engine finds out what its disk holds.
const refusals = 2

// Errors of a faulty engine.
var (
	ErrInjected = errors.New("injected: the store failed")
	ErrCrashed  = errors.New("injected: the machine has stopped")
)

// Engine implements storage.Engine over another one.
type Engine struct {
	under storage.Engine
	plan  func(storage.Batch) Fault

	mu      sync.Mutex
	crashed bool
	refuses int            // commits that are still refused
	doubt   *storage.Batch // on the disk and not shown yet; nil when there is none
}

var (
	_ storage.Engine  = (*Engine)(nil)
	_ storage.Healthy = (*Engine)(nil)
)

// Wrap returns an engine whose commits meet what plan says, each asked for once and in turn.
func Wrap(under storage.Engine, plan func(storage.Batch) Fault) *Engine {
	return &Engine{under: under, plan: plan}
}

// Crashed reports whether the machine has stopped: then every call fails until Restart.
func (e *Engine) Crashed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.crashed
}

// Restart starts the machine again: what was written is there, and nothing else.
func (e *Engine) Restart() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.crashed, e.refuses = false, 0
	e.findOut()
}

// findOut shows what a failed sync wrote nevertheless; mu is held. When a commit that was under way at the same
// time has broken its guards, or the engine is closed, it turns out not to be written.
func (e *Engine) findOut() {
	if e.doubt == nil {
		return
	}
	_, _ = e.under.Commit(context.Background(), *e.doubt)
	e.doubt = nil
}

// Health implements storage.Healthy.
func (e *Engine) Health(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.crashed:
		return ErrCrashed
	case e.refuses > 0:
		return storage.ErrFailed
	}
	return nil
}

func (e *Engine) next(b storage.Batch) Fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.crashed:
		return CrashBefore
	case e.refuses > 0:
		if e.refuses--; e.refuses == 0 {
			e.findOut()
		}
		return refused
	}
	f := e.plan(b)
	e.crashed = f == CrashBefore || f == CrashAfter
	return f
}

// refused is a commit while the engine does not know what its disk holds.
const refused Fault = -1

// uncertain commits a batch whose sync fails, and whose fate is known later. What the engine refuses is refused.
func (e *Engine) uncertain(ctx context.Context, b storage.Batch, kept bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.holds(ctx, b); err != nil {
		return err
	}
	e.refuses = refusals
	if kept {
		b := b.Clone()
		e.doubt = &b
	}
	return fmt.Errorf("%w: %w", storage.ErrUncertain, ErrInjected)
}

// holds says why a batch would be refused.
func (e *Engine) holds(ctx context.Context, b storage.Batch) error {
	if err := b.Validate(); err != nil {
		return err
	}
	snap, err := e.under.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	for _, g := range b.Guards {
		it, err := snap.Get(g.Key)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if it.Revision != g.Revision {
			return &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: it.Revision}
		}
	}
	return nil
}

// Commit implements storage.Engine.
func (e *Engine) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	switch e.next(b) { //nolint:contextcheck // what an earlier commit wrote depends on no caller
	case Fails:
		return 0, ErrInjected
	case CrashBefore:
		return 0, ErrCrashed
	case refused:
		return 0, fmt.Errorf("%w: %w", storage.ErrFailed, ErrInjected)
	case SyncKept:
		return 0, e.uncertain(ctx, b, true)
	case SyncDropped:
		return 0, e.uncertain(ctx, b, false)
	case AnswerLost:
		return 0, lost(ctx, e.under, b, ErrInjected)
	case CrashAfter:
		return 0, lost(ctx, e.under, b, ErrCrashed)
	case None:
	}
	return e.under.Commit(ctx, b)
}

// lost commits and forgets the answer; what the engine refuses is refused.
func lost(ctx context.Context, under storage.Engine, b storage.Batch, instead error) error {
	if _, err := under.Commit(ctx, b); err != nil {
		return err
	}
	return instead
}

// Snapshot implements storage.Engine.
func (e *Engine) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if e.Crashed() {
		return nil, ErrCrashed
	}
	return e.under.Snapshot(ctx)
}

// Watch implements storage.Engine.
func (e *Engine) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return e.under.Watch(ctx, after)
}

// Close implements storage.Engine.
func (e *Engine) Close() error { return e.under.Close() }
