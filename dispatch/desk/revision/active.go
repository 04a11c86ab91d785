package revision

import (
	"context"
	"errors"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// Active is the city that decides at a desk, and the head of the store that said so. It never changes: another
// revision is another Active. An operation asks for it once and hands it down, so that it sees one city.
type Active struct {
	City *city.City

	head  storage.Revision // at which the head was written; 0 = the store has none
	store *tx.Store
}

// Now is the present instant, in the city's zone.
func (a *Active) Now() time.Time { return a.store.Now().In(a.City.Location) }

// Check returns tx.ErrStale when the snapshot's head is another one. Do asks it where no commit compares the head; a
// decision asks it before it notes, outside the transaction, what a city could not decide.
func (a *Active) Check(snap storage.Snapshot) error {
	_, rev, _, err := headItem(snap)
	if err == nil && rev != a.head {
		return tx.ErrStale
	}
	return err
}

// Active returns the city that decides now, with what guards its decisions.
func (d *Revisions) Active() *Active { return d.active.Load() }

// City returns the city that decides now. An operation asks once and hands it down.
func (d *Revisions) City() *city.City { return d.Active().City }

// Now is the present instant, in the zone of the city that decides now.
func (d *Revisions) Now() time.Time { return d.Active().Now() }

// Do is tx.Store.Do for a decision by the city. What f writes is committed under the head that names the city, and
// what f refuses or leaves alone is decided under it, too: nothing is decided by a city that is no longer active,
// however far this desk lags behind the store. The rulings may be those of a moment ago: events name their edition.
func (d *Revisions) Do(ctx context.Context, what string, f func(ctx context.Context, t *tx.Txn, a *Active) error) error {
	return d.tx.Do(ctx, what, func(ctx context.Context, t *tx.Txn) error {
		a := d.Active()
		if t.Snap.Revision() < a.head { // it does not show what came with the city: the rollout above all
			return tx.ErrStale
		}
		t.Guard(ledger.HeadKey, a.head)
		err := f(ctx, t, a)
		if err != nil || t.Ops() == 0 { // no commit will compare the head
			if stale := a.Check(t.Snap); stale != nil {
				return stale
			}
		}
		return err
	})
}

// CatchUp activates the revision that the store's head names, and loads the backfills in progress. It reads the store
// and may compile a city, which takes seconds: it is called outside every snapshot. It does not wait until the lists
// of a large city are rebuilt.
func (d *Revisions) CatchUp(ctx context.Context) error {
	if d.Active() == nil { // the desk is being opened, and reads the head itself
		return nil
	}
	var head storage.Revision
	var rollouts []*Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if _, head, _, err = HeadOf(snap); err == nil || unreadable(err) {
			rollouts, err = rolloutsOf(snap)
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.Active().head != head {
		if _, err := d.Activate(ctx); err != nil {
			return err
		}
	}
	return d.loadBackfills(ctx, rollouts)
}

// Activate makes the city decide that the store names, and returns it. It is called after every commit that names
// another one, and by CatchUp. When that city can't be read, which is logged, the one before
// goes on deciding. Errors: the store's.
//
// A publication stands only if nobody published since before its read began. So of two at the same
// time the one that read an older head reads again, and what is active never goes back.
func (d *Revisions) Activate(ctx context.Context) (*city.City, error) {
	for {
		was := d.Active()
		is, err := d.read(ctx, was)
		if err != nil && !unreadable(err) {
			return nil, err
		}
		if *is == *was {
			d.logUnreadable(was, err)
			return was.City, nil
		}
		if d.active.CompareAndSwap(was, is) {
			d.logUnreadable(is, err)
			d.compiled.put(was.City.WithPrecedents(nil, 0))
			return is.City, nil
		}
	}
}

// logUnreadable logs, once for each Active, that the store names a city that can't be read; nil = it can.
func (d *Revisions) logUnreadable(a *Active, err error) {
	if err != nil && d.unreadable.Swap(a) != a {
		d.tx.Log().Error("the revision that was applied can't be read; the one before goes on deciding", "error", err)
	}
}

// read reads what the store says is active. Of what can't be read it keeps what was, and says why.
func (d *Revisions) read(ctx context.Context, was *Active) (*Active, error) {
	is := &Active{City: was.City, store: was.store}
	var head record.Head
	var with rulings
	known := false
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if head, is.head, known, err = HeadOf(snap); err != nil {
			return err
		}
		with, err = rulingsOf(snap)
		return err
	})
	if err != nil {
		return is, err
	}
	base := was.City
	if known && head.Base != base.Base() {
		if base, err = d.BaseCity(ctx, head.Base); err != nil {
			base = was.City
		}
	}
	if now := base.WithPrecedents(with.list, with.edition); now.Revision != was.City.Revision {
		is.City = now.WithFormer(with.former)
	}
	return is, err
}

// unreadable reports that what a store has kept of a city is not what this program can read.
func unreadable(err error) bool {
	var faults *FaultsError
	if errors.Is(err, storage.ErrRebuilding) { // it can be read in a moment
		return false
	}
	return errors.As(err, &faults) || errors.Is(err, record.ErrCorrupt) || errors.Is(err, storage.ErrCorrupt) || errors.Is(err, ErrNoRevision)
}
