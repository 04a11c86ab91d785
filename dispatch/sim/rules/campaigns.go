package rules

import (
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
)

// change is a run of a campaign as a decision of the office left it.
type change struct {
	city.CampaignRun
	last map[string]uint64 // the last event of each case before the change
}

// mark is what a campaign did to the clocks of a case last; zero = nothing.
type mark struct {
	id     string
	change uint64
	held   bool      // the clocks of the work are paused
	from   time.Time // from then on; else the limit counts from there, or zero: an act has lifted the pause
	grade  string
}

// Changed notes a change of a run of a campaign; last are the last events of the cases before.
func (t *City) Changed(r *city.CampaignRun, last map[string]uint64) error {
	if r.Change != uint64(len(t.changes))+1 {
		return fmt.Errorf("change %d of the campaigns follows %d", r.Change, len(t.changes))
	}
	t.changes = append(t.changes, change{*r, last})
	return nil
}

// run is the last run of the campaign of the category; nil = none.
func (h *History) run(t *City) *change {
	id := t.driven[h.category]
	for i := range slices.Backward(t.changes[:h.changes]) {
		if r := &t.changes[i]; string(r.ID) == id {
			return r
		}
	}
	return nil
}

// follows is the event by which work under way must follow the campaign of its category; unknown = none. Work that is overdue
// when the campaign begins keeps its limit. After the stop, so does work that was dispatched when no case counts from the stop
// any more, and work that another decision had put off until after the stop: another category puts nothing off.
func (h *History) follows(t *City) dispatch.EventKind {
	r := h.run(t)
	if r == nil || h.Ended || !h.owned() || h.clock.limit.n == 0 {
		return dispatch.EventUnknown
	}
	same := h.camp.id == string(r.ID) && h.camp.change == r.Change
	under, k := r.StoppedAt.IsZero(), &h.clock
	if same && h.camp.held == under {
		return dispatch.EventUnknown
	}
	if lifted := same && under; !h.camp.held && !lifted {
		late := !k.runs() || !k.due.After(r.StartedAt)
		if h.entered != nil {
			k = h.entered
		}
		after := !under && (!k.since.Before(r.StoppedAt.AddDate(0, 0, r.AfterDays)) || k.since.After(r.StoppedAt) && len(k.ran) > 0)
		if late || after {
			return dispatch.EventUnknown
		}
	}
	if under {
		return dispatch.EventLimitSuspended
	}
	return dispatch.EventLimitStarted
}

// unfollowed fails if an event happens to work that should have followed a campaign first, in the same act.
func (h *History) unfollowed(t *City, e *dispatch.Event, was time.Time) error {
	// The other kinds come after the campaign's.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventLimitSuspended, dispatch.EventLimitStarted, dispatch.EventLimitResumed, dispatch.EventRevised:
		return nil
	}
	if due := h.follows(t); due != dispatch.EventUnknown && e.At.After(was) {
		return fmt.Errorf("event %d, %v, and the work has not followed its campaign: %v is missing, after %+v", e.Seq, e.Kind, due, h.camp)
	}
	return nil
}

// Unswept returns what is missing when every open case should have followed its campaign; nil = nothing.
func (h *History) Unswept(t *City) error {
	is := *h
	if h.revisedLast { // a revision that moves a deadline may bring the case into the campaign: it follows with the next act
		return nil
	}
	is.changes, is.entered = len(t.changes), nil
	if due := is.follows(t); due != dispatch.EventUnknown {
		return fmt.Errorf("the work has not followed its campaign: %v is missing, after %+v", due, h.camp)
	}
	return nil
}

// limitUnder is the limit of a category under a mark: the first row that names the campaign and its grade, else the city's.
func (d edition) limitUnder(code string, m mark) limit {
	if m.id != "" && !m.held && !m.from.IsZero() {
		for _, r := range d.model.stopLimits {
			if r.Campaign == m.id && (r.Grade == "" || r.Grade == m.grade) && slices.Contains(r.Codes, code) {
				return d.urgent(code, limit{r.N, r.Unit})
			}
		}
	}
	return d.limit(code)
}

