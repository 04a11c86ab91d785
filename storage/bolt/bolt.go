// Package bolt is the embedded engine: one bbolt file, one writer goroutine,
// one fsync for everything queued. The feed is kept in full.
package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	formatVersion = 1
	queueLen      = 1024 // callers waiting before ErrBusy
	groupLen      = 256  // batches sharing one fsync
	feedPage      = 64   // entries a watcher reads per transaction
	// A write that must grow the map waits for every open snapshot; address space is cheap.
	initialMmap = 4 << 30
)

var metaB, feedB, keysB = []byte("meta"), []byte("feed"), []byte("keys")

type request struct {
	b    storage.Batch
	rev  storage.Revision
	err  error
	done chan struct{}
}

// Engine implements storage.Engine. Use Open.
type Engine struct {
	db      *bbolt.DB
	queue   chan *request
	mu      sync.RWMutex // guards closed, changed, and sends on queue
	closed  bool
	changed chan struct{}
	stopped chan struct{}
}

var _ storage.Engine = (*Engine)(nil)

// Open opens or creates the file at path. It refuses a file held by another
// process, and one written by a newer format.
func Open(path string) (*Engine, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, InitialMmapSize: initialMmap})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, fmt.Errorf("open %s: another process holds the file: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(metaB)
		if err != nil {
			return err
		}
		if v := meta.Get([]byte("format")); v == nil {
			if err := meta.Put([]byte("format"), u64(formatVersion)); err != nil {
				return err
			}
		} else if len(v) != 8 {
			return storage.ErrCorrupt
		} else if n := binary.BigEndian.Uint64(v); n != formatVersion {
			return fmt.Errorf("format version %d, this program knows %d", n, formatVersion)
		}
		if _, err := tx.CreateBucketIfNotExists(feedB); err != nil {
			return err
		}
		_, err = tx.CreateBucketIfNotExists(keysB)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	e := &Engine{db: db, queue: make(chan *request, queueLen), changed: make(chan struct{}), stopped: make(chan struct{})}
	go e.write()
	return e, nil
}

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func last(tx *bbolt.Tx) storage.Revision {
	if k, _ := tx.Bucket(feedB).Cursor().Last(); len(k) == 8 {
		return storage.Revision(binary.BigEndian.Uint64(k))
	}
	return 0
}

// Commit implements storage.Engine.
func (e *Engine) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := b.Validate(); err != nil {
		return 0, err
	}
	r := &request{b: b.Clone(), done: make(chan struct{})}
	e.mu.RLock()
	if e.closed {
		e.mu.RUnlock()
		return 0, storage.ErrClosed
	}
	select {
	case e.queue <- r:
		e.mu.RUnlock()
	default:
		e.mu.RUnlock()
		return 0, storage.ErrBusy
	}
	select {
	case <-r.done:
		return r.rev, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (e *Engine) write() {
	defer close(e.stopped)
	for r := range e.queue {
		group := []*request{r}
	fill:
		for len(group) < groupLen {
			select {
			case r, ok := <-e.queue:
				if !ok {
					break fill
				}
				group = append(group, r)
			default:
				break fill
			}
		}
		err := e.db.Update(func(tx *bbolt.Tx) error {
			rev := last(tx)
			for _, r := range group {
				if r.err = check(tx, r.b.Guards); r.err != nil {
					continue
				}
				rev++
				r.rev = rev
				if err := apply(tx, rev, r.b.Ops); err != nil {
					return err
				}
			}
			return nil
		})
		for _, r := range group {
			if err != nil {
				r.rev, r.err = 0, fmt.Errorf("commit: %w", err)
			}
			close(r.done)
		}
		e.mu.Lock()
		if !e.closed {
			close(e.changed)
			e.changed = make(chan struct{})
		}
		e.mu.Unlock()
	}
}

func check(tx *bbolt.Tx, guards []storage.Guard) error {
	for _, g := range guards {
		var have storage.Revision
		if v := tx.Bucket(keysB).Get(g.Key); len(v) >= 8 {
			have = storage.Revision(binary.BigEndian.Uint64(v))
		}
		if have != g.Revision {
			return &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	return nil
}

func apply(tx *bbolt.Tx, rev storage.Revision, ops []storage.Op) error {
	keys := tx.Bucket(keysB)
	for _, op := range ops {
		var err error
		if op.Delete {
			err = keys.Delete(op.Key)
		} else {
			err = keys.Put(op.Key, append(u64(uint64(rev)), op.Value...))
		}
		if err != nil {
			return err
		}
	}
	return tx.Bucket(feedB).Put(u64(uint64(rev)), encode(ops))
}

// Watch implements storage.Engine. It holds no transaction while it yields.
func (e *Engine) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return func(yield func(storage.Committed, error) bool) {
		for ctx.Err() == nil {
			e.mu.RLock()
			closed, changed := e.closed, e.changed
			e.mu.RUnlock()
			var page []storage.Committed
			err := error(storage.ErrClosed)
			if !closed {
				page, err = e.page(after)
			}
			if err != nil {
				yield(storage.Committed{}, err)
				return
			}
			for _, c := range page {
				if ctx.Err() != nil || !yield(c, nil) {
					return
				}
				after = c.Revision
			}
			if len(page) == 0 {
				select {
				case <-ctx.Done():
				case <-changed:
				}
			}
		}
	}
}

func (e *Engine) page(after storage.Revision) (page []storage.Committed, err error) {
	err = e.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(feedB).Cursor()
		for k, v := c.Seek(u64(uint64(after) + 1)); k != nil && len(page) < feedPage; k, v = c.Next() {
			ops, err := decode(v)
			if err != nil || len(k) != 8 {
				return fmt.Errorf("feed %x: %w", k, storage.ErrCorrupt)
			}
			page = append(page, storage.Committed{Revision: storage.Revision(binary.BigEndian.Uint64(k)), Batch: storage.Batch{Ops: ops}})
		}
		return nil
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = storage.ErrClosed
	}
	return page, err
}

// Close commits what is queued, waits for the writer and for open snapshots,
// and closes the file. A second Close does nothing.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.queue)
	close(e.changed)
	e.mu.Unlock()
	<-e.stopped
	return e.db.Close()
}

