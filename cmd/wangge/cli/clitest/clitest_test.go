package clitest

import (
	"encoding/json"
	"testing"
	"time"
)

func TestJSONLines_DialectFaultsAreSeen(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 8*3600)
	for text, want := range map[string]int{
		`{"a":1}`: 0, `{}`: 1, `{"a":[{}]}`: 1, `{"aB":1}`: 1, `{"a":{"b-c":1}}`: 1, `{"at":"2026-03-02T01:00:00Z"}`: 1, `{"at":"2026-03-02T09:00:00+08:00"}`: 0, `{"at":"2026-03-02T09:00:00.5+08:00"}`: 0,
	} {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if got := faultsOfJSON("", v, east); len(got) != want {
			t.Errorf("%s has the faults %q, want %d", text, got, want)
		}
	}
}
