package rules

import (
	"fmt"
	"time"

	"wangge/dispatch"
)

// signature is the receipt that the owner owes; zero = none.
type signature struct {
	due, again time.Duration // from since on: the first alarm, and from one alarm to the next; 0 = there is one
	since      time.Time
	alarms     int
}

// owned reports whether the owner works on the case, or is to start.
func (h *History) owned() bool { return h.Stage == dispatch.Dispatched || h.Stage == dispatch.Handling }

// alarm returns when the next alarm is due; zero while the work stands still or nothing is owed.
func (h *History) alarm() time.Time {
	if !h.owned() || h.owed.since.IsZero() || h.owed.alarms > 0 && h.owed.again == 0 || h.owed.alarms == 5 {
		return time.Time{}
	}
	return h.owed.since.Add(h.owed.due + time.Duration(h.owed.alarms)*h.owed.again)
}

// receipts follows the owner's receipt, asked for with the work: ten minutes for severity A, else one working hour.
func (h *History) receipts(d edition, e *dispatch.Event, before History, armed time.Time) error {
	k, owes, urgent := e.Kind, !h.owed.since.IsZero(), d.model.urgent[h.category]
	ask := k == dispatch.EventDispatched || k == dispatch.EventRerouted || k == dispatch.EventCheckFailed ||
		k == dispatch.EventRevised && (e.Freed || h.owner != before.owner) ||
		owes && (k == dispatch.EventResumed || k == dispatch.EventUnmerged) ||
		owes && k == dispatch.EventReclassified && h.Stage == dispatch.Dispatched && urgent != d.model.urgent[before.category]
	switch due := before.alarm(); {
	case k == dispatch.EventReceiptMissed:
		if due.IsZero() || !armed.Equal(due) || e.At.Before(due) || e.Late != e.At.Sub(due) || e.Step != h.owed.alarms {
			return fmt.Errorf("event %d: alarm %d of a receipt, late %s; the next one is %d at %s", e.Seq, e.Step, e.Late, h.owed.alarms, due)
		}
		h.owed.alarms++
	case ask && urgent:
		h.owed = signature{since: e.At, due: 10 * time.Minute, again: 10 * time.Minute}
	case ask:
		h.owed = signature{since: e.At, due: d.after(e.At, "work_hours", time.Hour).Sub(e.At)}
	case k == dispatch.EventAcknowledged, k == dispatch.EventStarted, k == dispatch.EventResolved, k == dispatch.EventReturned,
		k == dispatch.EventRequested && (e.Request == dispatch.RequestExtension || e.Request == dispatch.RequestSuspension):
		h.owed = signature{}
	}
	return nil
}
