package revision

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// Revision is one apply of a city directory. See record.Apply.
type Revision = record.Apply

// Policy says what becomes of open cases when another revision takes effect.
type Policy = record.Policy

// Policies; zero is unset and refused.
const (
	Keep    = record.Keep
	Reroute = record.Reroute
	Move    = record.Move
)

// headItem reads the head of a store; zero when it has none.
func headItem(snap storage.Snapshot) (value []byte, rev storage.Revision, known bool, err error) {
	it, err := snap.Get(ledger.HeadKey)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, 0, false, nil
	}
	return it.Value, it.Revision, err == nil, err
}

// HeadOf reads which revision is active. The bool is false if the store keeps no revision.
func HeadOf(snap storage.Snapshot) (record.Head, storage.Revision, bool, error) {
	val, rev, known, err := headItem(snap)
	if err != nil || !known {
		return record.Head{}, 0, false, err
	}
	h, err := record.DecodeHead(val)
	return h, rev, err == nil, err
}

// ApplyOf reads an apply. ErrNoRevision.
func ApplyOf(snap storage.Snapshot, number uint64) (*Revision, storage.Revision, error) {
	it, err := snap.Get(ledger.ApplyKey(number))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, 0, fmt.Errorf("apply %d: %w", number, ErrNoRevision)
	}
	if err != nil {
		return nil, 0, err
	}
	a, err := record.DecodeApply(it.Value)
	return a, it.Revision, err
}

// WasActive reports whether a directory has decided before, by its revision.
func WasActive(snap storage.Snapshot, base string) (bool, error) {
	for it, err := range snap.Scan(storage.Prefix(ledger.ApplyPrefix)) {
		if err != nil {
			return false, err
		}
		if a, err := record.DecodeApply(it.Value); err == nil && a.Base == base && !a.EffectiveAt.IsZero() { // the store check reports others
			return true, nil
		}
	}
	return false, nil
}

// Head returns the active revision and the one applied last. The two differ while the last one waits for its instant.
// ErrNoRevision if the store keeps no revision.
func (d *Revisions) Head(ctx context.Context) (current, last *Revision, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		head, _, known, err := HeadOf(snap)
		if err != nil {
			return err
		}
		if !known {
			return ErrNoRevision
		}
		if current, _, err = ApplyOf(snap, head.Current); err != nil {
			return err
		}
		last, _, err = Latest(snap, head)
		return err
	})
	return current, last, err
}

// Latest is the last apply that was not withdrawn.
func Latest(snap storage.Snapshot, head record.Head) (*Revision, storage.Revision, error) {
	for n := head.Last; ; n-- {
		a, rev, err := ApplyOf(snap, n)
		if err != nil || !a.Withdrawn || n <= head.Current {
			return a, rev, err
		}
	}
}

// Revision returns the apply with a number. ErrNoRevision.
func (d *Revisions) Revision(ctx context.Context, number uint64) (a *Revision, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		a, _, err = ApplyOf(snap, number)
		return err
	})
	return a, err
}

// maxRevisions bounds a page of Revisions.
const maxRevisions = 200

// Revisions lists applies, the latest first, at most 200, those before a number when it is not 0.
func (d *Revisions) Revisions(ctx context.Context, before uint64, limit int) ([]*Revision, error) {
	if limit <= 0 || limit > maxRevisions {
		limit = maxRevisions
	}
	rng := storage.Prefix(ledger.ApplyPrefix)
	rng.Reverse = true
	if before > 0 {
		rng.End = ledger.ApplyKey(before)
	}
	var out []*Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(rng) {
			if err != nil {
				return err
			}
			a, err := record.DecodeApply(it.Value)
			if err != nil {
				return err
			}
			if out = append(out, a); len(out) == limit {
				break
			}
		}
		return nil
	})
	return out, err
}

// Since lists the applies in force after the one of a base revision, the latest first: the changes that a plan
// against that base does not know.
func Since(snap storage.Snapshot, head record.Head, base string) ([]*Revision, error) {
	var out []*Revision
	for n := head.Last; n > 0 && len(out) < maxRevisions; n-- {
		a, _, err := ApplyOf(snap, n)
		if err != nil {
			return nil, err
		}
		if a.Withdrawn {
			continue
		}
		if a.Base == base {
			break
		}
		out = append(out, a)
	}
	return out, nil
}
