// Package rules is a second implementation of the rules of a case, over invented cities: it observes the events of the service
// and says which rule they break. It never asks the compiled city.
package rules

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
)

// History is the model's state of one case, derived from its events alone. The zero value is a case without events. Fields
// are read only; Observe sets them.
type History struct {
	Seq   uint64 // the last event
	Sum   uint64 // hash of all events: written events must not change
	Stage dispatch.Stage
	Ended bool
	Told  []string  // items of notices that must be delivered
	Held  []string  // of Told: those that wait for the end of the quiet hours
	Marks []string  // turns that the events' kinds do not tell apart
	Next  time.Time // the armed timer; zero = none

	at       time.Time      // time of the last event
	before   dispatch.Stage // the stage before the merge
	category string
	clock    stopwatch // clock of the stage
	disposal stopwatch // clock of the owner's work while it is paused or another clock runs

	owner, refused roster.Unit
	returns        int
	asked          request
	until          time.Time // end of a suspension
	suspended      int       // number of suspensions
	fixer, checker roster.PersonID
	unanswered     bool // a supervision awaits its answer
	owed           signature

	base           string    // the edition of the last event
	dues           []due     // everything that the case waits for
	active         time.Time // when somebody acted last, or was reminded
	nudges         int       // reminders since
	reporter       roster.PersonID
	photos         int      // of the report
	areas, parties []string // of the place; units that have returned the case
	arbiter        roster.Unit
	handler        roster.PersonID
	worked         []roster.PersonID // everybody else who did some of the work
	helpers        []part            // co-owners
	stones         []part            // milestones
	platform       platform
	reworks        int
	group          dispatch.CaseID // the main case of its mass event
	resolved       time.Time
	ended          time.Time
	appeals        int
	reopened       bool
	changes        int        // of campaigns, that were made before the last event
	camp           mark       // of its campaign
	entered        *stopwatch // the clock before the act that puts the case under another category; nil after that act
	revisedLast    bool       // the last event is that of a revision
}

// policy returns the escalation policy of a category.
func (d edition) policy(category string) ladder {
	if d.model.urgent[category] {
		return d.ladders["urgent"]
	}
	return d.ladders["default"]
}

// request is an approval request that awaits a decision.
type request struct {
	kind        dispatch.RequestKind
	by, granted roster.PersonID
	until       time.Time
}

// begin starts the clock of a stage; beginAt that of a limit, from another instant on.
func (h *History) begin(decides edition, e *dispatch.Event, length time.Duration) error {
	return h.beginAt(decides, e, limit{}, length, e.At)
}

func (h *History) beginAt(decides edition, e *dispatch.Event, l limit, length time.Duration, at time.Time) error {
	if !e.Clock.Since.Equal(at) {
		return fmt.Errorf("the clock of %s starts at %s, its stage at %s", h.Stage, e.Clock.Since, at)
	}
	h.clock = stopwatch{limit: l, length: length, since: at, steps: h.ladder(decides)}
	h.clock.project(decides)
	return h.checkClock(e)
}

func (h *History) ladder(d edition) []policyStep { return d.policy(h.category).steps }

// checkClock fails unless an event states the clock of the model.
func (h *History) checkClock(e *dispatch.Event) error {
	k := &h.clock
	if !e.Clock.Since.Equal(k.since) || !e.Clock.Due.Equal(k.due) || e.Clock.Step != k.step {
		return fmt.Errorf("event %d, %v: the clock of %d %s from %s ends at %s at step %d, not at %s from %s at step %d",
			e.Seq, e.Kind, k.limit.n, k.unit(), k.since, k.due, k.step, e.Clock.Due, e.Clock.Since, e.Clock.Step)
	}
	return nil
}

// begins maps events to the stages that they begin. Other events keep the stage.
var begins = map[dispatch.EventKind]dispatch.Stage{
	dispatch.EventReported: dispatch.Reported, dispatch.EventVerifying: dispatch.Verifying,
	dispatch.EventFiled: dispatch.Filed, dispatch.EventDispatched: dispatch.Dispatched,
	dispatch.EventRerouted: dispatch.Dispatched, dispatch.EventSecondDispatched: dispatch.Dispatched,
	dispatch.EventReturned: dispatch.Returned, dispatch.EventReferred: dispatch.Arbitration,
	dispatch.EventSuspended: dispatch.Suspended, dispatch.EventResumed: dispatch.Handling,
	dispatch.EventResolved: dispatch.Checking, dispatch.EventCheckFailed: dispatch.Handling, dispatch.EventStarted: dispatch.Handling,
	dispatch.EventMerged: dispatch.Merged, dispatch.EventClosed: dispatch.Closed, dispatch.EventForceClosed: dispatch.Closed,
	dispatch.EventRejected: dispatch.Rejected, dispatch.EventVoided: dispatch.Voided, dispatch.EventSelfResolved: dispatch.SelfResolved,
}

