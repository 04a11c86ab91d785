package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/sim/rules/posts"
)

// requested checks approval requests: an extension is asked for before the deadline, at most twice, each by three
// people, for the limit once more or for a chosen time; a suspension once.
func (h *History) requested(decides edition, e *dispatch.Event) error {
	// The caller passes four kinds; the remaining one is EventExtended.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventRequested:
		if e.Request == dispatch.RequestAppeal {
			return h.appealed(decides, e)
		}
		longer, pause := e.Request == dispatch.RequestExtension, e.Request == dispatch.RequestSuspension
		if h.asked.kind != dispatch.NoRequest || longer && (e.At.After(h.clock.due) || h.clock.extended > 1) || pause && h.suspended > 0 {
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
		leads := func(p posts.Holding) bool { return p.Role == "leader" && posts.Above(p.Unit, h.owner) }
		if e.Request == dispatch.RequestExtension && !decides.holds(e.Actor, e.At, leads) {
			return fmt.Errorf("event %d: %s, no leader of %s, grants an extension first", e.Seq, e.Actor, h.owner)
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
		until, second := h.asked.until, h.clock.extended > 0
		h.asked = request{}
		if !decides.holds(e.Actor, e.At, func(p posts.Holding) bool {
			return p.Role == "duty_chief" || !second && p.Role == "dispatcher" || second && p.Role == "leader" && p.Unit == "area:T"
		}) {
			return fmt.Errorf("event %d: %s approves an extension, a second one: %v", e.Seq, e.Actor, second)
		}
		if !h.clock.extend(decides, until) {
			return fmt.Errorf("event %d: an extension to %s is granted, to %s", e.Seq, until, h.clock.due)
		}
		h.mark(map[bool]string{true: "a second extension", false: "a first extension"}[second])
		return h.checkClock(e)
	}
	return h.untouched(e)
}

// merged checks a case that was merged into an earlier one: its clock is paused.
func (h *History) merged(decides edition, e *dispatch.Event, was dispatch.Stage) error {
	h.before, h.Ended, h.asked = was, true, request{}
	if was != dispatch.Suspended {
		h.clock.stop(decides, e.At)
	}
	return h.untouched(e)
}

// unmerged checks a case that is no longer merged: it resumes at its stage, under the current policy, with the rest
// of its clock.
func (h *History) unmerged(decides edition, e *dispatch.Event) error {
	h.Stage, h.Ended = h.before, false
	is := h.ladder(decides)
	k := h.paused()
	if k != nil {
		step := k.step
		k.rejoin(decides, is, e.At)
		if err := h.checkResume(e, k, step); err != nil {
			return err
		}
	}
	if h.Stage == dispatch.Suspended {
		return h.untouched(e)
	}
	h.resumeParts(decides, e.At)
	h.clock.since = e.At
	h.clock.project(decides)
	h.clock.rejoin(decides, is, e.At)
	return h.checkClock(e)
}

// reclassified checks a case under another category: the time used remains used, the limit is that of the new
// category, and no step of the policy fires twice or is left out.
func (h *History) reclassified(t *City, decides edition, e *dispatch.Event) error {
	was := h.ladder(decides)
	if before := h.clock; h.category != string(e.Category) && h.entered == nil {
		h.entered = &before
	}
	h.category = string(e.Category)
	if r := h.run(t); r == nil || h.camp.id != string(r.ID) || h.camp.change != r.Change {
		h.camp = mark{}
	}
	is, limit := h.ladder(decides), decides.limitUnder(h.category, h.camp)
	other := func(k *stopwatch, on dispatch.Clock) {
		if k.limit.unit != limit.unit { // an extension to a chosen time stays the same share of the limit
			k.granted = time.Duration(float64(k.granted) / float64(decides.budget(k.limit)) * float64(decides.budget(limit)))
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
	case h.Stage == dispatch.Suspended:
		other(k, e.Clock)
		h.reclassifyParts(t, decides, e, other)
		k.rejoin(decides, is, e.At)
		if e.Clock.Running() || e.Clock.Step != k.step {
			return fmt.Errorf("event %d: suspended work resumes at step %d, not at %d", e.Seq, k.step, e.Clock.Step)
		}
		return nil
	case k.limit.n > 0:
		other(k, e.Clock)
		h.reclassifyParts(t, decides, e, other)
	case h.Stage == dispatch.Returned || h.Stage == dispatch.Arbitration:
		k = &h.disposal
		var a dispatch.Clock
		if e.PausedClock != nil {
			a = *e.PausedClock
		}
		other(k, a)
		k.rejoin(decides, is, e.At)
		if !a.Since.Equal(k.since) || !a.Due.Equal(k.due) || a.Step != k.step {
			return fmt.Errorf("event %d: the deadline of returned work is %s at step %d, not %s at step %d", e.Seq, k.due, k.step, a.Due, a.Step)
		}
	}
	if !slices.Equal(was, is) {
		h.clock.rejoin(decides, is, e.At)
	}
	return h.checkClock(e)
}

// ExtendedOnce reports whether the work may be extended once more.
func (h *History) ExtendedOnce() bool { return h.owned() && h.clock.extended == 1 }

// suspension checks a suspension: every clock is paused from the grant until the end, or until somebody resumes the
// work earlier.
func (h *History) suspension(decides edition, e *dispatch.Event) error {
	if e.Kind == dispatch.EventSuspended {
		if a := h.asked; a.kind != dispatch.RequestSuspension || a.by == e.Actor || !e.Until.Equal(a.until) || !e.Until.After(e.At) {
			return fmt.Errorf("event %d: %s suspends to %s; %s requested %s", e.Seq, e.Actor, e.Until, a.by, a.until)
		}
		h.until, h.asked, h.suspended = e.Until, request{}, h.suspended+1
		h.clock.stop(decides, e.At)
		h.pauseParts(decides, e.At)
		return h.untouched(e)
	}
	at := e.At
	if e.Actor == "" {
		at = h.until
	}
	h.until, h.clock.since, h.clock.steps = time.Time{}, at, h.ladder(decides)
	h.clock.project(decides)
	h.resumeParts(decides, at)
	return cmp.Or(h.checkClock(e), h.freed(decides, e, at))
}

// reprojected checks open deadlines that move to the hours of the present calendar. A timer that moves by itself leaves
// them alone.
func (h *History) reprojected(decides edition, e *dispatch.Event) error {
	if e.Actor == "" {
		return h.untouched(e)
	}
	for p := range h.parts {
		if p.clock.runs() {
			p.clock.project(decides)
		}
	}
	if !h.clock.runs() {
		return h.untouched(e)
	}
	if h.clock.limit.n > 0 {
		h.clock.project(decides)
	}
	return h.checkClock(e)
}
