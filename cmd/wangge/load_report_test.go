package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/sim"
)

// A run with errors ends with exit 1, for people and with --json, and its totals are in both languages.
func TestALoadWithErrorsFails(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		for lang, words := range map[string][]string{"en": {"per second", "first error: refused"}, "zh": {"每秒", "首个错误：refused"}} {
			o := &options{json: asJSON, lang: lang}
			var out bytes.Buffer
			if err := printLoad(&out, o, []measure{{Phase: "reports", Done: 1, Errors: 1, FirstErr: "refused"}, {Phase: "pages", Done: 1}}); !errors.Is(err, errFound) {
				t.Errorf("json %v: %v", asJSON, err)
			}
			if asJSON {
				if got := jsonLines(t, []string{"load"}, out.String(), time.UTC); len(got) != 2 {
					t.Errorf("load --json printed %s", &out)
				}
				continue
			}
			for _, w := range words {
				if !strings.Contains(out.String(), w) {
					t.Errorf("load --lang %s printed %q, want %q", lang, &out, w)
				}
			}
			if err := printLoad(&out, o, []measure{{Phase: "reports", Done: 1}}); err != nil {
				t.Error(err)
			}
		}
	}
}

// A broken rule of a world is one line with --json, too.
func TestABrokenRuleIsOneObject(t *testing.T) {
	v := &sim.ViolationError{Seed: 3, Days: 10, At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Rule: errors.New("a timer is lost"), Transcript: []string{"a", "b"}}
	var out bytes.Buffer
	if err := printViolation(&out, &options{json: true}, v); err != nil {
		t.Fatal(err)
	}
	got := jsonLines(t, []string{"sim"}, out.String(), time.UTC)
	if len(got) != 1 || got[0]["seed"] != 3.0 || len(got[0]["transcript"].([]any)) != 2 || !strings.Contains(got[0]["message"].(string), "a timer is lost") {
		t.Errorf("sim --json printed %s", &out)
	}
	out.Reset()
	if err := printViolation(&out, &options{}, v); err != nil || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("sim printed %q, %v", &out, err)
	}
}
