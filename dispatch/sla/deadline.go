package sla

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Deadline explains a deadline: which time from its start counted and which did not. Counted and Skipped together
// cover the time from Start to Due without gaps; Counted, with what Skipped marks as counting, adds up to Used, to the
// second.
type Deadline struct {
	Start, Due  time.Time
	Limit       calendar.Limit // zero: one of the office's own stage limits
	LimitRule   string
	Extended    int
	Provisional bool
	Paused      bool // the clock is paused: Due is its last deadline
	Counted     []calendar.Interval
	Skipped     []calendar.Skip
	Used        time.Duration // in the unit of the limit
}

// ExplainLimit explains the deadline of a limit from an instant, on the calendar of a unit.
func ExplainLimit(c *city.City, u roster.Unit, start time.Time, limit calendar.Limit) (Deadline, error) {
	cal := c.CalendarOf(u)
	due, err := cal.Add(start, limit)
	return Deadline{Start: start, Due: due.At, Limit: limit, Counted: due.Counted, Skipped: due.Skipped, Used: cal.Budget(limit)}, err
}

// ExplainDeadline explains the deadline of a case from its events: that of the owner's work once it is dispatched,
// with pauses and extensions, else that of the present stage. It returns the zero Deadline for a case that has ended
// and never had one.
func ExplainDeadline(c *city.City, cs *dispatch.Case, events []dispatch.Event) Deadline {
	k := cs.Clock
	paused := false
	switch cs.Stage {
	case dispatch.Checking, dispatch.Closed, dispatch.Returned, dispatch.Arbitration:
		if cs.Disposal.Limit.N > 0 {
			k = cs.Disposal
		}
	case dispatch.Suspended:
		k, paused = cs.Disposal, true
	case dispatch.Merged:
		k, paused = cs.MergedClock, true
	case dispatch.Reported, dispatch.Verifying, dispatch.Accepted, dispatch.Filed, dispatch.Dispatched, dispatch.Handling,
		dispatch.Rejected, dispatch.Voided, dispatch.SelfResolved, dispatch.StageUnknown:
	}
	d := Deadline{
		Start: k.Since, Due: k.Due, Limit: k.Limit, LimitRule: cs.LimitRule,
		Extended: k.Extended, Provisional: k.Provisional, Paused: paused,
	}
	if k.Due.IsZero() {
		return Deadline{}
	}
	if k.Limit.N == 0 {
		if !paused {
			d.Counted, d.Used = []calendar.Interval{{From: k.Since, To: k.Due}}, k.Due.Sub(k.Since)
		}
		return d
	}
	t := historyOf(c, events)
	d.Start = t.start
	if t.from.IsZero() {
		d.Due = t.stopped
	} else {
		t.count(k.Due)
	}
	left := budget(k, c.CalendarOf(cs.Owner.Unit))
	for i, r := range t.runs {
		if r.why != (i18n.Text{}) {
			d.Skipped = append(d.Skipped, calendar.Skip{From: r.from, To: r.to, Why: r.why.En, WhyZh: r.why.Zh})
			continue
		}
		counted, skipped := r.cal.Between(k.Limit.Unit, r.from, r.to)
		used := ConsumedAt(dispatch.Clock{Limit: k.Limit, Since: r.from}, r.cal, r.to)
		if i == len(t.runs)-1 && !paused && used > left {
			// The budget ran out within an hour that the wall clock skipped: only what was left of the budget counts.
			if last, err := r.cal.Provisional().Explain(r.from, k.Limit.Unit, max(0, left)); err == nil && last.At.Equal(r.to) {
				counted, skipped, used = last.Counted, last.Skipped, left
			}
		}
		left -= used
		d.Counted, d.Skipped = append(d.Counted, counted...), append(d.Skipped, skipped...)
		d.Used += used
	}
	return d
}

// run is an interval in which the disposal clock ran, or was paused for a reason.
type run struct {
	from, to time.Time
	cal      *calendar.Calendar
	why      i18n.Text
}

// clockHistory follows the disposal clock through a case's events.
type clockHistory struct {
	start, from, stopped time.Time // from: running since; zero while it is paused, since stopped
	cal                  *calendar.Calendar
	why                  i18n.Text
	runs                 []run
}

// count adds the interval up to an instant, in which the clock ran.
func (t *clockHistory) count(to time.Time) {
	if to.After(t.from) {
		t.runs = append(t.runs, run{from: t.from, to: to, cal: t.cal})
	}
}

// pause ends a run; resume starts the next one.
func (t *clockHistory) pause(at time.Time, why i18n.Text) {
	if !t.from.IsZero() {
		t.count(at)
		t.from, t.stopped, t.why = time.Time{}, at, why
	}
}

func (t *clockHistory) resume(at time.Time) {
	if t.from.IsZero() {
		if at.After(t.stopped) {
			t.runs = append(t.runs, run{from: t.stopped, to: at, why: t.why})
		}
		t.from = at
	}
}

// historyOf reads the runs and pauses of the disposal clock from the events.
func historyOf(c *city.City, events []dispatch.Event) *clockHistory {
	t := &clockHistory{}
	for i := range events {
		e := &events[i]
		// Not exhaustive: other events neither start, pause nor resume the disposal clock.
		//exhaustive:ignore
		switch e.Kind {
		case dispatch.EventDispatched:
			if goesOn := e.Clock.Since.Before(e.At) || e.Clock.Spent != (dispatch.Spent{}); goesOn && t.cal != nil {
				continue // the unit that returned it has it after all
			}
			*t = clockHistory{start: e.Clock.Since, from: e.Clock.Since, cal: c.CalendarOf(e.Owner.Unit)}
		case dispatch.EventRerouted, dispatch.EventSecondDispatched:
			if cal := c.CalendarOf(e.Owner.Unit); cal != t.cal {
				t.count(e.At)
				t.from, t.cal = e.At, cal
			}
		case dispatch.EventSuspended:
			t.pause(e.At, i18n.F("suspended: %s", "挂账：%s", e.Note))
		case dispatch.EventMerged:
			if e.Clock.Limit.N > 0 {
				t.pause(e.At, i18n.F("merged into %s", "并入 %s", e.Other))
			}
		case dispatch.EventResumed:
			t.resume(e.Clock.Since)
		case dispatch.EventUnmerged:
			if e.Clock.Limit.N > 0 {
				t.resume(e.Clock.Since)
			}
		default:
		}
	}
	return t
}
