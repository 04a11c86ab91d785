package calendar

import (
	"testing"
	"time"
)

func TestSeason(t *testing.T) {
	t.Parallel()
	winter, ok := ParseSeason("11-16..03-31")
	if !ok || winter.String() != "11-16..03-31" {
		t.Fatalf("ParseSeason = %v, %v", winter, ok)
	}
	for day, want := range map[string]bool{"2026-11-15": false, "2026-11-16": true, "2026-12-31": true, "2028-02-29": true, "2026-03-31": true, "2026-04-01": false} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := winter.Has(MonthDayOf(at)); got != want {
			t.Errorf("%s in %s: %v, want %v", day, winter, got, want)
		}
	}
	for _, bad := range []string{"11-16", "13-01..01-01", "02-30..03-01", "11-16-03-31", "11-16.. 3-31"} {
		if s, ok := ParseSeason(bad); ok {
			t.Errorf("ParseSeason(%q) = %v, want a refusal", bad, s)
		}
	}
	if all, ok := ParseSeason(""); !ok || !all.Has(101) || all.String() != "" {
		t.Errorf("an empty season is not the whole year: %v", all)
	}
}
