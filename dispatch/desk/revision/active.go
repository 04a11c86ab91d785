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

// Active is the city that decides at a desk, and the revision of the store's head that names the city. An Active is
// immutable: another revision of the city is another Active. An operation reads the Active once and hands it down, so
// that the whole operation uses one city.
type Active struct {
	City *city.City

	head  storage.Revision // at which the head was written; 0 = the store has none
	store *tx.Store
}

// Now is the present instant, in the city's zone.
func (a *Active) Now() time.Time { return a.store.Now().In(a.City.Location) }

// Check returns tx.ErrStale if the head in the snapshot is not the one of a. Do calls Check where no commit compares the
// head. A decision calls Check before it records, outside the transaction, what a city could not decide.
func (a *Active) Check(snap storage.Snapshot) error {
	_, rev, _, err := headItem(snap)
	if err == nil && rev != a.head {
		return tx.ErrStale
	}
	return err
}

// Active returns the city that decides now, with the head that guards its decisions.
func (d *Revisions) Active() *Active { return d.active.Load() }

// City returns the city that decides now. An operation asks once and hands it down.
func (d *Revisions) City() *city.City { return d.Active().City }

// Now is the present instant, in the zone of the city that decides now.
func (d *Revisions) Now() time.Time { return d.Active().Now() }

// Do is tx.Store.Do for a decision by the active city. The batch of f is guarded by the head that names the city. If f
// refuses or writes nothing, Do compares the head on the snapshot instead. So a city that is no longer active decides
// nothing, however far this desk lags behind the store. The rulings may lag: events name their edition.
func (d *Revisions) Do(ctx context.Context, what string, f func(ctx context.Context, t *tx.Txn, a *Active) error) error {
	return d.tx.Do(ctx, what, func(ctx context.Context, t *tx.Txn) error {
		a := d.Active()
		if t.Snap.Revision() < a.head { // the snapshot is older than the city and does not show its rollout
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

// CatchUp activates the revision that the store's head names, and loads the backfills in progress. CatchUp reads the
// store and may compile a city, which takes seconds: never call it with a snapshot open. CatchUp does not wait until
// the view has rebuilt its lists.
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

// Activate publishes the city that the store's head names as the active one, and returns the active city. The view calls
// Activate after every commit that changes the head or the rulings; CatchUp calls it after a lost race. A city that
// cannot be read is logged, and the previous city stays active. Errors: those of the store.
//
// Activate publishes with a compare-and-swap against the Active that was there before the read began. Of two concurrent
// calls the one that read the older head reads again, so that the active revision never goes back.
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
			d.compiled.put(was.City.WithPrecedents(nil, 0).WithRuns(nil, 0))
			return is.City, nil
		}
	}
}

// logUnreadable logs, once for each Active, that the city which the store names cannot be read. A nil err is not logged.
func (d *Revisions) logUnreadable(a *Active, err error) {
	if err != nil && d.unreadable.Swap(a) != a {
		d.tx.Log().Error("the revision that was applied can't be read; the one before goes on deciding", "error", err)
	}
}

// read reads the active revision from the store. A part that cannot be read, the city or the rulings, is taken from was,
// and the error says why.
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
	if now := with.over(base); now.Revision != was.City.Revision || now.RunsEdition != was.City.RunsEdition {
		is.City = now
	}
	return is, err
}

// unreadable reports whether an error means that this program cannot read what the store holds of a city.
func unreadable(err error) bool {
	var faults *FaultsError
	if errors.Is(err, storage.ErrRebuilding) { // readable again soon
		return false
	}
	return errors.As(err, &faults) || errors.Is(err, record.ErrCorrupt) || errors.Is(err, storage.ErrCorrupt) || errors.Is(err, ErrNoRevision)
}
