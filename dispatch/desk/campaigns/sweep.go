package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// sweepBatch bounds the open cases of one commit of a sweep.
const sweepBatch = 256

// Sweep lets the next open cases follow a change of a campaign. One commit holds their events and the position reached, so
// that a process that stops is continued by any other. more reports that there is more to do at once.
func (d *Campaigns) Sweep(ctx context.Context, now time.Time) (more bool, err error) {
	change, after, ok, err := d.next(ctx)
	if err != nil || !ok {
		return false, err
	}
	if err := d.revisions.CatchUp(ctx); err != nil {
		return false, err
	}
	ids := d.view.OpenIDs(dispatch.CaseID(after), sweepBatch) // before the snapshot of the transaction, which then has them all
	purpose := fmt.Sprintf("sweep after change %d of campaigns", change)
	err = d.revisions.Do(ctx, purpose, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		return d.sweep(t, active, change, ids, now)
	})
	if tx.IsConflict(err) { // cases are being changed: the next call reads again
		return true, nil
	}
	return err == nil, err // another sweep may follow
}

// next returns the first change that open cases are still following, and the last case that does; false if there is none.
func (d *Campaigns) next(ctx context.Context) (change, after uint64, ok bool, err error) {
	var seen storage.Revision
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		seen = snap.Revision()
		for it, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
			if err != nil {
				return err
			}
			change, ok = ledger.ParseSweep(it.Key)
			s, err := record.DecodeCampaignSweep(it.Value)
			after = s.After
			return err
		}
		return nil
	})
	if err != nil || !ok {
		return 0, 0, false, err
	}
	return change, after, true, d.view.WaitFor(ctx, seen) // the change may be that of another process: wait until the view shows its cases
}

// sweep lets some open cases follow the campaigns as they are now, in the order of their numbers; none are left when ids is
// empty.
func (d *Campaigns) sweep(t *tx.Txn, active *revision.Active, change uint64, ids []dispatch.CaseID, now time.Time) error {
	key := ledger.SweepKey(change)
	it, err := t.Snap.Get(key)
	if errors.Is(err, storage.ErrNotFound) { // another process has ended the sweep
		return nil
	}
	if err != nil {
		return err
	}
	s, err := record.DecodeCampaignSweep(it.Value)
	if err != nil {
		return err
	}
	t.Guard(key, it.Revision)
	for _, id := range ids {
		if t.Full() {
			break
		}
		if uint64(id) <= s.After { // another process was here meanwhile
			continue
		}
		s.After = uint64(id)
		l, err := ledger.Load(t.Snap, id)
		if err != nil {
			d.view.Damaged(id, err)
			continue
		}
		s.Seen++
		moved, err := d.follow(t, active, id, l, now)
		if err != nil {
			return err
		}
		if moved {
			s.Moved++
		}
	}
	if len(ids) == 0 {
		t.Delete(key)
		return nil
	}
	val, err := record.EncodeCampaignSweep(s)
	t.Put(key, val)
	return err
}

// follow brings one case to where the campaigns put it, with what rollouts in progress do to the case. A case whose deadline
// can't be computed is logged and left as it is.
func (d *Campaigns) follow(t *tx.Txn, active *revision.Active, id dispatch.CaseID, l ledger.Loaded, now time.Time) (bool, error) {
	cs, events, err := d.revisions.Current(t.Snap, active, l, now)
	if err != nil {
		return false, err
	}
	more, err := lifecycle.FollowCampaign(cs, now, active.City)
	if err != nil {
		d.tx.Log().Error("campaigns: a case does not follow", "case", id.String(), "error", err)
		return false, nil
	}
	if len(more) == 0 {
		return false, nil
	}
	t.Guard(ledger.CaseKey(id), l.Rev)
	_, err = t.Fold(active.City, l.Indexed, id, append(events, more...))
	return true, err
}

// Waits reports whether open cases are still following a change.
func Waits(snap storage.Snapshot) (bool, error) {
	for _, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		return err == nil, err
	}
	return false, nil
}

// sweeping is the change that open cases are still following, the latest of several; 0 = none.
func sweeping(snap storage.Snapshot) (last uint64, err error) {
	for it, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
		if err != nil {
			return 0, err
		}
		if change, ok := ledger.ParseSweep(it.Key); ok {
			last = change
		}
	}
	return last, nil
}
