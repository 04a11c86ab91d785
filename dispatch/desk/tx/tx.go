package tx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// Retries bounds how often a lost race is run again.
const Retries = 8

// Commit writes a batch and notes its revision. timer is the earliest that the batch arms.
func (d *Store) Commit(ctx context.Context, b storage.Batch, timer time.Time) error {
	rev, err := d.Store.Commit(ctx, b)
	d.Wrote(err)
	d.Attempted(b, timer) // also when the caller gave up: the batch may be written
	var lost *storage.ConflictError
	if errors.As(err, &lost) && bytes.Equal(lost.Key, ledger.HeadKey) {
		return fmt.Errorf("%w: %w", ErrBehind, err)
	}
	if err != nil {
		return err
	}
	for {
		was := d.Acked.Load()
		if uint64(rev) <= was || d.Acked.CompareAndSwap(was, uint64(rev)) {
			return nil
		}
	}
}

// Attempted tells the hooks of a batch that may have been written, and of the earliest timer that it arms.
func (d *Store) Attempted(b storage.Batch, timer time.Time) {
	for _, f := range d.Hooks {
		f(b, timer)
	}
}

// Read runs f on one snapshot.
func (d *Store) Read(ctx context.Context, f func(storage.Snapshot) error) error {
	snap, err := d.Store.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer snap.Close()
	return f(snap)
}

// Step folds the events and returns the new case with what must be written.
func (d *Store) Step(c *city.City, before ledger.Indexed, id dispatch.CaseID, events []dispatch.Event) (ledger.Indexed, []storage.Op, error) {
	var after ledger.Indexed
	if before.Cs == nil {
		after.Cs, after.Filing = dispatch.FoldAll(&dispatch.Case{ID: id}, events), events
	} else {
		after.Cs = dispatch.FoldAll(before.Cs, events)
	}
	after.Postings = ledger.Postings(c, after.Cs)
	ops, err := ledger.CaseDiff(before, after, events)
	if err != nil {
		return after, nil, err
	}
	d.Known.put(ops[0].Value, after.Cs)
	told, err := ledger.Notices(d.Channels, c, after.Cs, events)
	return after, append(ops, told...), err
}

const (
	StoreRetry = time.Second      // how long the keeper waits for a store that failed
	Shortest   = time.Millisecond // a nap is never shorter: clocks differ in the last digits
)

// IsConflict reports a lost race.
func IsConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

// ErrBehind says that a desk has not read yet how the city came to be what the store says: see ready.
var ErrBehind = fmt.Errorf("another revision of the city decides: %w", storage.ErrConflict)

// IsBehind reports that the caller must be made ready before he tries again.
func IsBehind(err error) bool { return errors.Is(err, ErrBehind) }
