package routing

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Root is the unit of the city itself.
func Root(c *city.City) roster.Unit {
	return roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
}

// RecordedOwner is the owner that a past record names: the unit, or the nearest one above it, with a post that acts
// for it. False when there is none.
func RecordedOwner(c *city.City, u roster.Unit) (dispatch.Owner, bool) {
	at, post, ok := c.Accountable(u)
	return dispatch.Owner{Kind: city.OwnerKindOf(at), Unit: at, Post: post}, ok
}

// CommonSuperior is the lowest unit above all of the given ones; the city when there is no lower one.
func CommonSuperior(c *city.City, units []roster.Unit) roster.Unit {
	if len(units) == 0 {
		return Root(c)
	}
	u := units[0]
	for range roster.MaxTreeDepth {
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
		if !slices.ContainsFunc(units, func(x roster.Unit) bool { return x == u || !Above(c, u, x) }) {
			return u
		}
	}
	return Root(c)
}

// HasUnit reports whether the city has a unit.
func HasUnit(c *city.City, u roster.Unit) bool {
	_, ok := c.Parent(u)
	return ok || u == Root(c)
}

// HasPost reports whether the city has an owner's unit and the post that acts for it.
func HasPost(c *city.City, o dispatch.Owner) bool {
	return HasUnit(c, o.Unit) && len(c.Roster.Holdings(o.Post)) > 0
}

// Above reports whether upper is the unit itself or one of its parents. A unit that only an earlier revision had is where
// it was: its cases stay with those above it.
func Above(c *city.City, upper, unit roster.Unit) bool {
	for range roster.MaxTreeDepth {
		if unit == upper {
			return true
		}
		up, ok := c.Parent(unit)
		if !ok {
			former, removed := c.Removed(unit)
			if !removed {
				return false
			}
			up = former.Parent
		}
		unit = up
	}
	return false
}
