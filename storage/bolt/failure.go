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

// retryInterval is how often an engine that does not write looks whether it can again.
const retryInterval = time.Second

// refused is what a caller is told of whose batch surely nothing was written: ErrFull or ErrFailed.
func refused(cause error) error {
	if dbfile.Full(cause) {
		return fmt.Errorf("commit: %w", dbfile.NoRoom(cause))
	}
	return fmt.Errorf("commit: %w: %w", storage.ErrFailed, cause)
}

// suspend stops the acknowledging until resume has found out what the feed holds.
func (e *Engine) suspend(cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writeErr = cause
	e.retry.Reset(cmp.Or(e.limits.retry, retryInterval))
}

// resume finds out what the feed holds, shows it, and lets the engine write again. expected are batches whose
// fate is not known: what the feed holds after the last revision must be them. Only the writer calls it.
func (e *Engine) resume(expected []*request) error {
	err := e.feed.Check()
	last := e.rev
	if err == nil {
		last, err = e.feed.Reopen()
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

// catchUp shows what the feed, whose last revision is handed in, holds after the last one shown: a group whose sync
// failed, of which it turned out that it is there. A feed that has less than was acknowledged is refused.
func (e *Engine) catchUp(last storage.Revision, expected []*request) error {
	path := e.feed.Path()
	if last < e.rev {
		return fmt.Errorf("%s ends at revision %d, but %d was acknowledged; stop the service and look at the disk: %w", path, last, e.rev, e.feed.Missing(last+1))
	}
	var found []*request
	err := e.feed.Records(e.rev+1, func(rev storage.Revision, record []byte) (err error) {
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
			return &storage.DamageError{Kind: storage.RecordDamaged, Path: path, Offset: -1, Revision: want.rev, Detail: "it is not what was written"}
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

// rollBack takes a group out of the table.
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

// resolve answers a group whose write or sync failed, which has been taken back. When the feed can be read back at
// once the answer is sure: written, or not. Else the batches that were to be written are uncertain, and those
// whose guards failed are refused: what their guards were held against is not known.
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

// uncertain is what a caller is told when it is not known whether the batch was written.
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
		trouble = e.feed.Check()
	}
	if trouble != nil {
		return refused(trouble)
	}
	return e.rebuild.health()
}
