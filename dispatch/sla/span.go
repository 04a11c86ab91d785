package sla

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
)

// Severest is the severity whose notices are never held back.
const Severest = catalog.SeverityA

// calendars are a calendar and the one that takes years without published holidays as plain.
func calendars(cal *calendar.Calendar) [2]*calendar.Calendar {
	return [2]*calendar.Calendar{cal, cal.Provisional()}
}

// SpanFrom is the instant one span after t.
func SpanFrom(cal *calendar.Calendar, t time.Time, s city.Delay) time.Time {
	return budgetFrom(cal, t, s, 0)
}

// SpanAt is the instant at which a clock has run for a span. Time used before the last pause counts when clock and
// span both count working time, or neither does. Example: on a clock of work days that had used 1 hour before a
// suspension, a span of 4 work_hours ends 3 working hours after the resumption.
func SpanAt(cal *calendar.Calendar, k dispatch.Clock, s city.Delay) time.Time {
	used := time.Duration(0)
	if k.Consumed > 0 && countsWork(k.Limit.Unit) == countsWork(s.Limit.Unit) {
		used = k.Consumed
	}
	return budgetFrom(cal, k.Since, s, used)
}

// countsWork reports whether a unit counts working time.
func countsWork(u calendar.Unit) bool { return u == calendar.WorkHours || u == calendar.WorkDays }

// budgetFrom is the instant at which a span ends that begins at t, with some of it used already.
func budgetFrom(cal *calendar.Calendar, t time.Time, s city.Delay, used time.Duration) time.Time {
	if s.Wall > 0 {
		return t.Add(max(0, s.Wall-used))
	}
	for _, cal := range calendars(cal) {
		if at, err := cal.AddBudget(t, s.Limit.Unit, max(0, cal.Budget(s.Limit)-used)); err == nil {
			return at
		}
	}
	return t
}

// NextOpening is the next beginning of working time after t.
func NextOpening(c *city.City, t time.Time) time.Time {
	for _, cal := range calendars(c.Calendar) {
		if at, err := cal.AddBudget(t, calendar.WorkHours, time.Nanosecond); err == nil {
			return at.Add(-time.Nanosecond)
		}
	}
	return t
}
