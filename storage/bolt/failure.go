package bolt

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/wal"
)

// retryInterval is the interval at which suspended writes and failed flushes are tried again.
const retryInterval = time.Second

// refused returns the error for a batch of which certainly nothing was written: ErrFull or ErrFailed.
func refused(cause error) error {
	if dbfile.Full(cause) {
		return fmt.Errorf("commit: %w", dbfile.NoRoom(cause))
	}
	return fmt.Errorf("commit: %w: %w", storage.ErrFailed, cause)
}

// suspend stops writing until resume succeeds.
func (e *Engine) suspend(cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writeErr = cause
	e.retry.Reset(cmp.Or(e.limits.retry, retryInterval))
}

// resume reads the WAL back, publishes what it holds, and lets the engine write again. expected are the batches whose outcome is
// unknown: the records after the last published revision must be theirs. Only the writer calls it.
func (e *Engine) resume(expected []*request) error {
	err := e.wal.Check()
	last := e.rev
	if err == nil {
		last, err = e.wal.Reopen()
	}
	if err == nil {
		err = e.catchUp(last, expected)
	}
	if err != nil {
		e.suspend(err)
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writeErr = nil
	e.retry.Stop()
	e.notifyWatchers()
	return nil
}

// catchUp publishes the records after the last published revision, up to last: a group whose sync failed may turn out to be
// durable. It refuses a WAL that holds less than was acknowledged.
func (e *Engine) catchUp(last storage.Revision, expected []*request) error {
	path := e.wal.Path()
	if last < e.rev {
		return fmt.Errorf("%s ends at revision %d, but %d was acknowledged; stop the service and look at the disk: %w",
			path, last, e.rev, e.wal.Missing(last+1))
	}
	var found []*request
	err := e.wal.Records(e.rev+1, func(rev storage.Revision, record []byte) (err error) {
		r := &request{rev: rev, record: bytes.Clone(record)}
		r.ops, r.entries, err = wal.Decode(r.record)
		found = append(found, r)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	for _, want := range expected {
		if want.rev == 0 {
			continue
		}
		at := int(want.rev - e.rev - 1)
		if at >= len(found) || !bytes.Equal(found[at].record, want.record) {
			return &storage.DamageError{
				Kind: storage.RecordDamaged, Path: path, Offset: -1, Revision: want.rev, Detail: "it is not what was written",
			}
		}
	}
	for _, r := range found {
		r.setRevision(r.rev)
		e.active.Put(r.entries, len(r.record))
	}
	e.publish(found)
	return nil
}

// setRevision gives a batch its revision.
func (r *request) setRevision(rev storage.Revision) {
	r.rev = rev
	for i := range r.entries {
		r.entries[i].Rev = rev
	}
}

// rollBack removes a group from the memtable.
func (e *Engine) rollBack(group []*request) {
	batches, record := 0, 0
	for _, r := range group {
		if r.rev != 0 {
			batches, record = batches+1, record+len(r.record)
		}
	}
	if batches > 0 {
		e.active.Drop(batches, record)
	}
}

// resolve answers a group whose write or sync failed; rollBack was called before. If the WAL can be read back at once, the
// outcome of each batch is certain. If not, batches that were to be written are uncertain, and batches whose guards failed are
// refused, because the state that their guards were compared with is unknown.
func (e *Engine) resolve(group []*request, cause error) {
	e.suspend(cause)
	rev := e.rev
	unknown := e.resume(group)
	for _, r := range group {
		switch {
		case r.rev == 0 && unknown == nil && e.rev > rev:
		case r.rev == 0:
			r.err = refused(cause)
		case unknown != nil:
			r.rev, r.err = 0, uncertain(cause, unknown)
		case r.rev > e.rev:
			r.rev, r.err = 0, refused(cause)
		}
		close(r.done)
	}
}

// uncertain returns the error for a batch whose outcome is unknown.
func uncertain(cause, unknown error) error {
	if unknown == nil || unknown.Error() == cause.Error() {
		return fmt.Errorf("commit: %w: %w", storage.ErrUncertain, cause)
	}
	return fmt.Errorf("commit: %w: %w; then %w", storage.ErrUncertain, cause, unknown)
}

// Health implements storage.Healthy.
func (e *Engine) Health(context.Context) error {
	e.mu.RLock()
	closed, trouble := e.closed, cmp.Or(e.writeErr, e.backlogErr())
	e.mu.RUnlock()
	if closed {
		return storage.ErrClosed
	}
	if e.options.ReadOnly {
		return storage.ErrReadOnly
	}
	if trouble == nil {
		trouble = e.wal.Check()
	}
	if trouble != nil {
		return refused(trouble)
	}
	return e.rebuild.health()
}
