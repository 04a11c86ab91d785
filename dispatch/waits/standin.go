package waits

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Held lists the posts from which a person acts on a case at an instant: those that the person holds or covers, and those of the
// waits for which the person answers by a rule for off hours, see StandsIn.
func Held(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) []roster.Holding {
	held := c.Roster.PostsOf(person, at)
	if in := StandsIn(c, cs, person, at); in != nil {
		return append(slices.Clip(held), in...)
	}
	return held
}

// StandsIn lists, as holdings, the nearest posts of the waits of a case for which a person answers at an instant by a rule for off
// hours, because nobody is on duty there. Such a person is told of the work and does what the post does, for that time.
func StandsIn(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) []roster.Holding {
	if cs == nil || !mayStandIn(c, person, at) {
		return nil
	}
	var out []roster.Holding
	for _, w := range For(c, cs) {
		if !slices.ContainsFunc(c.OffHours, func(o city.OffHours) bool { return o.Fits(w.Unit) }) {
			continue
		}
		l := LineOf(c, cs, w)
		post := l.Posts[0]
		for _, to := range l.Answerers(c, at) {
			if to.Person == person && !slices.Contains(l.Posts, to.Post) {
				out = append(out, roster.Holding{Post: post, Unit: l.Unit, Role: roleOf(c, post), Person: person})
			}
		}
	}
	return out
}

// mayStandIn reports whether a rule for off hours may name a person at an instant.
func mayStandIn(c *city.City, person roster.PersonID, at time.Time) bool {
	return slices.ContainsFunc(c.OffHours, func(o city.OffHours) bool {
		if o.Answers == city.Superior {
			return true
		}
		on, ok := c.Roster.OnDuty(roster.PostID(o.Answers), at)
		return ok && on == person
	})
}

// roleOf is the role of a post.
func roleOf(c *city.City, post roster.PostID) roster.Role {
	if hs := c.Roster.Holdings(post); len(hs) > 0 {
		return hs[0].Role
	}
	role, _, _ := strings.Cut(string(post), "@")
	return roster.Role(role)
}
