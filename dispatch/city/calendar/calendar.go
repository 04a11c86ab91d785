// Package calendar adds working time to instants and explains the result. The package knows working hours, seasons,
// weekends, public holidays and make-up work days. Cases, clocks and disks are out of scope.
//
// There are four units. Hours run around the clock. Days are calendar days: the same wall time on a later date,
// across a change to or from summer time. WorkHours run only inside the working hours. WorkDays depend on the
// calendar's setting: under "counted" a work day is the length of the year-round `hours` (6 h 30 min for 08:30-11:30
// and 13:30-17:00) in every season; under "same_time" the limit ends N working days later at the same time of day.
//
// Every unit but Hours is computed on the wall clock of the calendar's zone. A limit that is used up at the end of a
// morning ends at the end of that morning, not at the beginning of the afternoon. A limit that ends at a wall time
// skipped by a change of the clocks ends at the change. A limit that ends at a wall time that occurs twice ends at
// the first occurrence, unless the limit began later.
//
// The working hours of a date are the first that exist: those in its holiday file, of its weekday in the season, of
// its weekday, of the season, of the year.
package calendar

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"wangge/dispatch/i18n"
)

// Unit is the unit of a limit. The zero Unit is refused.
type Unit int

// Units.
const (
	UnitUnknown Unit = iota // unset
	Hours                   // round the clock
	WorkHours               // inside working hours
	WorkDays                // working days, counted or same_time
	Days                    // calendar days
	Minutes                 // round the clock
)

var unitNames = [...]string{"unknown", "hours", "work_hours", "work_days", "days", "minutes"}

func (u Unit) String() string {
	if u < 0 || int(u) >= len(unitNames) {
		return fmt.Sprintf("Unit(%d)", int(u))
	}
	return unitNames[u]
}

// RoundTheClock reports whether every instant counts, whatever the calendar.
func (u Unit) RoundTheClock() bool { return u == Hours || u == Minutes }

// UnitNames lists the text forms that ParseUnit reads.
func UnitNames() []string { return slices.Clone(unitNames[1:]) }

// ParseUnit is the inverse of String for the known units.
func ParseUnit(s string) (Unit, error) {
	for i, n := range unitNames[1:] {
		if s == n {
			return Unit(i + 1), nil
		}
	}
	return UnitUnknown, i18n.Errorf("unit %[1]q is none of %[2]s", "时限单位 %[1]q 无效，可选：%[2]s", s, strings.Join(UnitNames(), ", "))
}

// Limit is a length in one of the units. The zero Limit means no limit. Example: "4 work_hours".
type Limit struct {
	N    int
	Unit Unit
}

func (l Limit) String() string {
	if l == (Limit{}) {
		return "none"
	}
	return fmt.Sprintf("%d %s", l.N, l.Unit)
}

const (
	// MaxN bounds Limit.N, so that MaxPercent of it in days (100,000) still
	// fits a time.Duration (106,751).
	MaxN = 10_000
	// MaxPercent bounds a share of a limit.
	MaxPercent = 1_000

	// firstYear and lastYear bound the day table to some 40,000 days.
	firstYear = 1990
	lastYear  = 2100

	day = 24 * time.Hour
)

// ErrBadLimit is wrapped by the error of a limit, share or budget that is out of range.
var ErrBadLimit = i18n.Errorf("limit out of range", "时限超出范围")

// YearError refuses a computation that reaches a year whose holidays are unknown, or, if holidays are not required, a
// year outside 1990-2100.
type YearError struct{ Year int }

// Error implements error, in English.
func (e *YearError) Error() string { return e.Localized().En }

// Localized returns the error in both languages.
func (e *YearError) Localized() i18n.Text {
	if e.Year < firstYear || e.Year > lastYear {
		return i18n.F("year %d is outside the calendar (%d-%d)", "%d 年超出日历范围（%d 至 %d 年）", e.Year, firstYear, lastYear)
	}
	return i18n.F("the holidays of %[1]d are not known; add holidays/%[1]d.json with its days", "%[1]d 年的节假日尚未载入，请添加 holidays/%[1]d.json（休息日与调休上班日）", e.Year)
}

// Interval is the time [From, To).
type Interval struct{ From, To time.Time }

// dayInfo describes one date.
type dayInfo struct {
	working bool
	hours   uint16 // index into Calendar.hours
	name    string // of a holiday or a short day, in Chinese; "" on a plain day
}

// span is a part of one day, measured from midnight.
type span struct{ from, to time.Duration }

