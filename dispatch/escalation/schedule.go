// Package escalation runs the ladders: which step fires when, whom it notifies, and when the next timer of a case
// is due.
package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sla"
)

// DefaultPolicy is the name of the ladder of every case that no other ladder matches.
const DefaultPolicy = "default"

// Schedule schedules the next timer of a case after each event of an act; nothing else does. An event that starts a clock
// chooses the ladder. The timer is the earliest of everything that the case waits for; a case that has ended has none.
func Schedule(cs *dispatch.Case, events []dispatch.Event, c *city.City) {
	n := dispatch.Case{}
	if cs != nil {
		n = *cs
	}
	for i := range events {
		e := &events[i]
		before := n
		was := n.EscalationPolicy
		if e.Kind == dispatch.EventSecondDispatched && n.Stage == dispatch.Returned { // the ladder of the work continues
			was = PolicyFor(c, WhenResumed(&n))
		}
		n.Fold(e)
		dispatch.KeepWorkers(&before, &n, e)
		AskReceipts(c, &before, &n, e)
		if e.Clock.Running() {
			e.EscalationPolicy = PolicyFor(c, &n)
			n.EscalationPolicy = e.EscalationPolicy
			if fired, other := carried(e, c, was, &n); other {
				e.Clock.Step, e.Clock.Fired = NextStepOn(sla.OwnerCalendar(c, &n), e.Clock, fired, c.Policies[n.EscalationPolicy].Steps)
				n.NextStep, n.Clock.Fired = e.Clock.Step, e.Clock.Fired
			}
		}
		e.NextAt = NextTimer(c, &n).At
		n.NextAt = e.NextAt
	}
}

// BeginsAtOnce reports whether the last clock that scheduled events start is on a step at 0 %: that step belongs into the
// same commit.
func BeginsAtOnce(c *city.City, events []dispatch.Event) bool {
	for i := range slices.Backward(events) {
		e := &events[i]
		if !e.Clock.Running() {
			continue
		}
		steps := c.Policies[e.EscalationPolicy].Steps
		return e.Clock.Step < len(steps) && steps[e.Clock.Step].AtOnce()
	}
	return false
}

// carried returns the steps that have fired on a clock which an event moves to another ladder, and whether it moves:
// after a new category, after a new owner or a second dispatch, or when an unmerged case finds another revision active.
func carried(e *dispatch.Event, c *city.City, was string, n *dispatch.Case) ([]city.Step, bool) {
	// Not exhaustive: other events start a clock of their own.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReclassified, dispatch.EventRerouted, dispatch.EventSecondDispatched:
		return FiredSteps(e.Clock, c.Policies[was].Steps, n.NextStep), was != n.EscalationPolicy
	case dispatch.EventUnmerged:
		return ParseSteps(e.Clock.Fired), e.Clock.Fired != ""
	default:
		return nil, false
	}
}

// PolicyFor is the name of the ladder for the present stage of a case. Work that was started stays on the ladder of
// its dispatch.
func PolicyFor(c *city.City, cs *dispatch.Case) string {
	stage := cs.Stage
	if stage == dispatch.Handling {
		stage = dispatch.Dispatched
	}
	return c.PolicyFor(cs.Category, cs.Severity, stage.String(), cs.Owner.Kind, cs.Owner.Unit)
}

// StepTime returns the instant at which a step of a ladder is due on a clock; zero when the ladder has no such step or the
// clock is paused. No step is due before the one below it.
func StepTime(c *city.City, cal *calendar.Calendar, ladder string, k dispatch.Clock, step int) time.Time {
	return stepTime(cal, c.Policies[ladder].Steps, k, step)
}

