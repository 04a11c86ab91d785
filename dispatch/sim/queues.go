package sim

import (
	"context"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/sim/rules/tally"
)

// queues are the queues that the rules know, by the words in which they count them.
var queues = map[view.Queue]string{
	view.ToVerify: tally.ToVerify, view.ToCheck: tally.ToCheck, view.ToDecide: tally.ToDecide, view.ToAccept: tally.ToAccept,
	view.ToFile: tally.ToFile, view.ToDispatch: tally.ToDispatch, view.ToClose: tally.ToClose, view.Supervised: tally.Supervised,
	view.Returned: tally.Returned, view.Disputed: tally.Disputed, view.Rework: tally.Rework, view.MassEvents: tally.MassEvents,
	view.MyWork: tally.InHand,
}

// checkQueues fails unless the city's queues count what a look at every case counts.
func (w *world) checkQueues(ctx context.Context, leader roster.PersonID) error {
	head, err := w.revision(ctx)
	if err != nil {
		return err
	}
	if err := w.desk.WaitFor(ctx, head); err != nil { // also commits that another desk made, or that nobody acknowledged
		return err
	}
	is, err := w.desk.CountQueues(ctx, leader, roster.Unit{Kind: roster.UnitArea, ID: "T"}, "")
	if err != nil {
		return fmt.Errorf("queues can't be counted: %w", err)
	}
	want := map[string]int{}
	leads := map[dispatch.CaseID]bool{}
	for _, h := range w.open {
		h.CountQueues(want)
		leads[h.PartOf()] = true
	}
	for id, h := range w.open {
		if h.PartOf() == 0 && (leads[id] || w.closedParts[id]) {
			want[tally.MassEvents]++
		}
	}
	for _, id := range w.appealed {
		w.ended[id].CountQueues(want)
	}
	for _, q := range is.Queues {
		if name, ok := queues[q.Queue]; ok && q.Cases != want[name] {
			return fmt.Errorf("queue %d, %s, counts %d cases; there are %d", q.Queue, name, q.Cases, want[name])
		}
	}
	return nil
}
