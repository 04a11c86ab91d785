package rollout

import (
	"context"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// backfillBatch bounds the open cases of one commit of a backfill.
const backfillBatch = 256

// backfill moves the next open cases after a revision took effect, by its policy. One commit holds the moves and the
// position reached, so that an interrupted backfill continues there. more reports that the backfill is not done.
func (d *Rollouts) backfill(ctx context.Context, now time.Time) (more bool, err error) {
	if err := d.view.CaughtUp(ctx); err != nil {
		return false, err
	}
	var number, from uint64
	var seen storage.Revision
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		seen = snap.Revision()
		for it, err := range snap.Scan(storage.Prefix(ledger.BackfillPrefix)) {
			if err != nil {
				return err
			}
			number, _ = ledger.ParseBackfill(it.Key)
			a, _, err := revision.ApplyOf(snap, number)
			if err == nil {
				from = a.Backfill.After
			}
			return err
		}
		return nil
	})
	if err != nil || number == 0 {
		return false, err
	}
	if err := d.view.WaitFor(ctx, seen); err != nil { // the apply may be that of another process: wait until the view shows its cases
		return false, err
	}
	if err := d.revisions.CatchUp(ctx); err != nil {
		return false, err
	}
	ids := d.view.OpenIDs(dispatch.CaseID(from), backfillBatch) // before the snapshot of the transaction, which then has them all
	purpose := fmt.Sprintf("backfill after revision %d", number)
	err = d.revisions.Do(ctx, purpose, func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		return d.backfillOnce(t, active, number, ids, now)
	})
	if tx.IsConflict(err) { // cases are being changed: the next call reads again
		return true, nil
	}
	return err == nil, err // another rollout may follow
}

// backfillOnce moves some open cases, in the order of their numbers; none are left when ids is empty.
func (d *Rollouts) backfillOnce(t *tx.Txn, active *revision.Active, number uint64, ids []dispatch.CaseID, now time.Time) error {
	a, rev, err := revision.ApplyOf(t.Snap, number)
	if err != nil {
		return err
	}
	t.Guard(ledger.ApplyKey(number), rev)
	s := &a.Backfill
	var b *revision.Backfill
	if s.Done {
		ids = nil
	} else if b, err = d.revisions.Backfill(active, number); err != nil {
		return err
	}
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
		if !l.Cs.Open() {
			continue
		}
		s.Seen++
		var n revision.Counts
		e, moved := b.Case(l.Cs, l.Rev, &n, now)
		s.Moved, s.Kept, s.Stuck = s.Moved+n.Moved, s.Kept+n.Kept, s.Stuck+n.Stuck
		if !moved {
			continue
		}
		t.Guard(ledger.CaseKey(id), l.Rev)
		if _, err := t.Fold(active.City, l.Indexed, id, []dispatch.Event{e}); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		s.Done = true
		t.Delete(ledger.BackfillKey(number))
	}
	val, err := record.EncodeApply(a)
	t.Put(ledger.ApplyKey(number), val)
	return err
}
