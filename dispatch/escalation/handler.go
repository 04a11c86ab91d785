package escalation

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// PostAtOwner is a person at one of the person's posts at the owner of a case or below; false when the person holds none
// at the instant.
func PostAtOwner(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) (Recipient, bool) {
	for _, h := range c.Roster.PostsOf(person, at) {
		if routing.Above(c, cs.Owner.Unit, h.Unit) {
			return Recipient{h.Unit, h.Post, person}, true
		}
	}
	return Recipient{}, false
}

// HandlerLeaves is when the handler of a case that is under way stops to hold a post at the owner or below: the end of the
// handler's last holding there, or of the handler's service. It is the time of the case's last event when the handler has
// left before; zero when the handler has no end date, or only covers for somebody: then the work stays where it is.
func HandlerLeaves(c *city.City, cs *dispatch.Case) time.Time {
	if cs.Handler == "" || cs.Stage != dispatch.Handling {
		return time.Time{}
	}
	var there []roster.Holding
	for _, h := range c.Roster.HeldBy(cs.Handler) {
		if routing.Above(c, cs.Owner.Unit, h.Unit) {
			there = append(there, h)
		}
	}
	at := cs.UpdatedAt
	if _, stays := PostAtOwner(c, cs, cs.Handler, at); len(there) == 0 || !stays {
		if len(there) == 0 {
			at = time.Time{}
		}
		return at
	}
	person, _ := c.Roster.Person(cs.Handler)
	end := at
	for range there { // one holding may follow another
		for _, h := range there {
			switch began := h.From.IsZero() || !h.From.After(end); {
			case began && h.To.IsZero():
				return person.ActiveTo
			case began && h.To.After(end):
				end = h.To
			}
		}
	}
	if end.Equal(at) { // only a cover
		return time.Time{}
	}
	if !person.ActiveTo.IsZero() && person.ActiveTo.Before(end) {
		end = person.ActiveTo
	}
	return end
}

// left is the event of a handler who has left: the work goes back to the post, and the person on duty there is told.
func left(c *city.City, cs *dispatch.Case, now time.Time) dispatch.Event {
	e := dispatch.Event{Kind: dispatch.EventHandedOver}
	Notify(&e, dispatch.AsOwner, Recipients(c, cs, []string{"owner"}, now)...)
	return e
}
