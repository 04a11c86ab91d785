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
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
)

// snapshot reads the memtables up to its revision, and the keys file as it was when the snapshot began. A flush moves nothing
// that is newer than the snapshot, so both are one state.
type snapshot struct {
	e      *Engine
	rev    storage.Revision
	tables []*memtable.Table // newest first

	mu     sync.Mutex // a bbolt transaction is not safe for concurrent use
	closed bool
	keys   *bbolt.Tx
	handle *dbfile.Handle // of the keys file
	wal    wal.Reader     // of values that are not in the keys file
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
	v, err := e.viewLocked() //nolint:contextcheck // what the engine logs of its damage is of no one call
	if err != nil {
		return nil, err
	}
	return &snapshot{e: e, rev: e.rev, tables: v.tables, keys: v.keys, handle: v.handle}, nil
}

func (s *snapshot) Revision() storage.Revision { return s.rev }

func (s *snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(view{keys: s.keys, handle: s.handle}.close(), s.e.wal.Release(&s.wal))
}

func (s *snapshot) Get(key []byte) (storage.Item, error) {
	for _, t := range s.tables {
		if at, ok := t.Get(key, s.rev); ok {
			if at.Op.Delete {
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
	err := pages.Catch(s.handle.Pages.Path, func() error {
		found, err := segment.Find(s.keys.Bucket(segment.Bucket).Cursor(), key)
		v = bytes.Clone(found)
		return err
	})
	if err != nil {
		return storage.Item{}, fmt.Errorf("key %q: %w", key, s.e.locateDamage(s.handle, s.keys, key, err))
	}
	if v == nil {
		return storage.Item{}, storage.ErrNotFound
	}
	return s.item(bytes.Clone(key), v)
}

// own copies an entry of a memtable.
func (s *snapshot) own(at *memtable.Entry) (storage.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.Item{}, storage.ErrClosed
	}
	return storage.Item{Key: bytes.Clone(at.Op.Key), Value: bytes.Clone(at.Op.Value), Revision: at.Rev}, nil
}

// item decodes an entry of the keys file. key and v become part of the item. The caller holds mu.
func (s *snapshot) item(key, v []byte) (storage.Item, error) {
	rev, value, at, err := segment.DecodeEntry(v)
	if err == nil && value == nil {
		value, err = s.value(rev, at)
	}
	if err != nil {
		return storage.Item{}, fmt.Errorf("key %q: %w", key, err)
	}
	return storage.Item{Key: key, Value: value, Revision: rev}, nil
}

// value copies a value from the WAL.
func (s *snapshot) value(rev storage.Revision, at segment.Pointer) (value []byte, err error) {
	err = s.e.wal.Record(&s.wal, rev, func(record []byte) error {
		found, ok := at.Of(record)
		if !ok {
			return storage.ErrCorrupt
		}
		value = append(make([]byte, 0, len(found)), found...)
		return nil
	})
	return value, err
}

// source yields entries of one memtable run, or of the keys file, in the order of a range.
type source interface {
	// Next returns the next entry; false at the end.
	Next() (*memtable.Entry, bool, error)
}

// undecoded is the ValueAt of an entry whose value is still an encoded entry of the keys file.
const undecoded = math.MaxUint32

// keysSource yields the entries of the keys file in a range.
type keysSource struct {
	s *snapshot
	c segment.Cursor
}

func (k *keysSource) Next() (*memtable.Entry, bool, error) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	if k.s.closed {
		return nil, false, storage.ErrClosed
	}
	if k.c.Empty() {
		if err := pages.Catch(k.s.handle.Pages.Path, k.fill); err != nil {
			return nil, false, k.s.e.locateDamage(k.s.handle, k.s.keys, k.c.Place(), err)
		}
	}
	p, ok := k.c.Take()
	if !ok {
		return nil, false, nil
	}
	return &memtable.Entry{Op: &storage.Op{Key: p.Key, Value: p.Value}, ValueAt: undecoded}, true, nil
}

func (k *keysSource) fill() error { return k.c.Fill(k.s.keys) }

// Scan implements storage.Snapshot. It merges the memtables and the keys file; for one key the newest source wins.
func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		var sources []source
		for _, t := range s.tables { // newest run first: for equal keys the first source wins
			for _, one := range slices.Backward(t.Runs()) {
				sources = append(sources, one.Source(r, s.rev))
			}
		}
		sources = append(sources, &keysSource{s: s, c: segment.Cursor{R: r}})
		type head struct {
			at *memtable.Entry
			ok bool
		}
		heads := make([]head, len(sources))
		advance := func(i int) (err error) {
			heads[i].at, heads[i].ok, err = sources[i].Next()
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
				} else if c := bytes.Compare(h.at.Op.Key, heads[best].at.Op.Key); c < 0 && !r.Reverse || c > 0 && r.Reverse {
					best = i
				}
			}
			if best < 0 {
				return
			}
			at := heads[best].at
			it, err := s.read(at)
			if err != nil || !at.Op.Delete && !yield(it, nil) {
				if err != nil {
					yield(storage.Item{}, err)
				}
				return
			}
			for i, h := range heads {
				if h.ok && (i == best || bytes.Equal(h.at.Op.Key, at.Op.Key)) {
					if err := advance(i); err != nil {
						yield(storage.Item{}, err)
						return
					}
				}
			}
		}
	}
}

// read turns an entry into an item that belongs to the caller.
func (s *snapshot) read(at *memtable.Entry) (storage.Item, error) {
	if at.ValueAt != undecoded {
		return s.own(at)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return storage.Item{}, storage.ErrClosed
	}
	return s.item(at.Op.Key, at.Op.Value)
}
