package sim

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
)

// requested checks approval requests: an extension is asked for before the deadline, at most twice, each by three
// people, for the limit once more or for a chosen time; a suspension once.
func (h *history) requested(decides edition, e *dispatch.Event) error {
	// The caller passes four kinds; the remaining one is EventExtended.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventRequested:
		late := e.Request == dispatch.RequestExtension && e.At.After(h.clock.due)
		if late || e.Request == dispatch.RequestExtension && h.clock.extended > 1 || e.Request == dispatch.RequestSuspension && h.suspended > 0 {
			return fmt.Errorf("event %d: %v is requested too late or too often", e.Seq, e.Request)
		}
		if on := h.clock; e.Request == dispatch.RequestExtension && !on.extend(decides, e.Until) {
			return fmt.Errorf("event %d: an extension to %s is requested, from %s", e.Seq, e.Until, h.clock.due)
		}
		h.asked = request{kind: e.Request, by: e.Actor, until: e.Until}
	case dispatch.EventGranted:
		if h.asked.kind != e.Request || h.asked.by == e.Actor || h.asked.granted != "" {
			return fmt.Errorf("event %d: %s grants the request of %s", e.Seq, e.Actor, h.asked.by)
		}
		h.asked.granted = e.Actor
	case dispatch.EventDenied:
		if h.asked.kind != e.Request || h.asked.by == e.Actor {
			return fmt.Errorf("event %d: %s denies the request of %s", e.Seq, e.Actor, h.asked.by)
		}
		h.asked = request{}
	default:
		if a := h.asked; a.kind != dispatch.RequestExtension || a.granted == "" || a.granted == e.Actor || a.by == e.Actor {
			return fmt.Errorf("event %d: %s approves the extension that %s requested and %s granted", e.Seq, e.Actor, a.by, a.granted)
		}
		until := h.asked.until
		h.asked = request{}
		h.clock.extend(decides, until)
		return h.checkClock(e)
	}
	return h.untouched(e)
}

// merged checks a case that was merged into an earlier one: its clock is paused.
func (h *history) merged(decides edition, e *dispatch.Event, was dispatch.Stage) error {
	h.before, h.ended, h.asked = was, true, request{}
	if was != dispatch.Suspended {
		h.clock.stop(decides, e.At)
	}
	return h.untouched(e)
}

// unmerged checks a case that is no longer merged: it resumes at its stage, under the current policy, with the rest
// of its clock.
func (h *history) unmerged(decides edition, e *dispatch.Event) error {
	h.stage, h.ended = h.before, false
	is := h.ladder(decides)
	k := h.paused()
	if k != nil {
		step := k.step
		k.rejoin(decides, is, e.At)
		if err := h.checkResume(e, k, step); err != nil {
			return err
		}
	}
	if h.stage == dispatch.Suspended {
		return h.untouched(e)
	}
	h.clock.since = e.At
	h.clock.project(decides)
	h.clock.rejoin(decides, is, e.At)
	return h.checkClock(e)
}

// reclassified checks a case under another category: the time used remains used, the limit is that of the new
// category, and no step of the policy fires twice or is left out.
func (h *history) reclassified(decides edition, e *dispatch.Event) error {
	was := h.ladder(decides)
	h.category = string(e.Category)
	is, limit := h.ladder(decides), decides.limit(h.category)
	other := func(k *stopwatch, on dispatch.Clock) {
		if k.limit.unit != limit.unit {
			k.chosen, k.granted = 0, 0 // an extension to a chosen time was counted in the other unit: the new limit once more
		}
		if k.limit = limit; !k.runs() {
			return
		}
		if on.Since.Equal(e.At) { // another clock counts from here
			k.stop(decides, e.At)
			k.since = e.At
		}
		k.project(decides)
	}
	k := &h.clock
	switch {
	case h.stage == dispatch.Suspended:
		other(k, e.Clock)
		k.rejoin(decides, is, e.At)
		if e.Clock.Running() || e.Clock.Step != k.step {
			return fmt.Errorf("event %d: suspended work resumes at step %d, not at %d", e.Seq, k.step, e.Clock.Step)
		}
		return nil
	case k.limit.n > 0:
		other(k, e.Clock)
	case h.stage == dispatch.Returned || h.stage == dispatch.Arbitration:
		k = &h.disposal
		other(k, e.PausedClock)
		k.rejoin(decides, is, e.At)
		if a := e.PausedClock; !a.Since.Equal(k.since) || !a.Due.Equal(k.due) || a.Step != k.step {
			return fmt.Errorf("event %d: the deadline of returned work is %s at step %d, not %s at step %d", e.Seq, k.due, k.step, a.Due, a.Step)
		}
	}
	if !slices.Equal(was, is) {
		h.clock.rejoin(decides, is, e.At)
	}
	return h.checkClock(e)
}

// suspension checks a suspension: every clock is paused from the grant until the end, or until somebody resumes the
// work earlier.
func (h *history) suspension(decides edition, e *dispatch.Event) error {
	if e.Kind == dispatch.EventSuspended {
		if a := h.asked; a.kind != dispatch.RequestSuspension || a.by == e.Actor || !e.Until.Equal(a.until) || !e.Until.After(e.At) {
			return fmt.Errorf("event %d: %s suspends to %s; %s requested %s", e.Seq, e.Actor, e.Until, a.by, a.until)
		}
		h.until, h.asked = e.Until, request{}
		h.suspended++
		h.clock.stop(decides, e.At)
		return h.untouched(e)
	}
	at := e.At
	if e.Actor == "" {
		if at = h.until; e.At.Before(at) || e.Late != e.At.Sub(at) {
			return fmt.Errorf("event %d: a suspension that ends at %s ends at %s, late by %s", e.Seq, at, e.At, e.Late)
		}
	}
	h.until, h.clock.since, h.clock.steps = time.Time{}, at, h.ladder(decides)
	h.clock.project(decides)
	return h.checkClock(e)
}
