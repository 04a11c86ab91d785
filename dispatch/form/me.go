package form

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/rights"
	"wangge/grid"
)

// Me is a person with the posts and rights of an instant.
type Me struct {
	roster.Person
	Posts    []Post
	CityActs []dispatch.Act // on the city as a whole
	OnDuty   bool           // on call for one of the posts
}

// Post is a post that a person holds.
type Post struct {
	roster.Holding
	Ground   grid.AreaID    // the smallest area that holds the ground of the unit
	Covering bool           // the person holds the post for an absent colleague
	OnDuty   bool           // the person is on call for the post
	Acts     []dispatch.Act // on cases of the unit
}

// MeOf says who a person of the city is at an instant. ok is false for a person whom the city does not have.
func MeOf(c *city.City, id roster.PersonID, at time.Time) (me Me, ok bool) {
	p, ok := c.Roster.Person(id)
	if !ok {
		return Me{}, false
	}
	me = Me{Person: p, CityActs: rights.CityActs(c, id, at)}
	own := c.Roster.HeldBy(id)
	for _, h := range c.Roster.PostsOf(id, at) {
		onCall, _ := c.Roster.OnDuty(h.Post, at)
		post := Post{
			Holding: h, Ground: groundOf(c, h.Unit), OnDuty: onCall == id, Acts: lifecycle.ActsOfRole(c, h.Unit, h.Role),
			Covering: !slices.ContainsFunc(own, func(o roster.Holding) bool { return o.Post == h.Post }),
		}
		me.OnDuty = me.OnDuty || post.OnDuty
		me.Posts = append(me.Posts, post)
	}
	return me, true
}

// groundOf returns the smallest area that holds the ground of a unit: the city itself where nothing narrower is known.
func groundOf(c *city.City, u roster.Unit) grid.AreaID {
	for range roster.MaxTreeDepth {
		switch u.Kind {
		case roster.UnitArea:
			return grid.AreaID(u.ID)
		case roster.UnitDepartment:
			if d := c.Departments[u.ID]; d != nil && d.Area != "" {
				return d.Area
			}
		case roster.UnitPoint:
			if p := c.Point(u.ID); p != nil && p.Area != "" {
				return p.Area
			}
		case roster.UnitSection, roster.UnitUnknown:
		}
		up, ok := c.Parent(u)
		if !ok {
			break
		}
		u = up
	}
	return c.Root
}
