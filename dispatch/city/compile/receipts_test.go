package compile

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/diag"
)

// withDefaults is the toy city with more defaults, on lines of their own from line 9 on.
func withDefaults(more string) fstest.MapFS {
	m := testdir.Toy()
	yaml := string(m["city.yaml"].Data)
	yaml = strings.Replace(yaml, "defaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}",
		"defaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30,\n"+more+"}", 1)
	m["city.yaml"] = &fstest.MapFile{Data: []byte(yaml)}
	return m
}

// A city says within how many minutes its owners sign, by severity; one that says nothing asks for no receipt.
func TestReceiptMinutes_BySeverity(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]city.ReceiptMinutes{
		"receipt_minutes: {A: 10, B: 60, C: 0}": {A: 10, B: 60},
		"receipt_minutes: {C: 10080}":           {C: 7 * 24 * 60},
		"":                                      {},
	} {
		c, faults := FS(withDefaults(more))
		if c == nil || c.Defaults.ReceiptMinutes != want {
			t.Errorf("%q: %v", more, faults)
		}
	}
}

// Every limit that can be none is named at its line, with what to write.
func TestReceiptMinutes_DiagnosticsAtTheirLines(t *testing.T) {
	t.Parallel()
	for more, want := range map[string]map[int]string{
		"receipt_minutes: {\nA: -1,\nB: 10081,\nC: 5}": {10: "severity A is not within 0 to 10080", 11: "severity B is not within"},
		"receipt_minutes: {\nC: soon,\nD: 5}":          {10: "wrong type", 11: `"D"`},
	} {
		_, faults := FS(withDefaults(more))
		for line, text := range want {
			if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
				return f.File == "city.yaml" && f.Line == line && strings.Contains(f.Message.En, text) && f.Message.Zh != "" && f.Suggestion.Zh != ""
			}) {
				t.Errorf("nothing at line %d says %q: %v", line, text, faults)
			}
		}
	}
}

// A ladder may begin at 0 %: the step fires when the clock starts.
func TestLadders_BeginAtZeroPercent(t *testing.T) {
	t.Parallel()
	m := testdir.Toy()
	m["ladders.yaml"] = &fstest.MapFile{Data: []byte("ladders:\n  - name: default\n    steps:\n      - {at_percent: 0, light: green, whom: owner, repeat: {every: 1h, at_most: 2}}\n      - {at_percent: 80, light: yellow, whom: owner}\n")}
	c, faults := FS(m)
	if c == nil {
		t.Fatal(faults)
	}
	steps := c.Policies["default"].Steps
	if len(steps) != 4 || !steps[0].AtOnce() || steps[1].AtOnce() || !steps[1].Every.Set() || steps[3].AtPercent != 80 {
		t.Errorf("the steps are %+v", steps)
	}
}
