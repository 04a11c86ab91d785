package revise

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
)

// tell notes in the event of a move who is notified of it, under the revision c: the new owner and the co-owners who get
// a part, or the post to which the work of a handler who is gone goes back; the former owner and the handler who lose it;
// the unit that rules in place of one that is gone. The person who applies the revision is not.
func tell(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	notify := func(as dispatch.NotifiedAs, u roster.Unit, post roster.PostID) {
		to, ok := escalation.At(c, u, post, e.At)
		if ok && to.Person != e.Actor && !slices.Contains(e.Notified, to.Person) {
			escalation.Notify(e, as, to)
		}
	}
	if e.Party != (roster.Unit{}) {
		after := *cs
		after.Arbiter = e.Party
		u, post := escalation.AccountableAt(c, &after, e.At)
		notify(dispatch.AsNext, u, post)
	}
	if !owned(cs.Stage) {
		return
	}
	moved := e.Owner.Unit != cs.Owner.Unit || e.Owner.Post != cs.Owner.Post
	if moved || e.Freed {
		notify(dispatch.AsOwner, e.Owner.Unit, e.Owner.Post)
	}
	if h := e.Handler; h != "" && h != e.Actor && !c.Roster.Absent(h, e.At) && !slices.Contains(e.Notified, h) {
		escalation.Notify(e, dispatch.AsHandler, escalation.Recipient{Unit: e.Owner.Unit, Post: e.Owner.Post, Person: h})
	}
	for _, o := range e.CoOwners {
		had := func(was dispatch.CoOwner) bool { return was.Unit == o.Unit && was.Duty == o.Duty }
		if !slices.ContainsFunc(cs.CoOwners, had) {
			notify(dispatch.AsCoOwner, o.Unit, o.Post)
		}
	}
	for _, o := range cs.CoOwners {
		goesOn := func(is dispatch.CoOwner) bool { return is.Unit == o.Unit }
		if o.Done.IsZero() && !slices.ContainsFunc(e.CoOwners, goesOn) && e.Owner.Unit != o.Unit {
			notify(dispatch.AsFormer, o.Unit, o.Post)
		}
	}
	if !moved {
		return
	}
	if h := cs.Handler; h != "" && h != e.Actor && holdsPost(c, h, e.At) && !c.Roster.Absent(h, e.At) && !slices.Contains(e.Notified, h) {
		escalation.Notify(e, dispatch.AsFormer, escalation.Recipient{Unit: cs.Owner.Unit, Post: cs.Owner.Post, Person: h})
	}
	notify(dispatch.AsFormer, cs.Owner.Unit, cs.Owner.Post)
	formerPeople(was, c, cs, e)
}

// holdsPost reports whether a person may read notices of cases: a person without a post may read none.
func holdsPost(c *city.City, person roster.PersonID, at time.Time) bool {
	return c.Roster.Active(person, at) && len(c.Roster.PostsOf(person, at)) > 0
}

// formerPeople tells the person who was on duty for an owner that is gone, when the person is still in the city.
func formerPeople(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	if routing.HasPost(c, cs.Owner) {
		return
	}
	to, ok := escalation.At(was, cs.Owner.Unit, cs.Owner.Post, e.At)
	stays := c.Roster.Active(to.Person, e.At) && !c.Roster.Absent(to.Person, e.At)
	if ok && stays && to.Person != e.Actor && !slices.Contains(e.Notified, to.Person) {
		escalation.Notify(e, dispatch.AsFormer, to)
	}
}
