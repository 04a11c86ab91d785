package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
)

// changing are zones whose clocks change in every known way: at night and at midnight, by an hour, by half
// an hour and by a whole day, in summer, for Ramadan, and not at all.
var changing = []string{
	"America/Chicago", "America/New_York", "America/Santiago", "America/Havana", "America/Sao_Paulo", "America/St_Johns", "Europe/Berlin", "Europe/London", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut",
	"Asia/Shanghai", "Asia/Pyongyang", "Australia/Lord_Howe", "Australia/Sydney", "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll", "UTC",
}

// A limit of days that ends in the hour that the clock leaps over ends at the leap, on either side of
// Greenwich, and never before one that began at an earlier reading of the clock.
func TestClockChange_LimitEndsAtTheLeap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, start, want string }{
		{"America/New_York", "2011-03-12 02:30", "2011-03-13 03:00 EDT"},
		{"America/New_York", "2011-03-12 01:59", "2011-03-13 01:59 EST"},
		{"America/New_York", "2011-03-12 03:00", "2011-03-13 03:00 EDT"},
		{"America/Chicago", "2026-03-07 02:54", "2026-03-08 03:00 CDT"},
		{"Europe/Berlin", "2026-03-28 02:30", "2026-03-29 03:00 CEST"},
		{"Africa/Cairo", "2026-04-23 00:15", "2026-04-24 01:00 EEST"},
		{"Asia/Beirut", "2026-03-28 00:30", "2026-03-29 01:00 EEST"},
		{"America/Santiago", "2026-09-05 00:30", "2026-09-06 01:00 -03"},
		{"Australia/Lord_Howe", "2026-10-03 02:10", "2026-10-04 02:30 +11"},
		{"Pacific/Apia", "2011-12-29 10:00", "2011-12-31 00:00 +14"},
		{"Africa/Casablanca", "2026-03-21 02:30", "2026-03-22 03:00 +01"},
		{"America/New_York", "2026-10-31 01:30", "2026-11-01 01:30 EDT"},
		{"Europe/Berlin", "2026-10-24 02:30", "2026-10-25 02:30 CEST"},
	} {
		c := load(t, bostonYAML, tt.zone)
		start, err := time.ParseInLocation("2006-01-02 15:04", tt.start, c.Location())
		if err != nil {
			t.Fatal(err)
		}
		due, err := c.Add(start, calendar.Limit{N: 1, Unit: calendar.Days})
		if got := due.At.Format("2006-01-02 15:04 MST"); err != nil || got != tt.want {
			t.Errorf("%s: one day from %s = %s, %v, want %s", tt.zone, tt.start, got, err, tt.want)
		}
	}
}

// keeping is a way to keep time: a calendar, and the same as a model reads it.
type keeping struct {
	name, yaml string
	weekend    bool
	hours      [][2]int // minutes of the day
	same       bool
}

var keepings = []keeping{
	{"office", "hours: [{from: \"08:30\", to: \"11:30\"}, {from: \"13:30\", to: \"17:00\"}]\nrequire_holidays: false\nholidays_apply: false\n", true, [][2]int{{510, 690}, {810, 1020}}, false},
	{"always", "weekend: []\nhours: [{from: \"00:00\", to: \"24:00\"}]\nrequire_holidays: false\nholidays_apply: false\n", false, [][2]int{{0, 1440}}, false},
	{"night", "weekend: []\nhours: [{from: \"00:20\", to: \"02:20\"}, {from: \"02:25\", to: \"02:50\"}, {from: \"23:00\", to: \"24:00\"}]\nrequire_holidays: false\nholidays_apply: false\n", false, [][2]int{{20, 140}, {145, 170}, {1380, 1440}}, false},
	{"same time", bostonYAML, true, [][2]int{{510, 1020}}, true},
}

// wallModel is the wall clock, minute by minute: minutes are counted from the midnight of its first date.
type wallModel struct {
	first  time.Time // in UTC, as if the clock showed UTC
	loc    *time.Location
	before [2][]int32 // working minutes, and minutes of working dates, before each
}

func (k *keeping) model(year int) wallModel {
	m := wallModel{first: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
	var worked, dates int32
	for d := m.first; d.Year() < year+2; d = d.AddDate(0, 0, 1) {
		off := k.weekend && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday)
		for minute := range 1440 {
			m.before[0], m.before[1] = append(m.before[0], worked), append(m.before[1], dates)
			if off {
				continue
			}
			dates++
			for _, h := range k.hours {
				if minute >= h[0] && minute < h[1] {
					worked++
				}
			}
		}
	}
	return m
}

