package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// layout is the version of the table of keys in ledger.go. Version 1 kept a timer only for cases
// that had one armed, open cases under o/, and every case under each of its units. Version 2 kept a
// new case beside its events; such cases are still read, and stay as they are until the next act.
const layout = 3

var layoutKey, cityKey = []byte("m/layout"), []byte("m/city")

// claim ties a store to its city: another city would decide, and escalate, what is not its own.
func claim(ctx context.Context, store storage.Engine, code string) error {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	it, err := snap.Get(cityKey)
	if err := snap.Close(); err != nil {
		return err
	}
	switch {
	case errors.Is(err, storage.ErrNotFound):
		_, err := store.Commit(ctx, storage.Batch{Guards: []storage.Guard{{Key: cityKey}}, Ops: []storage.Op{{Key: cityKey, Value: []byte(code)}}})
		if errors.Is(err, storage.ErrConflict) { // somebody was faster: look again
			return claim(ctx, store, code)
		}
		return err
	case err != nil:
		return err
	case string(it.Value) != code:
		return fmt.Errorf("the store holds the cases of city %s, not of %s; give each city its own data directory", it.Value, code)
	}
	return nil
}

// upgrade brings an older store to the present layout. It is safe to cut and to run again.
func upgrade(ctx context.Context, store storage.Engine) error {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	it, err := snap.Get(layoutKey)
	switch {
	case err == nil && bytes.Equal(it.Value, []byte{layout}):
		return nil
	case err == nil && bytes.Equal(it.Value, []byte{2}): // the keys are the same
	case err == nil:
		return fmt.Errorf("the store has layout %v, this program knows %d", it.Value, layout)
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	first := errors.Is(err, storage.ErrNotFound)
	var batch storage.Batch
	flush := func(most int) error {
		if len(batch.Ops) <= most {
			return nil
		}
		_, err := store.Commit(ctx, batch)
		batch = storage.Batch{}
		return err
	}
	for it, err := range snap.Scan(storage.Prefix(casePrefix)) {
		if err != nil {
			return err
		}
		s, err := record.DecodeCase(tailID(it.Key), it.Value)
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		cs, units := s.Case, s.Scopes
		op, err := refolded(snap, s)
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		batch.Ops = append(batch.Ops, op...)
		if key := (indexed{cs: cs}).timer(); first && key != nil && cs.NextAt.IsZero() {
			batch.Ops = append(batch.Ops, storage.Op{Key: key})
		}
		for _, u := range units {
			if !first {
				break
			}
			old := append([]byte("o/"), postingPrefix(u)[len("s/"):]...)
			batch.Ops = append(batch.Ops, storage.Op{Key: u64(u64(old, sortTime(cs.Clock.Due)), uint64(cs.ID)), Delete: true})
		}
		if err := flush(maxOps); err != nil {
			return err
		}
	}
	batch.Ops = append(batch.Ops, storage.Op{Key: layoutKey, Value: []byte{layout}})
	return flush(0)
}

// refolded writes a case as the fold of its events, where that is not what is stored: this program
// folds fields that the one which wrote it did not know. A case whose events are damaged stays as it is.
func refolded(snap storage.Snapshot, s record.Stored) ([]storage.Op, error) {
	if s.Filing != nil {
		return nil, nil
	}
	k := checker{snap: snap}
	events, broken, err := k.events(s.Case.ID)
	if err != nil || broken != nil {
		return nil, err
	}
	was, err := record.EncodeCase(s.Case, s.Scopes)
	if err != nil {
		return nil, err
	}
	is, err := record.EncodeCase(foldWhole(s.Case.ID, events), s.Scopes)
	if err != nil || bytes.Equal(was, is) {
		return nil, err
	}
	return []storage.Op{{Key: caseKey(s.Case.ID), Value: is}}, nil
}
