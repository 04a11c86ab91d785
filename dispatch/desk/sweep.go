package desk

import (
	"context"
	"fmt"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// sweepBatch is how many open cases one commit of a sweep looks at.
const sweepBatch = 256

// sweep looks at the next open cases after a revision has taken effect, by its policy, and commits
// what moves together with how far it came: cut anywhere, it goes on where it was. more says that
// the sweep is not done.
func (d *Desk) sweep(ctx context.Context, now time.Time) (more bool, err error) {
	if err := d.caughtUp(ctx); err != nil {
		return false, err
	}
	var number uint64
	var seen storage.Revision
	err = d.read(ctx, func(snap storage.Snapshot) error {
		seen = snap.Revision()
		for it, err := range snap.Scan(storage.Prefix(sweepPrefix)) {
			if err != nil {
				return err
			}
			number = waitNumber(it.Key)
			return nil
		}
		return nil
	})
	if err != nil || number == 0 {
		return false, err
	}
	if err := d.board.reach(ctx, seen); err != nil { // the apply may be another's: its city decides here, too, and its cases are on the board
		return false, err
	}
	for range retries {
		batch, err := d.sweepOnce(ctx, number, now)
		if err != nil {
			return false, err
		}
		if err = d.commit(ctx, batch, now); err == nil {
			return true, nil // there may be another one to sweep after
		}
		if isBehind(err) {
			err = d.ready(ctx)
			return err == nil, err
		}
		if !isConflict(err) {
			return false, fmt.Errorf("sweep after revision %d: %w", number, err)
		}
	}
	return true, nil // cases are being worked on: the next look reads again
}

func (d *Desk) sweepOnce(ctx context.Context, number uint64, now time.Time) (storage.Batch, error) {
	var a *Revision
	var rev storage.Revision
	err := d.read(ctx, func(snap storage.Snapshot) (err error) {
		a, rev, err = applyOf(snap, number)
		return err
	})
	if err != nil {
		return storage.Batch{}, err
	}
	force := d.inForce()
	batch := storage.Batch{Guards: []storage.Guard{force.guard(), {Key: applyKey(number), Revision: rev}}}
	s := &a.Sweep
	end := func() (storage.Batch, error) {
		s.Done = true
		val, err := record.EncodeApply(a)
		batch.Ops = append(batch.Ops, storage.Op{Key: applyKey(number), Value: val}, storage.Op{Key: sweepKey(number), Delete: true})
		return batch, err
	}
	if s.Done {
		return end()
	}
	p, err := d.passageOf(ctx, a, force.city)
	if err != nil {
		return storage.Batch{}, err
	}
	ids := d.openIDs(dispatch.CaseID(s.After), sweepBatch)
	if len(ids) == 0 {
		return end()
	}
	err = d.read(ctx, func(snap storage.Snapshot) error {
		for _, id := range ids {
			if len(batch.Ops) >= maxOps {
				break
			}
			s.After = uint64(id)
			l, err := load(snap, id)
			if err != nil {
				d.board.damaged(id, err)
				continue
			}
			if !l.cs.Open() {
				continue
			}
			s.Seen++
			var n counts
			e, moved := p.look(l.cs, l.rev, &n, now)
			s.Moved, s.Kept, s.Stuck = s.Moved+n.moved, s.Kept+n.kept, s.Stuck+n.stuck
			if !moved {
				continue
			}
			_, ops, err := d.step(force.city, l.indexed, id, []dispatch.Event{e})
			if err != nil {
				return err
			}
			batch.Guards = append(batch.Guards, storage.Guard{Key: caseKey(id), Revision: l.rev})
			batch.Ops = append(batch.Ops, ops...)
		}
		return nil
	})
	if err != nil {
		return storage.Batch{}, err
	}
	val, err := record.EncodeApply(a)
	batch.Ops = append(batch.Ops, storage.Op{Key: applyKey(number), Value: val})
	return batch, err
}
