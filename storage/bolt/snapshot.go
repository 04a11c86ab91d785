package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// snapshot reads the tables up to its revision, and the keys as they were folded when it began:
// a fold moves nothing that is newer than the snapshot, so that both together are one state.
type snapshot struct {
	e      *Engine
	rev    storage.Revision
	tables []*table // newest first

	mu     sync.Mutex // a bbolt transaction is not safe for concurrent use
	closed bool
	keys   *bbolt.Tx
	of     *handle    // see view
	feed   feedReader // of values that lie in the feed
}

// Snapshot implements storage.Engine.
func (e *Engine) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return nil, storage.ErrClosed
	}
	v, err := e.viewLocked()
	if err != nil {
		return nil, err
	}
	return &snapshot{e: e, rev: e.rev, tables: v.tables, keys: v.keys, of: v.of}, nil
}

func (s *snapshot) Revision() storage.Revision { return s.rev }

func (s *snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(view{keys: s.keys, of: s.of}.close(), s.e.feed.release(&s.feed))
}

func (s *snapshot) Get(key []byte) (storage.Item, error) {
	for _, t := range s.tables {
		if at, ok := t.get(key, s.rev); ok {
			if at.op.Delete {
				return storage.Item{}, storage.ErrNotFound
			}
			return s.own(at)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.Item{}, storage.ErrClosed
	}
	var v []byte
	err := caught(s.of.pages.path, func() error {
		found, err := lookUp(s.keys.Bucket(blocksB).Cursor(), key)
		v = bytes.Clone(found)
		return err
	})
	if err != nil {
		return storage.Item{}, fmt.Errorf("key %q: %w", key, s.e.damagedKeys(s.of, s.keys, key, err))
	}
	if v == nil {
		return storage.Item{}, storage.ErrNotFound
	}
	return s.item(bytes.Clone(key), v)
}

// own copies an entry of a table.
func (s *snapshot) own(at *entry) (storage.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.Item{}, storage.ErrClosed
	}
	return storage.Item{Key: bytes.Clone(at.op.Key), Value: bytes.Clone(at.op.Value), Revision: at.rev}, nil
}

// item reads a folded key. Both its bytes and v become the caller's; the lock is held.
func (s *snapshot) item(key, v []byte) (storage.Item, error) {
	rev, value, at, err := unfold(v)
	if err == nil && value == nil {
		value, err = s.value(rev, at)
	}
	if err != nil {
		return storage.Item{}, fmt.Errorf("key %q: %w", key, err)
	}
	return storage.Item{Key: key, Value: value, Revision: rev}, nil
}

// value copies a value out of the feed.
func (s *snapshot) value(rev storage.Revision, at valueAt) (value []byte, err error) {
	err = s.e.feed.record(&s.feed, rev, func(record []byte) error {
		found, ok := at.of(record)
		if !ok {
			return storage.ErrCorrupt
		}
		value = append(make([]byte, 0, len(found)), found...)
		return nil
	})
	return value, err
}

// source yields the entries of one part of a snapshot in a range's order.
type source interface {
	// next returns the next entry; false at the end.
	next() (*entry, bool, error)
}

// unread marks an entry whose value is still to be unfolded.
const unread = math.MaxUint32

// keysSource yields the folded keys of a range.
type keysSource struct {
	s *snapshot
	c blockCursor
}

func (k *keysSource) next() (*entry, bool, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	if k.s.closed {
		return nil, false, storage.ErrClosed
	}
	if k.c.empty() {
		if err := caught(k.s.of.pages.path, k.fill); err != nil {
			return nil, false, k.s.e.damagedKeys(k.s.of, k.s.keys, k.c.place(), err)
		}
	}
	p, ok := k.c.take()
	if !ok {
		return nil, false, nil
	}
	return &entry{op: &storage.Op{Key: p.key, Value: p.value}, at: unread}, true, nil
}

func (k *keysSource) fill() error { return k.c.fill(k.s.keys) }

// blockCursor yields the folded keys of a range, block by block.
type blockCursor struct {
	r     storage.Range
	c     *bbolt.Cursor
	at    block
	items []pair // of the present block, what is left of the range in it
}

// empty reports whether nothing is left of the present block.
func (k *blockCursor) empty() bool { return len(k.items) == 0 }

