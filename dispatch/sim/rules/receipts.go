package rules

import (
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// signature is a receipt that is owed; zero = none.
type signature struct {
	due, again time.Duration // from since on: the first alarm, and from one alarm to the next; 0 = there is one
	since      time.Time
	alarms     int
}

// owned reports whether the owner works on the case, or is to start.
func (h *History) owned() bool { return h.Stage == dispatch.Dispatched || h.Stage == dispatch.Handling }

// next returns when the next alarm is due; zero while nothing is owed.
func (s signature) next() time.Time {
	if s.since.IsZero() || s.alarms > 0 && s.again == 0 || s.alarms == 5 {
		return time.Time{}
	}
	return s.since.Add(s.due + time.Duration(s.alarms)*s.again)
}

// signed is the receipt of work that is given at an instant: ten minutes for severity A, else one working hour, but no longer
// than the clock of the work has left.
func (h *History) signed(d edition, at time.Time, work *stopwatch) signature {
	if d.model.urgent[h.category] {
		return signature{since: at, due: 10 * time.Minute, again: 10 * time.Minute}
	}
	due := d.after(at, "work_hours", time.Hour)
	if h.owned() && work.runs() && work.due.After(at) && work.due.Before(due) {
		due = work.due
	}
	return signature{since: at, due: due.Sub(at)}
}

// receipts follows the receipts, the owner's and those of the co-owners' duties, and the limits of the parts.
func (h *History) receipts(d edition, e *dispatch.Event, before *History) error {
	h.limitParts(d, e, before)
	k := e.Kind
	if k == dispatch.EventReceiptMissed {
		return h.missed(e)
	}
	goesOn := k == dispatch.EventResumed || k == dispatch.EventUnmerged
	moreUrgent := k == dispatch.EventReclassified && h.Stage == dispatch.Dispatched &&
		d.model.urgent[h.category] != d.model.urgent[before.category]
	owes := !h.owed.since.IsZero()
	switch {
	case k == dispatch.EventDispatched, k == dispatch.EventSecondDispatched, k == dispatch.EventRerouted, k == dispatch.EventCheckFailed,
		k == dispatch.EventResumed && e.Freed && before.handler != "",
		k == dispatch.EventRevised && (e.Freed || h.owner != before.owner),
		k == dispatch.EventHandedOver && e.Actor == "", owes && (goesOn || moreUrgent):
		h.owed = h.signed(d, e.At, &h.clock)
	case k == dispatch.EventAcknowledged && e.Party == (roster.Unit{}), k == dispatch.EventStarted, k == dispatch.EventResolved,
		k == dispatch.EventReturned, k == dispatch.EventHandedOver, k == dispatch.EventMilestoneCompleted,
		k == dispatch.EventRequested && (e.Request == dispatch.RequestExtension || e.Request == dispatch.RequestSuspension):
		h.owed = signature{}
	}
	for i := range h.helpers {
		p := &h.helpers[i]
		owes := !p.owed.since.IsZero()
		isNew := (k == dispatch.EventRevised || k == dispatch.EventSecondDispatched || k == dispatch.EventPartDispatched) && !h.had(before, p)
		switch {
		case !p.open() || k == dispatch.EventAcknowledged && e.Party == p.unit:
			p.owed = signature{}
		case k == dispatch.EventDispatched, isNew,
			owes && (goesOn || moreUrgent || k == dispatch.EventCheckFailed):
			p.owed = h.signed(d, e.At, &p.clock)
		}
	}
	return nil
}

// had reports whether a co-owner had its duty before.
func (*History) had(before *History, p *part) bool {
	for _, was := range before.helpers {
		if was.unit == p.unit && was.duty == p.duty {
			return true
		}
	}
	return false
}

// missed counts an alarm of a receipt. The people who owe it are told again.
func (h *History) missed(e *dispatch.Event) error {
	owed := &h.owed
	for i := range h.helpers {
		if p := &h.helpers[i]; p.unit == e.Party && p.open() {
			owed = &p.owed
		}
	}
	if e.Step != owed.alarms || owed.next().IsZero() {
		return fmt.Errorf("event %d: alarm %d of the receipt of %s; the next one is %d", e.Seq, e.Step, e.Party, owed.alarms)
	}
	owed.alarms++
	return h.untouched(e)
}
