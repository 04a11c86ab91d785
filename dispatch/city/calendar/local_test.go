package calendar_test

import (
	"testing"
	"time"

	"wangge/dispatch/city/calendar"
)

// A time that the clocks leap over, or show twice, is known as such, whatever the zone.
func TestReadLocal(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02T15:04"
	for _, tt := range []struct{ zone, layout, text, at, again, trouble string }{
		{"America/Chicago", layout, "2026-03-08T01:59", "2026-03-08T01:59:00-06:00", "", ""},
		{"America/Chicago", layout, "2026-03-08T02:00", "2026-03-08T03:00:00-05:00", "", "2026-03-08T02:00 does not exist in America/Chicago: the clocks are put forward to 2026-03-08T03:00"},
		{"America/Chicago", layout, "2026-03-08T02:59", "2026-03-08T03:00:00-05:00", "", "2026-03-08T02:59 does not exist in America/Chicago: the clocks are put forward to 2026-03-08T03:00"},
		{"America/Chicago", layout, "2026-03-08T03:00", "2026-03-08T03:00:00-05:00", "", ""},
		{"America/Chicago", layout, "2026-11-01T01:30", "2026-11-01T01:30:00-05:00", "2026-11-01T01:30:00-06:00", ""},
		{"America/Chicago", layout, "2026-11-01T02:00", "2026-11-01T02:00:00-06:00", "", ""},
		{"America/Chicago", time.RFC3339, "2026-11-01T01:30:00-06:00", "2026-11-01T01:30:00-06:00", "", ""},
		{"America/Chicago", time.RFC3339, "2026-11-01T07:30:00Z", "2026-11-01T01:30:00-06:00", "", ""},
		{"Europe/Berlin", layout, "2026-03-29T02:30", "2026-03-29T03:00:00+02:00", "", "2026-03-29T02:30 does not exist in Europe/Berlin: the clocks are put forward to 2026-03-29T03:00"},
		{"Europe/Berlin", layout, "2026-10-25T02:30", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", ""},
		{"Europe/London", layout, "2026-10-25T01:30", "2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00Z", ""},
		{"Africa/Cairo", layout, "2026-04-24T00:00", "2026-04-24T01:00:00+03:00", "", "2026-04-24T00:00 does not exist in Africa/Cairo: the clocks are put forward to 2026-04-24T01:00"},
		{"Australia/Lord_Howe", layout, "2026-10-04T02:15", "2026-10-04T02:30:00+11:00", "", "2026-10-04T02:15 does not exist in Australia/Lord_Howe: the clocks are put forward to 2026-10-04T02:30"},
		{"Pacific/Apia", layout, "2011-12-30T12:00", "2011-12-31T00:00:00+14:00", "", "2011-12-30T12:00 does not exist in Pacific/Apia: the clocks are put forward to 2011-12-31T00:00"},
		{"Pacific/Apia", time.DateOnly, "2011-12-30", "2011-12-31T00:00:00+14:00", "", "2011-12-30 does not exist in Pacific/Apia: the clocks are put forward to 2011-12-31"},
		{"Asia/Shanghai", layout, "2026-03-08T02:30", "2026-03-08T02:30:00+08:00", "", ""},
		{"America/New_York", layout, "2040-12-31T12:00", "2040-12-31T12:00:00-05:00", "", ""},
		{"America/New_York", layout, "2041-01-01T00:30", "2041-01-01T00:30:00-05:00", "", ""},
		{"UTC", layout, "2026-03-08T02:30", "2026-03-08T02:30:00Z", "", ""},
	} {
		loc, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		r, err := calendar.ReadLocal(tt.layout, tt.text, loc)
		again := ""
		if !r.Second.IsZero() {
			again = r.Second.Format(time.RFC3339)
		}
		message, suggestion := r.Problem()
		if got := r.At.Format(time.RFC3339); err != nil || got != tt.at || again != tt.again || message.En != tt.trouble {
			t.Errorf("%s %s is %s, again %q, %q, %v; want %s, %q, %q", tt.zone, tt.text, got, again, message.En, err, tt.at, tt.again, tt.trouble)
		}
		if r.Skipped != (suggestion.En != "") || (r.Note().Zh != "") != (again != "") {
			t.Errorf("%s %s: %+v suggests %q and notes %q", tt.zone, tt.text, r, suggestion, r.Note())
		}
	}
}

// Every reading of a year, half an hour apart, is the time package's where the clock shows it once.
func TestReadLocal_AgreesWithTimePackage(t *testing.T) {
	t.Parallel()
	for _, zone := range changing {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		skipped, twice := 0, 0
		for at := time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(30 * time.Minute) {
			text := at.Format(time.DateTime)
			r, err := calendar.ReadLocal(time.DateTime, text, loc)
			if err != nil {
				t.Fatal(err)
			}
			switch shown := r.At.Format(time.DateTime); {
			case r.Skipped:
				skipped++
				if shown <= text || r.At.Add(-1).Format(time.DateTime) >= text {
					t.Errorf("%s: %s is said to be skipped, and read as %v", zone, text, r.At)
				}
			case shown != text:
				t.Errorf("%s: %s is read as %v", zone, text, r.At)
			case !r.Second.IsZero():
				twice++
				if r.Second.Format(time.DateTime) != text || !r.Second.After(r.At) {
					t.Errorf("%s: %s is read as %v and again %v", zone, text, r.At, r.Second)
				}
			default:
				if plain, err := time.ParseInLocation(time.DateTime, text, loc); err != nil || !plain.Equal(r.At) {
					t.Errorf("%s: %s is read as %v, the time package says %v, %v", zone, text, r.At, plain, err)
				}
			}
		}
		if changes := len(changesOf(loc, 2026)); changes > 0 && (skipped == 0 || twice == 0) {
			t.Errorf("%s changes its clocks; %d times are skipped and %d shown twice", zone, skipped, twice)
		}
	}
}

// A day begins at its first instant, also where the clocks leap over midnight.
func TestStartOfDay(t *testing.T) {
	t.Parallel()
	for _, zone := range changing {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for d := time.Date(2010, 1, 1, 12, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
			at := calendar.StartOfDay(d.Year(), d.Month(), d.Day(), loc)
			date := d.Format(time.DateOnly)
			if zone == "Pacific/Apia" && date == "2011-12-30" {
				date = "2011-12-31" // that day was left out
			}
			if at.Format(time.DateOnly) != date || at.Add(-1).Format(time.DateOnly) >= date {
				t.Errorf("%s: %s begins %v", zone, date, at)
			}
		}
	}
}
