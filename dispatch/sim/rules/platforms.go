package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/posts"
)

// second is the limit within which a platform dispatches a case, or gives a part on, that was given to it.
const second = 45 * time.Minute

// platform is the platform of a district that has a case, or a co-owner's part, from the city's: it dispatches the case again.
type platform struct {
	unit    roster.Unit // zero = none: the city's own platform dispatches to the units
	since   time.Time   // when the case was given to it; of a part also when the work last went on
	missed  bool        // people were told that it is late
	returns int         // of the case to it
}

// due is when the limit of a platform's dispatch ends; zero without a platform.
func (p platform) due() time.Time {
	if p.unit == (roster.Unit{}) {
		return time.Time{}
	}
	return p.since.Add(second)
}

// partsToGive yields the parts that platforms have to give on. While the work is suspended, or nobody has it, they wait.
func (h *History) partsToGive(yield func(*part) bool) {
	if !h.owned() && h.Stage != dispatch.Checking {
		return
	}
	for i := range h.helpers {
		if p := &h.helpers[i]; p.open() && p.at.unit == p.unit && !yield(p) {
			return
		}
	}
}

// partToGive reports whether a platform has to give a part on.
func (h *History) partToGive() bool {
	for range h.partsToGive {
		return true
	}
	return false
}

// limitParts follows the limits of the parts that platforms have to give on: each begins when the part is given to the platform,
// and once more when the work goes on, unless people were told already that the platform is late. A part that is done, or that a
// unit of the district has, is under no such limit.
func (h *History) limitParts(d edition, e *dispatch.Event, before *History) {
	goesOn := e.Kind == dispatch.EventResumed || e.Kind == dispatch.EventUnmerged
	for i := range h.helpers {
		p := &h.helpers[i]
		switch {
		case !p.open() || !d.model.partly || !posts.IsDistrict(p.unit):
			p.at = platform{}
		case e.Kind == dispatch.EventDispatched, !h.had(before, p), goesOn && !p.at.missed:
			p.at = platform{unit: p.unit, since: e.At}
		}
	}
}

// withPlatform reports whether a platform has the case and must dispatch it.
func (h *History) withPlatform() bool {
	return h.Stage == dispatch.Dispatched && h.platform.unit != (roster.Unit{}) && h.owner == h.platform.unit
}

// secondDue returns when people are told that a platform has not dispatched the case; zero otherwise.
func (h *History) secondDue() time.Time {
	if h.withPlatform() && !h.platform.missed {
		return h.platform.due()
	}
	return time.Time{}
}

// givenTo notes the platform under which the owner of an event is: the owner itself, the platform that dispatches, or none.
func (h *History) givenTo(d edition, e *dispatch.Event, was dispatch.Stage) {
	is := platform{unit: h.owner, since: e.At}
	switch {
	case e.Owner.IsPlatform():
		h.platform = is
	case was == dispatch.Arbitration && h.arbiter == h.platform.unit, d.worksFor(h.platform.unit, e.Actor, e.At):
		// The platform's own decision.
	default:
		h.platform = platform{}
	}
}

// dispatchedAgain checks the second dispatch: by the platform that has the case, to one of its units, on the clock of the
// first dispatch. Work that a unit returned to the platform continues, too: the time in between counts.
func (h *History) dispatchedAgain(t *City, d edition, e *dispatch.Event, was dispatch.Stage) error {
	at := h.platform.unit
	if at == (roster.Unit{}) || !d.worksFor(at, e.Actor, e.At) && !d.holds(e.Actor, e.At, posts.AtCity) {
		return fmt.Errorf("event %d: %s of no platform dispatches a case of the platform %s again", e.Seq, e.Actor, at)
	}
	if h.owner = e.Owner.Unit; h.owner == at {
		return fmt.Errorf("event %d: the platform %s dispatches to itself", e.Seq, at)
	}
	h.asked, h.handler, h.arbiter = request{}, "", roster.Unit{}
	h.mark("a second dispatch")
	if was != dispatch.Returned {
		h.helpers = slices.DeleteFunc(h.helpers, func(p part) bool { return p.unit == h.owner })
		return h.checkClock(e)
	}
	h.clock = h.disposal
	h.clock.steps = h.ladder(d)
	if err := h.checkClock(e); err != nil {
		return err
	}
	return h.beginParts(t, d, e, h.clock.limit, h.clock.since)
}

