package revise

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
)

// tell notes in the event of a move who is notified of it, under the revision c: the new owner and the co-owners who get
// a part, or the post to which the work of a handler without a post goes back; those who asked for what lapses, and who had to
// decide it; the former owner and the handler who lose the work; everybody for whose act the case waits from now on: see tellWaiting.
// The person who applies the revision is not.
func tell(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	tellMoved(was, c, cs, e)
	tellWaiting(was, c, cs, e)
}

// tellWaiting notes those for whose act the case waits after the event, at a post at which it did not wait before: to accept, verify, file,
// dispatch, check, close, rule or decide, or for a part. Another person at the same post finds the case in the queue of the
// post, as after any change of shift.
func tellWaiting(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	after := dispatch.Fold(cs, *e)
	before := waits.For(was, cs)
	for _, w := range waits.For(c, after) {
		same := func(o waits.Wait) bool { return o.What == w.What && o.Unit == w.Unit && o.Post == w.Post }
		if w.What == waits.Answer || slices.ContainsFunc(before, same) {
			continue
		}
		if to, ok := answerer(c, after, w, e.At); ok && to.Person != e.Actor && !slices.Contains(e.Notified, to.Person) {
			escalation.Notify(e, waitingAs(after, w), to)
		}
	}
}

// waitingAs is what a case is to a person for whose act it waits.
func waitingAs(cs *dispatch.Case, w waits.Wait) dispatch.NotifiedAs {
	//exhaustive:ignore
	switch w.What {
	case waits.Work:
		return dispatch.AsOwner
	case waits.Duty:
		if slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == w.Unit && o.Post == w.Post }) {
			return dispatch.AsCoOwner
		}
		return dispatch.AsSent
	case waits.Decision:
		return dispatch.AsDecider
	case waits.Dispatch:
		if owned(cs.Stage) {
			return dispatch.AsOwner
		}
	}
	return dispatch.AsNext
}

// answerer is the first person on duty for a wait, else whom a notice to its post reaches.
func answerer(c *city.City, cs *dispatch.Case, w waits.Wait, at time.Time) (escalation.Recipient, bool) {
	if on := waits.Answerers(c, cs, w, at); len(on) > 0 {
		return on[0], true
	}
	to, ok := escalation.At(c, w.Unit, w.Post, at)
	barred := w.What == waits.Decision && cs.AskedOrGranted(to.Person) || w.What == waits.Check && cs.WorkedOn(to.Person)
	return to, ok && !barred
}

// tellLapsed notes those who asked for what lapses with the event, and who had to decide.
func tellLapsed(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	if e.Request == dispatch.NoRequest || e.Granted {
		return
	}
	reach := func(as dispatch.NotifiedAs, to escalation.Recipient) {
		reads := len(c.Roster.PostsOf(to.Person, e.At)) > 0 // a person without a post reads no notice of a case
		if reads && !c.Roster.Absent(to.Person, e.At) && to.Person != e.Actor && !slices.Contains(e.Notified, to.Person) {
			escalation.Notify(e, as, to)
		}
	}
	reach(dispatch.AsAsker, escalation.Recipient{Unit: was.UnitOf(cs.Request.Post), Post: cs.Request.Post, Person: cs.Request.By})
	for _, w := range waits.For(was, cs) {
		if to, ok := answerer(was, cs, w, e.At); ok && w.What == waits.Decision {
			reach(dispatch.AsDecider, to)
		}
	}
}

// tellMoved notes those who get or lose work by the event.
func tellMoved(was, c *city.City, cs *dispatch.Case, e *dispatch.Event) {
	notify := func(as dispatch.NotifiedAs, u roster.Unit, post roster.PostID) {
		to, ok := escalation.At(c, u, post, e.At)
		if ok && to.Person != e.Actor && !slices.Contains(e.Notified, to.Person) {
			escalation.Notify(e, as, to)
		}
	}
	if !owned(cs.Stage) {
		tellLapsed(was, c, cs, e)
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
	tellLapsed(was, c, cs, e)
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
