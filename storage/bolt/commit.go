package bolt

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
)

const (
	maxQueue      = 4096                 // requests in the queue; more are refused with ErrBusy
	maxGroup      = 1024                 // requests in a group
	maxGroupBytes = 8 << 20              // bytes of their records
	maxGather     = 2 * time.Millisecond // for collecting a group
	maxIdleRounds = 10                   // of gather without a new request
)

// request is a batch in the queue.
type request struct {
	guards  []storage.Guard
	record  []byte
	body    uint32 // wal.Sum(record)
	ops     []storage.Op
	entries []memtable.Entry
	rev     storage.Revision // 0 until the guards hold
	err     error
	done    chan struct{} // closed with the answer
}

// Commit implements storage.Engine. If ctx ends while the batch is queued or being written, Commit returns ctx.Err() and the
// batch may still be committed.
func (e *Engine) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if e.options.ReadOnly {
		return 0, storage.ErrReadOnly
	}
	if err := b.Validate(); err != nil {
		return 0, err
	}
	r := &request{guards: ownGuards(b.Guards), done: make(chan struct{})}
	r.record, r.ops, r.entries = wal.Encode(b.Ops)
	r.body = wal.Sum(r.record)
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

// ownGuards copies guards, and their keys into one allocation.
func ownGuards(guards []storage.Guard) []storage.Guard {
	size := 0
	for _, g := range guards {
		size += len(g.Key)
	}
	own, keys := make([]storage.Guard, len(guards)), make([]byte, 0, size)
	for i, g := range guards {
		keys = append(keys, g.Key...)
		own[i] = storage.Guard{Key: keys[len(keys)-len(g.Key) : len(keys) : len(keys)], Revision: g.Revision}
	}
	return own
}

// writeLoop is the writer: it takes batches from the queue, checks their guards, appends them to the WAL, syncs, and publishes
// the group.
func (e *Engine) writeLoop() {
	defer e.stopped.Done()
	alone := true // the last group had one request
	for r := range e.next {
		group := e.gather(r, alone)
		alone = len(group) == 1
		if err := e.makeRoom(); err != nil {
			answer(group, err)
			continue
		}
		if e.writeErr != nil { // only the writer changes it
			answer(group, refused(e.writeErr))
			continue
		}
		e.commit(group)
	}
}

// next yields the requests of the queue until it is closed. While writes are suspended it also tries to resume them, at
// intervals.
func (e *Engine) next(yield func(*request) bool) {
	for {
		if e.writeErr == nil { // only the writer changes it
			if r, ok := <-e.queue; !ok || !yield(r) {
				return
			}
			continue
		}
		select {
		case <-e.retry.C: // before the queue
			_ = e.resume(nil) // a failure is kept in writeErr
			continue
		default:
		}
		select {
		case r, ok := <-e.queue:
			if !ok || !yield(r) {
				return
			}
		case <-e.retry.C:
			_ = e.resume(nil)
		}
	}
}

// gather collects a group: the requests in the queue, and those that arrive while it lets other goroutines run. It ends after
// some rounds without a new request, and at the bounds of a group. So the more callers are busy, the larger the group. After a
// group of one it does not wait at all: requests that arrive meanwhile form the next group.
func (e *Engine) gather(first *request, alone bool) []*request {
	group, size := []*request{first}, len(first.record)
	start := time.Now() //nolint:forbidigo // how long to wait, not what time it is
	for idle := 0; idle < maxIdleRounds; idle++ {
		for drained := false; !drained; {
			if len(group) == maxGroup || size >= maxGroupBytes {
				return group
			}
			select {
			case r, ok := <-e.queue:
				if !ok {
					return group
				}
				group, size, idle = append(group, r), size+len(r.record), 0
			default:
				drained = true
			}
		}
		if alone && len(group) == 1 || time.Since(start) > maxGather { //nolint:forbidigo // as above
			return group
		}
		runtime.Gosched()
	}
	return group
}

func answer(group []*request, err error) {
	for _, r := range group {
		if err != nil {
			r.rev, r.err = 0, err
		}
		close(r.done)
	}
}

