package queue

import (
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

// Line is the people of a queue's index in the words of the wait, as read from the index's key.
type Line struct {
	ID string // as in the Key
	waits.Line
	hands roster.PersonID // a handler in whose absence alone the line is asked; "" = always
}

// Lines are the lines for which something waits, by the text in the key.
type Lines map[string]*Line

// text is the text of a line, that of the known line if there is one.
func (k Lines) text(b []byte) string {
	if l := k[string(b)]; l != nil {
		return l.ID
	}
	return string(b)
}

// Of is the unit of the indexes of a wait.
func (k Lines) Of(c *city.City, cs *dispatch.Case, w waits.Wait) roster.Unit {
	var buf [128]byte
	return roster.Unit{Kind: AtPost, ID: k.text(waits.LineOf(c, cs, w).Kept(c).Append(buf[:0]))}
}

// insteadOf is a line that is asked while the handler of a case is not there to do the work; the line itself when the case has
// no handler.
func (k Lines) insteadOf(cs *dispatch.Case, of roster.Unit) roster.Unit {
	if cs.Handler != "" {
		of.ID = k.text([]byte(of.ID + "\n@" + string(cs.Handler) + " " + cs.Owner.Unit.String()))
	}
	return of
}

// Hold adds a line of an index.
func (k Lines) Hold(id string) {
	l := ParseLine(id)
	k[id] = &l
}

// ParseLine reads the line of an index.
func ParseLine(id string) Line {
	text, hands, _ := strings.Cut(id, "\n@")
	person, _, _ := strings.Cut(hands, " ")
	return Line{id, waits.ParseLine(text), roster.PersonID(person)}
}

// Awaited decides what waits for a person at an instant.
type Awaited struct {
	c        *city.City
	person   roster.PersonID
	at       time.Time
	Held     []roster.Holding
	offHours bool // a rule for off hours may name one of the person's posts
}

// AwaitedBy decides for a person at an instant, by the rota of a city.
func AwaitedBy(c *city.City, person roster.PersonID, at time.Time) *Awaited {
	a := &Awaited{c: c, person: person, at: at, Held: c.Roster.PostsOf(person, at)}
	a.offHours = slices.ContainsFunc(c.OffHours, func(o city.OffHours) bool {
		return o.Answers == city.Superior || a.Holds(roster.PostID(o.Answers))
	})
	return a
}

// Holds reports whether the person holds a post.
func (a *Awaited) Holds(post roster.PostID) bool {
	return slices.ContainsFunc(a.Held, func(h roster.Holding) bool { return h.Post == post })
}

// mayBe reports whether a line may come to the person on some day: the test for most lines, at little cost.
func (a *Awaited) mayBe(l *Line) bool {
	return slices.ContainsFunc(l.Posts, a.Holds) || a.offHours && slices.ContainsFunc(a.c.OffHours, func(o city.OffHours) bool {
		return o.Fits(l.Unit) && (a.Holds(roster.PostID(o.Answers)) ||
			o.Answers == city.Superior && slices.ContainsFunc(a.Held, func(h roster.Holding) bool { return routing.Above(a.c, h.Unit, l.Unit) }))
	})
}

// Is reports whether what waits for a line in a queue waits for the person: for whom is on duty for the wait, wherever that is. A holder
// of the nearest post has it, too, whatever the shift, unless the queue is of verifications or checks that somebody else has to do.
func (a *Awaited) Is(q Queue, l *Line) bool {
	if !a.mayBe(l) || l.Bars(a.person) || l.hands != "" && a.works(l) {
		return false
	}
	onTask := q == ToVerify || q == ToCheck
	if !onTask && a.Holds(l.Posts[0]) {
		return true
	}
	on := l.Answerers(a.c, a.at)
	if onTask && len(on) == 0 {
		return a.Holds(l.Posts[0])
	}
	return slices.ContainsFunc(on, func(r escalation.Recipient) bool { return r.Person == a.person })
}

// works reports whether the handler of a line does the work.
func (a *Awaited) works(l *Line) bool {
	if a.c.Roster.Absent(l.hands, a.at) {
		return false
	}
	return slices.ContainsFunc(a.c.Roster.PostsOf(l.hands, a.at), func(h roster.Holding) bool { return routing.Above(a.c, l.Unit, h.Unit) })
}

// HandlersQueues lists the queues whose indexes by handler make up a queue of a person, or everything that waits.
func HandlersQueues(q Queue) []Queue {
	//exhaustive:ignore
	switch q {
	case None:
		return []Queue{MyWork, Supervised}
	case MyWork, Rework, ToSign, Supervised:
		return []Queue{q}
	default:
		return nil
	}
}

// LinesQueues lists the queues whose indexes by line make up a queue of a person, or everything that waits.
func LinesQueues(q Queue) []Queue {
	if q == None {
		return []Queue{None, ToVerify, ToCheck}
	}
	return []Queue{q}
}

// WaitingFor reports of a case's queues whether the case waits for a person, in one queue or, for None, in any. It agrees
// with the indexes of LinesQueues and HandlersQueues.
func WaitingFor(c *city.City, person roster.PersonID, q Queue, now time.Time) func(Queued) bool {
	a := AwaitedBy(c, person, now)
	inHand, atLine := HandlersQueues(q), LinesQueues(q)
	is := func(at At) bool {
		in := func(q Queue) bool { return at.In.Has(q) }
		switch {
		case at.Unit.Kind == inHands:
			return at.Unit == HandledBy(person) && slices.ContainsFunc(inHand, in)
		case at.Unit.Kind == AtPost && slices.ContainsFunc(atLine, in):
			l := ParseLine(at.Unit.ID)
			return slices.ContainsFunc(atLine, func(q Queue) bool { return in(q) && a.Is(q, &l) })
		default:
			return false
		}
	}
	return func(k Queued) bool { return slices.ContainsFunc(k.By, is) }
}
