// Package mem is the reference engine: an ordered tree that a snapshot copies
// on write. It keeps nothing on disk; durable here means until Close.
package mem

import (
	"bytes"
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"wangge/storage"

	"github.com/tidwall/btree"
)

// degree is half of the most keys of a node: each commit after a snapshot copies the nodes on its way.
const degree = 16

// Engine implements storage.Engine. Use Open.
type Engine struct {
	mu      sync.Mutex
	closed  bool
	items   *btree.Map[string, *storage.Item]
	feed    []storage.Committed
	changed chan struct{} // closed and replaced by each commit
}

var _ storage.Engine = (*Engine)(nil)

// Open returns an empty engine.
func Open() *Engine {
	return &Engine{changed: make(chan struct{}), items: btree.NewMap[string, *storage.Item](degree)}
}

// Commit implements storage.Engine.
func (e *Engine) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := b.Validate(); err != nil {
		return 0, err
	}
	b = b.Clone()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, storage.ErrClosed
	}
	for _, g := range b.Guards {
		var have storage.Revision
		if it, ok := e.items.Get(string(g.Key)); ok {
			have = it.Revision
		}
		if have != g.Revision {
			return 0, &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	rev := storage.Revision(len(e.feed) + 1)
	for _, op := range b.Ops {
		if op.Delete {
			e.items.Delete(string(op.Key))
		} else {
			e.items.Set(string(op.Key), &storage.Item{Key: op.Key, Value: op.Value, Revision: rev})
		}
	}
	e.feed = append(e.feed, storage.Committed{Revision: rev, Batch: storage.Batch{Ops: b.Ops}})
	close(e.changed)
	e.changed = make(chan struct{})
	return rev, nil
}

// Watch implements storage.Engine.
func (e *Engine) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return func(yield func(storage.Committed, error) bool) {
		for next := after; ctx.Err() == nil; {
			e.mu.Lock()
			closed, changed, feed := e.closed, e.changed, e.feed
			e.mu.Unlock()
			if closed {
				yield(storage.Committed{}, storage.ErrClosed)
				return
			}
			for ; next < storage.Revision(len(feed)); next++ {
				if ctx.Err() != nil || !yield(feed[next], nil) {
					return
				}
			}
			select {
			case <-ctx.Done():
			case <-changed:
			}
		}
	}
}

// Close implements storage.Engine. A second Close does nothing.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		close(e.changed)
	}
	return nil
}

// Snapshot implements storage.Engine.
func (e *Engine) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, storage.ErrClosed
	}
	return &snapshot{rev: storage.Revision(len(e.feed)), items: e.items.Copy()}, nil
}

type snapshot struct {
	rev    storage.Revision
	items  *btree.Map[string, *storage.Item]
	closed atomic.Bool
}

func (s *snapshot) Revision() storage.Revision { return s.rev }
func (s *snapshot) Close() error               { s.closed.Store(true); return nil }

func own(i *storage.Item) storage.Item {
	b := append(append(make([]byte, 0, len(i.Key)+len(i.Value)), i.Key...), i.Value...)
	own := storage.Item{Key: b[:len(i.Key):len(i.Key)], Revision: i.Revision}
	if i.Value != nil {
		own.Value = b[len(i.Key):]
	}
	return own
}

func (s *snapshot) Get(key []byte) (storage.Item, error) {
	if s.closed.Load() {
		return storage.Item{}, storage.ErrClosed
	}
	if it, ok := s.items.Get(string(key)); ok {
		return own(it), nil
	}
	return storage.Item{}, storage.ErrNotFound
}

func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		each := func(_ string, it *storage.Item) bool {
			switch {
			case s.closed.Load():
				yield(storage.Item{}, storage.ErrClosed)
				return false
			case r.Reverse && r.End != nil && bytes.Equal(it.Key, r.End):
				return true // the end is not within
			case r.Reverse && bytes.Compare(it.Key, r.Start) < 0, r.End != nil && bytes.Compare(it.Key, r.End) >= 0:
				return false
			}
			return yield(own(it), nil)
		}
		switch {
		case !r.Reverse:
			s.items.Ascend(string(r.Start), each)
		case r.End == nil:
			s.items.Reverse(each)
		default:
			s.items.Descend(string(r.End), each)
		}
	}
}
