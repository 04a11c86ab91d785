package calendar

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const harbinYAML = `weekend: [saturday, sunday]
require_holidays: true
holidays_apply: true
work_day: counted
hours: [{from: "08:30", to: "11:30"}, {from: "13:30", to: "17:00"}]
`

const bostonYAML = `weekend: [saturday, sunday]
work_day: same_time
opens: "08:30"
closes: "17:00"
hours: [{from: "08:30", to: "17:00"}]
`

func load(t testing.TB, text, zone string) *Calendar {
	t.Helper()
	holidays := map[string][]byte{}
	for _, y := range []string{"2025.json", "2026.json", "2027.json"} {
		b, err := os.ReadFile("testdata/" + y)
		if err != nil {
			t.Fatal(err)
		}
		holidays[y] = b
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	c, faults := Parse([]byte(text), holidays, loc)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return c
}

func TestDueAt(t *testing.T) {
	h, b := load(t, harbinYAML, "Asia/Shanghai"), load(t, bostonYAML, "America/New_York")
	for _, tt := range []struct {
		name  string
		c     *Calendar
		start string
		limit Limit
		want  string
	}{
		{"urgent hours run through the night", h, "2026-03-06 22:00", Limit{4, Hours}, "2026-03-07 02:00"},
		{"work hours skip lunch", h, "2026-03-04 11:00", Limit{1, WorkHours}, "2026-03-04 14:00"},
		{"a limit that ends at closing ends then", h, "2026-03-04 16:00", Limit{1, WorkHours}, "2026-03-04 17:00"},
		{"friday evening starts on monday", h, "2026-03-06 18:00", Limit{1, WorkHours}, "2026-03-09 09:30"},
		{"a make-up saturday is worked", h, "2026-05-08 17:00", Limit{1, WorkHours}, "2026-05-09 09:30"},
		{"national day is skipped", h, "2026-09-30 16:30", Limit{1, WorkHours}, "2026-10-08 09:00"},
		{"one work day is the day's length in working seconds", h, "2026-03-04 10:00", Limit{1, WorkDays}, "2026-03-05 10:00"},
		{"calendar days keep the time", h, "2026-10-01 10:00", Limit{3, Days}, "2026-10-04 10:00"},
		{"boston: same time next weekdays", b, "2011-07-06 10:15", Limit{2, WorkDays}, "2011-07-08 10:15"},
		{"boston: weekend becomes monday same time", b, "2011-07-09 03:00", Limit{2, WorkDays}, "2011-07-13 03:00"},
		{"boston: after closing becomes the next opening", b, "2011-07-08 18:00", Limit{1, WorkDays}, "2011-07-12 08:30"},
		{"boston: a calendar day through the clock change", b, "2011-11-05 12:00", Limit{1, Days}, "2011-11-06 12:00"},
	} {
		start, err := time.ParseInLocation("2006-01-02 15:04", tt.start, tt.c.loc)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tt.c.DueAt(start, tt.limit)
		if s := got.Format("2006-01-02 15:04"); err != nil || s != tt.want {
			t.Errorf("%s: DueAt(%s, %s) = %s, %v; want %s", tt.name, tt.start, tt.limit, s, err, tt.want)
		}
	}
}

func TestMissingYearIsRefused(t *testing.T) {
	c := load(t, harbinYAML, "Asia/Shanghai")
	_, err := c.DueAt(time.Date(2026, 12, 30, 9, 0, 0, 0, c.loc), Limit{5, WorkDays})
	var missing *YearError
	if !errors.As(err, &missing) || missing.Year != 2027 {
		t.Errorf("DueAt into 2027 = %v, want *YearError{2027}", err)
	}
}

func TestParseNamesFaults(t *testing.T) {
	_, faults := Parse([]byte("weekend: [satuday]\nwork_day: often\nhours: [{from: \"9\", to: \"08:00\"}]\n"), nil, time.UTC)
	if len(faults) != 3 {
		t.Errorf("Parse found %d faults %v, want 3: weekend, time, work_day", len(faults), faults)
	}
	_, faults = Parse([]byte("weekend: []\nhors: []\n"), nil, time.UTC)
	if len(faults) != 1 || faults[0].Line != 2 {
		t.Errorf("unknown key: %v, want one fault on line 2", faults)
	}
}

// slow counts minute by minute, the obvious way.
func slow(c *Calendar, t time.Time, minutes int) time.Time {
	for minutes > 0 {
		if c.IsWorking(t) {
			minutes--
		}
		t = t.Add(time.Minute)
	}
	return t
}

func TestAgainstMinuteByMinuteModel(t *testing.T) {
	c := load(t, harbinYAML, "Asia/Shanghai")
	base := time.Date(2025, 1, 1, 0, 0, 0, 0, c.loc)
	rapid.Check(t, func(r *rapid.T) {
		start := base.Add(time.Duration(rapid.IntRange(0, 600*24*60).Draw(r, "minute")) * time.Minute)
		n := rapid.IntRange(1, 40).Draw(r, "hours")
		due, err := c.Add(start, Limit{n, WorkHours})
		if err != nil {
			r.Fatal(err)
		}
		if want := slow(c, start, n*60); !due.At.Equal(want) {
			r.Fatalf("Add(%v, %d work_hours) = %v, want %v", start, n, due.At, want)
		}
		used, err := c.Consumed(due.Limit, start, due.At)
		if err != nil || used != time.Duration(n)*time.Hour {
			r.Fatalf("Consumed until the deadline = %v, %v; want %d h", used, err, n)
		}
		var counted, skipped time.Duration
		for _, i := range due.Counted {
			counted += i.To.Sub(i.From)
		}
		for _, s := range due.Skipped {
			if s.Why == "" || s.WhyZh == "" {
				r.Fatalf("skip without a reason: %+v", s)
			}
			skipped += s.To.Sub(s.From)
		}
		if counted != used || counted+skipped != due.At.Sub(start) {
			r.Fatalf("evidence: counted %v + skipped %v, want %v + rest of %v", counted, skipped, used, due.At.Sub(start))
		}
		a := rapid.IntRange(1, n).Draw(r, "first part")
		mid, err := c.AddBudget(start, WorkHours, time.Duration(a)*time.Hour)
		if err != nil {
			r.Fatal(err)
		}
		if a < n {
			if end, err := c.AddBudget(mid, WorkHours, time.Duration(n-a)*time.Hour); err != nil || !end.Equal(due.At) {
				r.Fatalf("in two parts %v, %v; want %v", end, err, due.At)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(harbinYAML))
	f.Add([]byte(bostonYAML))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if c, faults := Parse(text, nil, time.UTC); (c == nil) == (len(faults) == 0) {
			panic(fmt.Sprint("neither calendar nor faults, or both: ", faults))
		}
	})
}

func BenchmarkDueAt(b *testing.B) {
	c := load(b, harbinYAML, "Asia/Shanghai")
	start := time.Date(2026, 3, 4, 10, 0, 0, 0, c.loc)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.DueAt(start, Limit{5, WorkDays}); err != nil {
			b.Fatal(err)
		}
	}
}
