package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// checkTold fails unless an event that gives the case to an owner tells a holder of one of the owner's posts, or is that
// person's own act. owner is the owner before.
func (h *History) checkTold(decides edition, e *dispatch.Event, owner roster.Unit) error {
	gives := e.Kind == dispatch.EventDispatched || e.Kind == dispatch.EventRerouted || e.Kind == dispatch.EventSecondDispatched ||
		e.Kind == dispatch.EventRevised && h.owner != owner ||
		e.Freed || e.Kind == dispatch.EventHandedOver && e.Actor == "" // back to the post
	if !gives {
		return nil
	}
	holds := func(p roster.PersonID) bool { return decides.worksFor(h.owner, p, e.At) }
	if holds(e.Actor) || slices.ContainsFunc(e.Notified, holds) {
		return nil
	}
	return fmt.Errorf("event %d, %v, gives the case to %s and tells nobody there, but %v", e.Seq, e.Kind, h.owner, e.Notified)
}

// Quiet reports whether an instant lies in the quiet hours of the city.
func (t *City) Quiet(at time.Time) bool { return t.quiet.Holds(at.In(t.zone)) }

// holds notes an alarm that must not be sent in the quiet hours: one of the service itself, about a matter that is not of
// severity A.
func (h *History) holds(t *City, e *dispatch.Event) {
	if e.Actor != "" || t.urgent[h.category] {
		return
	}
	h.Held = append(h.Held, h.Told[len(h.Told)-1])
	if t.Quiet(e.At) {
		h.mark("an alarm waits for the morning")
	}
}
