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

// DefaultLadder is the name of the ladder of every case that no other ladder is for.
const DefaultLadder = "default"

// Climb arms a case after the events of an act, the one place where that is done: a clock that
// begins chooses its ladder; an open case waits for the first of all that it waits for; one that has
// ended waits for nothing, in the same events that end it.
func Climb(cs *dispatch.Case, events []dispatch.Event, c *city.City) {
	n := dispatch.Case{}
	if cs != nil {
		n = *cs
	}
	for i := range events {
		e := &events[i]
		was := n.Ladder
		n.Fold(e)
		if e.Clock.Running() {
			e.Ladder = LadderFor(c, &n)
			n.Ladder = e.Ladder
			if fired, other := carried(e, c, was, &n); other {
				e.Clock.Step, e.Clock.Passed = SameRung(sla.OwnersCalendar(c, &n), e.Clock, fired, c.Ladders[n.Ladder].Steps)
				n.NextStep, n.Clock.Passed = e.Clock.Step, e.Clock.Passed
			}
		}
		e.NextAt = Next(c, &n).At
		n.NextAt = e.NextAt
	}
}

// carried is what has fired on a clock that an event takes to another ladder than it was on: another
// matter's, another owner's, or the one that is in force when a case is no repetition after all.
func carried(e *dispatch.Event, c *city.City, was string, n *dispatch.Case) ([]city.Step, bool) {
	// Not exhaustive: other events start a clock of their own.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventReclassified, dispatch.EventRerouted:
		return Fired(e.Clock, c.Ladders[was].Steps, n.NextStep), was != n.Ladder
	case dispatch.EventUnmerged:
		return ParseSteps(e.Clock.Passed), e.Clock.Passed != ""
	default:
		return nil, false
	}
}

func LadderFor(c *city.City, cs *dispatch.Case) string {
	stage := cs.Stage
	if stage == dispatch.Handling {
		stage = dispatch.Dispatched
	}
	return c.LadderFor(cs.Category, cs.Severity, stage.String(), cs.Owner.Kind, cs.Owner.Unit)
}

// Arm returns the instant of the ladder's step on the clock; zero when the ladder has ended or
// the clock stands. No step is before the one below it.
func Arm(c *city.City, cal *calendar.Calendar, ladder string, k dispatch.Clock, step int) time.Time {
	return armed(cal, c.Ladders[ladder].Steps, k, step)
}

func armed(cal *calendar.Calendar, steps []city.Step, k dispatch.Clock, step int) time.Time {
	if !k.Running() || step < 0 || step >= len(steps) {
		return time.Time{}
	}
	below := k.Since
	if step > 0 {
		below = armed(cal, steps, k, step-1)
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

// tell notes who is told, and at which posts they stand then.
func Tell(e *dispatch.Event, to []Addressee) {
	for _, a := range to {
		e.Told = append(e.Told, a.Person)
		e.ToldPosts = append(e.ToldPosts, a.Post)
	}
}

// Urgent reports whether nothing holds back what is told of a case.
func Urgent(cs *dispatch.Case) bool { return cs.Severity == sla.Severest }

// Held is the instant until which a notice must wait: the next working time for a step or nudge that
// may not disturb, unless the case is of severity A. Zero = it may go at once.
func Held(c *city.City, cs *dispatch.Case, hold bool, at time.Time) time.Time {
	if !hold || Urgent(cs) || c.Calendar.IsWorking(at) {
		return time.Time{}
	}
	return sla.Opening(c, at)
}

// StepOf is the step of a case's ladder under a number, false when a later revision has no such step.
func StepOf(c *city.City, cs *dispatch.Case, step int) (city.Step, bool) {
	steps := c.Ladders[cs.Ladder].Steps
	if step < 0 || step >= len(steps) {
		return city.Step{}, false
	}
	return steps[step], true
}

// StandsAt lists the posts on whose step a case stands: those told last since its clock began that the
// city still has, or else the one that answers for its stage. Who stands at a post is asked when somebody looks.
func StandsAt(c *city.City, cs *dispatch.Case) []roster.PostID {
	stands := slices.DeleteFunc(slices.Clone(cs.Stands), func(p roster.PostID) bool { return len(c.Roster.Holdings(p)) == 0 })
	if len(stands) > 0 {
		return stands
	}
	if _, post := Answers(c, cs); post != "" {
		return []roster.PostID{post}
	}
	return nil
}
