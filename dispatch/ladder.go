package dispatch

import (
	"slices"
	"time"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

// DefaultLadder is the name of the ladder of every case that no other ladder is for.
const DefaultLadder = "default"

// climb arms the ladder after the events of an act, the one place where that is done: a clock that
// begins chooses its ladder; while it runs the case waits for the next step or nudge, whichever comes
// first; a case that has ended waits for nothing, in the same events that end it. Where a clock
// stands, what the act itself armed is kept: the end of a suspension.
func climb(cs *Case, events []Event, c *city.City) {
	n := Case{}
	if cs != nil {
		n = *cs
	}
	for i := range events {
		e := &events[i]
		if e.Clock.Running() {
			after := n
			after.fold(e)
			e.Ladder = ladderFor(c, &after)
		}
		n.fold(e)
		switch {
		case !n.Open():
			e.NextAt = time.Time{}
		case n.Clock.Running():
			e.NextAt = next(c, &n).at
		}
		n.NextAt = e.NextAt
	}
}

func ladderFor(c *city.City, cs *Case) string {
	stage := cs.Stage
	if stage == Handling {
		stage = Dispatched
	}
	return c.LadderFor(cs.Category, cs.Severity, stage.String(), cs.Owner.Kind, cs.Owner.Unit)
}

// arm returns the instant of the ladder's step on the clock; zero when the ladder has ended or
// the clock stands. No step is before the one below it.
func arm(c *city.City, ladder string, k Clock, step int) time.Time {
	steps := c.Ladders[ladder].Steps
	if !k.Running() || step < 0 || step >= len(steps) {
		return time.Time{}
	}
	below := k.Since
	if step > 0 {
		below = arm(c, ladder, k, step-1)
	}
	at := below
	switch s := &steps[step]; {
	case s.AtPercent > 0:
		at = stepAt(c, k, s.AtPercent)
	case s.After.Set():
		at = spanAt(c, k, s.After)
	case s.Overdue.Set():
		at = spanFrom(c, k.Due, s.Overdue)
	case s.Every.Set():
		at = spanFrom(c, below, s.Every)
	}
	if at.Before(below) {
		return below
	}
	return at
}

// waiting is what a case waits for: a step of its ladder, or a nudge.
type waiting struct {
	at    time.Time // zero: for nothing
	nudge bool
}

// next is what a case whose clock runs waits for: the next step, or a nudge when that comes first.
func next(c *city.City, cs *Case) waiting {
	w := waiting{at: arm(c, cs.Ladder, cs.Clock, cs.NextStep)}
	n := c.Ladders[cs.Ladder].Nudge
	if n.AtMost > cs.Nudges && (cs.Stage == Dispatched || cs.Stage == Handling) {
		since := cs.QuietSince
		if since.Before(cs.Clock.Since) {
			since = cs.Clock.Since
		}
		if at := spanFrom(c, since, n.After); w.at.IsZero() || at.Before(w.at) {
			return waiting{at, true}
		}
	}
	return w
}

// Unarmed reports that a case waits for a step of its ladder, but for no instant: it would never
// escalate. A case whose ladder has ended, or whose clock stands, waits for nothing.
func Unarmed(c *city.City, cs *Case) bool {
	return cs.Open() && cs.NextAt.IsZero() && !arm(c, cs.Ladder, cs.Clock, cs.NextStep).IsZero()
}

// tick fires every step and nudge whose instant has come, in order, once each, and arms the next one.
// A step that finds nobody is skipped at once and recorded: it never makes the next one wait. So is a
// step that a later revision of the city took away. Of nudges that were missed one is made up for.
func tick(cs *Case, cmd Command, c *city.City) []Event {
	n := *cs
	var events []Event
	for at := cs.NextAt; !at.IsZero() && !at.After(cmd.At); at = n.NextAt {
		e := Event{Kind: EventStepSkipped, Step: n.NextStep}
		l := c.Ladders[n.Ladder]
		switch due := next(c, &n); {
		case due.nudge:
			e.Kind = EventNudged
			e.tell(Addressees(c, &n, l.Nudge.Whom, cmd.At))
		case !due.at.IsZero():
			s := l.Steps[n.NextStep]
			e.Light = s.Light
			if to := Addressees(c, &n, s.Whom, cmd.At); len(to) > 0 {
				e.Kind = EventEscalated
				e.tell(to)
			}
		}
		e.At, e.Late = cmd.At, cmd.At.Sub(at)
		after := n
		after.fold(&e)
		if after.Clock.Running() {
			e.NextAt = next(c, &after).at
		}
		n.fold(&e)
		events = append(events, e)
	}
	return events
}

// tell notes who is told, and at which posts they stand then.
func (e *Event) tell(to []Addressee) {
	for _, a := range to {
		e.Told = append(e.Told, a.Person)
		e.ToldPosts = append(e.ToldPosts, a.Post)
	}
}

// decideEscalate tells somebody above by hand, now. The ladder's own steps stay as they are: each of
// them still fires once, when it is due.
func decideEscalate(cs *Case, cmd Command, c *city.City) ([]Event, error) {
	if cmd.Note == "" {
		return nil, refuse(cs, cmd.Act, say.F("an escalation by hand needs its reason in the note", "手动升级必须在备注中说明原因"))
	}
	if !c.KnownWhom(cmd.To) {
		return nil, refuse(cs, cmd.Act, say.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", cmd.To, city.Whoms))
	}
	to := Addressees(c, cs, []string{cmd.To}, cmd.At)
	if len(to) == 0 {
		return nil, refuse(cs, cmd.Act, say.F("%s is nobody who is on duty now; name somebody higher", "%s 当前无人值守，请指定更高层级", cmd.To))
	}
	e := Event{Kind: EventRaised, Light: "red", NextAt: cs.NextAt}
	e.tell(to)
	return []Event{e}, nil
}

// Held is the instant until which a notice must wait: the next working time for a step or nudge that
// may not disturb, unless the case is of severity A. Zero = it may go at once.
func Held(c *city.City, cs *Case, hold bool, at time.Time) time.Time {
	if !hold || cs.Severity == severest || c.Calendar.IsWorking(at) {
		return time.Time{}
	}
	return opening(c, at)
}

// StepOf is the step of a case's ladder under a number, false when a later revision has no such step.
func StepOf(c *city.City, cs *Case, step int) (city.Step, bool) {
	steps := c.Ladders[cs.Ladder].Steps
	if step < 0 || step >= len(steps) {
		return city.Step{}, false
	}
	return steps[step], true
}

// StandsAt lists the posts on whose step a case stands: those told last since its clock began, or
// else the one that answers for its stage. Who stands at a post is asked when somebody looks.
func StandsAt(c *city.City, cs *Case) []roster.PostID {
	if len(cs.Stands) > 0 {
		return slices.Clone(cs.Stands)
	}
	if _, post := Answers(c, cs); post != "" {
		return []roster.PostID{post}
	}
	return nil
}
