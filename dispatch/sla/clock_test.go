package sla_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/sla"
)

// plainCalendar works on weekdays from nine to five and knows no holidays.
func plainCalendar(t *testing.T) *calendar.Calendar {
	t.Helper()
	cal, faults := calendar.Parse([]byte(`weekend: [saturday, sunday]
hours: [{from: "09:00", to: "17:00"}]
work_day: counted
require_holidays: false
holidays_apply: false
`), nil, time.UTC)
	for _, f := range faults {
		t.Fatal(f)
	}
	return cal
}

// friday is 6 March 2026 at a full hour.
func friday(hour int) time.Time { return time.Date(2026, 3, 6, hour, 0, 0, 0, time.UTC) }

func monday(hour int) time.Time { return friday(hour).AddDate(0, 0, 3) }

func workHours(n int) calendar.Limit { return calendar.Limit{N: n, Unit: calendar.WorkHours} }

func started(t *testing.T, cal *calendar.Calendar, limit calendar.Limit, at time.Time) dispatch.Clock {
	t.Helper()
	k, err := sla.StartClock(cal, limit, at)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A pause keeps what was used; the rest of the limit runs from the resumption.
func TestClock_PauseAndResume(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := started(t, cal, workHours(4), friday(15))
	if !k.Due.Equal(monday(11)) {
		t.Fatalf("due %s, want Monday at eleven", k.Due)
	}
	k = sla.Pause(k, cal, friday(16), 2)
	if k.Running() || k.Consumed != time.Hour || k.Step != 2 {
		t.Fatalf("paused clock %+v, want one hour used and step 2", k)
	}
	if again := sla.Pause(k, cal, monday(12), 3); again != k {
		t.Errorf("paused twice: %+v, want %+v", again, k)
	}
	k, err := sla.Resume(k, cal, monday(10))
	if err != nil || !k.Due.Equal(monday(13)) {
		t.Errorf("resumed: due %s, %v; want Monday at thirteen", k.Due, err)
	}
}

// Another unit of the limit counts the time used on its own clock, from the beginning.
func TestClock_ChangedUnit(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := started(t, cal, workHours(8), friday(15))
	k, err := sla.WithLimit(k, cal, calendar.Limit{N: 80, Unit: calendar.Hours}, monday(10))
	if want := friday(15).Add(80 * time.Hour); err != nil || k.Consumed != 67*time.Hour || !k.Due.Equal(want) {
		t.Errorf("changed: %s used, due %s, %v; want 67 h, %s", k.Consumed, k.Due, err, want)
	}
}

// A clock that has overrun is due as long ago as it has overrun.
func TestClock_Overrun(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k, err := sla.Project(dispatch.Clock{Limit: workHours(4), Consumed: 6 * time.Hour, Since: monday(12)}, cal)
	if want := monday(10); err != nil || !k.Due.Equal(want) {
		t.Errorf("due %s, %v; want %s", k.Due, err, want)
	}
}

// An extension grants the whole limit once more.
func TestClock_Extended(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := started(t, cal, workHours(4), friday(9))
	k.Extended = 1
	k, err := sla.Project(k, cal)
	if want := friday(17); err != nil || !k.Due.Equal(want) {
		t.Errorf("due %s, %v; want %s", k.Due, err, want)
	}
}

// The clock of an office stage runs day and night, keeps its length over a pause, and has no limit.
func TestClock_OfficeStage(t *testing.T) {
	t.Parallel()
	k := sla.Pause(sla.StageClock(sla.Minutes(30), friday(16)), nil, friday(16).Add(10*time.Minute), 0)
	k, err := sla.Resume(k, nil, monday(3))
	if want := monday(3).Add(20 * time.Minute); err != nil || !k.Due.Equal(want) {
		t.Errorf("due %s, %v; want %s", k.Due, err, want)
	}
}

func TestStepAt_ShareOfTheLimit(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := started(t, cal, workHours(4), friday(15))
	for percent, want := range map[int]time.Time{25: friday(16), 75: monday(10), 100: monday(11), 200: monday(15)} {
		if got := sla.StepAt(cal, k, percent); !got.Equal(want) {
			t.Errorf("StepAt(%d) = %s, want %s", percent, got, want)
		}
	}
	k.Consumed = 2 * time.Hour // before the last pause
	if got := sla.StepAt(cal, k, 25); !got.Equal(k.Since) {
		t.Errorf("a share that was used up before the pause: %s, want the resumption %s", got, k.Since)
	}
}

// A span counts what the clock had used before its pause when both count working time, or neither does.
func TestSpanAt_CountsUsedTime(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := dispatch.Clock{Limit: workHours(8), Consumed: time.Hour, Since: monday(9)}
	for text, want := range map[string]time.Time{"4 work_hours": monday(12), "4h": monday(13)} {
		span, err := city.ParseDelay(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := sla.SpanAt(cal, k, span); !got.Equal(want) {
			t.Errorf("SpanAt(%s) = %s, want %s", text, got, want)
		}
	}
}

// Severity A takes a limit off the working clock, unless the city works on it by day.
func TestUrgent_RunsRoundTheClock(t *testing.T) {
	t.Parallel()
	c := &city.City{}
	for _, tt := range []struct {
		severity catalog.Severity
		byDay    bool
		want     calendar.Unit
	}{{catalog.SeverityA, false, calendar.Hours}, {catalog.SeverityA, true, calendar.WorkHours}, {catalog.SeverityB, false, calendar.WorkHours}} {
		c.Defaults.UrgentByDay = tt.byDay
		if got := sla.UrgentLimit(c, tt.severity, workHours(4)); got.Unit != tt.want || got.N != 4 {
			t.Errorf("Urgent(%v, by day %t) = %s, want the unit %s", tt.severity, tt.byDay, got, tt.want)
		}
	}
}

// An extension to a chosen time ends at the last working instant up to that time, is kept by a pause, and the next
// extension adds to what has been granted. A time no later than the deadline extends nothing.
func TestClock_ExtendedToATime(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k := started(t, cal, workHours(4), friday(9))
	rapid.Check(t, func(t *rapid.T) {
		until := friday(9).Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(t, "minutes")) * time.Minute)
		out, ok, err := sla.Extended(k, cal, until)
		if err != nil || ok != (sla.ConsumedAt(k, cal, until) > 4*time.Hour) {
			t.Fatalf("until %s: %v, %v; due %s", until, ok, err, k.Due)
		}
		if !ok {
			return
		}
		if out.Due.After(until) || !out.Due.After(k.Due) || sla.ConsumedAt(out, cal, out.Due) != sla.ConsumedAt(k, cal, until) {
			t.Fatalf("extended to %s: due %s, was %s", until, out.Due, k.Due)
		}
		paused := sla.Pause(out, cal, k.Due, 0)
		again, err := sla.Resume(paused, cal, k.Due)
		if err != nil || !again.Due.Equal(out.Due) {
			t.Fatalf("resumed at once: due %s, want %s, %v", again.Due, out.Due, err)
		}
		once, ok, err := sla.Extended(out, cal, time.Time{})
		if err != nil || !ok || once.Extended != 2 || sla.ConsumedAt(once, cal, once.Due) != sla.ConsumedAt(out, cal, out.Due)+4*time.Hour {
			t.Fatalf("then the limit once more: %+v, %v", once, err)
		}
	})
}

// An extension to a chosen time stays the same share of the limit when the case gets a limit in another unit.
func TestClock_ChosenTimeUnderAnotherUnit(t *testing.T) {
	t.Parallel()
	cal := plainCalendar(t)
	k, ok, err := sla.Extended(started(t, cal, workHours(2), friday(9)), cal, friday(9).Add(150*time.Minute))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	k, err = sla.WithLimit(k, cal, calendar.Limit{N: 2, Unit: calendar.WorkDays}, friday(9))
	if err != nil || !k.Due.Equal(monday(9).AddDate(0, 0, 1).Add(4*time.Hour)) { // two days of eight hours and a quarter of them
		t.Errorf("due %s, %v", k.Due, err)
	}
}
