package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// whoMay is the one person who is asked to do an act on a case: on duty at the nearest post that gives the right to it,
// and not barred from it, as the person who did the work is from its check. While nobody is on duty at any of these
// posts, it is whom a notice to the nearest one reaches.
func whoMay(c *city.City, cs *dispatch.Case, act dispatch.Act, at time.Time) []escalation.Recipient {
	row, ok := rowOf(act)
	if !ok {
		return nil
	}
	p := row.power(cs)
	if act == dispatch.ActForceClose { // a duty chief and a leader together: the other of them
		_, first := sla.UnitOf(c, cs.Request.Post)
		p.roles = slices.DeleteFunc(slices.Clone(p.roles), func(r roster.Role) bool { return r == first })
	}
	barred := func(person roster.PersonID) bool {
		return row.possible(c, cs, person, at) != row.possible(c, cs, "", at)
	}
	return nearest(c, cs, p, at, barred)
}

// nearest is the person on duty at the nearest post of a power, and not barred; else whom a notice to the nearest post
// reaches; else, for a city without such a post, the city's leader.
func nearest(
	c *city.City, cs *dispatch.Case, p power, at time.Time, barred func(roster.PersonID) bool,
) []escalation.Recipient {
	var posts []escalation.Recipient
	for _, u := range unitsOf(c, cs, p) {
		for _, role := range p.roles {
			if post, ok := c.Roster.Post(u, role); ok {
				posts = append(posts, escalation.Recipient{Unit: u, Post: post})
			}
		}
	}
	for _, to := range posts {
		if person, ok := c.Roster.OnDuty(to.Post, at); ok && (barred == nil || !barred(person)) {
			to.Person = person
			return []escalation.Recipient{to}
		}
	}
	root := routing.Root(c)
	posts = append(posts, escalation.Recipient{Unit: root, Post: roster.PostAt(root, roster.Leader)})
	for _, to := range posts {
		if got, ok := escalation.At(c, to.Unit, to.Post, at); ok && (barred == nil || !barred(got.Person)) {
			return []escalation.Recipient{got}
		}
	}
	return nil
}

// unitsOf lists the units whose posts have a power over a case, the nearest first, each once. The office of the city is
// nearest to what an office does.
func unitsOf(c *city.City, cs *dispatch.Case, p power) []roster.Unit {
	var units []roster.Unit
	office := !slices.ContainsFunc(p.roles, func(r roster.Role) bool { return !slices.Contains(wholeOffice, r) })
	climb := func(u roster.Unit) {
		ok := u != (roster.Unit{})
		for n := 0; ok && n < roster.MaxTreeDepth; n++ {
			if !slices.Contains(units, u) {
				units = append(units, u)
			}
			u, ok = c.Parent(u)
		}
	}
	switch p.scope {
	case scopeCity:
		return []roster.Unit{routing.Root(c)}
	case scopeArbiter:
		climb(cs.Arbiter)
	case scopeOwner:
		climb(cs.Owner.Unit)
	case scopePlace, scopeAccountable, scopeReader, scopeCoOwner:
		if first := c.UnitOf(cs.Request.Post); cs.Request.Kind == dispatch.RequestForceClose {
			climb(first)
			break
		}
		if office {
			units = append(units, routing.Root(c))
		}
		for _, id := range slices.Backward(cs.Place.Areas) {
			if u := (roster.Unit{Kind: roster.UnitArea, ID: string(id)}); !slices.Contains(units, u) {
				units = append(units, u)
			}
		}
		climb(cs.Owner.Unit)
	}
	return units
}
