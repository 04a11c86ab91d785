package escalation

import (
	"iter"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
)

// Roles that act at a stage which is not the owner's, the first before the others.
var (
	verifiers   = []roster.Role{roster.Inspector, roster.Checker}
	checkers    = []roster.Role{roster.Checker, roster.Inspector}
	rulers      = []roster.Role{roster.Arbiter, roster.Leader}
	dispatcher  = []roster.Role{roster.Dispatcher}
	dispatchers = []roster.Role{roster.Dispatcher, roster.DutyChief} // those of rights.Dispatchers
	// those of rights.SecondDispatchers
	secondDispatchers = []roster.Role{roster.Dispatcher, roster.DutyChief, roster.Leader}
	receivers         = []roster.Role{roster.Acceptor, roster.DutyChief}
	office            = []roster.Role{roster.Acceptor, roster.DutyChief, roster.Leader}
)

// Accountable returns the unit and the post that must move a case on now, also while nobody is on duty there: the owner does
// the work, a platform that owns the case dispatches it again; the nearest inspector or checker on the ground verifies and
// checks, from the smallest area of the place upwards; an acceptor accepts and closes, at the office of the case's platform,
// else at the next one upwards; there, too, a dispatcher dispatches, else the duty chief; an arbiter, else a leader, rules
// at the unit that rules or the nearest one above. A check passes over a post that only people hold who did the work. The
// post is "" when the city has none of these posts.
func Accountable(c *city.City, cs *dispatch.Case) (roster.Unit, roster.PostID) {
	if ownersStage(cs.Stage) {
		return cs.Owner.Unit, cs.Owner.Post
	}
	return nearest(c, cs)
}

// nearest is the first of the posts that may move a case on at a stage that is not the owner's.
func nearest(c *city.City, cs *dispatch.Case) (roster.Unit, roster.PostID) {
	for u, post := range seats(c, cs) {
		return u, post
	}
	return routing.Root(c), ""
}

// AccountableAt is Accountable at an instant: where nobody is on duty at the nearest post of a stage that is not the
// owner's, the next post upwards is accountable; where the dispatcher of a platform that owns the case is not on duty, the
// platform's duty chief, then the leader of its area. A check passes over a post whose people on duty all did the work. When
// nobody is on duty at any of the posts, AccountableAt is Accountable.
func AccountableAt(c *city.City, cs *dispatch.Case, at time.Time) (roster.Unit, roster.PostID) {
	for u, post := range Posts(c, cs) {
		if len(c.Roster.OnDutyBut(post, at, func(p roster.PersonID) bool { return !mayCheck(cs, p) })) > 0 {
			return u, post
		}
	}
	return Accountable(c, cs)
}

// mayCheck reports whether a person is not kept from moving the case on by having worked on it.
func mayCheck(cs *dispatch.Case, p roster.PersonID) bool {
	return cs.Stage != dispatch.Checking || cs.CheckedBy != "" || !cs.WorkedOn(p)
}

// OnDuty lists everybody who acts at a post at an instant: those on duty there, else the person whom a rule for off hours
// names.
func OnDuty(c *city.City, u roster.Unit, post roster.PostID, at time.Time) []Recipient {
	var out []Recipient
	for _, p := range c.Roster.AllOnDuty(post, at) {
		out = append(out, Recipient{u, post, p})
	}
	if out == nil {
		return onDuty(c, u, post, at)
	}
	return out
}

func ownersStage(s dispatch.Stage) bool {
	return s == dispatch.Dispatched || s == dispatch.Handling || s == dispatch.Suspended
}

// seats yields the posts that may move a case on at a stage that is not the owner's, each with its unit, in the order in
// which they are asked.
func seats(c *city.City, cs *dispatch.Case) iter.Seq2[roster.Unit, roster.PostID] {
	var units iter.Seq[roster.Unit]
	var roles []roster.Role
	switch {
	case cs.Stage == dispatch.Verifying:
		return tasks(c, Ground(cs), verifiers)
	case cs.Stage == dispatch.Checking && cs.CheckedBy == "":
		return passingOver(c, cs, tasks(c, Ground(cs), checkers))
	case cs.Stage == dispatch.Arbitration && cs.Arbiter != (roster.Unit{}):
		units, roles = Upwards(c, cs.Arbiter), rulers
	case cs.Stage == dispatch.Filed || cs.Stage == dispatch.Returned: // no other post of the office may dispatch
		return Seats(c, Upwards(c, platform.Office(c, cs)), dispatchers)
	case cs.Stage == dispatch.Arbitration:
		units, roles = platforms(c, cs), dispatcher
	default:
		units, roles = platforms(c, cs), receivers
	}
	return tasks(c, units, roles)
}

