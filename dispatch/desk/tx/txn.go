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

// ErrStale says that the store's head names another revision of the city than the one that decided. It wraps
// storage.ErrConflict. Do catches up and tries again.
var ErrStale = fmt.Errorf("another revision of the city decides: %w", storage.ErrConflict)

// IsConflict reports that another writer was faster, ErrStale included.
func IsConflict(err error) bool { return errors.Is(err, storage.ErrConflict) }

// stale makes an ErrStale of a conflict on the store's head.
func stale(err error) error {
	var lost *storage.ConflictError
	if errors.As(err, &lost) && bytes.Equal(lost.Key, ledger.HeadKey) {
		return fmt.Errorf("%w: %w", ErrStale, err)
	}
	return err
}

// Txn is one run of a transaction: the snapshot it reads, and what it is going to write. It is good until the
// function that it was handed to returns, and not safe for concurrent use.
type Txn struct {
	Snap storage.Snapshot

	store   *Store
	ctx     within // what f is handed
	batch   storage.Batch
	guards  [4]storage.Guard // room for those of most transactions
	private bool
	undo    []func(error)
}

// Guard demands that a key is, at the commit, as it was at a revision; 0 = absent.
func (t *Txn) Guard(key []byte, rev storage.Revision) {
	t.batch.Guards = append(t.batch.Guards, storage.Guard{Key: key, Revision: rev})
}

// Put writes a value.
func (t *Txn) Put(key, value []byte) { t.Write(storage.Op{Key: key, Value: value}) }

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

// Full reports that the batch has no sure room for another case.
func (t *Txn) Full() bool {
	return len(t.batch.Ops) >= ledger.MaxOps || len(t.batch.Guards) > ledger.MaxOps
}

// Private says that this transaction writes nothing that lists show: they need not wait for it.
func (t *Txn) Private() { t.private = true }

// OnAbort adds what is undone when this run fails: the function did, or the commit, of which storage.ErrUncertain
// leaves open whether it wrote the batch. Undo is called outside the snapshot, the last one first, with the error, and
// before the next run, if there is one.
func (t *Txn) OnAbort(undo func(error)) { t.undo = append(t.undo, undo) }

// Try runs a part of this run that may fail by itself. When it returns an error, what it wrote, guarded and added to
// OnAbort is taken back, as if it had not been run, and the run may go on without it. The error is the part's.
func (t *Txn) Try(part func() error) error {
	guards, ops, undo := len(t.batch.Guards), len(t.batch.Ops), len(t.undo)
	err := part()
	if err != nil {
		t.abort(undo, err)
		t.batch.Guards, t.batch.Ops = t.batch.Guards[:guards], t.batch.Ops[:ops]
	}
	return err
}

// abort undoes what was added to OnAbort, down to the first so many.
func (t *Txn) abort(first int, err error) {
	for i := len(t.undo) - 1; i >= first; i-- {
		t.undo[i](err)
	}
	t.undo = t.undo[:first]
}

// Fold folds events into a case and writes the result: the case with its index entries, and the notices that the
// events cause. before is the case as the snapshot holds it, empty for a new one. It adds no guard.
func (t *Txn) Fold(c *city.City, before ledger.Indexed, id dispatch.CaseID, events []dispatch.Event) (*dispatch.Case, error) {
	cs, ops, err := t.store.Step(c, before, id, events)
	if err != nil {
		return nil, err
	}
	if t.batch.Ops == nil {
		t.batch.Ops = ops // nobody else has them
	} else {
		t.Write(ops...)
	}
	return cs, nil
}

// Step is Txn.Fold for a caller that keeps the ops until a later run.
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

// Do runs f on a snapshot and commits what f wrote into the transaction, all or nothing. When another writer was
// faster, f is run again on a new snapshot, up to Retries times in all: f must set, not add to, what it leaves behind.
// An f that returns an error, or writes nothing, ends the transaction without a commit. f uses the context it is
// handed; with it, a commit or another snapshot is refused.
//
// Errors: f's, unless it is a conflict; ErrNested; those of the engine, of which storage.ErrUncertain leaves open
// whether the batch was written; and after the last lost race, storage.ErrConflict, wrapped with what.
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

// Once is Do with one run: a lost race is returned.
func (s *Store) Once(ctx context.Context, f func(ctx context.Context, t *Txn) error) error {
	t := &Txn{store: s}
	t.batch.Guards = t.guards[:0]
	err := s.run(ctx, t, f)
	if err != nil {
		t.abort(0, err)
	}
	return err
}

// inside is a context of the transaction: the caller's, marked for ErrNested. It is a part of t, so it costs nothing.
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