// dispatchedAt is the limit of work that is dispatched, the instant from which the limit counts, and the mark: in the days after
// the stop of a campaign, the stop.
func (h *History) dispatchedAt(t *City, d edition, at time.Time) (limit, time.Time, mark) {
	m, since := mark{}, at
	if r := h.run(t); r != nil && !r.StoppedAt.IsZero() && !at.Before(r.StoppedAt) && at.Before(r.StoppedAt.AddDate(0, 0, r.AfterDays)) {
		m, since = mark{id: string(r.ID), change: r.Change, from: r.StoppedAt, grade: r.Grade}, r.StoppedAt
	}
	return d.limitUnder(h.category, m), since, m
}

// drives checks an event of a campaign: the clocks are paused from its start, or from the later start of a clock; or the limit
// counts anew from its stop, with the extensions that were granted; or an act lifts the pause.
func (h *History) drives(t *City, d edition, e *dispatch.Event) error {
	r := h.run(t)
	if is := h.follows(t); r == nil || e.Kind != is && (e.Kind != dispatch.EventLimitResumed || !h.camp.held) {
		return fmt.Errorf("event %d, %v, and the campaign asks for %v, after %+v", e.Seq, e.Kind, is, h.camp)
	}
	k := &h.clock
	// The caller passes the three kinds of events of a campaign.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventLimitSuspended:
		from := r.StartedAt
		if h.camp.held {
			from = h.camp.from
		} else if k.since.After(from) {
			from = k.since
		}
		h.camp = mark{id: string(r.ID), change: r.Change, held: true, from: from}
		k.stop(d, from)
		h.pauseParts(d, from)
		if e.Clock.Running() || e.Clock.Step != k.step {
			return fmt.Errorf("event %d: the work is paused at step %d, running: %v; not at %d", e.Seq, e.Clock.Step, e.Clock.Running(), k.step)
		}
	case dispatch.EventLimitResumed:
		h.entered = new(stopwatch) // it stood still
		h.camp.held, h.camp.from = false, time.Time{}
		k.since, k.steps = e.At, h.ladder(d)
		k.project(d)
		h.resumeParts(d, e.At)
	default:
		h.camp = mark{id: string(r.ID), change: r.Change, from: r.StoppedAt, grade: r.Grade}
		is := d.limitUnder(h.category, h.camp)
		if is.unit != k.limit.unit { // an extension to a chosen time stays the same share of the limit
			k.granted = time.Duration(float64(k.granted) / float64(d.budget(k.limit)) * float64(d.budget(is)))
		}
		*k = stopwatch{limit: is, extended: k.extended, chosen: k.chosen, granted: k.granted, since: r.StoppedAt, steps: h.ladder(d)}
		k.project(d)
		h.startParts(d, is, r.StoppedAt)
	}
	m, is := h.camp, e.Campaign
	if m.id != string(is.ID) || m.change != is.Change || m.held != is.Held || m.grade != is.Grade || !m.from.Equal(is.From) {
		return fmt.Errorf("event %d, %v: the campaign leaves %+v, not %+v", e.Seq, e.Kind, m, e.Campaign)
	}
	if e.Kind == dispatch.EventLimitSuspended {
		return nil
	}
	return h.checkClock(e)
}

// startParts counts the limits of the parts anew: of the co-owners' duties and of the milestones that begin with the dispatch.
// Other milestones that were begun go on.
func (h *History) startParts(d edition, l limit, at time.Time) {
	for i := range h.helpers {
		if p := &h.helpers[i]; p.open() {
			p.start(d, l, at)
		}
	}
	for i := range h.stones {
		switch p := &h.stones[i]; {
		case p.done || !p.begun:
		case p.after == "":
			p.start(d, p.clock.limit, at)
		case !p.clock.runs():
			p.clock.since = at
			p.clock.project(d)
		}
	}
}
