package view

import (
	"cmp"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/routing"
	"wangge/dispatch/waits"
)

// Queue is a list of the cases that wait for one kind of act. Numbers are part of page tokens.
type Queue uint8

// Queues; zero is none. A case may be in several.
const (
	NoQueue    Queue = iota
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
	queues           // how many there are, with NoQueue
)

// queueSet is a set of queues.
type queueSet uint16

func (s queueSet) has(q Queue) bool { return s>>q&1 != 0 }

func (s *queueSet) add(q Queue) { *s |= 1 << q }

func (s *queueSet) remove(q Queue) { *s &^= 1 << q }

// queueOf is the queue of what a case waits for; 0 = none.
func queueOf(k waits.Kind) Queue {
	//exhaustive:ignore
	switch k {
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
		return NoQueue
	}
}

// queued is a case's queues: as a set, and by the post or the handler for whom the case waits. The key of the zero queue is
// what waits for a post in whichever queue, except verification and check: these wait for the people on duty on the ground.
type queued struct {
	set queueSet
	by  []key
}

func (k *queued) add(q Queue, by roster.Unit) {
	if q != NoQueue {
		k.set.add(q)
	}
	if by.ID == "" {
		return
	}
	if at := (key{by, q}); !slices.Contains(k.by, at) {
		k.by = append(k.by, at)
	}
}

// queuesOf lists the queues of a case that waits for these: see waits.For. main reports that the case is the main case of a mass
// event: see massEvents.
func queuesOf(cs *dispatch.Case, all []waits.Wait, main bool) (k queued) {
	if len(all) == 0 {
		return k
	}
	for _, w := range all {
		q, by := queueOf(w.What), waitsFor(w.Post)
		if q != ToVerify && q != ToCheck {
			k.add(NoQueue, by)
		}
		if q != NoQueue {
			k.add(q, by)
		}
	}
	if !cs.Open() {
		return k
	}
	k.by = append(k.by, platformKeys(cs)...)
	first := waitsFor(all[0].Post)
	if cs.Stage == dispatch.Returned {
		k.add(Returned, first)
	}
	if cs.Stage == dispatch.Arbitration {
		k.add(Disputed, first)
	}
	if cs.Group != 0 || main {
		k.add(MassEvents, first)
	}
	hands := first
	if all[0].What == waits.Work {
		if cs.Handler != "" {
			hands = handledBy(cs.Handler)
			k.add(MyWork, hands)
		}
		if cs.Reworks > 0 {
			k.add(Rework, hands)
		}
		if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling && cs.Handler == "" {
			k.add(ToStart, first)
		}
	}
	if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling {
		k.addReceipts(cs, first, hands)
	}
	return k
}

// addReceipts adds a case at its owner to ToSign for each party that owes a receipt: the post of the owner, and the handler
// if there is one; the post of a co-owner. The owner may be a platform.
func (k *queued) addReceipts(cs *dispatch.Case, owner, hands roster.Unit) {
	if cs.Receipt.Owed() {
		k.add(ToSign, owner)
		k.add(ToSign, hands)
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() && o.Receipt.Owed() {
			k.add(ToSign, waitsFor(o.Post))
		}
	}
}

// keysOf lists the indexes of what waits for a person, in one queue or, for NoQueue, in any.
func (b *board) keysOf(c *city.City, person roster.PersonID, q Queue, now time.Time) []key {
	var out []key
	held := c.Roster.PostsOf(person, now)
	//exhaustive:ignore
	switch q {
	case ToVerify, ToCheck:
		return b.tasksOf(c, person, held, q, now)
	case MyWork:
		return []key{{handledBy(person), MyWork}}
	case Rework, ToSign:
		out = []key{{handledBy(person), q}}
	}
	for _, h := range held {
		out = append(out, key{waitsFor(h.Post), q})
	}
	if q == NoQueue {
		out = append(out, key{handledBy(person), MyWork})
		out = append(out, b.tasksOf(c, person, held, ToVerify, now)...)
		out = append(out, b.tasksOf(c, person, held, ToCheck, now)...)
	}
	return out
}

// tasksOf lists the indexes of the verifications or checks for which a person is on duty: of the person's own posts, and of
// the posts below at which nobody is. It looks at the posts for which such a case waits.
func (b *board) tasksOf(c *city.City, person roster.PersonID, held []roster.Holding, q Queue, now time.Time) []key {
	stage := dispatch.Verifying
	if q == ToCheck {
		stage = dispatch.Checking
	}
	mayTake := taking(c, held)
	var out []key
	b.mu.RLock()
	defer b.mu.RUnlock()
	for post := range b.tasks[q] {
		if mayTake(post) && escalation.OnTask(c, stage, post, person, now) {
			out = append(out, key{waitsFor(post), q})
		}
	}
	slices.SortFunc(out, func(x, y key) int { return cmp.Compare(x.unit.ID, y.unit.ID) })
	return out
}

// taking reports of a post whether a person with these posts may take its verifications and checks, if nobody below is on duty.
func taking(c *city.City, held []roster.Holding) func(roster.PostID) bool {
	return func(post roster.PostID) bool {
		unit := c.UnitOf(post)
		return slices.ContainsFunc(held, func(h roster.Holding) bool {
			return h.Post == post || escalation.TakesTasks(h.Role) && routing.Above(c, h.Unit, unit)
		})
	}
}

// waitingFor reports of a case's queues whether the case waits for a person, in one queue or, for NoQueue, in any. It agrees
// with keysOf.
func waitingFor(c *city.City, person roster.PersonID, q Queue, now time.Time) func(queued) bool {
	held := c.Roster.PostsOf(person, now)
	mayTake := taking(c, held)
	is := func(at key) bool {
		post := roster.PostID(at.unit.ID)
		switch {
		case at.unit.Kind == inHands:
			return (q == NoQueue || q == at.queue) && at.unit == handledBy(person)
		case at.queue == ToVerify:
			return (q == NoQueue || q == ToVerify) && mayTake(post) && escalation.OnTask(c, dispatch.Verifying, post, person, now)
		case at.queue == ToCheck:
			return (q == NoQueue || q == ToCheck) && mayTake(post) && escalation.OnTask(c, dispatch.Checking, post, person, now)
		default:
			return at.queue == q && slices.ContainsFunc(held, func(h roster.Holding) bool { return at.unit == waitsFor(h.Post) })
		}
	}
	return func(k queued) bool { return slices.ContainsFunc(k.by, is) }
}
