// Package hours counts working time in an invented city, day by day as a clerk would.
package hours

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Calendar says which days are working days. It is read only.
type Calendar struct {
	zone *time.Location
	off  map[string]bool // holidays, as 2026-01-02
	made map[string]bool // weekends with work
}

// Shifts are the hours of a working day, as lengths of time since midnight.
type Shifts [][2]time.Duration

// Drawn are the alternating working hours of a city, as set for winter or by decree.
var Drawn = []Shifts{
	{{8*time.Hour + 30*time.Minute, 12 * time.Hour}, {13*time.Hour + 30*time.Minute, 17 * time.Hour}},
	{{8 * time.Hour, 12 * time.Hour}, {14 * time.Hour, 18 * time.Hour}},
	{{9*time.Hour + 15*time.Minute, 11*time.Hour + 45*time.Minute}, {13 * time.Hour, 16 * time.Hour}},
}

// Draw draws the holidays of some days from an instant on, in its zone, and the files of the city that list them.
func Draw(rng *rand.Rand, from time.Time, days int) (*Calendar, map[string][]byte) {
	t := &Calendar{zone: from.Location(), off: map[string]bool{}, made: map[string]bool{}}
	files := map[string][]byte{}
	for year := from.Year(); year <= from.AddDate(0, 0, days+400).Year(); year++ {
		var rows []string
		day := func(d time.Time, off bool) {
			key := d.Format(time.DateOnly)
			if t.off[key] || t.made[key] || d.Year() != year {
				return
			}
			if off {
				t.off[key] = true
			} else {
				t.made[key] = true
			}
			rows = append(rows, fmt.Sprintf(`{"name": "放假", "date": %q, "isOffDay": %v}`, key, off))
		}
		for range 4 { // holidays of one to eight days, preceded by a weekend with work
			first := time.Date(year, time.Month(1+rng.IntN(12)), 1+rng.IntN(28), 0, 0, 0, 0, t.zone)
			for n := range 1 + rng.IntN(8) {
				day(first.AddDate(0, 0, n), true)
			}
			for back := 3; back < 10; back++ {
				if d := first.AddDate(0, 0, -back); d.Weekday() == time.Saturday {
					day(d, false)
				}
			}
		}
		files[fmt.Sprintf("holidays/%d.json", year)] = fmt.Appendf(nil, `{"year": %d, "days": [%s]}`, year, strings.Join(rows, ","))
	}
	return t, files
}

// working reports whether a day is a working day.
func (t *Calendar) working(d time.Time) bool {
	key := d.Format(time.DateOnly)
	return t.made[key] || !t.off[key] && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
}

// File is the calendar.yaml of a city with these hours.
func (s Shifts) File() []byte {
	face := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	var rows []string
	for _, h := range s {
		rows = append(rows, fmt.Sprintf("{from: %q, to: %q}", face(h[0]), face(h[1])))
	}
	return fmt.Appendf(nil, "weekend: [saturday, sunday]\nhours: [%s]\nwork_day: counted\nrequire_holidays: true\nholidays_apply: true\n", strings.Join(rows, ", "))
}

// Budget returns the length of n of a unit on its clock: hours, work_hours or work_days.
func (s Shifts) Budget(n int, unit string) time.Duration {
	if unit != "work_days" {
		return time.Duration(n) * time.Hour
	}
	var day time.Duration
	for _, h := range s {
		day += h[1] - h[0]
	}
	return time.Duration(n) * day
}

// Between returns how long a clock runs between two instants.
func (t *Calendar) Between(s Shifts, from, to time.Time, unit string) (run time.Duration) {
	if !to.After(from) {
		return 0
	}
	if unit == "hours" {
		return to.Sub(from)
	}
	from, to = from.In(t.zone), to.In(t.zone)
	for day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, t.zone); day.Before(to); day = day.AddDate(0, 0, 1) {
		if !t.working(day) {
			continue
		}
		for _, h := range s {
			a, b := day.Add(h[0]), day.Add(h[1])
			if a.Before(from) {
				a = from
			}
			if b.After(to) {
				b = to
			}
			if b.After(a) {
				run += b.Sub(a)
			}
		}
	}
	return run
}

// After returns the instant at which a clock has run for a duration, counted hour by hour of every working day.
func (t *Calendar) After(s Shifts, since time.Time, unit string, run time.Duration) time.Time {
	if unit == "hours" || run <= 0 {
		return since.Add(run)
	}
	since = since.In(t.zone)
	for day := time.Date(since.Year(), since.Month(), since.Day(), 0, 0, 0, 0, t.zone); ; day = day.AddDate(0, 0, 1) {
		if !t.working(day) {
			continue
		}
		for _, h := range s {
			from, to := day.Add(h[0]), day.Add(h[1])
			if from.Before(since) {
				from = since
			}
			if !to.After(from) {
				continue
			}
			if run <= to.Sub(from) {
				return from.Add(run)
			}
			run -= to.Sub(from)
		}
	}
}
