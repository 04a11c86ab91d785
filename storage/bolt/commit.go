package bolt

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"go.etcd.io/bbolt"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"
)

const (
	maxQueue      = 4096    // callers waiting before ErrBusy
	maxGroup      = 1024    // batches sharing one sync
	maxGroupBytes = 8 << 20 // their encodings
	maxGather     = 2 * time.Millisecond
	maxIdleRounds = 10
)

// request is one caller's batch on its way to the disk.
type request struct {
	guards  []storage.Guard
	record  []byte
	body    uint32 // checksum of the record without its head
	ops     []storage.Op
	entries []memtable.Entry
	rev     storage.Revision
	err     error
	done    chan struct{}
}

// Commit implements storage.Engine.
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

// ownGuards copies guards, their keys into one piece of memory.
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

// writeLoop is the one writer: it takes what is queued, checks guards, appends to the feed, syncs, and
// then shows the group to readers.
func (e *Engine) writeLoop() {
	defer e.stopped.Done()
	alone := true // the last group was of one
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

// next yields what is queued, one after the other, until the queue is closed. While the engine does not write it
// looks at times whether it can again.
func (e *Engine) next(yield func(*request) bool) {
	for {
		if e.writeErr == nil { // only the writer changes it
			if r, ok := <-e.queue; !ok || !yield(r) {
				return
			}
			continue
		}
		select {
		case <-e.retry.C: // before what is queued
			_ = e.resume(nil) // the trouble says so
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

// gather takes what is queued, and goes on as long as it keeps coming: each round lets every
// goroutine that can run do so once, and some rounds that bring nobody end the wait. So on a machine that
// is busy with callers a group is as large as they are many, within maxGather. After a group of one
// nobody is waited for at all: who comes meanwhile is the next group, which is then of more.
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
		if err := e.feed.Check(); err != nil { // before bbolt grows a file that was cut
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
	err := e.feed.Append(len(group) == 1, func() (storage.Revision, []byte, bool) {
		for len(left) > 0 {
			r := left[0]
			if left = left[1:]; r.err == nil {
				return r.rev, r.record, true
			}
		}
		return 0, nil, false
	})
	if err == nil {
		err = e.feed.Check() // what lies in a file that is gone is not acknowledged
	}
	if err != nil {
		e.rollBack(group)
		e.resolve(group, err)
		return
	}
	e.checked = time.Now() //nolint:forbidigo // as above
	e.publish(group)
	answer(group, nil)
	e.feed.RenewReaders()
}

// publish makes a group that is durable the state that readers see.
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

// notifyWatchers lets watchers look again; mu is held.
func (e *Engine) notifyWatchers() {
	if !e.closed {
		close(e.changed)
		e.changed = make(chan struct{})
	}
}

// checkGroup checks each batch against everything before it, also in its own group, and numbers those
// that hold. Their entries go into the table at once: readers leave out what isn't committed yet.
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
		e.feed.Seal(r.record, rev, r.body)
		e.active.Put(r.entries, len(r.record))
	}
	return v.close()
}

// view is the tables, newest first, and the folded keys of one moment. They are taken together: a
// table that has been folded goes only under the lock, so that no key is ever in neither.
type view struct {
	tables []*memtable.Table
	keys   *bbolt.Tx
	handle *dbfile.Handle
	cursor *bbolt.Cursor // for the guards of a group; made by the first of them
}

// close ends what the view reads of the keys.
func (v view) close() error {
	defer v.handle.Readers.Add(-1)
	return v.handle.End(v.keys)
}

func (e *Engine) view() (view, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.viewLocked()
}

// viewLocked is view for who holds the lock already.
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

// checkGuards is check that survives damaged keys.
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

func (v view) check(folded *bbolt.Cursor, guards []storage.Guard) error {
	for _, g := range guards {
		have, err := v.present(folded, g.Key)
		if err != nil {
			return err
		}
		if have != g.Revision {
			return &storage.ConflictError{Key: g.Key, Want: g.Revision, Have: have}
		}
	}
	return nil
}

// present is the revision that last put a key, 0 when it is absent.
func (v view) present(folded *bbolt.Cursor, key []byte) (storage.Revision, error) {
	for _, t := range v.tables {
		if found, ok := t.Get(key, memtable.Newest); ok {
			if found.Op.Delete {
				return 0, nil
			}
			return found.Rev, nil
		}
	}
	b, err := segment.Find(folded, key)
	if b == nil || err != nil {
		return 0, err
	}
	rev, _, _, err := segment.DecodeEntry(b)
	if err != nil {
		return 0, fmt.Errorf("key %q: %w", key, err)
	}
	return rev, nil
}
