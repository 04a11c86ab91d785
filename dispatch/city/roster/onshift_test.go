package roster

import (
	"testing"
	"time"
)

// A person is on shift by the hours of a post, of whatever rank; never by a post without hours, and not while absent.
func TestOnShift(t *testing.T) {
	t.Parallel()
	r := small(t)
	for _, tt := range []struct {
		at     string
		person PersonID
		want   bool
	}{
		{"2026-03-03 09:00", "day", true},
		{"2026-03-03 17:00", "day", false},
		{"2026-03-04 09:00", "day", false}, // absent
		{"2026-03-06 22:00", "night", true},
		{"2026-03-07 05:59", "night", true},
		{"2026-03-07 06:00", "night", false},
		{"2026-03-06 03:00", "sub", false}, // on duty, at a post without hours
		{"2026-03-03 09:00", "boss", false},
		{"2026-03-03 09:00", "left", false},
		{"2026-03-03 09:00", "nobody", false},
	} {
		at, err := time.Parse("2006-01-02 15:04", tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.OnShift(tt.person, at); got != tt.want {
			t.Errorf("OnShift(%s, %s) = %t, want %t", tt.person, tt.at, got, tt.want)
		}
	}
}
