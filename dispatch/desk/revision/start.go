package revision

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// ErrNoCity is returned when a desk is opened without a city over a store that keeps no revision.
var ErrNoCity = errors.New("the store has kept no city yet; name its directory")

// Kept returns the base revision that the head of a store names; "" if the store keeps no revision.
func Kept(ctx context.Context, store storage.Engine) (string, error) {
	snap, err := store.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	defer snap.Close()
	head, _, _, err := HeadOf(snap)
	return head.Base, err
}

// Start activates the first city of a desk and returns it: the city that the store's head names, or else given. If the
// store keeps no revision and dir is not nil, dir becomes the store's first revision. Start is called once, before the
// commit hooks that wake other rooms are set. Errors: ErrNoCity, *FaultsError, and those of the store.
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
	case dir != nil: // another desk may open at the same time and be first; read the head again
		if err := d.first(ctx, given, dir); err != nil {
			return nil, err
		}
		return d.Start(ctx, given, dir)
	}
	with := rulings{edition: edition}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if with.list, err = PrecedentsOf(snap, edition); err != nil {
			return err
		}
		if with.former, err = formerOf(snap); err != nil {
			return err
		}
		if with.changes, _, err = CampaignChangesOf(snap); err == nil {
			with.runs, err = RunsOf(snap, with.changes)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	a := &Active{City: with.over(c), head: rev, store: d.tx}
	if !d.active.CompareAndSwap(nil, a) {
		return nil, errStarted
	}
	return a.City, nil
}

// errStarted is returned for a second call of Start, a programming error.
var errStarted = errors.New("the revisions were started before")

// formerOf returns what applies have removed, each as last used.
func formerOf(snap storage.Snapshot) (city.Former, error) {
	var out city.Former
	for it, err := range snap.Scan(storage.Prefix(ledger.ApplyPrefix)) {
		if err != nil {
			return city.Former{}, err
		}
		if a, err := record.DecodeApply(it.Value); err == nil { // an unreadable apply costs names only
			out.Add(a.Former)
		}
	}
	return out, nil
}

// FirstNote is the note of the first revision of a store, which nobody applied.
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
		if _, _, known, err := headItem(t.Snap); known || err != nil { // another desk was first
			return err
		}
		t.Guard(ledger.HeadKey, 0)
		t.Guard(ledger.ApplyKey(1), 0)
		t.Put(ledger.HeadKey, head)
		t.Put(ledger.ApplyKey(1), val)
		return nil
	})
}
