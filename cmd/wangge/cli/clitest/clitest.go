// Package clitest checks what commands print, for the tests of commands.
package clitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// snakeCase is how the keys of the wire are written.
var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// faultsOfJSON says what keeps a value from being of the dialect: an empty object, a key that is not in snake case, a time
// outside the zone.
func faultsOfJSON(at string, v any, zone *time.Location) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			out = append(out, at+" is an empty object")
		}
		for key, inner := range v {
			if !snakeCase.MatchString(key) {
				out = append(out, fmt.Sprintf("%s has the key %q", at, key))
			}
			out = append(out, faultsOfJSON(at+"."+key, inner, zone)...)
		}
	case []any:
		for _, inner := range v {
			out = append(out, faultsOfJSON(at+"[]", inner, zone)...)
		}
	case string:
		if when, err := time.Parse(time.RFC3339, v); err == nil && when.In(zone).Format(time.RFC3339Nano) != v {
			out = append(out, fmt.Sprintf("%s is %s, which is not in the zone %s", at, v, zone))
		}
	}
	return out
}

// JSONLines reads what a command printed with --json, one object a line, and fails the test for a line that is not of the dialect
// of JSON.md: an empty object, a key that is not in snake case, a time outside the zone. what names the command in failures.
func JSONLines(t testing.TB, what []string, out string, zone *time.Location) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(out) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Errorf("wangge %.3v printed %q: %v", what, line, err)
			continue
		}
		for _, fault := range faultsOfJSON("", one, zone) {
			t.Errorf("wangge %.3v: %s in %.300s", what, fault, line)
		}
		all = append(all, one)
	}
	return all
}
