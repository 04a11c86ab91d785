package sim

import (
	"fmt"
	"time"
	"wangge/dispatch"
)

// requested checks what somebody asks for and others grant: an extension before the deadline, twice at
// most, each by three people; a suspension once.
func (h *history) requested(decides edition, e *dispatch.Event) error {
	switch e.Kind {
	case dispatch.EventAsked:
		late := e.Ask == dispatch.AskExtension && e.At.After(h.clock.due)
		if late || e.Ask == dispatch.AskExtension && h.clock.extended > 1 || e.Ask == dispatch.AskSuspension && h.suspended > 0 {
			return fmt.Errorf("event %d: %v is asked for too late or too often", e.Seq, e.Ask)
		}
		h.asked = request{kind: e.Ask, by: e.Actor, until: e.Until}
	case dispatch.EventGranted:
		if h.asked.kind != e.Ask || h.asked.by == e.Actor || h.asked.granted != "" {
			return fmt.Errorf("event %d: %s grants what %s asked for", e.Seq, e.Actor, h.asked.by)
		}
		h.asked.granted = e.Actor
	case dispatch.EventDenied:
		if h.asked.kind != e.Ask || h.asked.by == e.Actor {
			return fmt.Errorf("event %d: %s denies what %s asked for", e.Seq, e.Actor, h.asked.by)
		}
		h.asked = request{}
	default:
		if a := h.asked; a.kind != dispatch.AskExtension || a.granted == "" || a.granted == e.Actor || a.by == e.Actor {
			return fmt.Errorf("event %d: %s extends what %s asked for and %s granted", e.Seq, e.Actor, a.by, a.granted)
		}
		h.asked = request{}
		h.clock.extended++
		h.clock.project(decides)
		return h.holds(e)
	}
	return h.untouched(e)
}

// putOff checks a suspension: every clock stands from its grant to its end, or until somebody takes the
// work up before.
func (h *history) putOff(decides edition, e *dispatch.Event) error {
	if e.Kind == dispatch.EventSuspended {
		if a := h.asked; a.kind != dispatch.AskSuspension || a.by == e.Actor || !e.Until.Equal(a.until) || !e.Until.After(e.At) {
			return fmt.Errorf("event %d: %s puts it off to %s, %s asked for %s", e.Seq, e.Actor, e.Until, a.by, a.until)
		}
		h.until, h.asked = e.Until, request{}
		h.suspended++
		h.clock.stand(decides, e.At)
		return h.untouched(e)
	}
	at := e.At
	if e.Actor == "" {
		if at = h.until; e.At.Before(at) || e.Late != e.At.Sub(at) {
			return fmt.Errorf("event %d: a suspension that ends at %s ends at %s, late by %s", e.Seq, at, e.At, e.Late)
		}
	}
	h.until, h.clock.since, h.clock.rungs = time.Time{}, at, h.ladder(decides)
	h.clock.project(decides)
	return h.holds(e)
}
