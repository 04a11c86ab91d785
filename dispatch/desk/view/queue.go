package view

import (
	"cmp"
	"slices"
	"strings"
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

// queued is a case's queues: as a set, and by the line of posts or the handler for whom the case waits. The key of the zero queue
// is what waits for a line in whichever queue, except verification and check: these wait for the people on duty on the ground.
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
func queuesOf(c *city.City, cs *dispatch.Case, all []waits.Wait, main bool) (k queued) {
	if len(all) == 0 {
		return k
	}
	first := lineOf(c, cs, all[0])
	for i, w := range all {
		q, by := queueOf(w.What), first
		if i > 0 {
			by = lineOf(c, cs, w)
		}
		if q != ToVerify && q != ToCheck {
			k.add(NoQueue, by)
		}
		if q != NoQueue {
			k.add(q, by)
		}
		if w.What == waits.Answer && cs.Handler != "" && all[0].What != waits.Dispatch && all[0].What != waits.Ruling {
			k.add(q, handledBy(cs.Handler))
		}
	}
	if !cs.Open() {
		return k
	}
	k.by = append(k.by, platformKeys(cs)...)
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
			k.add(Rework, insteadOf(cs, first))
		}
		if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling && cs.Handler == "" {
			k.add(ToStart, first)
		}
	}
	if cs.Stage == dispatch.Dispatched || cs.Stage == dispatch.Handling {
		k.addReceipts(c, cs, first, hands)
	}
	return k
}

// addReceipts adds a case at its owner to ToSign for each party that owes a receipt: the post of the owner, and the handler
// if there is one; the post of a co-owner. The owner may be a platform.
func (k *queued) addReceipts(c *city.City, cs *dispatch.Case, owner, hands roster.Unit) {
	if cs.Receipt.Owed() {
		k.add(ToSign, owner)
		k.add(ToSign, hands)
	}
	for i := range cs.CoOwners {
		if o := &cs.CoOwners[i]; o.Open() && o.Receipt.Owed() {
			k.add(ToSign, lineOf(c, cs, waits.Wait{What: waits.Duty, Unit: o.Unit, Post: o.Post}))
		}
	}
}

// line is the people of a queue's index in the words of the wait, as read from the index's key.
type line struct {
	id string // as in the key
	waits.Line
	hands roster.PersonID // a handler in whose absence alone the line is asked; "" = always
}

// lineOf is the unit of the indexes of a wait.
func lineOf(c *city.City, cs *dispatch.Case, w waits.Wait) roster.Unit {
	return roster.Unit{Kind: atPost, ID: waits.LineOf(c, cs, w).Kept(c).String()}
}

// insteadOf is a line that is asked while the handler of a case is not there to do the work; the line itself when the case has
// no handler.
func insteadOf(cs *dispatch.Case, of roster.Unit) roster.Unit {
	if cs.Handler != "" {
		of.ID += "\n@" + string(cs.Handler) + " " + cs.Owner.Unit.String()
	}
	return of
}

// parseLine reads the line of an index.
func parseLine(id string) line {
	text, hands, _ := strings.Cut(id, "\n@")
	person, _, _ := strings.Cut(hands, " ")
	return line{id, waits.ParseLine(text), roster.PersonID(person)}
}

// awaited decides what waits for a person at an instant.
type awaited struct {
	c        *city.City
	person   roster.PersonID
	at       time.Time
	held     []roster.Holding
	offHours bool // a rule for off hours may name one of the person's posts
}

func awaitedBy(c *city.City, person roster.PersonID, at time.Time) *awaited {
	a := &awaited{c: c, person: person, at: at, held: c.Roster.PostsOf(person, at)}
	a.offHours = slices.ContainsFunc(c.OffHours, func(o city.OffHours) bool {
		return o.Answers == city.Superior || a.holds(roster.PostID(o.Answers))
	})
	return a
}

func (a *awaited) holds(post roster.PostID) bool {
	return slices.ContainsFunc(a.held, func(h roster.Holding) bool { return h.Post == post })
}

