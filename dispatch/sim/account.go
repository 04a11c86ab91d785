package sim

import (
	"context"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/sim/rules"
)

// checkFinished checks the final state: everything that began has ended.
func (w *world) checkFinished(ctx context.Context) error {
	if err := w.keep(ctx); err != nil {
		return err
	}
	for range 200 { // each round outlasts the longest pause after a failure
		if err := w.mail(ctx); err != nil {
			return err
		}
		w.now = w.now.Add(30 * time.Minute)
		if o, err := w.desk.Outbox(ctx); err != nil || o.Queued == 0 {
			break
		}
	}
	if err := w.checkCases(ctx); err != nil {
		return err
	}
	if err := w.checkStore(ctx); err != nil {
		return err
	}
	if len(w.open) > 0 || len(w.appealed) > 0 {
		return fmt.Errorf("%d cases are still open %s after the faults stopped, %d appeals undecided", len(w.open), Finish, len(w.appealed))
	}
	return w.account(ctx)
}

// account lists all cases: each report must be one of them, and there must be no others.
func (w *world) account(ctx context.Context) error {
	leader := roster.PersonID(w.model.Leader)
	by := map[string]dispatch.CaseID{}
	var lines []string
	told := map[string]bool{}
	q := view.Query{Scope: roster.Unit{Kind: roster.UnitArea, ID: "T"}, PageSize: 200}
	for {
		page, err := w.desk.List(ctx, leader, q)
		if err != nil {
			return err
		}
		for _, cs := range page.Cases {
			w.Cases++
			if other, twice := by[cs.Report.ClientID]; twice {
				return fmt.Errorf("report %s is case %s and case %s", cs.Report.ClientID, other, cs.ID)
			}
			by[cs.Report.ClientID] = cs.ID
			if _, ok := w.sent[cs.Report.ClientID]; !ok && cs.Reopens == 0 {
				return fmt.Errorf("case %s comes from a report that nobody sent", cs.ID)
			}
			if cs.Open() {
				return fmt.Errorf("case %s is %s %s after the faults stopped", cs.ID, cs.Stage, Finish)
			}
			w.Closed++
			h, heard := &rules.History{}, w.ended[cs.ID]
			events, err := w.desk.Events(ctx, leader, cs.ID, 0, 0)
			if err != nil {
				return err
			}
			for i := range events {
				if err := h.Observe(w.model, cs.ID.String(), &events[i]); err != nil {
					return fmt.Errorf("case %s: %w", cs.ID, err)
				}
				if heard != nil && heard.Seq == h.Seq && heard.Sum != h.Sum {
					return fmt.Errorf("case %s: events up to %d differ from what was read first", cs.ID, h.Seq)
				}
				w.Kinds[events[i].Kind]++
				lines = append(lines, fmt.Sprint(cs.ID, events[i].Seq, events[i].Kind, events[i].At.UnixNano(), events[i].Actor, events[i].Notified))
			}
			for _, id := range h.Told {
				told[id] = true
			}
			for _, m := range h.Marks {
				w.Marks[m]++
			}
		}
		if q.Token = page.Next; q.Token == "" {
			break
		}
	}
	for id, cs := range w.acked {
		if by[id] != cs {
			return fmt.Errorf("report %s was acknowledged as case %s and is case %s", id, cs, by[id])
		}
	}
	for id := range told {
		if w.received[id] == 0 {
			return fmt.Errorf("nobody received notice %s", id)
		}
	}
	for id, n := range w.received {
		if !told[id] {
			return fmt.Errorf("notice %s is about an event that never happened", id)
		}
		w.Repeated += n - 1
	}
	if most := w.refused + w.Failures + 8*w.Crashes; w.Repeated > most {
		return fmt.Errorf("%d notices arrived again; failures explain only %d", w.Repeated, most)
	}
	w.Digest = digest(lines)
	return nil
}