// partGiven checks the second dispatch of a co-owner's part: by the platform that has the part, to another unit, on the clock of
// the duty. The platform stays informed.
func (h *History) partGiven(d edition, e *dispatch.Event) error {
	i := slices.IndexFunc(h.helpers, func(p part) bool { return p.unit == e.Party && p.open() })
	to := e.Owner.Unit
	if i < 0 || to == e.Party || to == h.owner || !d.worksFor(e.Party, e.Actor, e.At) {
		return fmt.Errorf("event %d: %s gives the part of %s to %s", e.Seq, e.Actor, e.Party, to)
	}
	there := func(n roster.PersonID) bool { return d.worksFor(to, n, e.At) }
	if !there(e.Actor) && !slices.ContainsFunc(e.Notified, there) {
		return fmt.Errorf("event %d: the part of %s is given to %s, and %v are told", e.Seq, e.Party, to, e.Notified)
	}
	given := h.helpers[i]
	given.unit, given.owed = to, signature{}
	h.helpers[i] = part{unit: e.Party}
	h.helpers = slices.DeleteFunc(h.helpers, func(p part) bool { return p.unit == to })
	h.helpers = append(h.helpers, given)
	h.mark("a part is given on")
	return h.untouched(e)
}

// missedSecond checks the alarm of a second dispatch that is late, of the case or of a part: people of the platform are told, once.
func (h *History) missedSecond(d edition, e *dispatch.Event) error {
	var at *platform
	if e.CoOwners == nil && h.withPlatform() {
		at = &h.platform
	}
	for p := range h.partsToGive {
		if e.CoOwners != nil && p.unit == e.Party {
			at = &p.at
		}
	}
	there := func(n roster.PersonID) bool { return d.worksFor(e.Party, n, e.At) }
	if at == nil || at.missed || e.Party != at.unit || !slices.ContainsFunc(e.Notified, there) {
		return fmt.Errorf("event %d: the platform %s is late, %v are told", e.Seq, e.Party, e.Notified)
	}
	at.missed = true
	h.mark(map[bool]string{true: "a second dispatch is late", false: "a part is given on late"}[at == &h.platform])
	return h.untouched(e)
}

// returned checks a case that its owner, or the platform to which the owner had returned it, gives back: to the platform
// that dispatched it.
func (h *History) returned(t *City, d edition, e *dispatch.Event, was dispatch.Stage) error {
	from := h.owner
	if was == dispatch.Returned {
		from = h.platform.unit
	}
	if e.Party != from || from == (roster.Unit{}) {
		return fmt.Errorf("event %d: %s returns a case of %s", e.Seq, e.Party, from)
	}
	if was != dispatch.Returned {
		h.disposal = h.clock
	}
	h.parties = append(slices.Clip(h.parties), from.String())
	if h.refused = from; from == h.platform.unit {
		h.platform = platform{}
	}
	if h.platform.unit == (roster.Unit{}) {
		h.returns++
	} else {
		h.platform.returns++
	}
	h.asked, h.owner, h.helpers, h.stones = request{}, roster.Unit{}, nil, nil
	return h.begin(d, e, t.dispatch)
}

// returnedTwice reports whether two units have returned the case to the platform that dispatches it: a superior decides.
func (h *History) returnedTwice() bool {
	if h.platform.unit == (roster.Unit{}) {
		return h.returns > 1
	}
	return h.platform.returns > 1
}
