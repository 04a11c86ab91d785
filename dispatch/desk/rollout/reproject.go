package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

// reprojectBatch is how many open cases one commit of a reprojection looks at.
const reprojectBatch = 256

// Reprojected says how far a reprojection came.
type Reprojected struct {
	LookedAt, Moved int
	Next            dispatch.CaseID // where to go on; 0 = every open case has been looked at
}

// Reproject moves the open deadlines of the next cases after one to where the present calendars put
// them: a holiday was published late. Each case that moves gets an event with the reason; no step that
// fired moves or fires again. It looks at 256 cases a call, so that it can be cut anywhere and go on.
// It is for the grid office. Errors: *dispatch.NotAllowedError, storage.ErrConflict after too many lost races.
func (d *Rollouts) Reproject(ctx context.Context, person roster.PersonID, reason string, after dispatch.CaseID) (Reprojected, error) {
	if err := d.view.CaughtUp(ctx); err != nil {
		return Reprojected{}, err
	}
	ids := d.view.OpenIDs(after, reprojectBatch)
	var out Reprojected
	if len(ids) == reprojectBatch {
		out.Next = ids[len(ids)-1]
	}
	out.LookedAt = len(ids)
	cmd := dispatch.Command{Act: dispatch.ActReproject, At: d.revisions.Now(), Actor: person, Note: reason}
	for range tx.Retries {
		batch, moved, timer, err := d.reprojectOnce(ctx, ids, cmd)
		if tx.IsBehind(err) {
			if err = d.revisions.Ready(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return Reprojected{}, err
		}
		if out.Moved = moved; moved == 0 {
			return out, nil
		}
		if err = d.tx.Commit(ctx, batch, timer); err == nil {
			return out, nil
		}
		if tx.IsBehind(err) {
			err = d.revisions.Ready(ctx)
		}
		if err != nil && !tx.IsConflict(err) {
			return Reprojected{}, fmt.Errorf("reproject: %w", err)
		}
	}
	return Reprojected{}, fmt.Errorf("reproject: %w", storage.ErrConflict)
}

func (d *Rollouts) reprojectOnce(ctx context.Context, ids []dispatch.CaseID, cmd dispatch.Command) (batch storage.Batch, moved int, timer time.Time, err error) {
	force := d.revisions.InForce()
	c := force.City
	batch.Guards = []storage.Guard{force.Guard()}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		if err := force.Stands(snap); err != nil {
			return err
		}
		if cmd.Post, err = lifecycle.Govern(c, cmd.Actor, dispatch.ActApply, cmd.At); err != nil {
			return err
		}
		for _, id := range ids {
			l, err := ledger.Load(snap, id)
			if err != nil {
				d.view.Board.Damaged(id, err)
				continue
			}
			cs, looks, err := d.revisions.Current(snap, force, l, cmd.At)
			if err != nil {
				return err
			}
			events, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, c)
			if errors.Is(err, dispatch.ErrNothingDue) {
				continue
			}
			if err != nil {
				return fmt.Errorf("case %s: %w", id, err)
			}
			events = append(looks, events...)
			after, ops, err := d.tx.Step(c, l.Indexed, id, events)
			if err != nil {
				return err
			}
			moved++
			if at := after.Cs.NextAt; timer.IsZero() || !at.IsZero() && at.Before(timer) {
				timer = at
			}
			batch.Guards = append(batch.Guards, storage.Guard{Key: ledger.CaseKey(id), Revision: l.Rev})
			batch.Ops = append(batch.Ops, ops...)
		}
		return nil
	})
	return batch, moved, timer, err
}