// Observe applies the next event of case id in city t, and returns the broken rule, if any. After an error the history is of
// no use.
func (h *History) Observe(t *City, id string, e *dispatch.Event) error {
	if e.Seq != h.Seq+1 {
		return fmt.Errorf("event %d follows %d", e.Seq, h.Seq)
	}
	if e.At.Before(h.at) {
		return fmt.Errorf("event %d happens at %s, before the last one at %s", e.Seq, e.At, h.at)
	}
	last := h.at
	h.at = e.At
	b, err := record.EncodeEvents([]dispatch.Event{*e})
	if err != nil {
		return err
	}
	sum := fnv.New64a()
	fmt.Fprint(sum, h.Sum)
	_, _ = sum.Write(b)
	armed, before, was := h.Next, *h, h.Stage
	h.helpers, h.stones = slices.Clone(h.helpers), slices.Clone(h.stones)
	h.Seq, h.Next, h.Sum = e.Seq, e.NextAt, sum.Sum64()
	base, _, _ := strings.Cut(e.Revision, "+") // the suffix counts the rulings
	decides, ok := t.editions[base]
	if !ok {
		return fmt.Errorf("event %d is decided by revision %q, which was never applied", e.Seq, e.Revision)
	}
	for h.changes < len(t.changes) && t.changes[h.changes].last[id] < e.Seq {
		h.changes++
		h.entered = nil
	}
	if h.revisedLast = e.Kind == dispatch.EventRevised; e.At.After(last) {
		h.entered = nil
	}
	if err := h.unfollowed(t, e, last); err != nil {
		return err
	}
	again := h.Stage == dispatch.Merged && e.Kind == dispatch.EventUnmerged
	if h.Ended && !again {
		if err := h.checkAfterEnd(e); err != nil {
			return err
		}
	}
	if len(e.Notified) > 0 {
		h.Told = append(h.Told, fmt.Sprintf("%s-%d", id, e.Seq))
	}
	for i, person := range e.Notified {
		if e.AsOf(i) != dispatch.AsReporter && decides.absentAt(person, e.At) { // how a case ended is no task
			return fmt.Errorf("event %d: %s is notified while absent", e.Seq, person)
		}
	}
	if h.returnedTwice() && h.Stage == dispatch.Returned && e.Kind != dispatch.EventReferred {
		return fmt.Errorf("event %d, %v: returned twice without a superior's decision", e.Seq, e.Kind)
	}
	if err := h.checkNoneDropped(decides, e, armed); err != nil {
		return err
	}
	if what := source(e); what != "" {
		if err := h.fires(decides, e, what, armed, base == h.base); err != nil {
			return err
		}
	}
	if err := h.moves(decides, e, armed, base == h.base); err != nil {
		return err
	}
	owner := h.owner
	h.base = base
	if e.Actor != "" && e.Kind != dispatch.EventEscalatedByHand || e.Kind == dispatch.EventReminded {
		if h.active = e.At; e.Actor != "" {
			h.nudges = 0
		}
	}
	if stage, moves := begins[e.Kind]; moves {
		h.Stage = stage
	}
	return cmp.Or(h.apply(t, decides, e, was), h.holds(t, e), h.checkTold(decides, e, owner), h.receipts(decides, e, &before),
		h.checkParts(e, &before), h.checkReaders(decides, e, &before), h.checkTimer(decides, e)) // in this order
}

// checkNoneDropped fails unless every step that fell due on the owner's clock fired before an event that ends the
// clock. armed is the instant of the timer, set under the edition that decided the event before. A revision that
// counts hours differently moves the timer with the next event of the case, which may be that of a backfill, and not
// before: a deadline that people know of is never moved forward silently. A step that is due only under the new hours
// may therefore be missing. A step is lost if its timer was due, too. See lifecycle:
// TestDecide_FiresOverdueStepsOfItsOwnCity.
func (h *History) checkNoneDropped(decides edition, e *dispatch.Event, armed time.Time) error {
	// No other kind ends the owner's clock.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventResolved, dispatch.EventReturned, dispatch.EventMerged, dispatch.EventForceClosed, dispatch.EventVoided:
	default:
		return nil
	}
	if !h.owned() || h.Ended || armed.IsZero() || armed.After(e.At) {
		return nil
	}
	for _, w := range h.waiting(decides) {
		if !w.at.After(e.At) {
			return fmt.Errorf("event %d, %v: %s fell due at %s on the owner's clock and is dropped", e.Seq, e.Kind, w.what, w.at)
		}
	}
	return nil
}

