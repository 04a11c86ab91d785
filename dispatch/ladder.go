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

// whom finds the named person of a step: "owner", "superior", "superior_2" … or "city_leader".
// Before a case has an owner its owner is the acceptor of the whole city.
func whom(c *city.City, cs *Case, who string, at time.Time) (roster.PersonID, bool) {
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	unit, post := cs.Owner.Unit, cs.Owner.Post
	if post == "" {
		unit = root
		post, _ = c.Roster.Post(root, roster.Acceptor)
	}
	switch {
	case who == "owner":
		return c.Roster.OnDuty(post, at)
	case who == "city_leader":
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
