package cli

import (
	"testing"
	"time"
)

// A length of time is written as Go writes it, or as whole days.
func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "2h": 2 * time.Hour, "30d": 30 * 24 * time.Hour, "0d": 0} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"d", "1.5d", "-1d", "36501d", "soon", ""} {
		if got, err := parseSpan(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
