package sim

import (
	"fmt"
	"slices"
	"time"
	"wangge/dispatch"
)

// history is what the rules say of one case, learned from its events alone.
type history struct {
	seq      uint64
	stage    dispatch.Stage
	ended    bool
	category string
	limit    limit // of the running clock; zero n = a length of the office's own
	length   time.Duration
	since    time.Time // the clock runs since; zero = it stands
	used     time.Duration
	shares   []int
	step     int
	told     []string  // items that somebody must hear of
	next     time.Time // what is armed
	disposal struct {
		limit limit
		since time.Time
		used  time.Duration
		step  int
	}
}

// instant is when the rules want a step.
func (h *history) instant(t *town, step int) time.Time {
	share := time.Duration(h.shares[step])
	unit := "hours"
	length := h.length
	if h.limit.n > 0 {
		unit, length = h.limit.unit, t.budget(h.limit)
	}
	return t.after(h.since, unit, length/100*share+length%100*share/100-h.used)
}

// begin starts the clock of a stage.
func (h *history) begin(t *town, e *dispatch.Event, l limit, length time.Duration) error {
	if !e.Clock.Since.Equal(e.At) {
		return fmt.Errorf("the clock of %s begins at %s, the stage at %s", h.stage, e.Clock.Since, e.At)
	}
	h.limit, h.length, h.since, h.used, h.step = l, length, e.At, 0, 0
	h.shares = t.ladders["default"]
	if t.urgent[h.category] {
		h.shares = t.ladders["urgent"]
	}
	return nil
}

// stages that an event begins; 0 = it begins none.
var begins = map[dispatch.EventKind]dispatch.Stage{
	dispatch.EventReported: dispatch.Reported, dispatch.EventFiled: dispatch.Filed, dispatch.EventDispatched: dispatch.Dispatched,
	dispatch.EventResolved: dispatch.Checking, dispatch.EventCheckFailed: dispatch.Handling, dispatch.EventStarted: dispatch.Handling, dispatch.EventClosed: dispatch.Closed,
}

// hear takes one event in and says what rule it breaks.
func (h *history) hear(t *town, id string, e *dispatch.Event) error {
	if e.Seq != h.seq+1 {
		return fmt.Errorf("event %d follows %d", e.Seq, h.seq)
	}
	h.seq, h.next = e.Seq, e.NextAt
	decides, ok := t.editions[e.Revision]
	if !ok {
		return fmt.Errorf("event %d is decided by revision %q, which nobody has proposed", e.Seq, e.Revision)
	}
	if h.ended && (e.Kind != dispatch.EventCommented || e.Clock.Running() || !e.NextAt.IsZero()) {
		return fmt.Errorf("event %d, %v, of a case that has ended", e.Seq, e.Kind)
	}
	if len(e.Told) > 0 {
		h.told = append(h.told, fmt.Sprintf("%s-%d", id, e.Seq))
	}
	for _, person := range e.Told {
		if slices.ContainsFunc(decides.absent[string(person)], func(a [2]time.Time) bool { return !e.At.Before(a[0]) && e.At.Before(a[1]) }) {
			return fmt.Errorf("event %d: %s is told, who is away", e.Seq, person)
		}
	}
	stage, moves := begins[e.Kind]
	if moves {
		h.stage = stage
	}
	switch e.Kind {
	case dispatch.EventReported:
		h.category = string(e.Report.Category)
		return h.begin(t, e, limit{}, t.accept)
	case dispatch.EventFiled:
		if !e.Clock.Running() { // an inspector's: the dispatch follows in the same act
			return nil
		}
		return h.begin(t, e, limit{}, t.dispatch)
	case dispatch.EventDispatched:
		l := decides.limits[h.category]
		if err := h.begin(t, e, l, 0); err != nil {
			return err
		}
		if want := t.after(e.At, l.unit, t.budget(l)); !want.Equal(e.Clock.Due) {
			return fmt.Errorf("event %d: %d %s from %s end at %s, not at %s", e.Seq, l.n, l.unit, e.At, want, e.Clock.Due)
		}
	case dispatch.EventResolved:
		h.disposal.limit, h.disposal.since, h.disposal.used, h.disposal.step = h.limit, h.since, h.used, h.step
		return h.begin(t, e, limit{}, t.check)
	case dispatch.EventCheckFailed: // the first deadline stays: the clock goes on with what was used
		h.limit, h.since, h.used, h.step = h.disposal.limit, e.Clock.Since, e.Clock.Consumed, e.Step
		if h.shares = t.ladders["default"]; t.urgent[h.category] {
			h.shares = t.ladders["urgent"]
		}
		if h.step < h.disposal.step {
			return fmt.Errorf("event %d: rework goes back from step %d to %d", e.Seq, h.disposal.step, h.step)
		}
	case dispatch.EventClosed:
		if h.ended = true; !e.NextAt.IsZero() {
			return fmt.Errorf("event %d closes the case and arms a timer at %s", e.Seq, e.NextAt)
		}
	case dispatch.EventEscalated, dispatch.EventStepSkipped:
		return h.fired(t, e)
	case dispatch.EventRevised:
		return h.revised(t, decides, e)
	default:
		if e.Clock.Running() {
			return fmt.Errorf("event %d, %v, touches the clock", e.Seq, e.Kind)
		}
	}
	return nil
}

// fired checks one step of the ladder: the next one, not before its instant, as late as it says.
func (h *history) fired(t *town, e *dispatch.Event) error {
	if e.Step != h.step || e.Step >= len(h.shares) {
		return fmt.Errorf("event %d: step %d fires where %d is next of %d", e.Seq, e.Step, h.step, len(h.shares))
	}
	at := h.instant(t, e.Step)
	if e.At.Before(at) {
		return fmt.Errorf("event %d: step %d is due at %s and fires at %s", e.Seq, e.Step, at, e.At)
	}
	if off := e.At.Sub(at) - e.Late; off < -time.Second || off > time.Second {
		return fmt.Errorf("event %d: step %d is %s late and says %s", e.Seq, e.Step, e.At.Sub(at), e.Late)
	}
	h.step++
	return nil
}

// forgotten says which step should have fired by now, when a keeper has just been at work.
func (h *history) forgotten(t *town, now time.Time) error {
	if h.ended || h.since.IsZero() || h.step >= len(h.shares) {
		return nil
	}
	if at := h.instant(t, h.step); !at.After(now) {
		return fmt.Errorf("step %d was due at %s and has not fired at %s", h.step, at, now)
	}
	return nil
}

// revised checks a case that another revision moves: its clock runs on from the same start by the new
// limit, and no step of the ladder comes back or is left out.
func (h *history) revised(t *town, decides edition, e *dispatch.Event) error {
	if h.limit.n == 0 || h.since.IsZero() {
		if e.Clock.Running() {
			return fmt.Errorf("event %d: a revision touches the clock of %s", e.Seq, h.stage)
		}
		return nil
	}
	l := decides.limits[h.category]
	if want := t.after(h.since, l.unit, t.budget(l)-h.used); !e.Clock.Since.Equal(h.since) || !e.Clock.Due.Equal(want) {
		return fmt.Errorf("event %d: by its revision %d %s from %s end at %s, not at %s from %s", e.Seq, l.n, l.unit, h.since, want, e.Clock.Due, e.Clock.Since)
	}
	if h.limit = l; e.Step != h.step {
		return fmt.Errorf("event %d: a revision puts step %d where %d is next", e.Seq, e.Step, h.step)
	}
	return nil
}
