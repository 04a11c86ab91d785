package calendar_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch/city/calendar"
)

const harbinYAML = `weekend: [saturday, sunday]
hours: [{from: "08:30", to: "11:30"}, {from: "13:30", to: "17:00"}]
work_day: counted
require_holidays: true
holidays_apply: true
`

const bostonYAML = `weekend: [saturday, sunday]
hours: [{from: "08:30", to: "17:00"}]
require_holidays: false
holidays_apply: false
work_day: same_time
opens: "08:30"
closes: "17:00"
`

func load(tb testing.TB, text, zone string) *calendar.Calendar {
	tb.Helper()
	files := map[string][]byte{}
	for _, y := range []string{"2024.json", "2025.json", "2026.json"} {
		b, err := os.ReadFile("testdata/" + y)
		if err != nil {
			tb.Fatal(err)
		}
		files[y] = b
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		tb.Fatal(err)
	}
	c, faults := calendar.Parse([]byte(text), files, loc)
	if faults != nil {
		tb.Fatal(faults)
	}
	return c
}

func TestAdd(t *testing.T) {
	t.Parallel()
	harbin, boston := load(t, harbinYAML, "Asia/Shanghai"), load(t, bostonYAML, "America/New_York")
	for _, tt := range []struct {
		name  string
		c     *calendar.Calendar
		start string
		limit calendar.Limit
		want  string
	}{
		{"lunch does not count", harbin, "2026-11-23 10:30", calendar.Limit{N: 2, Unit: calendar.WorkHours}, "2026-11-23 14:30"},
		{"a morning used up ends at its end", harbin, "2026-11-23 08:30", calendar.Limit{N: 3, Unit: calendar.WorkHours}, "2026-11-23 11:30"},
		{"Friday evening counts from Monday", harbin, "2026-11-20 18:00", calendar.Limit{N: 1, Unit: calendar.WorkHours}, "2026-11-23 09:30"},
		{"a make-up Saturday is worked", harbin, "2026-10-09 16:30", calendar.Limit{N: 1, Unit: calendar.WorkHours}, "2026-10-10 09:00"},
		{"National Day is passed over", harbin, "2026-09-30 16:30", calendar.Limit{N: 1, Unit: calendar.WorkHours}, "2026-10-08 09:00"},
		{"a counted work day is six and a half hours", harbin, "2026-11-23 10:00", calendar.Limit{N: 1, Unit: calendar.WorkDays}, "2026-11-24 10:00"},
		{"hours run through the night", harbin, "2026-09-30 20:00", calendar.Limit{N: 12, Unit: calendar.Hours}, "2026-10-01 08:00"},
		{"a calendar day keeps the wall time when clocks go forward", boston, "2026-03-07 12:00", calendar.Limit{N: 1, Unit: calendar.Days}, "2026-03-08 12:00"},
		{"hours lose one on the wall when clocks go back", boston, "2026-10-31 12:00", calendar.Limit{N: 24, Unit: calendar.Hours}, "2026-11-01 11:00"},
		{"Boston Saturday counts from Monday at the same time", boston, "2011-07-09 10:00", calendar.Limit{N: 2, Unit: calendar.WorkDays}, "2011-07-13 10:00"},
		{"Boston Saturday evening counts from the opening on Tuesday", boston, "2011-07-09 18:00", calendar.Limit{N: 1, Unit: calendar.WorkDays}, "2011-07-13 08:30"},
		{"Boston evening counts from the next opening", boston, "2011-07-08 17:00", calendar.Limit{N: 1, Unit: calendar.WorkDays}, "2011-07-12 08:30"},
	} {
		start, _ := time.ParseInLocation("2006-01-02 15:04", tt.start, tt.c.Location())
		due, err := tt.c.Add(start, tt.limit)
		if got := due.At.Format("2006-01-02 15:04"); err != nil || got != tt.want {
			t.Errorf("%s: Add(%s, %v) = %s, %v, want %s", tt.name, tt.start, tt.limit, got, err, tt.want)
		}
	}
}

func TestDueAt_MissingYearIsRefused(t *testing.T) {
	t.Parallel()
	c := load(t, harbinYAML, "Asia/Shanghai")
	_, err := c.Add(time.Date(2026, 12, 31, 16, 0, 0, 0, c.Location()), calendar.Limit{N: 2, Unit: calendar.WorkHours})
	var ye *calendar.YearError
	if !errors.As(err, &ye) || ye.Year != 2027 {
		t.Errorf("Add over New Year = %v, want YearError 2027", err)
	}
}

func TestParse_DiagnosticNamesLineAndNearestKey(t *testing.T) {
	t.Parallel()
	_, f := calendar.Parse([]byte("hours: [{from: \"08:30\", to: \"17:00\"}]\nweekends: [sunday]\n"), nil, time.UTC)
	if len(f) != 1 || f[0].Line != 2 || f[0].Suggestion.En != `did you mean "weekend"?` {
		t.Errorf("Parse = %v", f)
	}
}

