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

// holds notes a notice that must not be sent in the quiet hours: about a matter that is not of severity A, for nobody keeps
// the hours of a shift. The matter is as the event leaves it.
func (h *History) holds(t *City, e *dispatch.Event) error { //nolint:unparam // called among the checks of Observe, in their order
	if len(e.Notified) > 0 {
		urgent := t.urgent[h.category]
		h.Marks = append(h.Marks, t.quiet.Turns(e.At.In(t.zone), urgent, e.Actor == "")...)
		if !urgent {
			h.Held = append(h.Held, h.Told[len(h.Told)-1])
		}
	}
	return nil
}
