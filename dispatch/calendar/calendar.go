// Package calendar adds working time to instants and explains what it counted. It knows working
// hours by season, weekends, public holidays and make-up work days; it does not know cases.
//
// All of it is pure and a *Calendar is never changed after Parse: safe for concurrent use. The
// calendar owns its time zone; instants come back in it. Arithmetic is on the wall clock, so a
// calendar day is the same time tomorrow also through a daylight-saving night; Hours alone is
// absolute time.
package calendar

import (
	"fmt"
	"time"
)

// Unit is the clock in which a limit runs (domain §7.1).
type Unit int

// Units; zero is unset.
const (
	UnitUnknown Unit = iota
	Hours            // urgent hours: round the clock (紧急工作时)
	WorkHours        // inside working hours only (工作时)
	WorkDays         // working days (工作日)
	Days             // calendar days (自然日)
)

var unitNames = [...]string{"unknown", "hours", "work_hours", "work_days", "days"}

// String is the unit's text form.
func (u Unit) String() string {
	if u < 0 || int(u) >= len(unitNames) {
		return unitNames[0]
	}
	return unitNames[u]
}

// ParseUnit reads the text form.
func ParseUnit(s string) (Unit, error) {
	for i, n := range unitNames[1:] {
		if s == n {
			return Unit(i + 1), nil
		}
	}
	return UnitUnknown, fmt.Errorf("limit unit %q: want hours, work_hours, work_days or days", s)
}

// Limit is a number of units. The zero Limit is none.
type Limit struct {
	N    int
	Unit Unit
}

// String is the limit as people write it. Example: "4 work_hours".
func (l Limit) String() string { return fmt.Sprintf("%d %s", l.N, l.Unit) }

// WorkDayRule says what one work day is.
type WorkDayRule int

// Rules; zero is unset.
const (
	RuleUnknown WorkDayRule = iota
	Counted                 // the working seconds of a base day, counted inside working hours
	SameTime                // the same time on the next working day, after moving a late start to the next opening
)

// span is part of a day, in seconds since midnight on the wall clock.
type span struct{ from, to int }

type season struct {
	from, to int // month*100+day, both inclusive; from > to wraps the new year
	hours    []span
}

// day is one date's exception to the week.
type day struct {
	off          bool
	name, nameZh string
}

// Calendar is one city's working time.
type Calendar struct {
	loc             *time.Location
	weekend         [7]bool
	hours           []span
	seasons         []season
	requireHolidays bool
	rule            WorkDayRule
	opens, closes   int         // SameTime: a start at or after closes moves to the next working day at opens
	days            map[int]day // yyyymmdd
	years           map[int]bool
}

// Location is the calendar's time zone.
func (c *Calendar) Location() *time.Location { return c.loc }

// YearError says that the computation reached a year without published holidays. The deadline is
// refused rather than guessed; add holidays/YYYY.json.
type YearError struct{ Year int }

// Error implements error.
func (e *YearError) Error() string {
	return fmt.Sprintf("no holidays are loaded for %[1]d; add holidays/%[1]d.json", e.Year)
}

func ymd(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}

// seconds is the wall clock's time of day.
func seconds(t time.Time) int {
	h, m, s := t.Clock()
	return h*3600 + m*60 + s
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

func (c *Calendar) at(day time.Time, sec int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, sec, 0, c.loc)
}

// known refuses a year whose holidays are required but missing.
func (c *Calendar) known(t time.Time) error {
	if c.requireHolidays && !c.years[t.Year()] {
		return &YearError{Year: t.Year()}
	}
	return nil
}

// workday reports whether the date is worked, and the exception's name.
func (c *Calendar) workday(t time.Time) (bool, day) {
	if d, ok := c.days[ymd(t)]; ok {
		return !d.off, d
	}
	return !c.weekend[t.Weekday()], day{}
}

var wholeDay = []span{{0, 86400}}

// spans are the working parts of a date in the clock of the unit.
func (c *Calendar) spans(t time.Time, u Unit) []span {
	if u == Days {
		return wholeDay
	}
	if ok, _ := c.workday(t); !ok {
		return nil
	}
	if u == WorkDays && c.rule == SameTime {
		return wholeDay
	}
	md := int(t.Month())*100 + t.Day()
	for _, s := range c.seasons {
		if s.from <= s.to && md >= s.from && md <= s.to || s.from > s.to && (md >= s.from || md <= s.to) {
			return s.hours
		}
	}
	return c.hours
}

// IsWorking reports whether the office is open at t.
func (c *Calendar) IsWorking(t time.Time) bool {
	t = t.In(c.loc)
	sec := seconds(t)
	for _, s := range c.spans(t, WorkHours) {
		if sec >= s.from && sec < s.to {
			return true
		}
	}
	return false
}