// stepTime is StepTime on the steps of a policy.
func stepTime(cal *calendar.Calendar, steps []city.Step, k dispatch.Clock, step int) time.Time {
	if !k.Running() || step < 0 || step >= len(steps) {
		return time.Time{}
	}
	below := k.Since
	if step > 0 {
		below = stepTime(cal, steps, k, step-1)
	}
	at := below
	switch s := &steps[step]; {
	case s.AtPercent > 0:
		at = sla.StepAt(cal, k, s.AtPercent)
	case s.After.Set():
		at = sla.SpanAt(cal, k, s.After)
	case s.Overdue.Set():
		at = sla.SpanFrom(cal, k.Due, s.Overdue)
	case s.Every.Set():
		at = sla.SpanFrom(cal, below, s.Every)
	}
	if at.Before(below) {
		return below
	}
	return at
}

// Notify notes in an event who is notified, at which posts, and why.
func Notify(e *dispatch.Event, as dispatch.NotifiedAs, to ...Recipient) {
	for _, a := range to {
		e.Notified = append(e.Notified, a.Person)
		e.NotifiedPosts = append(e.NotifiedPosts, a.Post)
		e.NotifiedAs = append(e.NotifiedAs, as)
	}
}

// Urgent reports whether the notices of a case are never held back: those of severity A.
func Urgent(cs *dispatch.Case) bool { return cs.Severity == sla.Severest }

// Alarm reports whether an event is an alarm of the service's own clocks: a step, a reminder, a receipt that nobody gave, the
// end of a suspension or of a handler's time. No person has acted.
func Alarm(e *dispatch.Event) bool { return e.Actor == "" }

// NotBefore is the instant before which an alarm must not be sent, to anybody; zero when it may be sent at once. An alarm
// waits for the end of the city's quiet hours and, when the step or reminder asks for that (hold), for the next working
// time. Nothing waits in a case of severity A.
func NotBefore(c *city.City, cs *dispatch.Case, e *dispatch.Event, hold bool) time.Time {
	if Urgent(cs) || !Alarm(e) {
		return time.Time{}
	}
	at := e.At
	if hold && !c.Calendar.IsWorking(at) {
		at = sla.NextOpening(c, at)
	}
	if end := c.QuietUntil(at); !end.IsZero() {
		at = end
		if hold && !c.Calendar.IsWorking(at) {
			at = sla.NextOpening(c, at)
		}
	}
	if at.Equal(e.At) {
		return time.Time{}
	}
	return at
}

// NewsNotBefore is the instant before which the news of an act must not be sent to people; zero when it may be sent at once. The
// news waits for the end of the city's quiet hours unless one of the people is on shift when the act is done: see
// roster.Roster.OnShift. Nothing waits in a case of severity A.
func NewsNotBefore(c *city.City, cs *dispatch.Case, e *dispatch.Event, to ...roster.PersonID) time.Time {
	if Urgent(cs) || Alarm(e) {
		return time.Time{}
	}
	end := c.QuietUntil(e.At)
	if end.IsZero() || slices.ContainsFunc(to, func(p roster.PersonID) bool { return c.Roster.OnShift(p, e.At) }) {
		return time.Time{}
	}
	return end
}

// StepOf is the step of a case's ladder by index; false when a later revision of the city has no such step.
func StepOf(c *city.City, cs *dispatch.Case, step int) (city.Step, bool) {
	steps := c.Policies[cs.EscalationPolicy].Steps
	if step < 0 || step >= len(steps) {
		return city.Step{}, false
	}
	return steps[step], true
}

// NotifiedPosts lists the posts that were notified last since the clock began, without those that the city no longer has;
// when there are none, the post that is accountable for the stage. Who is on duty there is for the caller to ask.
func NotifiedPosts(c *city.City, cs *dispatch.Case) []roster.PostID {
	stands := slices.DeleteFunc(slices.Clone(cs.NotifiedPosts), func(p roster.PostID) bool { return len(c.Roster.Holdings(p)) == 0 })
	if len(stands) > 0 {
		return stands
	}
	if _, post := Accountable(c, cs); post != "" {
		return []roster.PostID{post}
	}
	return nil
}
