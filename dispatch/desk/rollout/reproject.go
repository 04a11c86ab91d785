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
	"wangge/dispatch/rights"
)

// MaxReprojected bounds the open cases that one call of Reproject covers.
const MaxReprojected = 256

// Reprojected is the progress of a reprojection.
type Reprojected struct {
	LookedAt, Moved int
	Next            dispatch.CaseID // where to continue; 0 = done
}

// Reproject moves the open deadlines of the next cases after one to where the present calendars put
// them: a holiday was published late. Each case that moves gets an event with the reason; no step that
// fired moves or fires again. A call covers at most so many cases, 0 or above 256 means 256, so that a reprojection can
// be cut anywhere and go on.
// It is for the grid office. Errors: *dispatch.NotAllowedError, storage.ErrConflict after too many lost races.
func (d *Rollouts) Reproject(
	ctx context.Context, person roster.PersonID, reason string, after dispatch.CaseID, most int,
) (Reprojected, error) {
	if most <= 0 || most > MaxReprojected {
		most = MaxReprojected
	}
	if err := d.view.CaughtUp(ctx); err != nil {
		return Reprojected{}, err
	}
	ids := d.view.OpenIDs(after, most)
	var out Reprojected
	if len(ids) == most {
		out.Next = ids[len(ids)-1]
	}
	out.LookedAt = len(ids)
	now := d.revisions.Now()
	err := d.revisions.Do(ctx, "reproject", func(_ context.Context, t *tx.Txn, active *revision.Active) error {
		cmd := dispatch.Command{Act: dispatch.ActReproject, At: now, Actor: person, Note: reason}
		post, err := rights.Govern(active.City, person, dispatch.ActApply, now)
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
