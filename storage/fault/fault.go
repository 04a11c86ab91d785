// Package fault wraps an engine in the failures that a store can have: a commit that fails, one that is
// written though its answer is lost, and a machine that stops before or after it. What goes wrong is
// decided by whoever uses it, from a seed. With no faults it is the engine itself.
package fault

import (
	"context"
	"errors"
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
)

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
}

var _ storage.Engine = (*Engine)(nil)

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
	e.crashed = false
}

func (e *Engine) next(b storage.Batch) Fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.crashed {
		return CrashBefore
	}
	f := e.plan(b)
	e.crashed = f == CrashBefore || f == CrashAfter
	return f
}

// Commit implements storage.Engine.
func (e *Engine) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	switch e.next(b) {
	case Fails:
		return 0, ErrInjected
	case CrashBefore:
		return 0, ErrCrashed
	case AnswerLost:
		return 0, lost(ctx, e.under, b, ErrInjected)
	case CrashAfter:
		return 0, lost(ctx, e.under, b, ErrCrashed)
	default:
		return e.under.Commit(ctx, b)
	}
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
