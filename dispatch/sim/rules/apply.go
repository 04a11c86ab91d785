package rules

import (
	"cmp"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// apply checks the rule of an event's kind. was is the previous stage.
func (h *History) apply(t *City, decides edition, e *dispatch.Event, was dispatch.Stage) error {
	// Every other kind leaves clock and owner alone, which the default checks.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReported:
		h.category, h.reporter, h.photos = string(e.Report.Category), e.Report.Reporter, len(e.Report.PhotoHashes)
		h.place(e)
		return h.begin(decides, e, t.accept)
	case dispatch.EventVerifying:
		return h.begin(decides, e, t.verify)
	case dispatch.EventVerified:
		h.Stage = dispatch.Reported
		if e.Granted {
			h.Stage = dispatch.Accepted
		}
		return h.begin(decides, e, t.accept)
	case dispatch.EventFiled:
		if !e.Clock.Running() { // an inspector's report: the dispatch follows in the same act
			return nil
		}
		return h.begin(decides, e, t.dispatch)
	case dispatch.EventDispatched:
		return h.dispatched(t, decides, e, was)
	case dispatch.EventRerouted: // the waiting time counts under every owner
		if e.Owner.Unit == h.owner {
			return fmt.Errorf("event %d: rerouted to %s, the present owner", e.Seq, h.owner)
		}
		h.owner, h.asked, h.handler = e.Owner.Unit, request{}, ""
		h.givenTo(decides, e, was)
		h.helpers = slices.DeleteFunc(h.helpers, func(p part) bool { return p.unit == h.owner })
		return h.checkClock(e)
	case dispatch.EventReturned:
		return h.returned(t, decides, e, was)
	case dispatch.EventSecondDispatched:
		return h.dispatchedAgain(t, decides, e, was)
	case dispatch.EventSecondDispatchMissed:
		return h.missedSecond(decides, e)
	case dispatch.EventReferred:
		h.arbiter = e.Party
		return h.begin(decides, e, t.arbitrate)
	case dispatch.EventStarted:
		return h.started(decides, e, was)
	case dispatch.EventHandedOver:
		return h.handedOver(decides, e)
	case dispatch.EventPartDispatched:
		return h.partGiven(decides, e)
	case dispatch.EventAssisted, dispatch.EventMilestoneCompleted:
		return h.assisted(decides, e)
	case dispatch.EventSuspended, dispatch.EventResumed:
		return h.suspension(decides, e)
	case dispatch.EventRequested, dispatch.EventGranted, dispatch.EventDenied, dispatch.EventExtended:
		return h.requested(decides, e)
	case dispatch.EventResolved:
		if i := slices.IndexFunc(h.stones, func(p part) bool { return p.open() }); i >= 0 {
			return fmt.Errorf("event %d: the work is done and the milestone %s is not", e.Seq, h.stones[i].id)
		}
		if h.fixer != "" {
			h.worked = append(slices.Clip(h.worked), h.fixer)
		}
		h.disposal, h.fixer, h.checker, h.asked, h.resolved = h.clock, e.Actor, "", request{}, e.At
		return h.begin(decides, e, t.check)
	case dispatch.EventCheckPassed, dispatch.EventCheckFailed:
		return h.checked(decides, e)
	case dispatch.EventSupervised, dispatch.EventAnswered:
		h.unanswered = e.Kind == dispatch.EventSupervised
		return h.untouched(e)
	case dispatch.EventSelfResolved:
		return cmp.Or(h.selfResolved(t, decides, e, was), h.end(e, was))
	case dispatch.EventVoided:
		return cmp.Or(h.voided(decides, e, was), h.end(e, was))
	case dispatch.EventClosed, dispatch.EventForceClosed, dispatch.EventRejected:
		return h.end(e, was)
	case dispatch.EventAppealDecided:
		return h.appealDecided(decides, e)
	case dispatch.EventReopened:
		return h.reopenedAs(decides, e)
	case dispatch.EventAttached:
		h.group = e.Other
		return h.untouched(e)
	case dispatch.EventDetached:
		if h.group == 0 || h.group != e.Other {
			return fmt.Errorf("event %d: part of %s leaves %s", e.Seq, h.group, e.Other)
		}
		h.group = 0
		return h.untouched(e)
	case dispatch.EventReprojected:
		return h.reprojected(decides, e)
	case dispatch.EventReminded:
		if h.nudges++; h.nudges > decides.policy(h.category).most {
			return fmt.Errorf("event %d: reminder %d in a row, of at most %d", e.Seq, h.nudges, decides.policy(h.category).most)
		}
		return h.untouched(e)
	case dispatch.EventEscalated, dispatch.EventStepSkipped:
		return h.fired(decides, e)
	case dispatch.EventRevised:
		return h.revised(decides, e)
	case dispatch.EventMerged:
		h.pauseParts(decides, e.At)
		return h.merged(decides, e, was)
	case dispatch.EventUnmerged:
		return h.unmerged(decides, e)
	case dispatch.EventReclassified:
		return h.reclassified(t, decides, e)
	case dispatch.EventLimitSuspended, dispatch.EventLimitStarted, dispatch.EventLimitResumed:
		return h.drives(t, decides, e)
	default:
		return h.untouched(e)
	}
}