// platforms yields the platform that must act on a case and those above it, without the city's own unless it is the first.
func platforms(c *city.City, cs *dispatch.Case) iter.Seq[roster.Unit] {
	root, first := routing.Root(c), platform.Office(c, cs)
	return func(yield func(roster.Unit) bool) {
		for u := range Upwards(c, first) {
			if u == root && first != root || !yield(u) {
				return
			}
		}
	}
}

// tasks yields the posts of some roles at some units, then those of the city's own office.
func tasks(c *city.City, units iter.Seq[roster.Unit], roles []roster.Role) iter.Seq2[roster.Unit, roster.PostID] {
	return func(yield func(roster.Unit, roster.PostID) bool) {
		for u, post := range Seats(c, units, roles) {
			if !yield(u, post) {
				return
			}
		}
		Seats(c, only(routing.Root(c)), office)(yield)
	}
}

// passingOver yields the posts that somebody holds who did not work on the case.
func passingOver(c *city.City, cs *dispatch.Case, all iter.Seq2[roster.Unit, roster.PostID]) iter.Seq2[roster.Unit, roster.PostID] {
	return func(yield func(roster.Unit, roster.PostID) bool) {
		for u, post := range all {
			other := func(h roster.Holding) bool { return !cs.WorkedOn(h.Person) }
			if slices.ContainsFunc(c.Roster.Holdings(post), other) && !yield(u, post) {
				return
			}
		}
	}
}

// Seats yields the posts of some roles that exist at some units: of the first unit by role, then of the next.
func Seats(c *city.City, units iter.Seq[roster.Unit], roles []roster.Role) iter.Seq2[roster.Unit, roster.PostID] {
	return func(yield func(roster.Unit, roster.PostID) bool) {
		for u := range units {
			for _, role := range roles {
				if post, ok := c.Roster.Post(u, role); ok && !yield(u, post) {
					return
				}
			}
		}
	}
}

func only(u roster.Unit) iter.Seq[roster.Unit] {
	return func(yield func(roster.Unit) bool) { yield(u) }
}

// Ground yields the areas in which a case lies, the smallest first.
func Ground(cs *dispatch.Case) iter.Seq[roster.Unit] {
	return func(yield func(roster.Unit) bool) {
		for _, id := range slices.Backward(cs.Place.Areas) {
			if !yield(roster.Unit{Kind: roster.UnitArea, ID: string(id)}) {
				return
			}
		}
	}
}

// Upwards yields a unit and the units above it, to the top; nothing for the zero Unit.
func Upwards(c *city.City, u roster.Unit) iter.Seq[roster.Unit] {
	return func(yield func(roster.Unit) bool) {
		ok := u != (roster.Unit{})
		for n := 0; ok && n < roster.MaxTreeDepth && yield(u); n++ {
			u, ok = c.Parent(u)
		}
	}
}

// Posts yields the posts that may move a case on at its stage, each with its unit, in the order in which they are asked: the
// first is that of Accountable.
func Posts(c *city.City, cs *dispatch.Case) iter.Seq2[roster.Unit, roster.PostID] {
	if ownersStage(cs.Stage) {
		return OwnersPosts(c, cs.Owner, cs.AtPlatform())
	}
	return seats(c, cs)
}

// OwnersPosts yields the post of an owner and, when a platform has to dispatch again what it owns, those that stand in for its
// dispatcher: the platform's duty chief, then the leader of its area.
func OwnersPosts(c *city.City, o dispatch.Owner, dispatches bool) iter.Seq2[roster.Unit, roster.PostID] {
	return func(yield func(roster.Unit, roster.PostID) bool) {
		if !yield(o.Unit, o.Post) || !dispatches {
			return
		}
		for u, post := range Seats(c, only(o.Unit), secondDispatchers) {
			if post != o.Post && !yield(u, post) {
				return
			}
		}
	}
}