// checkTimer fails unless the timer is set to the first of everything that the case waits for.
func (h *History) checkTimer(decides edition, e *dispatch.Event) error {
	h.dues = h.waiting(decides)
	var want time.Time
	for _, d := range h.dues {
		if want.IsZero() || d.at.Before(want) {
			want = d.at
		}
	}
	if !e.NextAt.Equal(want) {
		return fmt.Errorf("event %d, %v, arms a timer at %s, not at %s; the case waits for %v", e.Seq, e.Kind, e.NextAt, want, h.dues)
	}
	return nil
}

// Overlooked returns what should have happened by now, right after a run of the scheduler; nil = nothing.
func (h *History) Overlooked(now time.Time) error {
	if !h.Ended && !h.Next.IsZero() && !h.Next.After(now) {
		return fmt.Errorf("what was due at %s while %s, of %v, has not happened at %s", h.Next, h.Stage, h.dues, now)
	}
	return nil
}

// revised checks a case that another revision moves: its clock continues from the same start under the new limit, and
// no step fires twice or is left out.
func (h *History) revised(decides edition, e *dispatch.Event) error {
	h.place(e)
	h.reviseParts(decides, e)
	if e.Party != (roster.Unit{}) {
		h.arbiter = e.Party
	}
	if e.Request != dispatch.NoRequest && !e.Granted { // the unit that asked has the case no more
		if h.asked.kind != e.Request {
			return fmt.Errorf("event %d: a revision lets %v lapse; %v is requested", e.Seq, e.Request, h.asked.kind)
		}
		h.asked = request{}
	}
	if k := h.asked.kind; e.Owner.Unit != h.owner && (k == dispatch.RequestExtension || k == dispatch.RequestSuspension) {
		return fmt.Errorf("event %d: the request of %s, %v, stays with %s", e.Seq, h.owner, k, e.Owner.Unit)
	}
	if owns := h.Stage == dispatch.Dispatched || h.Stage == dispatch.Handling || h.Stage == dispatch.Suspended; owns {
		if h.Stage == dispatch.Handling && e.Owner.Unit != h.owner {
			h.Stage, h.handler = dispatch.Dispatched, "" // the new owner has not begun
		}
		was := h.owner // a platform that gets the case, also once more, has a limit from now on
		if h.owner = e.Owner.Unit; e.Owner.IsPlatform() && (h.owner != h.platform.unit || h.owner != was) {
			h.platform = platform{unit: h.owner, since: e.At}
		}
	}
	if e.Freed { // the handler has left
		if h.handler != "" {
			h.worked, h.handler = append(slices.Clip(h.worked), h.handler), ""
		}
		if h.Stage == dispatch.Handling {
			h.Stage = dispatch.Dispatched
		}
	}
	k := &h.clock
	is := h.ladder(decides)
	switch running := e.Clock.Running(); {
	case running && (!k.runs() || k.limit.n == 0):
		return h.untouched(e)
	case running: // otherwise only the policy changes
		k.limit = decides.limitUnder(h.category, h.camp)
		if k.project(decides); !e.Clock.Since.Equal(k.since) || !e.Clock.Due.Equal(k.due) {
			return fmt.Errorf("event %d: under its revision %d %s from %s end at %s, not at %s from %s", e.Seq, k.limit.n, k.limit.unit,
				k.since, k.due, e.Clock.Due, e.Clock.Since)
		}
	}
	if k.runs() || h.camp.held && h.owned() {
		if k.rejoin(decides, is, e.At); e.Step != k.step {
			return fmt.Errorf("event %d: a revision sets step %d; the next one is %d", e.Seq, e.Step, k.step)
		}
	}
	if k = h.paused(); k == nil {
		return h.checkResume(e, k, 0)
	}
	step := k.step
	k.rejoin(decides, is, e.At)
	return h.checkResume(e, k, step)
}

// paused returns the clock of the owner's work while it is paused, because another party must act or the case is
// suspended; nil otherwise.
func (h *History) paused() *stopwatch {
	// The clock is paused at no other stage.
	//exhaustive:ignore
	switch h.Stage {
	case dispatch.Checking, dispatch.Returned, dispatch.Arbitration:
		return &h.disposal
	case dispatch.Suspended:
		return &h.clock
	default:
		return nil
	}
}

// checkResume fails unless an event sets the step of the paused work; was is the previous step. An unchanged step
// need not be repeated.
func (h *History) checkResume(e *dispatch.Event, k *stopwatch, was int) error {
	if e.PausedStep > 0 {
		was = e.PausedStep - 1
	}
	want := 0 // of none
	if k != nil {
		want = k.step
	}
	if was != want {
		return fmt.Errorf("event %d: paused work resumes at step %d, not at %d", e.Seq, want, was)
	}
	return nil
}
