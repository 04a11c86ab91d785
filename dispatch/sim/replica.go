package sim

import (
	"context"
	"iter"
	"sync"

	"wangge/dispatch/desk"
	"wangge/storage"
)

// laggingStore is the store as the replica sees it. Until the gate is raised, its feed carries nothing but the
// replica's own commits. Occasionally the first scheduler fires between a read and the commit of the replica.
type laggingStore struct {
	storage.Engine
	w    *world
	feed *gate
}

func (b laggingStore) Commit(ctx context.Context, batch storage.Batch) (storage.Revision, error) {
	if b.w.race {
		b.w.race = false
		if err := b.w.overtake(ctx); err != nil {
			return 0, err
		}
	}
	rev, err := b.Engine.Commit(ctx, batch)
	if err != nil {
		return rev, err
	}
	b.feed.raise(rev)
	if b.w.replica != nil { // nil while the replica is being opened
		err = b.w.replica.WaitFor(ctx, rev)
	}
	return rev, err
}

// overtake runs the first scheduler.
func (w *world) overtake(ctx context.Context) error {
	if err := w.catchUp(ctx, w.desk); err != nil {
		return err
	}
	n, _, err := w.desk.FireDue(ctx, w.service())
	if err != nil {
		return err
	}
	w.Steps += n
	w.note("the first scheduler fires %d before the replica's commit", n)
	return nil
}

func (b laggingStore) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return func(yield func(storage.Committed, error) bool) {
		for c, err := range b.Engine.Watch(ctx, after) {
			if err == nil && !b.feed.pass(ctx, c.Revision) || !yield(c, err) {
				return
			}
		}
	}
}

// gate limits a feed to the commits up to a revision.
type gate struct {
	mu    sync.Mutex
	upTo  storage.Revision
	moved chan struct{} // closed and replaced when the gate is raised
}

func (g *gate) raise(to storage.Revision) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.upTo = max(g.upTo, to)
	close(g.moved)
	g.moved = make(chan struct{})
}

// pass waits until the gate reaches rev; false if ctx ends first.
func (g *gate) pass(ctx context.Context, rev storage.Revision) bool {
	for {
		g.mu.Lock()
		ok, moved := g.upTo >= rev, g.moved
		g.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}

// machine returns the service for the next request: the first one, or its replica, which may lag.
func (w *world) machine(ctx context.Context) (*desk.Desk, error) {
	switch {
	case w.replica == nil || w.store.Crashed():
		return w.desk, nil
	case w.rng.IntN(2) == 0:
		return w.desk, w.catchUp(ctx, w.desk)
	case !w.calm && w.rng.IntN(4) > 0:
		return w.replica, nil
	default:
		return w.replica, w.catchUp(ctx, w.replica)
	}
}

// catchUp waits until a service has seen everything in the store.
func (w *world) catchUp(ctx context.Context, d *desk.Desk) error {
	rev, err := w.revision(ctx)
	if err != nil {
		return err
	}
	if d == w.replica {
		w.feed.raise(rev)
	}
	return d.WaitFor(ctx, rev)
}