// mayBe reports whether a line may come to the person on some day: the test for most lines, at little cost.
func (a *awaited) mayBe(l *line) bool {
	return slices.ContainsFunc(l.Posts, a.holds) || a.offHours && slices.ContainsFunc(a.c.OffHours, func(o city.OffHours) bool {
		return o.Fits(l.Unit) && (a.holds(roster.PostID(o.Answers)) ||
			o.Answers == city.Superior && slices.ContainsFunc(a.held, func(h roster.Holding) bool { return routing.Above(a.c, h.Unit, l.Unit) }))
	})
}

// is reports whether what waits for a line in a queue waits for the person: for whom is on duty for the wait, wherever that is. A holder
// of the nearest post has it, too, whatever the shift, unless the queue is of verifications or checks that somebody else has to do.
func (a *awaited) is(q Queue, l *line) bool {
	if !a.mayBe(l) || l.Bars(a.person) || l.hands != "" && a.works(l) {
		return false
	}
	onTask := q == ToVerify || q == ToCheck
	if !onTask && a.holds(l.Posts[0]) {
		return true
	}
	on := l.Answerers(a.c, a.at)
	if onTask && len(on) == 0 {
		return a.holds(l.Posts[0])
	}
	return slices.ContainsFunc(on, func(r escalation.Recipient) bool { return r.Person == a.person })
}

// works reports whether the handler of a line does the work.
func (a *awaited) works(l *line) bool {
	if a.c.Roster.Absent(l.hands, a.at) {
		return false
	}
	return slices.ContainsFunc(a.c.Roster.PostsOf(l.hands, a.at), func(h roster.Holding) bool { return routing.Above(a.c, l.Unit, h.Unit) })
}

// keysOf lists the indexes of what waits for a person, in one queue or, for NoQueue, in any. It looks at the lines for which
// something waits in that queue, which are as many as the posts that have such work and not as the cases, and at the roster
// for those that may come to the person.
func (b *board) keysOf(c *city.City, person roster.PersonID, q Queue, now time.Time) []key {
	a := awaitedBy(c, person, now)
	var out []key
	for _, q := range handlersQueues(q) {
		out = append(out, key{handledBy(person), q})
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, q := range linesQueues(q) {
		from := len(out)
		for _, l := range b.lines[q] {
			if a.is(q, l) {
				out = append(out, key{roster.Unit{Kind: atPost, ID: l.id}, q})
			}
		}
		slices.SortFunc(out[from:], func(x, y key) int { return cmp.Compare(x.unit.ID, y.unit.ID) })
	}
	return out
}

// handlersQueues lists the queues whose indexes by handler make up a queue of a person, or everything that waits.
func handlersQueues(q Queue) []Queue {
	//exhaustive:ignore
	switch q {
	case NoQueue:
		return []Queue{MyWork, Supervised}
	case MyWork, Rework, ToSign, Supervised:
		return []Queue{q}
	default:
		return nil
	}
}

// linesQueues lists the queues whose indexes by line make up a queue of a person, or everything that waits.
func linesQueues(q Queue) []Queue {
	if q == NoQueue {
		return []Queue{NoQueue, ToVerify, ToCheck}
	}
	return []Queue{q}
}

// waitingFor reports of a case's queues whether the case waits for a person, in one queue or, for NoQueue, in any. It agrees
// with keysOf.
func waitingFor(c *city.City, person roster.PersonID, q Queue, now time.Time) func(queued) bool {
	a := awaitedBy(c, person, now)
	inHand, atLine := handlersQueues(q), linesQueues(q)
	is := func(at key) bool {
		switch {
		case at.unit.Kind == inHands:
			return at.unit == handledBy(person) && slices.Contains(inHand, at.queue)
		case at.unit.Kind == atPost:
			if !slices.Contains(atLine, at.queue) {
				return false
			}
			l := parseLine(at.unit.ID)
			return a.is(at.queue, &l)
		default:
			return false
		}
	}
	return func(k queued) bool { return slices.ContainsFunc(k.by, is) }
}
