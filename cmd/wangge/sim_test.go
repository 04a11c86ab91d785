package main

import (
	"encoding/json"
	"testing"
)

func TestSim_Summary(t *testing.T) {
	t.Parallel()
	out, _ := wangge(t, exitOK, "sim", "--seed", "3", "--seeds", "2", "--days", "10", "--json")
	var sum struct{ Seeds, Violations, Cases, Steps, Notices int }
	if err := json.Unmarshal([]byte(out), &sum); err != nil || sum.Seeds != 2 || sum.Violations != 0 || sum.Cases == 0 || sum.Steps == 0 || sum.Notices == 0 {
		t.Errorf("sim printed %q, %v", out, err)
	}
	wangge(t, exitUsage, "sim", "--days", "0")
}