// shows is the minute that the clock shows.
func (m *wallModel) shows(t time.Time) int {
	t = t.In(m.loc)
	return int(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC).Sub(m.first) / time.Minute)
}

// used counts the minutes of a unit before a minute of the wall.
func (k *keeping) used(m *wallModel, u calendar.Unit, minute int) int {
	switch {
	case u == calendar.Days:
		return minute
	case u == calendar.WorkDays && k.same:
		return int(m.before[1][minute])
	default:
		return int(m.before[0][minute])
	}
}

// begins is where the clock of a unit begins on the wall.
func (k *keeping) begins(m *wallModel, u calendar.Unit, minute int) int {
	if u != calendar.WorkDays || !k.same {
		return minute
	}
	open := func(minute int) bool { return m.before[1][minute+1] > m.before[1][minute] }
	for !open(minute) {
		minute += 1440
	}
	if minute%1440 >= 1020 {
		for minute += 1440 - minute%1440 + 510; !open(minute); {
			minute += 1440
		}
	}
	return minute
}

// changes are the instants of two years at which the clocks change, found hour by hour.
func changesOf(loc *time.Location, year int) []time.Time {
	var out []time.Time
	at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	_, was := at.In(loc).Zone()
	for ; at.Year() < year+2; at = at.Add(30 * time.Minute) {
		if _, is := at.In(loc).Zone(); is != was {
			out, was = append(out, at), is
		}
	}
	return out
}

// In every zone, on every clock, a deadline is what a model says that looks at the wall clock minute by
// minute, and its explanation tiles the time and adds up to the budget, to the second: about 4,000
// limits, 600,000 with WANGGE_DEEP=1.
func TestExplain_PartsAddUp(t *testing.T) {
	cases := 30
	if os.Getenv("WANGGE_DEEP") == "1" {
		cases = 4_000
	}
	years := []int{2011, 2026}
	models := map[string]wallModel{}
	for i := range keepings {
		for _, year := range years {
			models[fmt.Sprint(keepings[i].name, year)] = keepings[i].model(year)
		}
	}
	for z, zone := range changing {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(15, uint64(z)))
			for i := range keepings {
				k := &keepings[i]
				c := load(t, k.yaml, zone)
				for _, year := range years {
					m, near := models[fmt.Sprint(k.name, year)], changesOf(c.Location(), year)
					m.loc = c.Location()
					for range cases {
						start := time.Date(year, 1, 8, 0, rng.IntN(500*1440), 0, 0, time.UTC)
						if len(near) > 0 && rng.IntN(4) > 0 {
							start = near[rng.IntN(len(near))].Add(time.Duration(rng.IntN(6*1440)-5*1440) * time.Minute)
							if limit := time.Date(year+1, 6, 1, 0, 0, 0, 0, time.UTC); start.After(limit) || start.Before(time.Date(year, 1, 8, 0, 0, 0, 0, time.UTC)) {
								continue
							}
						}
						u := calendar.Unit(1 + rng.IntN(4))
						budget := c.Budget(calendar.Limit{N: 1 + rng.IntN(6), Unit: u})
						if rng.IntN(2) == 0 {
							budget = budget * time.Duration(1+rng.IntN(120)) / 100 // a share
							budget -= budget % time.Minute
						}
						if budget == 0 {
							continue
						}
						agree(t, k, c, &m, start, u, budget)
						// between minutes the sums hold too
						start = start.Add(time.Duration(rng.IntN(60)) * time.Second)
						adds(t, c, start, u, budget+time.Duration(rng.IntN(60))*time.Second)
						between(t, c, start, start.Add(time.Duration(rng.IntN(72*3600))*time.Second), u)
					}
				}
			}
		})
	}
}

func agree(t *testing.T, k *keeping, c *calendar.Calendar, m *wallModel, start time.Time, u calendar.Unit, budget time.Duration) {
	t.Helper()
	want := start.Add(budget)
	begin := k.begins(m, u, m.shows(start))
	if u != calendar.Hours {
		for want = start; m.shows(want) < begin || k.used(m, u, m.shows(want))-k.used(m, u, begin) < int(budget/time.Minute); {
			want = want.Add(time.Minute)
		}
		if u == calendar.WorkDays && k.same && k.used(m, u, m.shows(want))-k.used(m, u, begin) == int(budget/time.Minute) { // a day that ends at midnight ends on the next working day
			for m.before[1][m.shows(want)+1] == m.before[1][m.shows(want)] {
				want = want.Add(time.Minute)
			}
		}
	}
	due := adds(t, c, start, u, budget)
	if !due.At.Equal(want) {
		t.Fatalf("%s: %v of %v from %v ends %v, the model says %v", k.name, budget, u, start.In(c.Location()), due.At, want.In(c.Location()))
	}
	if u == calendar.Hours {
		return
	}
	for _, p := range due.Counted {
		for at := p.From; at.Before(p.To); at = at.Add(time.Minute) {
			if s := m.shows(at); k.used(m, u, s+1) == k.used(m, u, s) {
				t.Fatalf("%s: %v of %v from %v counts %v, at which the clock stands", k.name, budget, u, start.In(c.Location()), at)
			}
		}
	}
}

