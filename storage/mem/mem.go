// Package mem is the reference engine: a sorted slice replaced as a whole by
// each commit. It keeps nothing on disk; durable here means until Close.
package mem

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"wangge/storage"
)

// Engine implements storage.Engine. Use Open.
type Engine struct {
	mu      sync.Mutex
	closed  bool
	items   []storage.Item // sorted, never changed in place
	feed    []storage.Committed
	changed chan struct{} // closed and replaced by each commit
}

var _ storage.Engine = (*Engine)(nil)

// Open returns an empty engine.
func Open() *Engine { return &Engine{changed: make(chan struct{})} }

func find(items []storage.Item, key []byte) (int, bool) {
	return slices.BinarySearchFunc(items, key, func(i storage.Item, k []byte) int { return bytes.Compare(i.Key, k) })
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
		if i, ok := find(e.items, g.Key); ok {
			have = e.items[i].Revision
		}
		if have != g.Revision {
			return 0, &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	rev := storage.Revision(len(e.feed) + 1)
	items := slices.Clone(e.items)
	for _, op := range b.Ops {
		i, ok := find(items, op.Key)
		it := storage.Item{Key: op.Key, Value: op.Value, Revision: rev}
		switch {
		case op.Delete && ok:
			items = slices.Delete(items, i, i+1)
		case op.Delete:
		case ok:
			items[i] = it
		default:
			items = slices.Insert(items, i, it)
		}
	}
	e.items = items
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
	return &snapshot{rev: storage.Revision(len(e.feed)), items: e.items}, nil
}

type snapshot struct {
	rev    storage.Revision
	items  []storage.Item
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
	if i, ok := find(s.items, key); ok {
		return own(s.items[i]), nil
	}
	return storage.Item{}, storage.ErrNotFound
}

func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		lo, _ := find(s.items, r.Start)
		hi := len(s.items)
		if r.End != nil {
			hi, _ = find(s.items, r.End)
		}
		for n := range max(0, hi-lo) {
			if s.closed.Load() {
				yield(storage.Item{}, storage.ErrClosed)
				return
			}
			i := lo + n
			if r.Reverse {
				i = hi - 1 - n
			}
			if !yield(own(s.items[i]), nil) {
				return
			}
		}
	}
}
