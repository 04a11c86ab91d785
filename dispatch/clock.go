package dispatch

import (
	"errors"
	"fmt"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Clock keeps a limit as budget and consumed time; the due instant is derived from both and never
// edited by hand. It runs while Running.
//
// A case put off on Friday at 16:30 with a limit of four work hours, of which half an hour was used,
// goes on from the date agreed with three and a half. Made urgent meanwhile, its limit becomes two
// hours round the clock, and what it has used is what such a clock would have counted: it was kept
// all along, in Spent.
type Clock struct {
	Limit    calendar.Limit
	Consumed time.Duration // used up before Since, in the clock of the limit
	Since    time.Time     // running since; zero when stopped
	Due      time.Time     // derived; zero when it never ran

	Provisional bool          // Due reaches a year whose holidays are not published yet
	Extended    int           // how often the limit was granted once more (延期)
	Step        int           // the next ladder step, of a clock that is not the case's present one
	Length      time.Duration // budget of a stage clock that was paused once
	Spent       Spent
	Passed      Rungs // fired, where the ladder does not begin with them or the clock is held; "" = as the step says
}

// Spent is what was used up before Since on the clock of each unit: so a change of the unit loses
// nothing.
type Spent struct{ Hours, WorkHours, WorkDays, Days time.Duration }

// on is what was used up on the clock of a unit.
func (s *Spent) on(u calendar.Unit) *time.Duration {
	switch u {
	case calendar.Hours:
		return &s.Hours
	case calendar.WorkHours:
		return &s.WorkHours
	case calendar.WorkDays:
		return &s.WorkDays
	default:
		return &s.Days
	}
}

// Running reports whether the clock runs.
func (c Clock) Running() bool { return !c.Since.IsZero() }

// budget is what the clock may use in all.
func (c Clock) budget(cal *calendar.Calendar) time.Duration {
	if c.Limit.N == 0 {
		if c.Length > 0 {
			return c.Length
		}
		return c.Due.Sub(c.Since) + c.Consumed
	}
	return cal.Budget(c.Limit) * time.Duration(1+c.Extended)
}

// project derives the due instant of a running clock. Of a clock that has overrun, the instant
// lies as far back as it has overrun.
func (c Clock) project(cal *calendar.Calendar) (Clock, error) {
	rest := c.budget(cal) - c.Consumed
	c.Provisional = false
	if c.Limit.N == 0 || rest <= 0 {
		c.Due = c.Since.Add(rest)
		return c, nil
	}
	var err error
	c.Due, c.Provisional, err = addBudget(cal, c.Since, c.Limit.Unit, rest)
	return c, err
}

// addBudget is AddBudget that takes years whose holidays are not published yet as plain weeks, and
// says so.
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

// used adds what ran from Since to at; the clock goes on from there.
func (c Clock) used(cal *calendar.Calendar, at time.Time) Clock {
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
		*c.Spent.on(u) += n
	}
	c.Consumed = *c.Spent.on(c.Limit.Unit)
	c.Since = at
	return c
}

// pause stops the clock; its last Due stays to be seen.
func (c Clock) pause(cal *calendar.Calendar, at time.Time, step int) Clock {
	if !c.Running() {
		return c
	}
	if c.Limit.N == 0 {
		c.Length = c.budget(cal)
	}
	c = c.used(cal, at)
	c.Since, c.Step = time.Time{}, step
	return c
}

// resume lets a paused clock go on.
func (c Clock) resume(cal *calendar.Calendar, at time.Time) (Clock, error) {
	c.Since = at
	return c.project(cal)
}

// changed is the clock under another limit, with what it has used counted on the new one.
func (c Clock) changed(cal *calendar.Calendar, limit calendar.Limit, at time.Time) (Clock, error) {
	running := c.Running()
	if limit.Unit == c.Limit.Unit {
		c.Limit = limit
		if running {
			return c.project(cal)
		}
		return c, nil
	}
	c = c.used(cal, at)
	c.Limit = limit
	c.Consumed = *c.Spent.on(limit.Unit)
	if !running {
		return c, nil
	}
	return c.project(cal)
}

// ConsumedAt is what the clock has used at an instant, in the clock of its limit.
func (c Clock) ConsumedAt(cal *calendar.Calendar, at time.Time) time.Duration {
	return c.used(cal, at).Consumed
}

// startClock begins a clock of the limit at t. Holidays that are not published yet lose no report:
// the deadline is then provisional, as if the year had none.
func startClock(cal *calendar.Calendar, limit calendar.Limit, t time.Time) (Clock, error) {
	k, err := Clock{Limit: limit, Since: t}.project(cal)
	if err != nil {
		return Clock{}, fmt.Errorf("deadline %s from %s: %w", limit, t.Format(time.RFC3339), err)
	}
	return k, nil
}

// DueAt is the deadline of a limit that begins at t, and whether it is provisional: it reaches a
// year whose holidays are not known, and takes that year's weeks as plain.
func DueAt(c *city.City, t time.Time, limit calendar.Limit) (due time.Time, provisional bool, err error) {
	return addBudget(c.Calendar, t, limit.Unit, c.Calendar.Budget(limit))
}

// DueOf is DueAt on the calendar on which a unit works.
func DueOf(c *city.City, u roster.Unit, t time.Time, limit calendar.Limit) (due time.Time, provisional bool, err error) {
	cal := c.CalendarOf(u)
	return addBudget(cal, t, limit.Unit, cal.Budget(limit))
}

