package sim

import (
	"context"
	"fmt"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/sim/rules"
)

// queues are the queues that the rules know, by the words in which they count them.
var queues = map[view.Queue]string{
	view.ToVerify: rules.ToVerify, view.ToCheck: rules.ToCheck, view.ToDecide: rules.ToDecide, view.ToAccept: rules.ToAccept,
	view.ToFile: rules.ToFile, view.ToDispatch: rules.ToDispatch, view.ToClose: rules.ToClose, view.Supervised: rules.Supervised,
	view.Returned: rules.Returned, view.Disputed: rules.Disputed, view.Rework: rules.Rework, view.MassEvents: rules.MassEvents,
	view.MyWork: rules.InHand,
}

// checkQueues fails unless the city's queues count what a look at every case counts.
func (w *world) checkQueues(ctx context.Context, leader roster.PersonID) error {
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
			want[rules.MassEvents]++
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
