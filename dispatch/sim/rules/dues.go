package rules

import (
	"fmt"
	"time"

	"wangge/dispatch"
)

// due is something that a case waits for, and when.
type due struct {
	what string
	at   time.Time
}

// String implements fmt.Stringer.
func (d due) String() string { return d.what + " at " + d.at.Format(time.RFC3339) }

// Names of what a case waits for; those of parts and of co-owners' receipts have the part's name behind.
const (
	dueStep       = "a step"
	dueNudge      = "a reminder"
	dueResumption = "the end of the suspension"
	duePart       = "a step of "
	dueLeave      = "the end of the handler's time"
	dueReceipt    = "the receipt of "
	dueSecond     = "the second dispatch"
	dueGiven      = "the second dispatch of the part of "
)

// waiting lists everything for which the case waits.
func (h *History) waiting(d edition) (all []due) {
	if h.Ended {
		return nil
	}
	add := func(what string, at time.Time) {
		if !at.IsZero() {
			all = append(all, due{what, at})
		}
	}
	add(dueStep, h.clock.next(d))
	add(dueNudge, h.nudge(d))
	if h.Stage == dispatch.Suspended {
		add(dueResumption, h.until)
	}
	for p := range h.parts {
		add(duePart+p.name(), p.clock.next(d))
	}
	add(dueLeave, h.leaves(d))
	add(dueSecond, h.secondDue())
	for p := range h.partsToGive {
		if !p.at.missed {
			add(dueGiven+p.name(), p.at.due())
		}
	}
	if h.owned() {
		add(dueReceipt, h.owed.next())
		for i := range h.helpers {
			if p := &h.helpers[i]; p.open() {
				add(dueReceipt+p.name(), p.owed.next())
			}
		}
	}
	return all
}

// name is the milestone's id, or the co-owner's.
func (p *part) name() string {
	if p.id != "" {
		return p.id
	}
	return p.unit.String()
}

// nudge returns when the owner is reminded, because nobody has acted for as long as the policy says; zero after as many
// reminders in a row as the policy has.
func (h *History) nudge(d edition) time.Time {
	l := d.policy(h.category)
	if !h.owned() || h.camp.held || h.nudges >= l.most {
		return time.Time{}
	}
	since := h.active
	if since.Before(h.clock.since) {
		since = h.clock.since
	}
	return d.after(since, l.nudge.unit, d.budget(l.nudge))
}

// leaves returns when the handler's time at the owner's unit ends: at once if it has ended; zero for a handler who stays.
func (h *History) leaves(d edition) time.Time {
	if h.Stage != dispatch.Handling || h.handler == "" || !d.posts.WorksEver(h.owner, h.handler) {
		return time.Time{}
	}
	terms := d.model.terms[string(h.handler)]
	for _, t := range terms {
		if !h.at.Before(t[0]) && h.at.Before(t[1]) {
			return t[1]
		}
	}
	if terms == nil {
		return time.Time{}
	}
	return h.at
}

// fires fails unless what fires is what was due first, not before its instant, with the stated delay. armed is the
// instant of the timer. Another edition than that of the timer may count the hours differently: then what fires is due
// under that edition.
func (h *History) fires(d edition, e *dispatch.Event, what string, armed time.Time, sameEdition bool) error {
	if armed.IsZero() || e.At.Before(armed) || e.At.Sub(armed) != e.Late {
		return fmt.Errorf("event %d: %s is due at %s, fires at %s and states that it is %s late", e.Seq, what, armed, e.At, e.Late)
	}
	dues := h.dues
	if !sameEdition {
		dues = h.waiting(d)
	}
	for _, d := range dues {
		if d.what == what && (d.at.Equal(armed) || !sameEdition && !d.at.After(e.At)) {
			return nil
		}
	}
	return fmt.Errorf("event %d: %s fires at %s; the case waited for %v", e.Seq, what, e.At, dues)
}

// moves checks a timer that moves by itself: it was due, another edition than that of the timer is active, and by that
// nothing is due.
func (h *History) moves(d edition, e *dispatch.Event, armed time.Time, sameEdition bool) error {
	if e.Kind != dispatch.EventReprojected || e.Actor != "" {
		return nil
	}
	for _, w := range h.waiting(d) {
		if !w.at.After(e.At) {
			return fmt.Errorf("event %d: the timer moves at %s, and %s was due at %s", e.Seq, e.At, w.what, w.at)
		}
	}
	if sameEdition || armed.IsZero() || armed.After(e.At) {
		return fmt.Errorf("event %d: the timer of %s moves at %s without a cause", e.Seq, armed, e.At)
	}
	return nil
}

// source names what an event of the service itself fires; "" for no such event.
func source(e *dispatch.Event) string {
	if e.Actor != "" {
		return ""
	}
	// Other events are not the timer's.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventEscalated, dispatch.EventStepSkipped:
		switch {
		case e.Milestone != "":
			return duePart + e.Milestone
		case e.Party.ID != "":
			return duePart + e.Party.String()
		}
		return dueStep
	case dispatch.EventReminded:
		return dueNudge
	case dispatch.EventResumed:
		return dueResumption
	case dispatch.EventHandedOver:
		return dueLeave
	case dispatch.EventSecondDispatchMissed:
		if e.CoOwners != nil {
			return dueGiven + e.Party.String()
		}
		return dueSecond
	case dispatch.EventReceiptMissed:
		if e.Party.ID != "" {
			return dueReceipt + e.Party.String()
		}
		return dueReceipt
	}
	return ""
}
