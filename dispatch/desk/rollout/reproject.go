package rollout

import (
	"context"
	"errors"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
)

// reprojectBatch bounds the open cases of one call of Reproject.
const reprojectBatch = 256

// Reprojected is the progress of a reprojection.
type Reprojected struct {
	LookedAt, Moved int
	Next            dispatch.CaseID // where to continue; 0 = done
}

// Reproject recomputes the deadlines of the next open cases under the present calendars, for example after a holiday
// was published late. Each changed case gets an event with the reason; steps that fired neither move nor fire again.
// A call covers 256 cases, so that an interrupted reprojection can continue. Only the grid office may call it.
// Errors: *dispatch.NotAllowedError, storage.ErrConflict after too many lost races.
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
	now := d.revisions.Now()
	err := d.revisions.Do(ctx, "reproject", func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		cmd := dispatch.Command{Act: dispatch.ActReproject, At: now, Actor: person, Note: reason}
		post, err := lifecycle.Govern(active.City, person, dispatch.ActApply, now)
		if err != nil {
			return err
		}
		cmd.Post, out.Moved = post, 0
		for _, id := range ids {
			moved, err := d.reprojectCase(t, active, id, cmd)
			if err != nil {
				return err
			}
			if moved {
				out.Moved++
			}
		}
		return nil
	})
	if err != nil {
		return Reprojected{}, err
	}
	return out, nil
}

// reprojectCase recomputes the deadlines of one case; false if nothing changes.
func (d *Rollouts) reprojectCase(t *tx.Txn, active *revision.Active, id dispatch.CaseID, cmd dispatch.Command) (bool, error) {
	l, err := ledger.Load(t.Snap, id)
	if err != nil {
		d.view.Damaged(id, err)
		return false, nil
	}
	cs, backfilled, err := d.revisions.Current(t.Snap, active, l, cmd.At)
	if err != nil {
		return false, err
	}
	events, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, active.City)
	if errors.Is(err, dispatch.ErrNothingDue) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("case %s: %w", id, err)
	}
	t.Guard(ledger.CaseKey(id), l.Rev)
	_, err = t.Fold(active.City, l.Indexed, id, append(backfilled, events...))
	return true, err
}
