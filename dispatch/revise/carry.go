package revise

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Order is how an apply lets open cases move, and who has applied it.
type Order struct {
	Reroute    bool // under the rules; otherwise a case changes only in what it would lose
	Successors city.Successors
	Overtaken  bool // by a later apply, which moves the cases: this one only puts them on its ladders
	Person     roster.PersonID
	Post       roster.PostID
	Note       string
}

// Effect is what an apply made of an open case.
type Effect int

// Effects; zero is nothing.
const (
	Unchanged Effect = iota
	Moved
	Kept  // the rules would move it, and the order does not
	Stuck // the rules decide nothing
)

// Carry returns the event that brings an open case from one city to the next one, by an order; false when nothing changes. A case that
// would lose something is repaired under every order, so that none is left to nobody.
func Carry(was, is *city.City, cs *dispatch.Case, o *Order, at time.Time) (dispatch.Event, Effect, bool) {
	m, moves := Compare(was, is, cs, o.Successors, at)
	carries := o.Reroute && moves && m.Stuck.En == ""
	if len(m.Lost) > 0 {
		if !o.Reroute {
			m, _ = Preserve(was, is, cs, o.Successors, at)
		}
		carries = m.Repairs(cs) || m.Deadline() || m.StepsChange
	}
	if carries && !o.Overtaken {
		return EventOf(was, is, cs, m, o.Person, o.Post, o.Note, at), Moved, true
	}
	effect := Unchanged
	switch {
	case moves && m.Stuck.En != "":
		effect = Stuck
	case moves:
		effect = Kept
	}
	e, ok := LadderEvent(was, is, cs, o.Person, o.Post, o.Note, at)
	return e, effect, ok
}
