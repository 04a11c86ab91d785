package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/grid"
)

// office makes the grid office do something now and then: revise the city, move open deadlines to the hours of the present
// calendar, rule on an owner or revoke a ruling.
func (w *world) office(ctx context.Context) error {
	if names := w.model.Campaigns; len(names) > 0 && w.rng.IntN(24*4) == 0 {
		return w.campaign(ctx, city.CampaignID(names[w.rng.IntN(len(names))]))
	}
	switch w.rng.IntN(24 * 20) {
	case 0:
		return w.revise(ctx)
	case 1:
		return w.reproject(ctx)
	case 2:
		return w.rule(ctx)
	}
	return nil
}

// reproject moves open deadlines to the hours of the present calendar.
func (w *world) reproject(ctx context.Context) error {
	n, err := w.desk.Reproject(ctx, roster.PersonID(w.model.Keeper), "the hours have changed", 0, 0)
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("deadlines can't be moved: %w", err)
	}
	w.note("%d deadlines move of %d", n.Moved, n.LookedAt)
	w.Did[dispatch.ActReproject]++
	return nil
}

// rule makes a precedent: an owner of a category around a place for some days. An earlier one is revoked.
func (w *world) rule(ctx context.Context) error {
	t, leader := w.model, roster.PersonID(w.model.Leader)
	unit := t.Units[w.rng.IntN(len(t.Units))]
	p := city.Precedent{
		Unit: unit, Kind: city.OwnerKindOf(unit), Categories: []string{t.Categories[w.rng.IntN(len(t.Categories))]},
		Point:   grid.Point{Lat: t.North + t.Width/2, Lng: t.West + t.Width/2},
		RadiusM: 2000, To: w.service().AddDate(0, 0, 1+w.rng.IntN(40)), Text: "the council says so",
	}
	made, err := w.desk.Rule(ctx, leader, p)
	if was := w.ruling; err == nil {
		if w.ruling = made.ID; was != "" { // once: an answer may be lost
			_, err = w.desk.Revoke(ctx, leader, was, "another one")
		}
	}
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("a ruling is refused: %w", err)
	}
	w.note("a ruling gives %s to %s", p.Categories[0], unit)
	w.Did[dispatch.ActRule]++
	return nil
}

// revise applies a revision of the city: at once or in some days, with open cases kept or moved.
func (w *world) revise(ctx context.Context) error {
	current, last, err := w.desk.Head(ctx)
	if err == nil && current.Number != last.Number {
		return nil // an earlier revision is scheduled already
	}
	if err == nil {
		w.model.Revise(w.rng, w.service())
		p := rollout.Proposal{Directory: w.model.Files, Against: last.Base, Policy: revision.Keep, Waive: "the council says so"}
		if w.rng.IntN(2) == 0 {
			p.Policy = revision.Reroute
		}
		if w.rng.IntN(2) == 0 {
			p.From = w.service().Add(time.Duration(1+w.rng.IntN(72)) * time.Hour)
		}
		if _, err = w.desk.Plan(ctx, roster.PersonID(w.model.Keeper), p); err == nil {
			w.Did[dispatch.ActPlan]++
			_, err = w.desk.Apply(ctx, roster.PersonID(w.model.Keeper), p)
		}
		if _, ok := errors.AsType[*rollout.LostError](err); ok { // the handler of a case has left with the revision
			p.Policy = revision.Move
			_, err = w.desk.Apply(ctx, roster.PersonID(w.model.Keeper), p)
		}
		if err == nil {
			w.note("the city is revised, from %s", p.From)
			w.Did[dispatch.ActApply]++
		}
	}
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("a revision is refused: %w", err)
	}
	w.noteActive()
	return nil
}

// noteActive notes which revision is active.
func (w *world) noteActive() {
	c := w.desk.City()
	if c.Base() != w.city.Base() {
		w.Revisions++
		w.note("another revision is active")
	}
	w.city = c
}

// tend activates a scheduled revision that is due, migrates open cases, and lets them follow the campaigns.
func (w *world) tend(ctx context.Context) error {
	for more := true; more; {
		var err error
		more, err = w.desk.AdvanceRollout(ctx, w.service())
		if err == nil && !more {
			more, err = w.desk.SweepCampaigns(ctx, w.service())
		}
		if err != nil {
			ok, failed := w.survive(ctx, err)
			if failed != nil || !ok {
				return fmt.Errorf("activate the city: %w", errors.Join(err, failed))
			}
			more = true
		}
		w.noteActive()
		if !more || w.calm {
			continue
		}
		switch w.rng.IntN(3) { // others act before the backfill is done
		case 0:
			if err := w.act(ctx); err != nil {
				return err
			}
		case 1:
			if _, err := w.fire(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