func TestDueAt_Properties(t *testing.T) {
	for _, c := range []*calendar.Calendar{load(t, harbinYAML, "Asia/Shanghai"), load(t, bostonYAML, "America/New_York")} {
		rapid.Check(t, func(t *rapid.T) {
			start := time.Date(2024, 1, 1, 0, rapid.IntRange(0, 2*366*1440).Draw(t, "minute"), 0, 0, c.Location())
			unit := calendar.WorkHours
			if rapid.Bool().Draw(t, "days") {
				unit = calendar.WorkDays
			}
			a, b := rapid.IntRange(1, 20).Draw(t, "a"), rapid.IntRange(1, 20).Draw(t, "b")
			due, err := c.Add(start, calendar.Limit{N: a, Unit: unit})
			if err != nil {
				t.Fatal(err)
			}
			pieces := map[int64]time.Time{}
			for _, p := range due.Counted {
				pieces[p.From.UnixNano()] = p.To
			}
			for _, s := range due.Skipped {
				pieces[s.From.UnixNano()] = s.To
			}
			n, at := 0, start
			for at.Before(due.At) && !pieces[at.UnixNano()].IsZero() {
				at = pieces[at.UnixNano()]
				n++
			}
			if !at.Equal(due.At) || n != len(due.Counted)+len(due.Skipped) {
				t.Fatalf("evidence does not tile: %+v", due)
			}
			got, err := c.Consumed(due.Limit, start, due.At)
			if err != nil || got != c.Budget(due.Limit) {
				t.Fatalf("Consumed = %v, %v, want %v", got, err, c.Budget(due.Limit))
			}
			if unit == calendar.WorkDays && c.Location().String() != "Asia/Shanghai" {
				return
			}
			both, err1 := c.DueAt(start, calendar.Limit{N: a + b, Unit: unit})
			next, err2 := c.DueAt(due.At, calendar.Limit{N: b, Unit: unit})
			if err1 != nil || err2 != nil || !both.Equal(next) {
				t.Fatalf("Add(a+b) = %v %v, Add(Add) = %v %v", both, err1, next, err2)
			}
			// The slow model: a minute at a time, asking only IsWorking.
			slow := start
			for left := c.Budget(due.Limit); left > 0; slow = slow.Add(time.Minute) {
				if c.IsWorking(slow) {
					left -= time.Minute
				}
			}
			if !slow.Equal(due.At) || !c.IsWorking(due.At.Add(-1)) {
				t.Fatalf("Add = %v, slow model %v", due.At, slow)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(harbinYAML), []byte(`{"year":2026,"days":[]}`))
	f.Add([]byte(bostonYAML), []byte(`{`))
	f.Fuzz(func(t *testing.T, y, h []byte) {
		c, faults := calendar.Parse(y, map[string][]byte{"2026.json": h}, time.UTC)
		if (c == nil) != (len(faults) > 0) {
			t.Fatal(c, faults)
		}
	})
}

func BenchmarkDueAt(b *testing.B) {
	c := load(b, harbinYAML, "Asia/Shanghai")
	start := time.Date(2026, 9, 30, 16, 0, 0, 0, c.Location())
	for b.Loop() {
		if _, err := c.DueAt(start, calendar.Limit{N: 7, Unit: calendar.WorkDays}); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleCalendar_Add() {
	b, _ := os.ReadFile("testdata/2026.json")
	zone := time.FixedZone("CST", 8*3600)
	c, _ := calendar.Parse([]byte(harbinYAML), map[string][]byte{"2026.json": b}, zone)
	due, _ := c.Add(time.Date(2026, 9, 30, 16, 30, 0, 0, zone), calendar.Limit{N: 1, Unit: calendar.WorkHours})
	fmt.Println(due.At.Format("2006-01-02 15:04"))
	for _, s := range due.Skipped {
		fmt.Println(s.From.Format("01-02 15:04"), s.To.Format("01-02 15:04"), s.Why, s.WhyZh)
	}
	// Output:
	// 2026-10-08 09:00
	// 09-30 17:00 10-01 00:00 after hours 下班时间
	// 10-01 00:00 10-08 00:00 National Day 国庆节
	// 10-08 00:00 10-08 08:30 after hours 下班时间
}

func TestSeason_ChangesHoursAcrossNewYear(t *testing.T) {
	t.Parallel()
	c := load(t, harbinYAML+"seasons:\n  - {name: winter, from: \"11-16\", to: \"03-31\", hours: [{from: \"09:00\", to: \"16:00\"}]}\n", "Asia/Shanghai")
	for _, tt := range []struct {
		at   time.Time
		want bool
	}{
		{time.Date(2025, 11, 14, 8, 30, 0, 0, c.Location()), true},
		{time.Date(2025, 11, 17, 8, 30, 0, 0, c.Location()), false},
		{time.Date(2024, 3, 29, 8, 30, 0, 0, c.Location()), false},
		{time.Date(2024, 4, 1, 8, 30, 0, 0, c.Location()), true},
	} {
		if got := c.IsWorking(tt.at); got != tt.want {
			t.Errorf("IsWorking(%v) = %v, want %v", tt.at, got, tt.want)
		}
	}
}

func TestShare_MayPassTheLimit(t *testing.T) {
	t.Parallel()
	c := load(t, harbinYAML, "Asia/Shanghai")
	start := time.Date(2026, 11, 23, 8, 30, 0, 0, c.Location())
	got, err := c.AddShare(start, calendar.Limit{N: 4, Unit: calendar.WorkHours}, 150)
	if want := start.Add(8 * time.Hour); err != nil || !got.Equal(want) {
		t.Errorf("AddShare(150) = %v, %v, want %v", got, err, want)
	}
}
