package server

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/cmd/wangge/cli"
	"wangge/cmd/wangge/cli/clitest"
	"wangge/dispatch/sim"
)

// A broken rule of a world is one line with --json, too.
func TestSim_ViolationIsOneObject(t *testing.T) {
	t.Parallel()
	v := &sim.ViolationError{Seed: 3, Days: 10, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Rule: errors.New("a timer is lost"), Transcript: []string{"a", "b"}}
	var out bytes.Buffer
	if err := printViolation(&out, &cli.Options{JSON: true}, v); err != nil {
		t.Fatal(err)
	}
	got := clitest.JSONLines(t, []string{"sim"}, out.String(), time.UTC)
	if len(got) != 1 || got[0]["seed"] != 3.0 || len(got[0]["transcript"].([]any)) != 2 || !strings.Contains(got[0]["message"].(string), "a timer is lost") {
		t.Errorf("sim --json printed %s", &out)
	}
	out.Reset()
	if err := printViolation(&out, &cli.Options{}, v); err != nil || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("sim printed %q, %v", &out, err)
	}
}