type snapshot struct {
	mu  sync.Mutex // a bbolt transaction is not safe for concurrent use
	tx  *bbolt.Tx
	rev storage.Revision
}

// Snapshot implements storage.Engine.
func (e *Engine) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tx, err := e.db.Begin(false)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return nil, storage.ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return &snapshot{tx: tx, rev: last(tx)}, nil
}

func (s *snapshot) Revision() storage.Revision { return s.rev }

func (s *snapshot) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx == nil {
		return nil
	}
	tx := s.tx
	s.tx = nil
	return tx.Rollback()
}

func item(k, v []byte) (storage.Item, error) {
	if len(v) < 8 {
		return storage.Item{}, fmt.Errorf("key %q: %w", k, storage.ErrCorrupt)
	}
	return storage.Item{Key: bytes.Clone(k), Value: bytes.Clone(v[8:]), Revision: storage.Revision(binary.BigEndian.Uint64(v))}, nil
}

func (s *snapshot) Get(key []byte) (storage.Item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tx == nil {
		return storage.Item{}, storage.ErrClosed
	}
	v := s.tx.Bucket(keysB).Get(key)
	if v == nil {
		return storage.Item{}, storage.ErrNotFound
	}
	return item(key, v)
}

func (s *snapshot) Scan(r storage.Range) iter.Seq2[storage.Item, error] {
	return func(yield func(storage.Item, error) bool) {
		var c *bbolt.Cursor
		step := func() (it storage.Item, more bool, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.tx == nil {
				return it, false, storage.ErrClosed
			}
			var k, v []byte
			switch first := c == nil; {
			case first && r.Reverse && r.End != nil:
				c = s.tx.Bucket(keysB).Cursor()
				if k, _ = c.Seek(r.End); k == nil {
					k, v = c.Last()
				} else {
					k, v = c.Prev()
				}
			case first && r.Reverse:
				c = s.tx.Bucket(keysB).Cursor()
				k, v = c.Last()
			case first:
				c = s.tx.Bucket(keysB).Cursor()
				k, v = c.Seek(r.Start)
			case r.Reverse:
				k, v = c.Prev()
			default:
				k, v = c.Next()
			}
			if k == nil || !r.Contains(k) {
				return it, false, nil
			}
			it, err = item(k, v)
			return it, err == nil, err
		}
		for {
			it, more, err := step()
			if err != nil {
				yield(storage.Item{}, err)
				return
			}
			if !more || !yield(it, nil) {
				return
			}
		}
	}
}
