package escalation

import (
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// At returns the person who is notified for a unit's post, so that a notice has a recipient while the post has a holder:
// the on-call person, whom an off-hours rule may name; else the first holder who is not absent; else the nearest superior
// on duty; else the first holder. ok is false when the post has no holder and no off-hours rule names anybody.
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
	if s, found := c.Roster.Superior(u, 1, at); found && first != "" {
		return Recipient{s.Unit, s.Post, s.Person}, true
	}
	return Recipient{u, post, first}, first != ""
}
