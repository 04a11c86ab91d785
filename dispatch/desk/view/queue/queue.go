// Package queue says in which queues a case is, and for which line of people or handler it waits there.
package queue

import (
	"iter"
	"math/bits"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/waits"
)

// Queue is a list of the cases that wait for one kind of act. Numbers are part of page tokens.
type Queue uint8

// Queues; zero is none. A case may be in several.
const (
	None       Queue = iota
	ToVerify         // a report to be verified on the ground
	ToCheck          // work to be checked on the ground
	ToDecide         // a request or a dispute to be decided
	ToAccept         // a report to be accepted
	ToFile           // an accepted report to be filed
	ToDispatch       // a case without an owner, or a case or a part that a platform has to give on
	ToClose          // a checked case
	Supervised       // a supervision without an answer
	Returned         // returned by its owner, and not dispatched since
	Disputed         // to be ruled upon
	Rework           // its check failed, and its work is not done again
	MassEvents       // part of a mass event, or the main case of one that has parts
	MyWork           // in the hands of a handler
	ToSign           // a receipt is owed by the owner or a co-owner
	ToStart          // the owner's work, which nobody has started
	ToAssist         // the part of a co-owner, which is not done
	ToReach          // a milestone of the inspector who was sent to the place
	Count            // how many there are, with None
)

// Set is a set of queues.
type Set uint32

// Has reports whether a queue is in the set.
func (s Set) Has(q Queue) bool { return s>>q&1 != 0 }

// Add puts a queue into the set.
func (s *Set) Add(q Queue) { *s |= 1 << q }

// Remove takes a queue out of the set.
func (s *Set) Remove(q Queue) { *s &^= 1 << q }

// All yields the queues of the set.
func (s Set) All() iter.Seq[Queue] {
	return func(yield func(Queue) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Queue(bits.TrailingZeros32(uint32(s)))) {
				return
			}
		}
	}
}

// ofWait is the queue of what a case waits for; 0 = none.
func ofWait(w waits.Wait) Queue {
	//exhaustive:ignore
	switch w.What {
	case waits.Duty:
		if w.Milestone != "" {
			return ToReach
		}
		return ToAssist
	case waits.Verify:
		return ToVerify
	case waits.Check:
		return ToCheck
	case waits.Decision, waits.Ruling:
		return ToDecide
	case waits.Accept:
		return ToAccept
	case waits.File:
		return ToFile
	case waits.Dispatch, waits.PartDispatch:
		return ToDispatch
	case waits.Close:
		return ToClose
	case waits.Answer:
		return Supervised
	default:
		return None
	}
}

// Queued is a case's queues: as a set, and by the line of posts or the handler for whom the case waits. The zero queue of a line
// is what waits for it in whichever queue, except verification and check: these wait for the people on duty on the ground.
type Queued struct {
	Set Set
	By  []At // the line for which the case waits first before others
}

// At is the queues in which a case waits for one line or handler.
type At struct {
	Unit roster.Unit
	In   Set
}

// Add puts a case into a queue, where the case waits for a line or a handler; a unit without id = for nobody.
func (k *Queued) Add(q Queue, by roster.Unit) {
	if q != None {
		k.Set.Add(q)
	}
	if by.ID == "" {
		return
	}
	at := slices.IndexFunc(k.By, func(a At) bool { return a.Unit == by })
	if at < 0 {
		at, k.By = len(k.By), append(k.By, At{Unit: by})
	}
	k.By[at].In.Add(q)
}

// With puts the case into a queue for the line for which it waits first, or takes it out of the queue. What was is not changed.
func (k Queued) With(q Queue, is bool) Queued {
	k.By = slices.Clone(k.By)
	if is {
		k.Add(q, k.By[0].Unit)
		return k
	}
	k.Set.Remove(q)
	for i := range k.By {
		k.By[i].In.Remove(q)
	}
	k.By = slices.DeleteFunc(k.By, func(a At) bool { return a.In == 0 })
	return k
}

// In reports whether the case waits for a line or a handler in a queue.
func (k *Queued) In(at Key) bool {
	return slices.ContainsFunc(k.By, func(a At) bool { return a.Unit == at.Unit && a.In.Has(at.Queue) })
}

// Of lists the queues of a case that waits for these: see waits.For. main reports that the case is the main case of a mass
// event. Lines that are known give their texts to the queues, so that many cases share one.
func Of(c *city.City, cs *dispatch.Case, all []waits.Wait, main bool, known Lines) (k Queued) {
	if len(all) == 0 {
		return k
	}
	first := known.Of(c, cs, all[0])
	for i, w := range all {
		q, by := ofWait(w), first
		if i > 0 {
			by = known.Of(c, cs, w)
		}
		if q != ToVerify && q != ToCheck {
			k.Add(None, by)
		}
		if q != None {
			k.Add(q, by)
		}
		if w.What == waits.Answer && cs.Handler != "" && all[0].What != waits.Dispatch && all[0].What != waits.Ruling {
			k.Add(q, HandledBy(cs.Handler))
		}
	}
	if !cs.Open() {
		return k
	}
	k.addPlatforms(cs)
	if cs.Stage == dispatch.Returned {
		k.Add(Returned, first)
	}
	if cs.Stage == dispatch.Arbitration {
		k.Add(Disputed, first)
	}
	if cs.Group != 0 || main {
		k.Add(MassEvents, first)
	}
	hands := first
	if all[0].What == waits.Work {
		if cs.Handler != "" {
			hands = HandledBy(cs.Handler)
			k.Add(MyWork, hands)
		}
		if cs.Reworks > 0 {
			k.Add(Rework, hands)
			k.Add(Rework, known.insteadOf(cs, first))
		}
		if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling && cs.Handler == "" {
			k.Add(ToStart, first)
		}
	}
	if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling {
		k.addReceipts(c, cs, hands, known)
	}
	return k
}

// addReceipts adds a case at its owner to ToSign for each party that owes a receipt: the post of the owner, and the handler
// if there is one; the post of a co-owner. The owner may be a platform.
func (k *Queued) addReceipts(c *city.City, cs *dispatch.Case, hands roster.Unit, known Lines) {
	if cs.Receipt.Owed() {
		k.Add(ToSign, k.By[0].Unit)
		k.Add(ToSign, hands)
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() && o.Receipt.Owed() {
			k.Add(ToSign, known.Of(c, cs, waits.Wait{What: waits.Duty, Unit: o.Unit, Post: o.Post}))
		}
	}
}