// untouched fails unless an event leaves the clock alone.
func (h *History) untouched(e *dispatch.Event) error {
	if e.Clock.Running() {
		return fmt.Errorf("event %d, %v, touches the clock", e.Seq, e.Kind)
	}
	return nil
}

// dispatched starts a new clock, unless a returned case goes back to the same owner: then the time in between counts.
func (h *History) dispatched(t *City, decides edition, e *dispatch.Event, was dispatch.Stage) error {
	h.owner, h.asked, h.handler = e.Owner.Unit, request{}, ""
	h.givenTo(decides, e, was)
	h.arbiter = roster.Unit{}
	if was == dispatch.Returned && h.owner == h.refused {
		h.clock = h.disposal
		h.clock.steps = h.ladder(decides)
		l, since, _ := h.dispatchedAt(t, decides, h.clock.since)
		return cmp.Or(h.checkClock(e), h.beginParts(t, decides, e, l, since))
	}
	l, since, m := h.dispatchedAt(t, decides, e.At)
	h.camp = m
	if err := h.beginAt(decides, e, l, 0, since); err != nil {
		return err
	}
	return h.beginParts(t, decides, e, l, since)
}

// place notes the areas in which the case lies.
func (h *History) place(e *dispatch.Event) {
	h.areas = nil
	for _, a := range e.Place.Areas {
		h.areas = append(h.areas, "area:"+string(a))
	}
}

// checked checks a verdict, which nobody gives on their own work. Rework continues to the first deadline, at the step
// after the last that fired: what fell due during the check is still to come.
func (h *History) checked(decides edition, e *dispatch.Event) error {
	if h.didWork(e.Actor) {
		return fmt.Errorf("event %d: %s checks their own work", e.Seq, e.Actor)
	}
	if e.Kind == dispatch.EventCheckPassed {
		h.checker = e.Actor
		return h.untouched(e)
	}
	h.clock = h.disposal
	h.reworks++
	h.clock.steps = h.ladder(decides)
	if e.Step != h.clock.step {
		return fmt.Errorf("event %d: rework continues at step %d, not at %d", e.Seq, h.clock.step, e.Step)
	}
	if due := h.clock.due; !e.Clock.Since.Equal(h.clock.since) || !e.Clock.Due.Equal(due) {
		return fmt.Errorf("event %d: rework moves the deadline from %s to %s", e.Seq, due, e.Clock.Due)
	}
	if h.handler != "" {
		return h.freed(decides, e, e.At)
	}
	return nil
}

// end checks the end of a case: checked and answered, or forced by two leaders. was is the previous stage.
func (h *History) end(e *dispatch.Event, was dispatch.Stage) error {
	h.Ended, h.ended = true, e.At
	if was == dispatch.Dispatched || was == dispatch.Handling {
		h.disposal = h.clock
	}
	switch {
	case e.Kind == dispatch.EventClosed && h.checker == "":
		return fmt.Errorf("event %d closes a case that nobody has checked", e.Seq)
	case h.unanswered && (e.Kind == dispatch.EventClosed || e.Kind == dispatch.EventForceClosed):
		return fmt.Errorf("event %d closes a case whose supervision waits for an answer", e.Seq)
	case e.Kind == dispatch.EventForceClosed && (h.asked.kind != dispatch.RequestForceClose || h.asked.by == e.Actor):
		return fmt.Errorf("event %d: %s force-closes without a second leader", e.Seq, e.Actor)
	}
	h.asked = request{}
	return nil
}

// fired checks a step: of the policy, or of a part. It is the next one.
func (h *History) fired(d edition, e *dispatch.Event) error {
	for _, list := range [][]part{h.helpers, h.stones} {
		for i := range list {
			if p := &list[i]; p.id == e.Milestone && p.unit == e.Party && (e.Milestone != "" || e.Party.ID != "") {
				return h.overran(d, e, p)
			}
		}
	}
	k := &h.clock
	if e.Milestone != "" || e.Party.ID != "" || e.Step != k.step || e.Step >= len(k.steps) || !k.runs() {
		return fmt.Errorf("event %d: step %d of %s%s fires; the next one is %d of %d",
			e.Seq, e.Step, e.Milestone, e.Party.ID, k.step, len(k.steps))
	}
	k.step++
	k.fired = nil
	return nil
}
