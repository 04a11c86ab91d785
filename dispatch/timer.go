package dispatch

import (
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// waiting is one thing that a case waits for. A case has one armed timer, the earliest of all.
type waiting struct {
	at    time.Time // zero: for nothing
	kind  waitingKind
	index int // of the co-owner or milestone
}

type waitingKind int

const (
	waitsStep      waitingKind = iota // of its ladder
	waitsNudge                        // nobody touches it
	waitsResume                       // the end of its suspension
	waitsCoOwner                      // a co-owner who is late
	waitsMilestone                    // a milestone that is late
)

// lateSteps are the rungs of what runs beside the lead owner's work, each on a clock of its own:
// they speak up when that is late, and leave the reminders before to the lead.
var lateSteps = []city.Step{
	{AtPercent: 100, Light: "red", Whom: []string{"owner", "superior"}},
	{AtPercent: 200, Light: "red", Whom: []string{"superior_2"}},
}

// next finds what a case waits for first.
func next(c *city.City, cs *Case) waiting {
	if !cs.Open() {
		return waiting{}
	}
	cal := ownersCalendar(c, cs)
	w := waiting{at: arm(c, cal, cs.Ladder, cs.Clock, cs.NextStep)}
	sooner := func(t waiting) {
		if !t.at.IsZero() && (w.at.IsZero() || t.at.Before(w.at)) {
			w = t
		}
	}
	n := c.Ladders[cs.Ladder].Nudge
	if n.AtMost > cs.Nudges && (cs.Stage == Dispatched || cs.Stage == Handling) {
		since := cs.QuietSince
		if since.Before(cs.Clock.Since) {
			since = cs.Clock.Since
		}
		sooner(waiting{at: spanFrom(cal, since, n.After), kind: waitsNudge})
	}
	if cs.Stage == Suspended {
		sooner(waiting{at: cs.ResumeAt, kind: waitsResume})
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() {
			sooner(waiting{late(c, o.Unit, o.Clock), waitsCoOwner, i})
		}
	}
	for i := range cs.Milestones {
		if m := &cs.Milestones[i]; m.Reached.IsZero() {
			sooner(waiting{late(c, cs.Owner.Unit, m.Clock), waitsMilestone, i})
		}
	}
	return w
}

// late is the instant of the next rung of a clock beside the lead's.
func late(c *city.City, u roster.Unit, k Clock) time.Time {
	if !k.Running() || k.Step >= len(lateSteps) {
		return time.Time{}
	}
	return stepAt(c.CalendarOf(u), k, lateSteps[k.Step].AtPercent)
}

// Unarmed reports that a case waits for something, but for no instant: it would never escalate. A
// case whose ladder has ended, or whose clocks stand, waits for nothing.
func Unarmed(c *city.City, cs *Case) bool {
	return cs.NextAt.IsZero() && !next(c, cs).at.IsZero()
}

// maxFires bounds the timers that one tick fires: every rung of every clock of a case.
const maxFires = 512

// tick fires everything whose instant has come, in order, once each, and arms what comes next.
// A step that finds nobody is skipped at once and recorded: it never makes the next one wait. So is a
// step that a later revision of the city took away. Of nudges that were missed one is made up for.
func tick(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	n := *cs
	var events []Event
	for at := cs.NextAt; !at.IsZero() && !at.After(cmd.At) && len(events) < maxFires; at = n.NextAt {
		e, err := fire(c, &n, next(c, &n), cmd.At)
		if err != nil {
			return nil, err
		}
		e.At, e.Late, e.Revision = cmd.At, cmd.At.Sub(at), c.Revision
		n.fold(&e)
		if e.Clock.Running() {
			e.Ladder = ladderFor(c, &n)
			n.Ladder = e.Ladder
		}
		e.NextAt = next(c, &n).at
		n.NextAt = e.NextAt
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil, ErrNothingDue
	}
	return events, nil
}

// fire is the event of one thing that a case waited for.
func fire(c *city.City, cs *Case, w waiting, now time.Time) (Event, error) {
	e := Event{Kind: EventStepSkipped, Step: cs.NextStep}
	about := *cs
	step := city.Step{}
	switch {
	case w.at.IsZero():
		return e, nil
	case w.kind == waitsResume:
		return resumed(c, cs, cs.ResumeAt)
	case w.kind == waitsNudge:
		e.Kind = EventNudged
		e.tell(Addressees(c, cs, c.Ladders[cs.Ladder].Nudge.Whom, now))
		return e, nil
	case w.kind == waitsCoOwner:
		o := &cs.CoOwners[w.index]
		about.Stage, about.Owner = Dispatched, o.Owner
		e.Party, e.Step = o.Unit, o.Clock.Step
		step = lateSteps[e.Step]
	case w.kind == waitsMilestone:
		m := &cs.Milestones[w.index]
		e.Milestone, e.Step = m.ID, m.Clock.Step
		step = lateSteps[e.Step]
	default:
		step = c.Ladders[cs.Ladder].Steps[cs.NextStep]
	}
	e.Light = step.Light
	if to := Addressees(c, &about, step.Whom, now); len(to) > 0 {
		e.Kind = EventEscalated
		e.tell(to)
	}
	return e, nil
}
