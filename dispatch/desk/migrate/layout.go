// Package migrate ties a store to its city, and brings the layouts of older programs to the present one.
package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// Claim ties a store to its city: another city would decide, and escalate, what is not its own.
func Claim(ctx context.Context, store *tx.Store, code string) error {
	return store.Do(ctx, "claim the store", func(_ context.Context, t *tx.Txn) error {
		of, err := cityOf(t.Snap)
		if err != nil || of != "" {
			return errors.Join(err, otherCity(of, code))
		}
		t.Guard(ledger.CityKey, 0)
		t.Put(ledger.CityKey, []byte(code))
		return nil
	})
}

// CheckCityOf refuses a store that holds the cases of another city than code. Open does so too, and makes a store
// without a city that of the city that opens it.
func CheckCityOf(ctx context.Context, store storage.Engine, code string) error {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return err
	}
	of, err := cityOf(snap)
	if err = errors.Join(err, snap.Close()); err != nil || of == "" {
		return err
	}
	return otherCity(of, code)
}

func otherCity(of, code string) error {
	if of == code {
		return nil
	}
	return i18n.Errorf("the store holds the cases of city %s, not of %s; give each city its own data directory", "该存储中是城市 %s 的案件，不是 %s 的；请为每个城市使用单独的数据目录", of, code)
}

// cityOf is the code of the city that a store is tied to, empty when none is.
func cityOf(snap storage.Snapshot) (string, error) {
	it, err := snap.Get(ledger.CityKey)
	if errors.Is(err, storage.ErrNotFound) {
		return "", nil
	}
	return string(it.Value), err
}

// portion bounds the entries that one commit of an upgrade covers.
const portion = 10_000

// Upgrade brings a store of an older layout to the present one. It is safe to cut and to run again. It reads a bounded
// portion on one snapshot, closes the snapshot, commits what is to change, and goes on: no snapshot is held while it
// commits, because an engine may have to wait for every snapshot before it can make room for a commit. A case that
// moves on meanwhile is read again with its portion.
func Upgrade(ctx context.Context, store *tx.Store, c *city.City, was byte) error {
	if was == ledger.Layout {
		return nil
	}
	all := storage.Prefix(ledger.CasePrefix)
	from := all.Start
	if was >= 5 { // what later layouts added, a case of layout 5 has none of
		from = nil
	}
	for from != nil {
		var next []byte
		err := store.Do(ctx, "cases are being worked on", func(ctx context.Context, t *tx.Txn) (err error) {
			next, err = renew(ctx, t, c, was, storage.Range{Start: from, End: all.End})
			return err
		})
		if err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
		from = next
	}
	return store.Do(ctx, "upgrade", func(_ context.Context, t *tx.Txn) error {
		t.Put(ledger.LayoutKey, []byte{ledger.Layout})
		return nil
	})
}

// renew writes what must change for the first entries of a range, as many as fit into a batch, at most a portion, and
// returns where to go on; nil at the end.
func renew(ctx context.Context, t *tx.Txn, c *city.City, was byte, of storage.Range) (next []byte, err error) {
	n := 0
	for it, err := range t.Snap.Scan(of) {
		if err != nil {
			return nil, err
		}
		if n++; n > portion || t.Full() {
			return it.Key, ctx.Err()
		}
		s, err := record.DecodeCase(ledger.TailID(it.Key), it.Value)
		if was >= 3 && ledger.IsDamage(err) { // the self-check names it
			continue
		}
		if err != nil {
			return nil, err
		}
		ops, err := renewed(t.Snap, c, s, was)
		if err != nil {
			return nil, err
		}
		if len(ops) > 0 {
			t.Guard(it.Key, it.Revision)
			t.Write(ops...)
		}
	}
	return nil, ctx.Err()
}

// renewed is what must be written so that a case of an older layout is kept as a case now is: as the
// fold of its events, for this program folds fields that the one which wrote it did not know, with its
// timer and under its units. A case whose events are damaged stays as it was folded.
func renewed(snap storage.Snapshot, c *city.City, s record.Stored, layout byte) (ops []storage.Op, err error) {
	is := s
	if s.Filing == nil && layout < 3 {
		events, broken, err := fsck.Events(snap, s.Case.ID)
		if err != nil {
			return nil, err
		}
		if broken == nil {
			is.Case = ledger.FoldWhole(s.Case.ID, events)
		}
	}
	if layout < 4 && slices.ContainsFunc(s.Scopes, func(u roster.Unit) bool { return u.Kind == roster.UnitPoint }) {
		for _, u := range ledger.Postings(c, s.Case) {
			if !slices.Contains(is.Scopes, u) {
				is.Scopes = append(slices.Clip(is.Scopes), u)
				ops = append(ops, storage.Op{Key: ledger.PostingKey(u, s.Case.ID)})
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
		ops = append(ops, storage.Op{Key: ledger.CaseKey(s.Case.ID), Value: after})
	}
	if key := (ledger.Indexed{Cs: is.Case}).Timer(); key != nil && (layout == 1 && is.Case.NextAt.IsZero() || !is.Case.Open()) {
		ops = append(ops, storage.Op{Key: key})
	}
	if layout > 1 {
		return ops, nil
	}
	for _, u := range s.Scopes {
		ops = append(ops, storage.Op{Key: ledger.OldOpenKey(u, s.Case.Clock.Due, s.Case.ID), Delete: true})
	}
	return ops, nil
}
