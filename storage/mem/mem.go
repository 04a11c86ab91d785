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

// Engine implements storage.Engine. Use Open.
type Engine struct {
	mu      sync.Mutex
	closed  bool
	items   *btree.BTreeG[storage.Item]
	feed    []storage.Committed
	changed chan struct{} // closed and replaced by each commit
}

var _ storage.Engine = (*Engine)(nil)

// Open returns an empty engine.
func Open() *Engine {
	before := func(a, b storage.Item) bool { return bytes.Compare(a.Key, b.Key) < 0 }
	return &Engine{changed: make(chan struct{}), items: btree.NewBTreeGOptions(before, btree.Options{NoLocks: true})}
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
		if it, ok := e.items.Get(storage.Item{Key: g.Key}); ok {
			have = it.Revision
		}
		if have != g.Revision {
			return 0, &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	rev := storage.Revision(len(e.feed) + 1)
	for _, op := range b.Ops {
		it := storage.Item{Key: op.Key, Value: op.Value, Revision: rev}
		if op.Delete {
			e.items.Delete(it)
		} else {
			e.items.Set(it)
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
				c := feed[next]
				if ctx.Err() != nil || !yield(storage.Committed{Revision: c.Revision, Batch: c.Batch.Clone()}, nil) {
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
	items  *btree.BTreeG[storage.Item]
	closed atomic.Bool
}

func (s *snapshot) Revision() storage.Revision { return s.rev }
func (s *snapshot) Close() error               { s.closed.Store(true); return nil }

func own(i storage.Item) storage.Item {
	return storage.Item{Key: bytes.Clone(i.Key), Value: bytes.Clone(i.Value), Revision: i.Revision}
}

func (s *snapshot) Get(key []byte) (storage.Item, error) {
	if s.closed.Load() {
		return storage.Item{}, storage.ErrClosed
	}
	if it, ok := s.items.Get(storage.Item{Key: key}); ok {
		return own(it), nil
	}
	return storage.Item{}, storage.ErrNotFound
}

func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		each := func(it storage.Item) bool {
			switch {
			case s.closed.Load():
				yield(storage.Item{}, storage.ErrClosed)
				return false
			case r.Reverse && r.End != nil && bytes.Equal(it.Key, r.End):
				return true // the end is not within
			case !r.Contains(it.Key):
				return false
			}
			return yield(own(it), nil)
		}
		switch {
		case !r.Reverse:
			s.items.Ascend(storage.Item{Key: r.Start}, each)
		case r.End == nil:
			s.items.Reverse(each)
		default:
			s.items.Descend(storage.Item{Key: r.End}, each)
		}
	}
}
