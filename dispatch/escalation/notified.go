package escalation

import (
	"slices"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// At returns the person who is notified for a unit's post, so that a notice has a recipient while the post has a holder:
// the on-call person, whom an off-hours rule may name; else the first holder who is not absent; else the nearest superior
// on duty, for the office of a platform below the city's own that of inOffice; else the first holder. ok is false
// when the post has no holder and no off-hours rule names anybody.
func At(c *city.City, u roster.Unit, post roster.PostID, at time.Time) (to Recipient, ok bool) {
	if post == "" {
		return Recipient{}, false
	}
	if s, on := c.OnCall(u, post, at); on {
		return Recipient{s.Unit, s.Post, s.Person}, true
	}
	first := roster.PersonID("")
	for _, h := range c.Roster.Holdings(post) {
		if !c.Roster.Holds(h, at) {
			continue
		}
		if !c.Roster.Absent(h.Person, at) {
			return Recipient{u, post, h.Person}, true
		}
		if first == "" {
			first = h.Person
		}
	}
	if officeOfPlatform(c, u, post) {
		if to, ok := inOffice(c, u, at); ok && first != "" {
			return to, true
		}
		return Recipient{u, post, first}, first != ""
	}
	if s, found := c.Roster.Superior(u, 1, at); found && first != "" {
		return Recipient{s.Unit, s.Post, s.Person}, true
	}
	return Recipient{u, post, first}, first != ""
}

// officeOfPlatform reports whether a post belongs to the office of a platform below the city's own.
func officeOfPlatform(c *city.City, u roster.Unit, post roster.PostID) bool {
	if u == routing.Root(c) || !c.IsPlatform(u) {
		return false
	}
	desks := []roster.Role{roster.Acceptor, roster.Dispatcher, roster.DutyChief}
	return slices.ContainsFunc(desks, func(r roster.Role) bool { return post == roster.PostAt(u, r) })
}

// inOffice is the person notified while the post of a platform's office is empty: the duty chief of the platform, else the leader
// of its area, else those of the areas above, never the city's own.
func inOffice(c *city.City, u roster.Unit, at time.Time) (Recipient, bool) {
	root := routing.Root(c)
	for above := range Upwards(c, u) {
		if above == root {
			break
		}
		for _, role := range []roster.Role{roster.DutyChief, roster.Leader} {
			if to := onDutyAs(c, above, role, at); len(to) > 0 {
				return to[0], true
			}
		}
	}
	return Recipient{}, false
}
