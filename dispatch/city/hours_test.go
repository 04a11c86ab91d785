package city_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch/city"
)

// Whatever the quiet hours and the instant, on the nights of clock changes too: an instant outside waits for nothing; one
// within waits for an end that is later, at most two days away, and outside.
func TestQuietUntil_EndsOutside(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	skipped := &city.City{Location: newYork, Quiet: city.QuietHours{To: 2*time.Hour + 30*time.Minute}} // 2:00 to 3:00 is skipped
	midnight := time.Date(2026, 3, 8, 0, 0, 0, 0, newYork)
	if end := skipped.QuietUntil(midnight); !end.Equal(time.Date(2026, 3, 8, 3, 0, 0, 0, newYork)) {
		t.Errorf("quiet hours that end at a skipped time end at %s, want the change of the clocks", end)
	}
	rapid.Check(t, func(t *rapid.T) {
		minute := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 1439).Draw(t, name)) * time.Minute
		}
		c := &city.City{Location: newYork, Quiet: city.QuietHours{From: minute("from"), To: minute("to")}}
		day := rapid.SampledFrom([]string{"2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01", "2026-07-01"}).Draw(t, "day")
		at, _ := time.ParseInLocation(time.DateOnly, day, newYork)
		at = at.Add(time.Duration(rapid.IntRange(0, 25*3600).Draw(t, "second")) * time.Second)
		shown := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + time.Duration(at.Second())*time.Second
		from, to := c.Quiet.From, c.Quiet.To
		within := from < to && shown >= from && shown < to || from > to && (shown >= from || shown < to)
		end := c.QuietUntil(at)
		if end.IsZero() == within {
			t.Fatalf("%s in the quiet hours from %s to %s: held until %s", at, from, to, end)
		}
		if !within {
			return
		}
		if !end.After(at) || end.Sub(at) > 48*time.Hour || !c.QuietUntil(end).IsZero() {
			t.Fatalf("%s is held until %s, which is no end of the quiet hours from %s to %s", at, end, from, to)
		}
	})
}
