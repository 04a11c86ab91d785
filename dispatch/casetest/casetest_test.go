package casetest_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
)

// Each way to a case gives one that is dispatched and armed, by the city that is asked for.
func TestCases_AreDispatched(t *testing.T) {
	t.Parallel()
	small, toy := casetest.Small(t), citytest.Toy(t)
	if casetest.Boston(t, nil) != small || casetest.Boston(t, casetest.Ladders("{at_percent: 100, light: red, whom: owner}", "")) == small {
		t.Error("Boston with other files is the shared city, or Boston without any is not")
	}
	start := casetest.At(toy, "2026-03-04 09:00")
	for name, cs := range map[string]*dispatch.Case{
		"Opened":  casetest.Opened(t, small),
		"FileToy": casetest.FileToy(t, toy, citytest.Rubbish, dispatch.SourceInspector, start),
	} {
		if cs.Stage != dispatch.Dispatched || cs.NextAt.IsZero() || cs.Owner.Post == "" {
			t.Errorf("%s: %s of %s, armed for %s", name, cs.Stage, cs.Owner.Post, cs.NextAt)
		}
	}
	if got := start.UTC(); !got.Equal(time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("At = %s, want nine in the city's zone", got)
	}
}

// Wait fires the whole ladder of a case that nobody works on, and nothing afterwards.
func TestWait_FiresTheLadder(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	cs, fired := casetest.Wait(t, c, casetest.Opened(t, c), time.Date(2030, 1, 1, 0, 0, 0, 0, c.Location))
	if steps := len(c.Policies[cs.EscalationPolicy].Steps); len(fired) < steps || cs.NextStep != steps || !cs.NextAt.IsZero() {
		t.Errorf("%d events, at step %d, next at %s; want all %d steps", len(fired), cs.NextStep, cs.NextAt, steps)
	}
	if _, again := casetest.Wait(t, c, cs, time.Date(2040, 1, 1, 0, 0, 0, 0, c.Location)); len(again) != 0 {
		t.Errorf("%d events afterwards", len(again))
	}
}
