package rules

import (
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
)

// checkTold fails unless an event that gives the case to an owner tells a holder of one of the owner's posts, or is that
// person's own act. owner is the owner before.
func (h *History) checkTold(decides edition, e *dispatch.Event, owner roster.Unit) error {
	gives := e.Kind == dispatch.EventDispatched || e.Kind == dispatch.EventRerouted || e.Kind == dispatch.EventRevised && h.owner != owner
	if !gives {
		return nil
	}
	holds := func(p roster.PersonID) bool {
		for row := range strings.Lines(decides.posts) {
			if c := strings.Split(row, ","); c[1] == h.owner.String() && c[3] == string(p) {
				return true
			}
		}
		return false
	}
	if holds(e.Actor) || slices.ContainsFunc(e.Notified, holds) {
		return nil
	}
	return fmt.Errorf("event %d, %v, gives the case to %s and tells nobody there, but %v", e.Seq, e.Kind, h.owner, e.Notified)
}
