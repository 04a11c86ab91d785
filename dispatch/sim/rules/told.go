package rules

import (
	"fmt"
	"slices"

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
