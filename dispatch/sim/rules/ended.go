package rules

import (
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/posts"
)

// Days after the closing within which a case may be reopened, and its overtime appealed.
const (
	reopenDays = 15
	appealDays = 15
)

// afterEnd lists the events that a case may have after its end. They touch neither its clock nor a timer.
var afterEnd = []dispatch.EventKind{
	dispatch.EventCommented, dispatch.EventReplied, dispatch.EventReopened, dispatch.EventRequested, dispatch.EventGranted,
	dispatch.EventAppealDecided,
}

// checkAfterEnd fails unless an event of a case that has ended is one that may follow: a remark; an appeal and its decision,
// the reopening, of a closed case; the answer to the reporter, of a closed or rejected one.
func (h *History) checkAfterEnd(e *dispatch.Event) error {
	closed := h.Stage == dispatch.Closed
	// The other kinds are not in the list.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventCommented:
		closed = true
	case dispatch.EventReplied:
		closed = closed || h.Stage == dispatch.Rejected
	case dispatch.EventRequested, dispatch.EventGranted:
		closed = closed && e.Request == dispatch.RequestAppeal
	}
	if !slices.Contains(afterEnd, e.Kind) || !closed || e.Clock.Running() || !e.NextAt.IsZero() {
		return fmt.Errorf("event %d, %v, of a case that has ended", e.Seq, e.Kind)
	}
	return nil
}

// Appealing reports whether a closed case waits for the decision on its appeal.
func (h *History) Appealing() bool { return h.Ended && h.asked.kind == dispatch.RequestAppeal }

// appealed checks an appeal: once, within its time, by a person of the owner or above, about an overtime that there was.
func (h *History) appealed(d edition, e *dispatch.Event) error {
	of := func(p posts.Holding) bool {
		return (p.Role == "owner" || p.Role == "leader") && posts.Above(p.Unit, h.owner)
	}
	switch over := h.resolved.Sub(h.disposal.due); {
	case h.appeals > 0:
		return fmt.Errorf("event %d: a second appeal", e.Seq)
	case h.resolved.IsZero() || over <= 0:
		return fmt.Errorf("event %d: an appeal, and the work was done %s after its deadline", e.Seq, over)
	case e.At.After(h.ended.AddDate(0, 0, appealDays)):
		return fmt.Errorf("event %d: an appeal at %s of a case closed at %s", e.Seq, e.At, h.ended)
	case !d.holds(e.Actor, e.At, of):
		return fmt.Errorf("event %d: %s appeals for %s", e.Seq, e.Actor, h.owner)
	}
	h.appeals++
	h.asked = request{kind: dispatch.RequestAppeal, by: e.Actor}
	return h.untouched(e)
}

// appealDecided checks the decision on an appeal: once, never by the asker; the overtime is exempted by two people of the
// office together.
func (h *History) appealDecided(d edition, e *dispatch.Event) error {
	a := h.asked
	if a.kind != dispatch.RequestAppeal || a.by == e.Actor || a.granted == e.Actor || e.Granted && a.granted == "" {
		return fmt.Errorf("event %d: %s decides the appeal that %s asked for and %q passed on", e.Seq, e.Actor, a.by, a.granted)
	}
	office := func(p posts.Holding) bool {
		return slices.Contains([]string{"dispatcher", "acceptor", "duty_chief"}, p.Role)
	}
	if !d.holds(e.Actor, e.At, office) {
		return fmt.Errorf("event %d: %s of no office decides an appeal", e.Seq, e.Actor)
	}
	h.mark(map[bool]string{true: "an overtime is exempted", false: "an overtime is upheld"}[e.Granted])
	h.asked = request{}
	return h.untouched(e)
}

// reopenedAs checks a closed case whose matter has come back: once, within its time, by a duty chief.
func (h *History) reopenedAs(d edition, e *dispatch.Event) error {
	if h.reopened || e.Other == 0 || e.At.After(h.ended.AddDate(0, 0, reopenDays)) || !d.isChief(e.Actor, e) {
		return fmt.Errorf("event %d: %s reopens a case closed at %s as %s", e.Seq, e.Actor, h.ended, e.Other)
	}
	h.reopened = true
	return h.untouched(e)
}

func (d edition) isChief(person roster.PersonID, e *dispatch.Event) bool {
	return d.holds(person, e.At, func(p posts.Holding) bool { return p.Role == "duty_chief" })
}

// voided checks a mistake: after dispatch a duty chief alone says so, and the case counts as filed by mistake.
func (h *History) voided(d edition, e *dispatch.Event, was dispatch.Stage) error {
	early := was < dispatch.Dispatched
	if early != (e.Outcome == dispatch.OutcomeNone) || !early && (e.Outcome != dispatch.OutcomeMisfiled || !d.isChief(e.Actor, e)) {
		return fmt.Errorf("event %d: %s voids a case that is %s, outcome %d", e.Seq, e.Actor, was, e.Outcome)
	}
	if !early {
		h.mark("a case is voided after dispatch")
	}
	return nil
}

// selfResolved checks a small matter that its finder has put right: an inspector of the place, with a photo from before
// and one from after.
func (h *History) selfResolved(t *City, d edition, e *dispatch.Event, was dispatch.Stage) error {
	here := func(p posts.Holding) bool { return p.Role == "inspector" && slices.Contains(h.areas, p.Unit) }
	if was != dispatch.Reported || !t.SelfResolves(h.category) || h.photos == 0 || len(e.Photos) == 0 || !d.holds(e.Actor, e.At, here) {
		return fmt.Errorf("event %d: %s puts %s right, with %d and %d photos", e.Seq, e.Actor, h.category, h.photos, len(e.Photos))
	}
	return nil
}

// mark notes a turn of the case.
func (h *History) mark(what string) { h.Marks = append(h.Marks, what) }