func (e *Engine) commit(group []*request) {
	if time.Since(e.checked) > e.limits.fresh { //nolint:forbidigo // how long ago, not what time it is
		if err := e.wal.Check(); err != nil { // before bbolt grows a truncated file
			e.suspend(err)
			if err := e.resume(nil); err != nil {
				answer(group, refused(err))
				return
			}
		}
	}
	if err := e.checkGroup(group); err != nil {
		e.rollBack(group)
		answer(group, refused(err))
		return
	}
	left := group
	err := e.wal.Append(len(group) == 1, func() (storage.Revision, []byte, bool) {
		for len(left) > 0 {
			r := left[0]
			if left = left[1:]; r.err == nil {
				return r.rev, r.record, true
			}
		}
		return 0, nil, false
	})
	if err == nil {
		err = e.wal.Check() // records in a file that is gone are not acknowledged
	}
	if err != nil {
		e.rollBack(group)
		e.resolve(group, err)
		return
	}
	e.checked = time.Now() //nolint:forbidigo // as above
	e.publish(group)
	answer(group, nil)
	e.wal.RenewReaders()
}

// publish makes a durable group visible to readers and watchers.
func (e *Engine) publish(group []*request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stats.Groups++
	for _, r := range group {
		if r.err == nil {
			e.rev = r.rev
			e.stats.Batches++
			e.stats.Recorded += len(r.record)
			e.recent.Add(storage.Committed{Revision: r.rev, Batch: storage.Batch{Ops: r.ops}}, len(r.record))
		}
	}
	e.notifyWatchers()
}

// notifyWatchers wakes the watchers. The caller holds mu.
func (e *Engine) notifyWatchers() {
	if !e.closed {
		close(e.changed)
		e.changed = make(chan struct{})
	}
}

// checkGroup checks the guards of each batch against everything before it, the group included, and gives a revision to those
// that hold. Their entries go into the memtable at once: readers skip revisions that are not published.
func (e *Engine) checkGroup(group []*request) error {
	rev := e.rev // only the writer changes it
	v, err := e.view()
	if err != nil {
		return err
	}
	for _, r := range group {
		if r.err = e.checkGuards(&v, r.guards); r.err != nil {
			continue
		}
		rev++
		r.setRevision(rev)
		e.wal.Seal(r.record, rev, r.body)
		e.active.Put(r.entries, len(r.record))
	}
	return v.close()
}

// view is the memtables, newest first, and the keys file at one moment. Both are taken under one lock: a flushed memtable is
// removed under the same lock, so no key is in neither.
type view struct {
	tables []*memtable.Table
	keys   *bbolt.Tx
	handle *dbfile.Handle // of the keys file
	cursor *bbolt.Cursor  // made by the first guard of a group
}

// close ends the view's transaction.
func (v view) close() error {
	defer v.handle.Readers.Add(-1)
	return v.handle.End(v.keys)
}

func (e *Engine) view() (view, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.viewLocked()
}

// viewLocked is view for callers that hold mu.
func (e *Engine) viewLocked() (view, error) {
	v := view{tables: []*memtable.Table{e.active}, handle: e.keys.handle}
	if e.frozen != nil {
		v.tables = append(v.tables, e.frozen)
	}
	var err error
	if v.keys, err = v.handle.Begin(); err == nil {
		v.handle.Readers.Add(1)
	}
	return v, e.noteReadError(v.handle, err)
}

// checkGuards is check with damage of the keys file located and noted.
func (e *Engine) checkGuards(v *view, guards []storage.Guard) error {
	if len(guards) == 0 {
		return nil
	}
	err := pages.Catch(v.handle.Pages.Path, func() error {
		if v.cursor == nil {
			v.cursor = v.keys.Bucket(segment.Bucket).Cursor()
		}
		return v.check(v.cursor, guards)
	})
	return e.locateDamage(v.handle, v.keys, guards[0].Key, err)
}

func (v view) check(blocks *bbolt.Cursor, guards []storage.Guard) error {
	for _, g := range guards {
		have, err := v.present(blocks, g.Key)
		if err != nil {
			return err
		}
		if have != g.Revision {
			return &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	return nil
}

// present returns the revision that last put a key, 0 if the key is absent.
func (v view) present(blocks *bbolt.Cursor, key []byte) (storage.Revision, error) {
	for _, t := range v.tables {
		if found, ok := t.Get(key, memtable.Newest); ok {
			if found.Op.Delete {
				return 0, nil
			}
			return found.Rev, nil
		}
	}
	b, err := segment.Find(blocks, key)
	if b == nil || err != nil {
		return 0, err
	}
	rev, _, _, err := segment.DecodeEntry(b)
	if err != nil {
		return 0, fmt.Errorf("key %q: %w", key, err)
	}
	return rev, nil
}
