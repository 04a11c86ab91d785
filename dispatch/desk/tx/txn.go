package tx

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// Retries bounds how often a transaction is run.
const Retries = 8

// ErrStale is the conflict of a decision whose city is no longer active: the store's head names another revision.
// ErrStale wraps storage.ErrConflict. Do catches up and runs the transaction again.
var ErrStale = fmt.Errorf("another revision of the city decides: %w", storage.ErrConflict)

// IsConflict reports whether a commit lost a race to another writer; ErrStale is such an error.
func IsConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

// stale turns a conflict on the store's head into an ErrStale, and returns any other error unchanged.
func stale(err error) error {
	var lost *storage.ConflictError
	if errors.As(err, &lost) && bytes.Equal(lost.Key, ledger.HeadKey) {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	return err
}

// Txn is one run of a transaction: a snapshot to read from and a batch to write into. A Txn is valid until the function
// that received it returns. It is not safe for concurrent use.
type Txn struct {
	Snap storage.Snapshot

	store   *Store
	ctx     within // the context of f
	batch   storage.Batch
	guards  [4]storage.Guard // enough for most transactions
	private bool
	undo    []func(error)
}

// Guard makes the commit fail unless the key was last written at rev; 0 = the key is absent.
func (t *Txn) Guard(key []byte, rev storage.Revision) {
	t.batch.Guards = append(t.batch.Guards, storage.Guard{Key: key, Revision: rev})
}

// Put writes a value.
func (t *Txn) Put(key, value []byte) { t.Write(storage.Op{Key: key, Value: value}) }

// Touch writes a key's value as it is in the snapshot. Of a transaction that touches a key and one that has guarded it, only the
// first to commit succeeds; the other one is run again. Errors: those of the snapshot.
func (t *Txn) Touch(key []byte) error {
	for i := range t.batch.Ops {
		if bytes.Equal(t.batch.Ops[i].Key, key) {
			return nil
		}
	}
	it, err := t.Snap.Get(key)
	if err != nil {
		return err
	}
	t.Put(key, it.Value)
	return nil
}

// Delete removes a key.
func (t *Txn) Delete(key []byte) { t.Write(storage.Op{Key: key, Delete: true}) }

// Write adds ops.
func (t *Txn) Write(ops ...storage.Op) { t.batch.Ops = append(t.batch.Ops, ops...) }

// Grow makes room for some more guards and ops.
func (t *Txn) Grow(guards, ops int) {
	t.batch.Guards = append(make([]storage.Guard, 0, len(t.batch.Guards)+guards), t.batch.Guards...)
	t.batch.Ops = append(make([]storage.Op, 0, len(t.batch.Ops)+ops), t.batch.Ops...)
}

// Ops is how many ops the batch has.
func (t *Txn) Ops() int { return len(t.batch.Ops) }

// Full reports whether the batch may have no room for another case.
func (t *Txn) Full() bool {
	return len(t.batch.Ops) >= ledger.MaxOps || len(t.batch.Guards) > ledger.MaxOps
}

// Private marks a transaction that writes nothing that lists show: lists do not wait for its commit.
func (t *Txn) Private() { t.private = true }

// OnAbort adds a function that is called if this run fails, in the function of the transaction or in the commit. With
// storage.ErrUncertain the batch may have been written. The undo functions are called outside the snapshot, the last one
// first, with the error, and before the next run.
func (t *Txn) OnAbort(undo func(error)) { t.undo = append(t.undo, undo) }

// Try runs a part of this run that may fail alone. If part returns an error, its writes, guards and OnAbort functions are
// removed (the latter are called), and the run may go on without the part. Try returns the error of part.
func (t *Txn) Try(part func() error) error {
	guards, ops, undo := len(t.batch.Guards), len(t.batch.Ops), len(t.undo)
	err := part()
	if err != nil {
		t.abort(undo, err)
		t.batch.Guards, t.batch.Ops = t.batch.Guards[:guards], t.batch.Ops[:ops]
	}
	return err
}

// abort calls the undo functions after the first ones, the last one first, and removes them.
func (t *Txn) abort(first int, err error) {
	for i := len(t.undo) - 1; i >= first; i-- {
		t.undo[i](err)
	}
	t.undo = t.undo[:first]
}

// Fold folds events into a case and writes the result: the case with its index entries, and the notices that the events
// cause. before is the case as in the snapshot; the zero value for a new case. Fold adds no guard.
func (t *Txn) Fold(c *city.City, before ledger.Indexed, id dispatch.CaseID, events []dispatch.Event) (*dispatch.Case, error) {
	cs, ops, err := t.store.Step(c, before, id, events)
	if err != nil {
		return nil, err
	}
	if t.batch.Ops == nil {
		t.batch.Ops = ops // not shared
	} else {
		t.Write(ops...)
	}
	return cs, nil
}

// Step is Txn.Fold for a caller that keeps the ops for a later run. Step writes nothing.
func (s *Store) Step(
	c *city.City, before ledger.Indexed, id dispatch.CaseID, events []dispatch.Event,
) (*dispatch.Case, []storage.Op, error) {
	var after ledger.Indexed
	if before.Cs == nil {
		after.Cs, after.Filing = dispatch.FoldNew(id, events), events
	} else {
		after.Cs = dispatch.FoldAll(before.Cs, events)
	}
	after.Postings = ledger.Postings(c, after.Cs)
	ops, err := ledger.CaseDiff(before, after, events)
	if err != nil {
		return after.Cs, nil, err
	}
	s.decoded.put(ops[0].Value, after.Cs)
	notices, err := ledger.Notices(s.channels, c, after.Cs, events)
	return after.Cs, append(ops, notices...), err
}

// Do runs f on a snapshot and commits the batch of the transaction, all or nothing. If another writer won the race, f is
// run again on a new snapshot, at most Retries times in all: f must set its results, not add to them. If f returns an
// error or writes nothing, the transaction ends without a commit. f must use the context that it receives; a commit or
// another snapshot under that context is refused.
//
// Errors: that of f, unless it is a conflict; ErrNested; those of the engine (with storage.ErrUncertain the batch may
// have been written); after the last lost race storage.ErrConflict, wrapped with what.
func (s *Store) Do(ctx context.Context, what string, f func(ctx context.Context, t *Txn) error) error {
	var err error
	for range Retries {
		if err = s.Once(ctx, f); !IsConflict(err) {
			return err
		}
		if errors.Is(err, ErrStale) && s.catchUp != nil {
			if err := s.catchUp(ctx); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Once is Do with one run: a lost race is returned as an error.
func (s *Store) Once(ctx context.Context, f func(ctx context.Context, t *Txn) error) error {
	t := &Txn{store: s}
	t.batch.Guards = t.guards[:0]
	err := s.run(ctx, t, f)
	if err != nil {
		t.abort(0, err)
	}
	return err
}

// inside returns the caller's context, marked for ErrNested. The context is part of t and costs no allocation.
func (t *Txn) inside(ctx context.Context) context.Context {
	t.ctx = within{ctx}
	return &t.ctx
}

// run decides on a snapshot, closes it, and commits.
func (s *Store) run(ctx context.Context, t *Txn, f func(ctx context.Context, t *Txn) error) error {
	err := s.Read(ctx, func(snap storage.Snapshot) error {
		t.Snap = snap
		return f(t.inside(ctx), t)
	})
	t.Snap = nil
	if err != nil || len(t.batch.Ops) == 0 {
		return err
	}
	rev, err := s.write(ctx, t.batch)
	if err == nil && !t.private {
		s.ack(rev)
	}
	return err
}