// Calendar is immutable and safe for concurrent use.
type Calendar struct {
	loc            *time.Location
	stretches      []stretch
	weekend        [7]bool
	hours          [][]span // 0 is the year-round set; the sets of weekdays, seasons and dates follow
	length         time.Duration
	required       bool
	sameTime       bool
	opens, closes  time.Duration
	days           []dayInfo
	workBefore     []time.Duration // working time before each date, one more entry than days
	wholeDayBefore []time.Duration // 24 h per working date
	lastKnown      map[int]int     // year -> last of the consecutive known years from there
}

// Location returns the zone whose wall clock the calendar uses.
func (c *Calendar) Location() *time.Location { return c.loc }

var (
	epochDay  = int(time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	tableDays = dayOf(lastYear+1, 1, 1)
)

// dayOf returns the index of a date in the day table.
func dayOf(y int, m time.Month, d int) int {
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400) - epochDay
}

func yearOf(d int) int { return time.Unix(int64(d+epochDay)*86400, 0).UTC().Year() }

// worked returns the working time of day d before the time of day of.
func (c *Calendar) worked(d int, of time.Duration) time.Duration {
	if !c.days[d].working {
		return 0
	}
	var sum time.Duration
	for _, s := range c.hours[c.days[d].hours] {
		if of <= s.from {
			break
		}
		sum += min(of, s.to) - s.from
	}
	return sum
}

// Provisional returns the calendar with unknown years treated as plain weeks, for deadlines before the holidays are
// published. The returned calendar gives no *YearError within 1990-2100.
func (c *Calendar) Provisional() *Calendar {
	p := *c
	p.required = false
	return &p
}

// Known counts the years with known holidays; if holidays are not required, all years.
func (c *Calendar) Known() int {
	if !c.required {
		return lastYear - firstYear + 1
	}
	return len(c.lastKnown)
}

// horizon returns the first date of unknown kind after day d.
func (c *Calendar) horizon(d int) (int, error) {
	y := yearOf(d)
	if !c.required {
		return tableDays, nil
	}
	last, ok := c.lastKnown[y]
	if !ok {
		return 0, &YearError{y}
	}
	return dayOf(last+1, 1, 1), nil
}

// normalise returns the start of a same_time limit. A report on a day off counts from the next working day at the
// same time. A report at or after closing time counts from the opening of the next working day.
func (c *Calendar) normalise(w wall, end int) (wall, error) {
	d, of := w.split()
	next := func() error {
		for d < end && !c.days[d].working {
			d++
		}
		if d >= end {
			return &YearError{yearOf(end)}
		}
		return nil
	}
	if err := next(); err != nil {
		return 0, err
	}
	if of >= c.closes {
		d++
		of = c.opens
		if err := next(); err != nil {
			return 0, err
		}
	}
	return at(d, of), nil
}

// Budget returns l as clock time: the value of Consumed at which l is used up. A limit out of range gives 0.
func (c *Calendar) Budget(l Limit) time.Duration {
	if check(l) != nil {
		return 0
	}
	n := time.Duration(l.N)
	switch {
	case l.Unit == Minutes:
		return n * time.Minute
	case l.Unit == Hours || l.Unit == WorkHours:
		return n * time.Hour
	case l.Unit == WorkDays && !c.sameTime:
		return n * c.length
	}
	return n * day
}

func check(l Limit) error {
	if l.N < 0 || l.N > MaxN || l.Unit <= UnitUnknown || l.Unit > Minutes {
		return i18n.Errorf("%v: %v (0 to %d minutes, hours, work_hours, work_days or days)", "%v：%v（应为 0 至 %d 的 minutes、hours、work_hours、work_days 或 days）", ErrBadLimit, l, MaxN)
	}
	return nil
}

// DueAt returns the instant of Add, without the evidence.
func (c *Calendar) DueAt(start time.Time, l Limit) (time.Time, error) {
	if err := check(l); err != nil {
		return time.Time{}, err
	}
	return c.AddBudget(start, l.Unit, c.Budget(l))
}

// AddShare returns the instant at which percent of l is consumed. percent may exceed 100, up to MaxPercent.
func (c *Calendar) AddShare(start time.Time, l Limit, percent int) (time.Time, error) {
	if err := check(l); err != nil {
		return time.Time{}, err
	}
	if percent < 0 || percent > MaxPercent {
		return time.Time{}, i18n.Errorf("%v: %d percent (0 to %d)", "%v：百分之 %d（应为 0 至 %d）", ErrBadLimit, percent, MaxPercent)
	}
	b := c.Budget(l) // divided first: the product could overflow
	return c.AddBudget(start, l.Unit, b/100*time.Duration(percent)+b%100*time.Duration(percent)/100)
}

