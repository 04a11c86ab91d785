package sla

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
)

// Severest is the severity that nothing holds back.
const Severest = catalog.SeverityA

// calendars are one and, for years whose holidays are not published yet, its plain one.
func calendars(cal *calendar.Calendar) [2]*calendar.Calendar {
	return [2]*calendar.Calendar{cal, cal.Provisional()}
}

// SpanFrom is the instant a span after t.
func SpanFrom(cal *calendar.Calendar, t time.Time, s city.Span) time.Time {
	return budgetFrom(cal, t, s, 0)
}

// SpanAt is the instant at which a span of a clock has run, not counting what the clock used up before
// it last stood still, as far as both count alike. Example: 4 work_hours on a clock of work days that
// had used 1 hour before a suspension come 3 working hours after its end.
func SpanAt(cal *calendar.Calendar, k dispatch.Clock, s city.Span) time.Time {
	used := time.Duration(0)
	if k.Consumed > 0 && works(k.Limit.Unit) == works(s.Limit.Unit) {
		used = k.Consumed
	}
	return budgetFrom(cal, k.Since, s, used)
}

// works reports whether a unit counts working time.
func works(u calendar.Unit) bool { return u == calendar.WorkHours || u == calendar.WorkDays }

func budgetFrom(cal *calendar.Calendar, t time.Time, s city.Span, used time.Duration) time.Time {
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

// Opening is when working time begins next after t.
func Opening(c *city.City, t time.Time) time.Time {
	for _, cal := range calendars(c.Calendar) {
		if at, err := cal.AddBudget(t, calendar.WorkHours, time.Nanosecond); err == nil {
			return at.Add(-time.Nanosecond)
		}
	}
	return t
}
