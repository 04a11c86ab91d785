package compile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/diag"
)

// A ladder that can't be is refused with what to write instead: an end that is missing, somebody who
// is nobody, a time said twice.
func TestLadders_DiagnosticsAreNamed(t *testing.T) {
	t.Parallel()
	step := func(s string) string { return "ladders:\n  - name: default\n    steps:\n      - " + s + "\n" }
	for name, tt := range map[string]struct{ text, message, suggestion string }{
		"a repeat without an end":      {step("{at_percent: 50, light: red, whom: owner, repeat: {every: 1 days}}"), "without an end", "at_most: 5"},
		"no time":                      {step("{light: red, whom: owner}"), "says 0 times", "at_percent: 80"},
		"two times":                    {step("{at_percent: 50, after: 2h, light: red, whom: owner}"), "says 2 times", "overdue_by"},
		"a span that is none":          {step("{after: 4 workhours, light: red, whom: owner}"), "no span", "4 work_hours"},
		"a span below a minute":        {step("{after: 10s, light: red, whom: owner}"), "no span", "90m"},
		"nobody":                       {step("{at_percent: 50, light: red}"), "tells nobody", "whom: owner"},
		"an unknown person":            {step("{at_percent: 50, light: red, whom: \"owner, mayor\"}"), `whom "mayor"`, "city_leader"},
		"a level that is not there":    {step("{at_percent: 50, light: red, whom: \"level:street\"}"), "level:street", "level:LEVEL"},
		"a post that nobody holds":     {step("{at_percent: 50, light: red, whom: \"post:leader@area:NOWHERE\"}"), "NOWHERE", "post:ROLE@UNIT"},
		"a channel":                    {step("{at_percent: 50, light: red, whom: owner, by: emial}"), "emial", "email"},
		"a hold":                       {step("{at_percent: 50, light: red, whom: owner, hold: night}"), "night", "working_time"},
		"shares that fall":             {step("{at_percent: 50, light: red, whom: owner}\n      - {at_percent: 40, light: red, whom: owner}"), "does not rise", "rising"},
		"a nudge without an end":       {step("{at_percent: 50, light: red, whom: owner}") + "    nudge: {after: 1 days, whom: owner}\n", "at_most 0", "at_most: 3"},
		"a default that chooses":       {"ladders:\n  - name: default\n    for: {severities: [A]}\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", "used by nothing", "without for"},
		"a severity":                   {"ladders:\n  - name: x\n    for: {severities: [D]}\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", `severity "D"`, "A, B or C"},
		"a stage":                      {"ladders:\n  - name: x\n    for: {stages: [handling]}\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", `stage "handling"`, ""},
		"an owner":                     {"ladders:\n  - name: x\n    for: {owners: [\"department:NOBODY\"]}\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", "NOBODY", "line"},
		"a category":                   {"ladders:\n  - name: x\n    for: {categories: [\"E9999\"]}\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", "E9999", "PREFIX*"},
		"a name that is used twice":    {step("{at_percent: 50, light: red, whom: owner}") + strings.TrimPrefix(step("{at_percent: 50, light: red, whom: owner}"), "ladders:\n"), "used twice", "of its own"},
		"a share below nothing":        {step("{at_percent: -1, light: red, whom: owner}"), "at -1 %", "0 to"},
		"a step at 0 % that is second": {step("{after: 1h, light: red, whom: owner}\n      - {at_percent: 0, light: red, whom: owner}"), "0 % comes after", "first"},
		"two steps at 0 %":             {step("{at_percent: 0, light: red, whom: owner}\n      - {at_percent: 0, light: red, whom: owner}"), "does not rise", "rising"},
		"0 % and a span":               {step("{at_percent: 0, after: 1h, light: red, whom: owner}"), "says 2 times", "overdue_by"},
		"more steps than there can be": {step("{at_percent: 50, light: red, whom: owner, repeat: {every: 1 days, at_most: 32}}"), "33 steps", "at_most"},
	} {
		m := testdir.Plain(t)
		m["ladders.yaml"] = &fstest.MapFile{Data: []byte(tt.text)}
		c, faults := FS(m)
		found := false
		for _, f := range faults {
			found = found || f.File == "ladders.yaml" && f.Line > 0 && f.Message.Zh != "" && f.Suggestion.Zh != "" && strings.Contains(f.Message.En, tt.message) && strings.Contains(f.Suggestion.En, tt.suggestion)
		}
		if c != nil || !found {
			t.Errorf("%s: faults %v, want one with %q and %q", name, faults, tt.message, tt.suggestion)
		}
	}
}

// Everything that is wrong with ladders.yaml is named at once, at its line: a key that is misspelt or a
// value of a wrong type hides nothing else.
func TestLadders_EachDiagnosticAtItsLine(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["ladders.yaml"] = &fstest.MapFile{Data: []byte(`ladders:
  - name: default
    steps:
      - {at_percent: 50, light: gren, whom: owner}
      - at_percent: 80
        light: yellow
        whom: owner, mayor
        chanel: email
      - at_percent: many
        light: red
        whom: superior
      - {after: 3 fortnights, light: red, whom: city_leader}
    nudge:
      after: 1 work_days
      whom: owner
      at_most: 99
  - name: fast
    for:
      severities: [A, D]
      stages:
        - accepted
        - handling
    steps: [{at_percent: 40, light: red, whom: owner}]
`)}
	_, faults := FS(m)
	want := []struct {
		line int
		text string
	}{
		{4, `light "gren"`}, {7, `whom "mayor"`}, {8, `unknown key "chanel"`}, {9, "wrong type"}, {9, "says 0 times"}, {12, "fortnights"}, {16, "at_most 99"}, {19, `severity "D"`}, {22, `stage "handling"`},
	}
	for _, w := range want {
		if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
			return f.File == "ladders.yaml" && f.Line == w.line && strings.Contains(f.Message.En, w.text) && f.Message.Zh != "" && f.Suggestion.Zh != ""
		}) {
			t.Errorf("nothing at line %d says %q", w.line, w.text)
		}
	}
	if len(faults) != len(want) {
		t.Errorf("%d faults, want %d:\n%v", len(faults), len(want), faults)
	}
}

// A ladder is read as far as one may go, and what is left says so once.
func TestLadders_StepsAreBounded(t *testing.T) {
	t.Parallel()
	const most = 32
	m := testdir.Plain(t)
	text := "ladders:\n  - name: default\n    steps:\n"
	for i := range 3000 {
		text += fmt.Sprintf("      - {at_percent: %d, light: nonsense, whom: owner}\n", i+1)
	}
	m["ladders.yaml"] = &fstest.MapFile{Data: []byte(text)}
	_, faults := FS(m)
	if len(faults) != most+1 {
		t.Fatalf("%d faults, want %d", len(faults), most+1)
	}
	if f := faults[most]; f.Line != 4+most || !strings.Contains(f.Message.En, "step 33 comes after 32 steps") || !strings.Contains(f.Message.Zh, "32") || !strings.Contains(f.Suggestion.En, "at most 32") {
		t.Errorf("the last fault is %v, want line %d and that step 33 comes after 32", f, 4+most)
	}
}

func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"90m", "36h", "4 work_hours", "2 work_days", "3 days", "", " ", "1e9h", "-1 days"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span, err := city.ParseDelay(s)
		if err != nil {
			return
		}
		if again, err := city.ParseDelay(span.String()); err != nil || again != span || !span.Set() {
			t.Errorf("ParseDelay(%q) = %v, again %v, %v", s, span, again, err)
		}
	})
}