// AddBudget returns the first instant at which budget is consumed in unit u. A budget of 0 gives start. A limit that
// ends at a skipped wall time ends at the change of the clocks, so a limit never ends before one that began at an
// earlier wall time.
func (c *Calendar) AddBudget(start time.Time, u Unit, budget time.Duration) (time.Time, error) {
	if err := checkBudget(u, budget); err != nil {
		return time.Time{}, err
	}
	if budget == 0 {
		return start.In(c.loc), nil
	}
	if u.RoundTheClock() {
		return start.In(c.loc).Add(budget), nil
	}
	w, i, err := c.toWall(start)
	if err != nil {
		return time.Time{}, err
	}
	if w, err = c.reach(w, u, budget); err != nil {
		return time.Time{}, err
	}
	return c.fromWall(w, i), nil
}

func checkBudget(u Unit, budget time.Duration) error {
	if err := check(Limit{0, u}); err != nil {
		return err
	}
	if budget < 0 || !u.RoundTheClock() && budget > MaxN*MaxPercent/100*day {
		return i18n.Errorf("%v: budget %v", "%v：预算 %v", ErrBadLimit, budget)
	}
	return nil
}

// reach returns the wall time at which a budget above 0 is consumed from w on, in any unit that does not run round the clock.
func (c *Calendar) reach(w wall, u Unit, budget time.Duration) (wall, error) {
	if u == Days {
		if budget >= time.Duration(at(tableDays, 0)-w) {
			return 0, &YearError{lastYear + 1}
		}
		return w + wall(budget), nil
	}
	d, of := w.split()
	end, err := c.horizon(d)
	if err != nil {
		return 0, err
	}
	if u == WorkDays && c.sameTime {
		if w, err = c.normalise(w, end); err != nil {
			return 0, err
		}
		d, of := w.split()
		left := c.wholeDayBefore[end] - c.wholeDayBefore[d] - of
		if budget >= left {
			return 0, &YearError{yearOf(end)}
		}
		target := c.wholeDayBefore[d] + of + budget
		// The first date that ends beyond the target: midnight belongs to the working day that begins then.
		n := d + sort.Search(end-d, func(i int) bool { return c.wholeDayBefore[d+i+1] > target })
		return at(n, target-c.wholeDayBefore[n]), nil
	}
	used := c.worked(d, of)
	if budget > c.workBefore[end]-c.workBefore[d]-used {
		return 0, &YearError{yearOf(end)}
	}
	target := c.workBefore[d] + used + budget
	n := d + sort.Search(end-d, func(i int) bool { return c.workBefore[d+i+1] >= target })
	rest := target - c.workBefore[n]
	for _, s := range c.hours[c.days[n].hours] {
		if rest <= s.to-s.from {
			return at(n, s.from+rest), nil
		}
		rest -= s.to - s.from
	}
	panic(fmt.Sprintf("calendar: %v of budget %v left after day %d", rest, budget, n))
}

// Consumed returns the clock time of l.Unit between two instants, or 0 if to is not after from. Only l.Unit is read.
func (c *Calendar) Consumed(l Limit, from, to time.Time) (time.Duration, error) {
	if err := check(Limit{0, l.Unit}); err != nil {
		return 0, err
	}
	if !to.After(from) {
		return 0, nil
	}
	if l.Unit.RoundTheClock() {
		return to.Sub(from), nil
	}
	a, _, err := c.toWall(from)
	if err != nil {
		return 0, err
	}
	b, _, err := c.toWall(to)
	if err != nil {
		return 0, err
	}
	if l.Unit == Days {
		return max(0, time.Duration(b-a)), nil
	}
	d, _ := a.split()
	end, err := c.horizon(d)
	if err != nil {
		return 0, err
	}
	e, eof := b.split()
	if e >= end {
		return 0, &YearError{yearOf(end)}
	}
	if l.Unit == WorkDays && c.sameTime {
		if a, err = c.normalise(a, end); err != nil {
			return 0, err
		}
		d, of := a.split()
		sum := c.wholeDayBefore[e] - c.wholeDayBefore[d] - of
		if c.days[e].working {
			sum += eof
		}
		return max(0, sum), nil
	}
	d, of := a.split()
	return max(0, c.workBefore[e]+c.worked(e, eof)-c.workBefore[d]-c.worked(d, of)), nil
}

// IsWorking reports whether t is inside working hours. The result is false in a year whose required holidays are
// unknown.
func (c *Calendar) IsWorking(t time.Time) bool {
	w, _, err := c.toWall(t)
	if err != nil {
		return false
	}
	d, of := w.split()
	if _, err := c.horizon(d); err != nil || !c.days[d].working {
		return false
	}
	for _, s := range c.hours[c.days[d].hours] {
		if of >= s.from && of < s.to {
			return true
		}
	}
	return false
}