// place is where the present block begins, or the range before the first one.
func (k *blockCursor) place() []byte {
	if k.c != nil && k.at.low != nil {
		return k.at.low
	}
	return k.r.Start
}

// take takes the next key of the present block; false when nothing is left of it.
func (k *blockCursor) take() (p pair, ok bool) {
	n := len(k.items) - 1
	switch {
	case n < 0:
		return p, false
	case k.r.Reverse:
		p, k.items = k.items[n], k.items[:n]
	default:
		p, k.items = k.items[0], k.items[1:]
	}
	return p, true
}

// fill goes to the next block that holds some of the range; there is none when it is empty after that.
func (k *blockCursor) fill(tx *bbolt.Tx) error {
	for len(k.items) == 0 {
		more, err := k.move(tx)
		if err != nil || !more {
			return err
		}
		all, err := pairs(nil, nil, bytes.Clone(k.at.items))
		if err != nil {
			return err
		}
		k.items = slices.DeleteFunc(all, func(p pair) bool { return !k.r.Contains(p.key) })
	}
	return nil
}

// move goes to the first or the next block that may hold some of the range. Each begins where the one before it
// ends, or else what leads there is damaged.
func (k *blockCursor) move(tx *bbolt.Tx) (more bool, err error) {
	if k.c == nil {
		k.c = tx.Bucket(blocksB).Cursor()
		from := k.r.Start
		switch {
		case k.r.Reverse && k.r.End == nil:
			low, b := k.c.Last()
			if k.at, err = openBlock(low, b); err == nil && k.at.end != nil {
				err = damagedBlock()
			}
			return true, err
		case k.r.Reverse:
			from = k.r.End
		}
		if len(from) == 0 {
			from = lowest
		}
		k.at, err = blockOf(k.c, from)
		return true, err
	}
	before := k.at
	if k.r.Reverse {
		if bytes.Compare(before.low, k.r.Start) <= 0 || bytes.Equal(before.low, lowest) {
			return false, nil
		}
		low, b := k.c.Prev()
		if k.at, err = openBlock(low, b); err == nil && !bytes.Equal(k.at.end, before.low) {
			err = damagedBlock()
		}
		return true, err
	}
	if before.end == nil || k.r.End != nil && bytes.Compare(before.end, k.r.End) >= 0 {
		return false, nil
	}
	low, b := k.c.Next()
	if k.at, err = openBlock(low, b); err == nil && !bytes.Equal(before.end, low) {
		err = damagedBlock()
	}
	return true, err
}

// Scan implements storage.Snapshot: it merges the tables and the keys, the newest of each key.
func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		var sources []source
		for _, t := range s.tables { // of each the newest run first: of what is alike the first source has the say
			for _, one := range slices.Backward(t.sorted()) {
				sources = append(sources, &runSource{one.within(r), s.rev, r.Reverse})
			}
		}
		sources = append(sources, &keysSource{s: s, c: blockCursor{r: r}})
		type head struct {
			at *entry
			ok bool
		}
		heads := make([]head, len(sources))
		advance := func(i int) (err error) {
			heads[i].at, heads[i].ok, err = sources[i].next()
			return err
		}
		for i := range sources {
			if err := advance(i); err != nil {
				yield(storage.Item{}, err)
				return
			}
		}
		for {
			best := -1
			for i, h := range heads {
				if !h.ok {
					continue
				}
				if best < 0 {
					best = i
				} else if c := bytes.Compare(h.at.op.Key, heads[best].at.op.Key); c < 0 && !r.Reverse || c > 0 && r.Reverse {
					best = i
				}
			}
			if best < 0 {
				return
			}
			at := heads[best].at
			it, err := s.read(at)
			if err != nil || !at.op.Delete && !yield(it, nil) {
				if err != nil {
					yield(storage.Item{}, err)
				}
				return
			}
			for i, h := range heads {
				if h.ok && (i == best || bytes.Equal(h.at.op.Key, at.op.Key)) {
					if err := advance(i); err != nil {
						yield(storage.Item{}, err)
						return
					}
				}
			}
		}
	}
}

// read makes an entry the caller's own.
func (s *snapshot) read(at *entry) (storage.Item, error) {
	if at.at != unread {
		return s.own(at)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.Item{}, storage.ErrClosed
	}
	return s.item(at.op.Key, at.op.Value)
}
