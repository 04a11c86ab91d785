package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch/city/calendar"
)

// A deadline over a night in which the clocks change names the hour that is not there, or is there
// twice, so that its parts add up to what is called counted.
func TestClockChange_IsNamed(t *testing.T) {
	t.Parallel()
	c := load(t, bostonYAML, "America/New_York")
	days := calendar.Limit{N: 30, Unit: calendar.Days}
	for _, tt := range []struct {
		name, start string
		limit       calendar.Limit
		want        string
	}{
		{"spring", "2026-03-07 12:00", days, "+14h0m0s @03-08 03:00 EDT 1h0m0s clocks put forward, counted all the same 时钟拨快，跳过的时段照计 +705h0m0s"},
		{"autumn", "2026-10-31 12:00", days, "+14h0m0s -11-01 01:00 EST 1h0m0s clocks put back, counted once 时钟拨慢，重复的时段只计一次 +706h0m0s"},
		{"hours know no change", "2026-03-07 12:00", calendar.Limit{N: 720, Unit: calendar.Hours}, "+720h0m0s"},
		{"it ends where the clocks are put forward", "2026-03-07 03:00", calendar.Limit{N: 1, Unit: calendar.Days}, "+23h0m0s @03-08 03:00 EDT 1h0m0s clocks put forward, counted all the same 时钟拨快，跳过的时段照计"},
		{"it ends in the first of the two hours", "2026-10-31 01:30", calendar.Limit{N: 1, Unit: calendar.Days}, "+24h0m0s"},
		{"it begins in the second of the two hours", "2026-11-01 06:30Z", calendar.Limit{N: 1, Unit: calendar.Days}, "+24h0m0s"},
	} {
		start, err := time.ParseInLocation("2006-01-02 15:04", tt.start, c.Location())
		if err != nil {
			if start, err = time.Parse("2006-01-02 15:04Z07:00", tt.start); err != nil {
				t.Fatal(err)
			}
		}
		due, err := c.Add(start, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for at, i, k := start, 0, 0; i < len(due.Counted) || k < len(due.Skipped); {
			if k < len(due.Skipped) && due.Skipped[k].From.Equal(at) {
				s := due.Skipped[k]
				if s.Counts > 0 {
					got += fmt.Sprintf(" @%s %v %s %s", s.From.Format("01-02 15:04 MST"), s.Counts, s.Why, s.WhyZh)
				} else {
					got += fmt.Sprintf(" -%s %v %s %s", s.From.Format("01-02 15:04 MST"), s.To.Sub(s.From), s.Why, s.WhyZh)
				}
				at, k = s.To, k+1
				continue
			}
			if i == len(due.Counted) || !due.Counted[i].From.Equal(at) {
				t.Fatalf("%s: a gap at %v in %+v", tt.name, at, due)
			}
			got += fmt.Sprintf(" +%v", due.Counted[i].To.Sub(at))
			at, i = due.Counted[i].To, i+1
		}
		if got != " "+tt.want {
			t.Errorf("%s: %s from %s is%s, want %s", tt.name, tt.limit, tt.start, got, tt.want)
		}
	}
}

// Whatever the start and the clock, the parts tile the stretch and add up to the budget; also where
// people work through the night of the change.
func TestClockChange_PartsAddUp(t *testing.T) {
	always := load(t, "weekend: []\nhours: [{from: \"00:00\", to: \"24:00\"}]\nwork_day: counted\nrequire_holidays: false\nholidays_apply: false\n", "America/New_York")
	for _, c := range []*calendar.Calendar{load(t, bostonYAML, "America/New_York"), always} {
		rapid.Check(t, func(t *rapid.T) {
			start := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 366*1440).Draw(t, "minute"), 0, 0, c.Location())
			unit := calendar.Days
			if c == always && rapid.Bool().Draw(t, "work") {
				unit = calendar.WorkHours
			}
			due, err := c.Add(start, calendar.Limit{N: rapid.IntRange(1, 400).Draw(t, "n"), Unit: unit})
			if err != nil {
				t.Fatal(err)
			}
			var counted, all time.Duration
			for _, i := range due.Counted {
				counted, all = counted+i.To.Sub(i.From), all+i.To.Sub(i.From)
			}
			for _, s := range due.Skipped {
				counted, all = counted+s.Counts, all+s.To.Sub(s.From)
			}
			// A limit that ends at a time that the clocks leap over ends at the leap, where the clocks have left more
			// behind than the budget.
			used, err := c.Consumed(due.Limit, start, due.At)
			just, err2 := c.Consumed(due.Limit, start, due.At.Add(-1))
			leaps := used-just > 1
			if err != nil || err2 != nil || counted > used || counted <= just || counted != used && !leaps || all != due.At.Sub(start) {
				t.Fatalf("%v from %v: parts count %v and fill %v; Consumed says %v of %v, %v: %+v", due.Limit, start, counted, all, used, due.At.Sub(start), err, due)
			}
		})
	}
}
