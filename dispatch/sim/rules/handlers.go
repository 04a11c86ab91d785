package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sim/rules/posts"
)

// started checks a person who begins the work: a person of the owner, while nobody else does it.
func (h *History) started(d edition, e *dispatch.Event, was dispatch.Stage) error {
	if was == dispatch.Handling && h.handler != "" && d.worksFor(h.owner, h.handler, e.At) {
		return fmt.Errorf("event %d: %s starts the work of %s, who is there", e.Seq, e.Handler, h.handler)
	}
	return h.takes(d, e)
}

// handedOver checks another handler: a colleague of the owner takes over, or the handler has left and the post has the
// work again, also after an outage at whose end the person is back.
func (h *History) handedOver(d edition, e *dispatch.Event) error {
	if e.Actor != "" {
		if e.Handler == h.handler || e.Handler == "" {
			return fmt.Errorf("event %d: %s hands the work over to %q", e.Seq, h.handler, e.Handler)
		}
		for _, person := range []roster.PersonID{h.handler, e.Handler} {
			here := d.holds(person, e.At, func(posts.Holding) bool { return true }) && !d.absentAt(person, e.At)
			if here && person != e.Actor && !slices.Contains(e.Notified, person) {
				return fmt.Errorf("event %d: %s hands the work of %s over to %s and does not tell %s", e.Seq, e.Actor, h.handler, e.Handler, person)
			}
		}
		return h.takes(d, e)
	}
	if e.Handler != "" || h.handler == "" || d.worksFor(h.owner, h.handler, e.At.Add(-e.Late)) {
		return fmt.Errorf("event %d: the work of %s goes back to the post", e.Seq, h.handler)
	}
	h.mark("a handler leaves")
	h.worked, h.handler, h.Stage = append(slices.Clip(h.worked), h.handler), "", dispatch.Dispatched
	return h.untouched(e)
}

// freed checks work that goes on, from an instant on: it goes back to the post when nobody has it, or the handler has left.
func (h *History) freed(d edition, e *dispatch.Event, at time.Time) error {
	if gone := !d.worksFor(h.owner, h.handler, at); e.Freed != gone {
		return fmt.Errorf("event %d, %v: the work of %s goes back to the post: %v, and the handler is gone: %v", e.Seq, e.Kind, h.handler, e.Freed, gone)
	}
	if !e.Freed {
		return nil
	}
	h.Stage = dispatch.Dispatched
	if h.handler != "" {
		h.mark("a handler is gone when the work goes on")
		h.worked, h.handler = append(slices.Clip(h.worked), h.handler), ""
	}
	return nil
}

// takes makes a person the handler. The former handler has worked on the case.
func (h *History) takes(d edition, e *dispatch.Event) error {
	if !d.worksFor(h.owner, e.Handler, e.At) {
		return fmt.Errorf("event %d: %s is the handler and does not work for %s", e.Seq, e.Handler, h.owner)
	}
	if h.handler != "" {
		h.worked = append(slices.Clip(h.worked), h.handler)
	}
	h.handler = e.Handler
	return h.untouched(e)
}

// didWork reports whether a person did work on the case: as its handler, now or before, as the person who reported it done,
// or for a co-owner.
func (h *History) didWork(person roster.PersonID) bool {
	return person != "" && (person == h.fixer || person == h.handler || slices.Contains(h.worked, person))
}
