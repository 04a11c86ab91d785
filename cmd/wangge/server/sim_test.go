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

// A long run says every half minute how many worlds are done and, when it is interrupted, with which seed to go on: that of
// the first world that has not ended, whatever ended after it.
func TestSim_ProgressAndRest(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := newSimRun(&cli.Options{}, &out, &errs, 100, 6, 365, func() time.Time { return now })
	for _, i := range []int{0, 2, 1, 5} {
		now = now.Add(20 * time.Second)
		r.done(i, sim.Result{Cases: 3})
	}
	r.interrupted()
	const want = "2 of 6 worlds, 0 violations, 40s; some 1m20s left\n4 of 6 worlds, 0 violations, 1m20s; some 40s left\n" +
		"4 of 6 worlds are done, 0 violations; go on with: wangge sim --seed 103 --seeds 3 --days 365\n"
	if errs.String() != want || out.Len() > 0 {
		t.Errorf("printed %q, %q; want %q", &errs, &out, want)
	}
}