// adds checks that an explanation tiles the time and adds up.
func adds(t *testing.T, c *calendar.Calendar, start time.Time, u calendar.Unit, budget time.Duration) calendar.Due {
	t.Helper()
	due, err := c.Explain(start, u, budget)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := c.AddBudget(start, u, budget); err != nil || !plain.Equal(due.At) {
		t.Fatalf("Explain ends %v, AddBudget %v, %v", due.At, plain, err)
	}
	if counted, said := parts(due.Counted, due.Skipped, start, due.At); said != "" || counted != budget {
		t.Fatalf("%v of %v from %v: parts count %v%s: %+v", budget, u, start.In(c.Location()), counted, said, due)
	}
	if used := between(t, c, start, due.At, u); used < budget {
		t.Fatalf("%v of %v from %v: Consumed says %v", budget, u, start.In(c.Location()), used)
	}
	return due
}

// between checks that the evidence of a stretch tiles it and adds up to what Consumed says.
func between(t *testing.T, c *calendar.Calendar, from, to time.Time, u calendar.Unit) time.Duration {
	t.Helper()
	counted, skipped := c.Between(u, from, to)
	used, err := c.Consumed(calendar.Limit{N: 1, Unit: u}, from, to)
	if sum, said := parts(counted, skipped, from, to); err != nil || said != "" || sum != used {
		t.Fatalf("%v from %v to %v: Between counts %v%s, Consumed says %v, %v: %+v %+v", u, from.In(c.Location()), to.In(c.Location()), sum, said, used, err, counted, skipped)
	}
	return used
}

// parts adds up counted and skipped stretches and says where they don't tile the time.
func parts(counted []calendar.Interval, skipped []calendar.Skip, from, to time.Time) (sum time.Duration, said string) {
	at, i, k := from, 0, 0
	for i < len(counted) || k < len(skipped) {
		switch {
		case k < len(skipped) && skipped[k].From.Equal(at):
			s := skipped[k]
			if s.Counts == 0 && !s.To.After(s.From) || s.Counts > 0 && s.To.After(s.From) || s.Why == "" || s.WhyZh == "" {
				said += fmt.Sprintf("; strange %+v", s)
			}
			sum, at, k = sum+s.Counts, s.To, k+1
		case i < len(counted) && counted[i].From.Equal(at) && counted[i].To.After(at):
			sum, at, i = sum+counted[i].To.Sub(at), counted[i].To, i+1
		default:
			return sum, said + fmt.Sprintf("; a gap at %v", at)
		}
	}
	if !at.Equal(to) {
		said += fmt.Sprintf("; they end at %v", at)
	}
	return sum, said
}

// A limit that begins later never ends earlier, as long as the clock was not put back in between. The
// same_time clock is another matter: what begins after closing counts from an opening, what begins
// before dawn does not.
func TestDueAt_LaterStartNeverEndsEarlier(t *testing.T) {
	t.Parallel()
	for _, zone := range changing {
		for _, k := range keepings {
			c := load(t, k.yaml, zone)
			for _, change := range changesOf(c.Location(), 2026) {
				for _, u := range []calendar.Unit{calendar.Hours, calendar.WorkHours, calendar.WorkDays, calendar.Days} {
					if k.same && u == calendar.WorkDays {
						continue
					}
					limit := calendar.Limit{N: 2, Unit: u}
					var last time.Time
					_, was := change.Add(-75 * time.Hour).In(c.Location()).Zone()
					for at := change.Add(-75 * time.Hour); at.Before(change.Add(30 * time.Hour)); at = at.Add(10 * time.Minute) {
						due, err := c.DueAt(at, limit)
						if err != nil {
							t.Fatal(err)
						}
						_, is := at.In(c.Location()).Zone()
						if due.Before(last) && is >= was {
							t.Fatalf("%s, %s: %v from %v ends %v, from 10 minutes earlier %v", zone, k.name, limit, at.In(c.Location()), due, last)
						}
						last, was = due, is
					}
				}
			}
		}
	}
}