// stageClock begins a clock that runs round the clock for d: the office's own stage limits.
func stageClock(d time.Duration, t time.Time) Clock {
	return Clock{Since: t, Due: t.Add(d)}
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }
func hours(n int) time.Duration   { return time.Duration(n) * time.Hour }

// stepAt is the instant at which a share of the budget is used up, in the clock of the limit, taking
// years whose holidays are not published yet as plain, so that a ladder never loses a rung. A share
// that was used up before the clock was resumed has its instant there.
func stepAt(cal *calendar.Calendar, k Clock, percent int) time.Time {
	if percent == 100 && k.Due.After(k.Since) {
		return k.Due
	}
	b := k.budget(cal)
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

// LimitOf is the limit of a condition at a place and an instant, and the row of limits.csv that gave
// it; "" is the condition's own. Severity A runs through nights, weekends and holidays.
func LimitOf(c *city.City, areas []grid.AreaID, code catalog.Code, cond *catalog.Condition, at time.Time) (limit calendar.Limit, by string) {
	limit = cond.Limit
	if len(c.Limits) > 0 {
		at = at.In(c.Location)
	}
	for i := range c.Limits {
		r := &c.Limits[i]
		if r.Applies(c.Categories[code], cond, at) && (r.Area == "" || inAreas(areas, grid.AreaID(r.Area))) && (r.Tier == "" || r.Tier == c.TierOf(areas)) {
			limit, by = r.Limit, r.ID
			break
		}
	}
	return urgent(c, cond.Severity, limit), by
}

// urgent takes severity A off the working clocks.
func urgent(c *city.City, s catalog.Severity, l calendar.Limit) calendar.Limit {
	switch {
	case s != catalog.SeverityA || c.Defaults.UrgentByDay:
	case l.Unit == calendar.WorkHours:
		l.Unit = calendar.Hours
	case l.Unit == calendar.WorkDays:
		l.Unit = calendar.Days
	}
	return l
}

// ownersCalendar is the calendar on which a case's owner works.
func ownersCalendar(c *city.City, cs *Case) *calendar.Calendar { return c.CalendarOf(cs.Owner.Unit) }

// ConditionOf finds the filing condition of a category; "" means its first. Errors:
// *UnknownCategoryError, *UnknownConditionError.
func ConditionOf(c *city.City, code catalog.Code, id string) (*catalog.Condition, error) {
	cat, ok := c.Categories[code]
	if !ok {
		return nil, unknownCategory(c, code)
	}
	if id == "" {
		return &cat.Conditions[0], nil
	}
	have := make([]string, 0, len(cat.Conditions))
	for i := range cat.Conditions {
		if cat.Conditions[i].ID == id {
			return &cat.Conditions[i], nil
		}
		have = append(have, cat.Conditions[i].ID)
	}
	return nil, &UnknownConditionError{Code: code, Condition: id, Have: have}
}

// startAll begins the clocks of a dispatch: the lead owner's, that of each co-owner with a duty on its
// own calendar, and those of the milestones that start with it.
func startAll(c *city.City, lead Owner, also []Owner, limit calendar.Limit, cond *catalog.Condition, at time.Time) (Clock, []CoOwner, []Milestone, error) {
	cal := c.CalendarOf(lead.Unit)
	clock, err := startClock(cal, limit, at)
	if err != nil {
		return Clock{}, nil, nil, err
	}
	var co []CoOwner
	for _, o := range also {
		k := clock
		if o.Duty == "" {
			k = Clock{} // it stands by
		} else if own := c.CalendarOf(o.Unit); own != cal {
			if k, err = startClock(own, limit, at); err != nil {
				return Clock{}, nil, nil, err
			}
		}
		co = append(co, CoOwner{Owner: o, Clock: k})
	}
	var ms []Milestone
	for _, m := range cond.Milestones {
		k := Clock{Limit: urgent(c, cond.Severity, m.Limit)}
		if m.After == "" {
			if k, err = startClock(cal, k.Limit, at); err != nil {
				return Clock{}, nil, nil, err
			}
		}
		ms = append(ms, Milestone{ID: m.ID, Name: m.Name, After: m.After, Closing: m.Closing, Clock: k})
	}
	return clock, co, ms, nil
}

// pauseAll stops the clocks of co-owners and milestones; resumeAll lets them go on.
func pauseAll(c *city.City, cs *Case, at time.Time) (co []CoOwner, ms []Milestone) {
	co, ms, _ = eachClock(c, cs, func(cal *calendar.Calendar, k Clock) (Clock, error) { return k.pause(cal, at, k.Step), nil })
	return co, ms
}

func resumeAll(c *city.City, cs *Case, at time.Time) ([]CoOwner, []Milestone, error) {
	return eachClock(c, cs, func(cal *calendar.Calendar, k Clock) (Clock, error) {
		if k.Running() {
			return k, nil
		}
		return k.resume(cal, at)
	})
}

// eachClock changes the clocks of the co-owners and milestones that are still under way.
func eachClock(c *city.City, cs *Case, change func(*calendar.Calendar, Clock) (Clock, error)) ([]CoOwner, []Milestone, error) {
	var co []CoOwner
	var ms []Milestone
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
			k, err := change(ownersCalendar(c, cs), m.Clock)
			if err != nil {
				return nil, nil, err
			}
			m.Clock = k
		}
		ms = append(ms, m)
	}
	return co, ms, nil
}

// unitOf is the unit of a post.
func unitOf(c *city.City, post roster.PostID) (roster.Unit, roster.Role) {
	if h := c.Roster.Holdings(post); len(h) > 0 {
		return h[0].Unit, h[0].Role
	}
	return roster.Unit{}, ""
}
