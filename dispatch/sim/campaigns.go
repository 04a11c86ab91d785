package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/sim/rules/written"
	"wangge/storage"
)

// campaign makes the grid office start a campaign, now or from some hours ago, stop one that is under way, or correct a stop.
func (w *world) campaign(ctx context.Context, id city.CampaignID) error {
	d, who := w.desk.Campaigns(), roster.PersonID(w.model.Keeper)
	is, err := d.Get(ctx, who, id)
	if err == nil {
		var at time.Time
		if w.rng.IntN(2) == 0 {
			at = w.service().Add(-time.Duration(w.rng.IntN(40)) * time.Hour)
		}
		grade := ""
		if grades := written.Grades(string(id)); len(grades) > 0 {
			grade = grades[w.rng.IntN(len(grades))]
		}
		switch started := !is.Last.StartedAt.IsZero(); {
		case started && (is.Last.UnderWay() || w.rng.IntN(3) == 0):
			w.note("campaign %s stops at %s, grade %q", id, at, grade)
			is, err = d.Stop(ctx, who, id, at, grade, "it is over")
		default:
			w.note("campaign %s starts at %s", id, at)
			is, err = d.Start(ctx, who, id, at, "it begins")
		}
	}
	if bad, ok := errors.AsType[*campaigns.BadChangeError](err); ok {
		w.note("refused: %v", bad)
		return nil
	}
	if err != nil {
		if ok, err := w.survive(ctx, err); err != nil || ok {
			return err
		}
		return fmt.Errorf("campaign %s can't be changed: %w", id, err)
	}
	w.Did[dispatch.ActCampaign]++
	return nil
}

// noteCampaign tells the rules of a change of a campaign, and which events came before.
func (w *world) noteCampaign(op storage.Op) error {
	if op.Delete || !bytes.HasPrefix(op.Key, ledger.CampaignPrefix) {
		return nil
	}
	r, err := record.DecodeCampaignRun(op.Value)
	if err != nil {
		return err
	}
	last := make(map[string]uint64, len(w.ties.cases))
	for id, cs := range w.ties.cases {
		last[id.String()] = cs.seq
	}
	return w.model.Changed(&r, last)
}
