// Package sla counts limits and deadlines in working time: it starts, pauses and extends the clocks of a case.
package sla

import (
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// budget is what the clock may use in all.
func budget(c dispatch.Clock, cal *calendar.Calendar) time.Duration {
	if c.Limit.N == 0 {
		if c.Length > 0 {
			return c.Length
		}
		return c.Due.Sub(c.Since) + c.Consumed
	}
	return cal.Budget(c.Limit)*time.Duration(1+c.Extended-c.Chosen) + c.Granted
}

// Project derives the deadline of a running clock from its limit and the time used. The deadline of a clock that has
// overrun lies as far before Since as it has overrun.
func Project(c dispatch.Clock, cal *calendar.Calendar) (dispatch.Clock, error) {
	rest := budget(c, cal) - c.Consumed
	c.Provisional = false
	if c.Limit.N == 0 || rest <= 0 {
		c.Due = c.Since.Add(rest)
		return c, nil
	}
	var err error
	c.Due, c.Provisional, err = addBudget(cal, c.Since, c.Limit.Unit, rest)
	return c, err
}

// addBudget is Calendar.AddBudget, with the weeks of years whose holidays are not published yet taken as plain;
// provisional reports that it met such a year.
func addBudget(cal *calendar.Calendar, from time.Time, unit calendar.Unit, rest time.Duration) (at time.Time, provisional bool, err error) {
	at, err = cal.AddBudget(from, unit, rest)
	if unknown, ok := errors.AsType[*calendar.YearError](err); ok {
		if at, err = cal.Provisional().AddBudget(from, unit, rest); err != nil {
			err = unknown
		}
		provisional = true
	}
	return at, provisional, err
}

// Advance moves a running clock's Since to at and adds the time in between to what it has used.
func Advance(c dispatch.Clock, cal *calendar.Calendar, at time.Time) dispatch.Clock {
	if !c.Running() || !at.After(c.Since) {
		return c
	}
	if c.Limit.N == 0 {
		c.Consumed += at.Sub(c.Since)
		c.Since = at
		return c
	}
	for u := calendar.Hours; u <= calendar.Days; u++ {
		n, err := cal.Consumed(calendar.Limit{N: 1, Unit: u}, c.Since, at)
		if err != nil {
			n, _ = cal.Provisional().Consumed(calendar.Limit{N: 1, Unit: u}, c.Since, at)
		}
		*c.Spent.On(u) += n
	}
	c.Consumed = *c.Spent.On(c.Limit.Unit)
	c.Since = at
	return c
}

// Pause stops a running clock at the given step; its last deadline stays in it.
func Pause(c dispatch.Clock, cal *calendar.Calendar, at time.Time, step int) dispatch.Clock {
	if !c.Running() {
		return c
	}
	if c.Limit.N == 0 {
		c.Length = budget(c, cal)
	}
	c = Advance(c, cal, at)
	c.Since, c.Step = time.Time{}, step
	return c
}

// Resume starts a paused clock again, with what it had used.
func Resume(c dispatch.Clock, cal *calendar.Calendar, at time.Time) (dispatch.Clock, error) {
	c.Since = at
	return Project(c, cal)
}

// Extended is a running clock with one more extension: its limit once more, or the time until an instant on the clock. The
// deadline is then the last instant up to until that the clock counts. ok is false when until is no later than the
// present deadline.
func Extended(k dispatch.Clock, cal *calendar.Calendar, until time.Time) (out dispatch.Clock, ok bool, err error) {
	out = k
	out.Extended++
	if !until.IsZero() {
		extra := ConsumedAt(k, cal, until) - budget(k, cal)
		out.Chosen++
		out.Granted += extra
		if extra <= 0 {
			return k, false, nil
		}
	}
	out, err = Project(out, cal)
	return out, true, err
}

// LatestExtension is the latest deadline to which a clock may be extended when an extension adds at most a share of the
// limit.
func LatestExtension(k dispatch.Clock, cal *calendar.Calendar, percent int) (time.Time, error) {
	k.Extended++
	k.Chosen++
	k.Granted += cal.Budget(k.Limit) / 100 * time.Duration(percent)
	k, err := Project(k, cal)
	return k.Due, err
}

// WithLimit is the clock under another limit. What it has used is counted in the new unit, from the beginning.
func WithLimit(c dispatch.Clock, cal *calendar.Calendar, limit calendar.Limit, at time.Time) (dispatch.Clock, error) {
	running := c.Running()
	if limit.Unit == c.Limit.Unit {
		c.Limit = limit
		if running {
			return Project(c, cal)
		}
		return c, nil
	}
	c = Advance(c, cal, at)
	if b := cal.Budget(c.Limit); b > 0 { // a chosen time stays the same share of the limit
		c.Granted = time.Duration(float64(c.Granted) / float64(b) * float64(cal.Budget(limit)))
	}
	c.Limit = limit
	c.Consumed = *c.Spent.On(limit.Unit)
	if !running {
		return c, nil
	}
	return Project(c, cal)
}

// ConsumedAt is what the clock has used at an instant, in the unit of its limit.
func ConsumedAt(c dispatch.Clock, cal *calendar.Calendar, at time.Time) time.Duration {
	return Advance(c, cal, at).Consumed
}

// StartClock starts a clock of the limit at t. A deadline in a year whose holidays are not published yet is
// provisional: no report is refused for it. Errors: *calendar.YearError.
func StartClock(cal *calendar.Calendar, limit calendar.Limit, t time.Time) (dispatch.Clock, error) {
	k, err := Project(dispatch.Clock{Limit: limit, Since: t}, cal)
	if err != nil {
		return dispatch.Clock{}, fmt.Errorf("deadline %s from %s: %w", limit, t.Format(time.RFC3339), err)
	}
	return k, nil
}

// DueAt is the deadline of a limit that starts at t. It is provisional when it lies in a year whose holidays are not
// known; such a year's weeks are taken as plain.
func DueAt(c *city.City, t time.Time, limit calendar.Limit) (due time.Time, provisional bool, err error) {
	return addBudget(c.Calendar, t, limit.Unit, c.Calendar.Budget(limit))
}

// DueOf is DueAt on the calendar of a unit.
func DueOf(c *city.City, u roster.Unit, t time.Time, limit calendar.Limit) (due time.Time, provisional bool, err error) {
	cal := c.CalendarOf(u)
	return addBudget(cal, t, limit.Unit, cal.Budget(limit))
}

// StageClock starts a clock that runs day and night for d: the office's own stage limits.
func StageClock(d time.Duration, t time.Time) dispatch.Clock {
	return dispatch.Clock{Since: t, Due: t.Add(d)}
}

// Minutes is n minutes.
func Minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// Hours is n hours.
func Hours(n int) time.Duration { return time.Duration(n) * time.Hour }

// StepAt is the instant at which a share of the clock's budget is used up. Years whose holidays are not published yet
// count as plain, so that no step of a ladder is lost. A share that was used up before the clock was resumed has the
// instant of the resumption.
func StepAt(cal *calendar.Calendar, k dispatch.Clock, percent int) time.Time {
	if percent == 100 && k.Due.After(k.Since) {
		return k.Due
	}
	b := budget(k, cal)
	need := b/100*time.Duration(percent) + b%100*time.Duration(percent)/100 - k.Consumed
	if need <= 0 {
		return k.Since
	}
	if k.Limit.N > 0 {
		if at, _, err := addBudget(cal, k.Since, k.Limit.Unit, need); err == nil {
			return at
		}
	}
	return k.Since.Add(need)
}

// LimitOf is the limit of a condition at a place and an instant, and the row of limits.csv that gave it; "" = the
// condition's own limit. Severity A runs through nights, weekends and holidays.
func LimitOf(
	c *city.City, p *dispatch.Place, code catalog.Code, cond *catalog.Condition, at time.Time,
) (limit calendar.Limit, by string) {
	limit = cond.Limit
	if len(c.Limits) > 0 {
		at = at.In(c.Location)
	}
	for i := range c.Limits {
		r := &c.Limits[i]
		if !r.FromStop && r.Applies(c.Categories[code], cond, at) && inPlace(c, r, p) {
			limit, by = r.Limit, r.ID
			break
		}
	}
	return UrgentLimit(c, cond.Severity, limit), by
}

// inPlace reports whether a row of limits.csv holds at a place.
func inPlace(c *city.City, r *catalog.LimitRule, p *dispatch.Place) bool {
	return (r.Area == "" || routing.InAreas(p.Areas, grid.AreaID(r.Area))) && (r.Tier == "" || r.Tier == c.TierOf(p.Areas)) &&
		(r.SectionTier == "" || r.SectionTier == c.SectionTierOf(p.Sections))
}

// UrgentLimit takes the limit of a severity A matter from working time to the same number of hours or days of any time,
// unless the city says otherwise.
func UrgentLimit(c *city.City, s catalog.Severity, l calendar.Limit) calendar.Limit {
	switch {
	case s != catalog.SeverityA || c.Defaults.UrgentByDay:
	case l.Unit == calendar.WorkHours:
		l.Unit = calendar.Hours
	case l.Unit == calendar.WorkDays:
		l.Unit = calendar.Days
	}
	return l
}

// OwnerCalendar is the calendar of a case's owner.
func OwnerCalendar(c *city.City, cs *dispatch.Case) *calendar.Calendar {
	return c.CalendarOf(cs.Owner.Unit)
}

// Work is what a dispatch gives out, to whom, and where.
type Work struct {
	Place     *dispatch.Place
	Owner     dispatch.Owner
	CoOwners  []dispatch.Owner
	Condition *catalog.Condition
	Limit     calendar.Limit
	Seen      bool // an inspector has reported the matter, and is there
}

// StartAll starts the clocks of a dispatch: that of the lead owner, that of each co-owner with a duty on its own
// calendar, and those of the milestones that start with the dispatch.
func StartAll(c *city.City, w *Work, at time.Time) (dispatch.Clock, []dispatch.CoOwner, []dispatch.Milestone, error) {
	cal := c.CalendarOf(w.Owner.Unit)
	clock, err := StartClock(cal, w.Limit, at)
	if err != nil {
		return dispatch.Clock{}, nil, nil, err
	}
	var co []dispatch.CoOwner
	for _, o := range w.CoOwners {
		k := clock
		if o.Duty == "" {
			k = dispatch.Clock{} // it has no duty
		} else if own := c.CalendarOf(o.Unit); own != cal {
			if k, err = StartClock(own, w.Limit, at); err != nil {
				return dispatch.Clock{}, nil, nil, err
			}
		}
		co = append(co, dispatch.CoOwner{Owner: o, Clock: k})
	}
	ms, err := startMilestones(c, w.Condition, w.Place, w.Owner.Unit, co, w.Seen, at)
	return clock, co, ms, err
}

// PauseAll pauses the clocks of co-owners and milestones.
func PauseAll(c *city.City, cs *dispatch.Case, at time.Time) (co []dispatch.CoOwner, ms []dispatch.Milestone) {
	co, ms, _ = EachClock(c, cs, func(cal *calendar.Calendar, k dispatch.Clock) (dispatch.Clock, error) {
		return Pause(k, cal, at, k.Step), nil
	})
	return co, ms
}

// ResumeAll resumes the clocks of co-owners and milestones.
func ResumeAll(c *city.City, cs *dispatch.Case, at time.Time) ([]dispatch.CoOwner, []dispatch.Milestone, error) {
	return EachClock(c, cs, func(cal *calendar.Calendar, k dispatch.Clock) (dispatch.Clock, error) {
		if k.Running() {
			return k, nil
		}
		return Resume(k, cal, at)
	})
}

// EachClock changes the clocks of co-owners and milestones whose part is not done. It returns all co-owners and all
// milestones.
func EachClock(
	c *city.City, cs *dispatch.Case, change func(*calendar.Calendar, dispatch.Clock) (dispatch.Clock, error),
) ([]dispatch.CoOwner, []dispatch.Milestone, error) {
	var co []dispatch.CoOwner
	var ms []dispatch.Milestone
	for _, o := range cs.CoOwners {
		if o.Done.IsZero() && !o.Clock.Due.IsZero() {
			k, err := change(c.CalendarOf(o.Unit), o.Clock)
			if err != nil {
				return nil, nil, err
			}
			o.Clock = k
		}
		co = append(co, o)
	}
	for _, m := range cs.Milestones {
		if m.Reached.IsZero() && !m.Clock.Due.IsZero() {
			k, err := change(CalendarFor(c, cs, &m), m.Clock)
			if err != nil {
				return nil, nil, err
			}
			m.Clock = k
		}
		ms = append(ms, m)
	}
	return co, ms, nil
}

// UnitOf is the unit and the role of a post; zero when the city has no such post.
func UnitOf(c *city.City, post roster.PostID) (roster.Unit, roster.Role) {
	if h := c.Roster.Holdings(post); len(h) > 0 {
		return h[0].Unit, h[0].Role
	}
	return roster.Unit{}, ""
}
