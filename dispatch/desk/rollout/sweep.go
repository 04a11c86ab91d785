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

// sweepBatch is how many open cases one commit of a sweep looks at.
const sweepBatch = 256

// sweep looks at the next open cases after a revision has taken effect, by its policy, and commits
// what moves together with how far it came: cut anywhere, it goes on where it was. more says that
// the sweep is not done.
func (d *Rollouts) sweep(ctx context.Context, now time.Time) (more bool, err error) {
	if err := d.view.CaughtUp(ctx); err != nil {
		return false, err
	}
	var number uint64
	var seen storage.Revision
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		seen = snap.Revision()
		for it, err := range snap.Scan(storage.Prefix(ledger.SweepPrefix)) {
			if err != nil {
				return err
			}
			number = ledger.WaitNumber(it.Key)
			return nil
		}
		return nil
	})
	if err != nil || number == 0 {
		return false, err
	}
	if err := d.view.Board.Reach(ctx, seen); err != nil { // the apply may be another's: its city decides here, too, and its cases are on the board
		return false, err
	}
	for range tx.Retries {
		batch, err := d.sweepOnce(ctx, number, now)
		if err != nil {
			return false, err
		}
		if err = d.tx.Commit(ctx, batch, now); err == nil {
			return true, nil // there may be another one to sweep after
		}
		if tx.IsBehind(err) {
			err = d.revisions.Ready(ctx)
			return err == nil, err
		}
		if !tx.IsConflict(err) {
			return false, fmt.Errorf("sweep after revision %d: %w", number, err)
		}
	}
	return true, nil // cases are being worked on: the next look reads again
}

func (d *Rollouts) sweepOnce(ctx context.Context, number uint64, now time.Time) (storage.Batch, error) {
	var a *revision.Revision
	var rev storage.Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		a, rev, err = revision.ApplyOf(snap, number)
		return err
	})
	if err != nil {
		return storage.Batch{}, err
	}
	force := d.revisions.InForce()
	batch := storage.Batch{Guards: []storage.Guard{force.Guard(), {Key: ledger.ApplyKey(number), Revision: rev}}}
	s := &a.Sweep
	end := func() (storage.Batch, error) {
		s.Done = true
		val, err := record.EncodeApply(a)
		batch.Ops = append(batch.Ops, storage.Op{Key: ledger.ApplyKey(number), Value: val}, storage.Op{Key: ledger.SweepKey(number), Delete: true})
		return batch, err
	}
	if s.Done {
		return end()
	}
	p, err := d.revisions.PassageOf(ctx, a, force.City)
	if err != nil {
		return storage.Batch{}, err
	}
	ids := d.view.OpenIDs(dispatch.CaseID(s.After), sweepBatch)
	if len(ids) == 0 {
		return end()
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for _, id := range ids {
			if len(batch.Ops) >= ledger.MaxOps {
				break
			}
			s.After = uint64(id)
			l, err := ledger.Load(snap, id)
			if err != nil {
				d.view.Board.Damaged(id, err)
				continue
			}
			if !l.Cs.Open() {
				continue
			}
			s.Seen++
			var n revision.Counts
			e, moved := p.Look(l.Cs, l.Rev, &n, now)
			s.Moved, s.Kept, s.Stuck = s.Moved+n.Moved, s.Kept+n.Kept, s.Stuck+n.Stuck
			if !moved {
				continue
			}
			_, ops, err := d.tx.Step(force.City, l.Indexed, id, []dispatch.Event{e})
			if err != nil {
				return err
			}
			batch.Guards = append(batch.Guards, storage.Guard{Key: ledger.CaseKey(id), Revision: l.Rev})
			batch.Ops = append(batch.Ops, ops...)
		}
		return nil
	})
	if err != nil {
		return storage.Batch{}, err
	}
	val, err := record.EncodeApply(a)
	batch.Ops = append(batch.Ops, storage.Op{Key: ledger.ApplyKey(number), Value: val})
	return batch, err
}
