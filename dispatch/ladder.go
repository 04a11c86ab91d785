package dispatch

import (
	"strconv"
	"strings"
	"time"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
)

// DefaultLadder is the name of the ladder used when a city names no other.
const DefaultLadder = "default"

// arm returns the instant of the ladder's step on the clock; zero when the ladder has ended or
// the clock stands.
func arm(c *city.City, ladder string, k Clock, step int) time.Time {
	l := c.Ladders[ladder]
	if !k.Running() || step >= len(l.Steps) {
		return time.Time{}
	}
	return stepAt(c, k, l.Steps[step].AtPercent)
}

// Unarmed reports that a case waits for a step of its ladder, but for no instant: it would never
// escalate. A case whose ladder has ended, or whose clock stands, waits for nothing.
func Unarmed(c *city.City, cs *Case) bool {
	return cs.Open() && cs.NextAt.IsZero() && !arm(c, cs.Ladder, cs.Clock, cs.NextStep).IsZero()
}

// tick fires every step whose instant has come, in order, once each, and arms the next one. A step
// that finds nobody is skipped at once and recorded: it never makes the next one wait. So is a step
// that a later revision of the city took away.
func tick(cs *Case, cmd Command, c *city.City) []Event {
	steps := c.Ladders[cs.Ladder].Steps
	var events []Event
	at := cs.NextAt
	for i := cs.NextStep; i < len(steps) && !at.IsZero() && !at.After(cmd.At); i++ {
		e := Event{Kind: EventEscalated, At: cmd.At, Revision: c.Revision, Step: i, Light: steps[i].Light, Late: cmd.At.Sub(at)}
		if person, ok := whom(c, cs, steps[i].Whom, cmd.At); ok {
			e.Told = []roster.PersonID{person}
		} else {
			e.Kind = EventStepSkipped
		}
		at = arm(c, cs.Ladder, cs.Clock, i+1)
		e.NextAt = at
		events = append(events, e)
	}
	if len(events) == 0 && !at.IsZero() && !at.After(cmd.At) {
		events = []Event{{Kind: EventStepSkipped, Step: cs.NextStep, Late: cmd.At.Sub(at)}}
	}
	return events
}

// Answers returns the unit and the post that must move a case on now: the owner works, but an
// acceptor accepts, a dispatcher dispatches, a checker checks and an acceptor closes. A stage that
// is not the owner's is the city office's own.
func Answers(c *city.City, cs *Case) (roster.Unit, roster.PostID) {
	var roles []roster.Role
	switch {
	case cs.Stage == Dispatched || cs.Stage == Handling:
		return cs.Owner.Unit, cs.Owner.Post
	case cs.Stage == Filed || cs.Stage == Returned || cs.Stage == Arbitration:
		roles = []roster.Role{roster.Dispatcher}
	case cs.Stage == Checking && cs.CheckedBy == "":
		roles = []roster.Role{roster.Checker, roster.Inspector}
	}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	for _, role := range append(roles, roster.Acceptor, roster.DutyChief, roster.Leader) {
		if post, ok := c.Roster.Post(root, role); ok {
			return root, post
		}
	}
	return root, ""
}

// whom finds the named person of a step: "owner" is who answers for the present stage, "superior",
// "superior_2" … those above, "city_leader" the top. Above the city's own office is its leader.
func whom(c *city.City, cs *Case, who string, at time.Time) (roster.PersonID, bool) {
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	unit, post := Answers(c, cs)
	switch {
	case who == "owner":
		return c.Roster.OnDuty(post, at)
	case who == "city_leader" || unit == root:
		leader, ok := c.Roster.Post(root, roster.Leader)
		if !ok {
			return "", false
		}
		return c.Roster.OnDuty(leader, at)
	default:
		n := 1
		if _, digits, ok := strings.Cut(who, "_"); ok {
			n, _ = strconv.Atoi(digits)
		}
		_, _, person, ok := c.Roster.Superior(unit, n, at)
		return person, ok
	}
}
