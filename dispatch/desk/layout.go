package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/roster"
	"wangge/storage"
)

// layout is the version of the table of keys in ledger.go. Version 1 kept a timer only for cases
// that had one armed, open cases under o/, and every case under each of its units. Version 2 kept a
// new case beside its events; such cases are still read, and stay as they are until the next act. Version
// 3 kept what a point owns under the point alone, and not also under the unit above it.
const layout = 4

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

// layoutOf is the layout that a store has; an error for one that this program does not know.
func layoutOf(ctx context.Context, store storage.Engine) (byte, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	it, err := snap.Get(layoutKey)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return 1, nil
	case err != nil:
		return 0, err
	case len(it.Value) != 1 || it.Value[0] < 2 || it.Value[0] > layout:
		return 0, fmt.Errorf("the store has layout %v, this program knows %d", it.Value, layout)
	}
	return it.Value[0], nil
}

// upgrade brings a store of an older layout to the present one. It is safe to cut and to run again.
func upgrade(ctx context.Context, store storage.Engine, c *city.City, was byte) error {
	if was == layout {
		return nil
	}
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	var batch storage.Batch
	flush := func(most int) error {
		if len(batch.Ops) <= most {
			return nil
		}
		_, err := store.Commit(ctx, batch)
		batch = storage.Batch{}
		return err
	}
	for s, err := range outdated(snap, was) {
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		ops, err := renewed(snap, c, s, was)
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		batch.Ops = append(batch.Ops, ops...)
		if err := flush(maxOps); err != nil {
			return err
		}
	}
	batch.Ops = append(batch.Ops, storage.Op{Key: layoutKey, Value: []byte{layout}})
	return flush(0)
}

// outdated yields the cases that a layout may have kept otherwise: of version 3 those of points.
func outdated(snap storage.Snapshot, layout byte) iter.Seq2[record.Stored, error] {
	of := casePrefix
	if layout == 3 {
		of = append(slices.Clone(postingsPrefix), byte(roster.UnitPoint))
	}
	return func(yield func(record.Stored, error) bool) {
		for it, err := range snap.Scan(storage.Prefix(of)) {
			var s record.Stored
			if err == nil {
				s, err = outdatedCase(snap, it, layout)
			}
			if errors.Is(err, errKept) {
				continue
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// errKept says that an entry leads to no case that must be looked at.
var errKept = errors.New("nothing to renew")

// outdatedCase is the case of an entry. One of several points stands under each: it is looked at once. An
// entry of version 3 without a case that can be read is left to the self-check, which names it.
func outdatedCase(snap storage.Snapshot, it storage.Item, layout byte) (record.Stored, error) {
	id := tailID(it.Key)
	if layout < 3 {
		return record.DecodeCase(id, it.Value)
	}
	under, _, _ := parsePosting(it.Key)
	it, err := snap.Get(caseKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return record.Stored{}, errKept
	}
	if err != nil {
		return record.Stored{}, err
	}
	s, err := record.DecodeCase(id, it.Value)
	first := slices.IndexFunc(s.Scopes, func(u roster.Unit) bool { return u.Kind == roster.UnitPoint })
	if isDamage(err) || err == nil && first >= 0 && s.Scopes[first] != under {
		return record.Stored{}, errKept
	}
	return s, err
}

// renewed is what must be written so that a case of an older layout is kept as a case now is: as the
// fold of its events, for this program folds fields that the one which wrote it did not know, with its
// timer and under its units. A case whose events are damaged stays as it was folded.
func renewed(snap storage.Snapshot, c *city.City, s record.Stored, layout byte) (ops []storage.Op, err error) {
	is := s
	if s.Filing == nil && layout < 3 {
		k := checker{snap: snap}
		events, broken, err := k.events(s.Case.ID)
		if err != nil {
			return nil, err
		}
		if broken == nil {
			is.Case = foldWhole(s.Case.ID, events)
		}
	}
	if slices.ContainsFunc(s.Scopes, func(u roster.Unit) bool { return u.Kind == roster.UnitPoint }) {
		for _, u := range postings(c, s.Case) {
			if !slices.Contains(is.Scopes, u) {
				is.Scopes = append(slices.Clip(is.Scopes), u)
				ops = append(ops, storage.Op{Key: postingKey(u, s.Case.ID)})
			}
		}
	}
	value := func(s record.Stored) ([]byte, error) {
		if s.Filing != nil {
			return record.EncodeFiling(s.Filing, s.Scopes)
		}
		return record.EncodeCase(s.Case, s.Scopes)
	}
	before, err1 := value(s)
	after, err2 := value(is)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if !bytes.Equal(before, after) {
		ops = append(ops, storage.Op{Key: caseKey(s.Case.ID), Value: after})
	}
	if layout > 1 {
		return ops, nil
	}
	if key := (indexed{cs: s.Case}).timer(); key != nil && s.Case.NextAt.IsZero() {
		ops = append(ops, storage.Op{Key: key})
	}
	for _, u := range s.Scopes {
		old := append([]byte("o/"), postingPrefix(u)[len("s/"):]...)
		ops = append(ops, storage.Op{Key: u64(u64(old, sortTime(s.Case.Clock.Due)), uint64(s.Case.ID)), Delete: true})
	}
	return ops, nil
}
