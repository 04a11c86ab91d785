package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
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
func (d *Desk) Reproject(ctx context.Context, person roster.PersonID, reason string, after dispatch.CaseID) (Reprojected, error) {
	if err := d.caughtUp(ctx); err != nil {
		return Reprojected{}, err
	}
	ids := d.openIDs(after, reprojectBatch)
	var out Reprojected
	if len(ids) == reprojectBatch {
		out.Next = ids[len(ids)-1]
	}
	out.LookedAt = len(ids)
	cmd := dispatch.Command{Act: dispatch.ActReproject, At: d.now(), Actor: person, Note: reason}
	for range retries {
		batch, moved, timer, err := d.reprojectOnce(ctx, ids, cmd)
		if isBehind(err) {
			if err = d.ready(ctx); err == nil {
				continue
			}
		}
		if err != nil {
			return Reprojected{}, err
		}
		if out.Moved = moved; moved == 0 {
			return out, nil
		}
		if err = d.commit(ctx, batch, timer); err == nil {
			return out, nil
		}
		if isBehind(err) {
			err = d.ready(ctx)
		}
		if err != nil && !isConflict(err) {
			return Reprojected{}, fmt.Errorf("reproject: %w", err)
		}
	}
	return Reprojected{}, fmt.Errorf("reproject: %w", storage.ErrConflict)
}

func (d *Desk) reprojectOnce(ctx context.Context, ids []dispatch.CaseID, cmd dispatch.Command) (batch storage.Batch, moved int, timer time.Time, err error) {
	force := d.inForce()
	c := force.city
	batch.Guards = []storage.Guard{force.guard()}
	err = d.read(ctx, func(snap storage.Snapshot) (err error) {
		if err := force.stands(snap); err != nil {
			return err
		}
		if cmd.Post, err = lifecycle.Govern(c, cmd.Actor, dispatch.ActApply, cmd.At); err != nil {
			return err
		}
		for _, id := range ids {
			l, err := load(snap, id)
			if err != nil {
				d.board.damaged(id, err)
				continue
			}
			cs, looks, err := d.current(snap, force, l, cmd.At)
			if err != nil {
				return err
			}
			events, err := lifecycle.Decide(cs, cmd, c)
			if errors.Is(err, dispatch.ErrNothingDue) {
				continue
			}
			if err != nil {
				return fmt.Errorf("case %s: %w", id, err)
			}
			events = append(looks, events...)
			after, ops, err := d.step(c, l.indexed, id, events)
			if err != nil {
				return err
			}
			moved++
			if at := after.cs.NextAt; timer.IsZero() || !at.IsZero() && at.Before(timer) {
				timer = at
			}
			batch.Guards = append(batch.Guards, storage.Guard{Key: caseKey(id), Revision: l.rev})
			batch.Ops = append(batch.Ops, ops...)
		}
		return nil
	})
	return batch, moved, timer, err
}
