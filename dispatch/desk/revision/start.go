package revision

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// ErrNoCity is returned by Open without a city for a store that has kept none.
var ErrNoCity = errors.New("the store has kept no city yet; name its directory")

// Kept is the revision of the directory that a store says decides; "" when it has kept none.
func Kept(ctx context.Context, store storage.Engine) (string, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	defer snap.Close()
	head, _, _, err := HeadOf(snap)
	return head.Base, err
}

// Start activates the city that decides when a desk opens, and returns it: the store's, when it has kept one, or else
// the one handed in, which becomes the store's first revision when its directory is handed in, too. It is called
// once, and its commits wake nobody. Errors: ErrNoCity, *FaultsError, and the store's.
func (d *Revisions) Start(ctx context.Context, given *city.City, dir city.Directory) (*city.City, error) {
	var head record.Head
	var rev storage.Revision
	var edition uint64
	known := false
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if head, rev, known, err = HeadOf(snap); err == nil {
			edition, _, err = EditionOf(snap)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if given == nil && !known {
		return nil, ErrNoCity
	}
	c := given
	if c != nil {
		d.compiled.put(c)
	}
	switch {
	case known:
		if c, err = d.BaseCity(ctx, head.Base); err != nil {
			return nil, err
		}
	case dir != nil: // another desk that opens at the same time may be the first
		if err := d.first(ctx, given, dir); err != nil {
			return nil, err
		}
		return d.Start(ctx, given, dir)
	}
	var with rulings
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if with.list, err = PrecedentsOf(snap, edition); err == nil {
			with.former, err = formerNames(snap)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	a := &Active{City: c.WithPrecedents(with.list, edition).WithFormer(with.former), head: rev, store: d.tx}
	if !d.active.CompareAndSwap(nil, a) {
		return nil, errStarted
	}
	return a.City, nil
}

// errStarted is a mistake of this program.
var errStarted = errors.New("the revisions were started before")

// formerNames are the names of the categories that applies have taken away, each as it was called last.
func formerNames(snap storage.Snapshot) (map[catalog.Code]i18n.Text, error) {
	out := map[catalog.Code]i18n.Text{}
	for it, err := range snap.Scan(storage.Prefix(ledger.ApplyPrefix)) {
		if err != nil {
			return nil, err
		}
		if a, err := record.DecodeApply(it.Value); err == nil { // one that can't be read costs names only
			maps.Copy(out, a.Former)
		}
	}
	return out, nil
}

// FirstNote is the note of the revision that nobody applied: the one there was when a store was new.
const FirstNote = "the directory that the service was first started with"

// first keeps the directory that a desk was opened with as the store's first revision.
func (d *Revisions) first(ctx context.Context, given *city.City, dir city.Directory) error {
	base := given.Base()
	if got := dir.Revision(); got != base {
		return fmt.Errorf("the directory is %s, the city %s: they don't belong together", got, base)
	}
	if err := d.KeepDirectory(ctx, base, dir); err != nil {
		return err
	}
	now := d.tx.Now()
	a := Revision{
		Number: 1, Base: base, At: now, EffectiveFrom: now, EffectiveAt: now, Policy: Keep,
		Note: FirstNote, Backfill: record.Backfill{Done: true},
	}
	val, err := record.EncodeApply(&a)
	if err != nil {
		return err
	}
	head, err := record.EncodeHead(record.Head{Current: 1, Last: 1, Base: base})
	if err != nil {
		return err
	}
	return d.tx.Do(ctx, "keep the first revision", func(_ context.Context, t *tx.Txn) error {
		if _, _, known, err := headItem(t.Snap); known || err != nil { // another desk was faster
			return err
		}
		t.Guard(ledger.HeadKey, 0)
		t.Guard(ledger.ApplyKey(1), 0)
		t.Put(ledger.HeadKey, head)
		t.Put(ledger.ApplyKey(1), val)
		return nil
	})
}
