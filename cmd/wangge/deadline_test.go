package main

import (
	"bytes"
	"strings"
	"testing"
)

// A deadline is told part by part in both languages, and the parts add up; a year whose holidays are
// not there is refused with what to add.
func TestDeadlineIsToldInParts(t *testing.T) {
	for _, tt := range []struct {
		lang, from, limit string
		code              int
		want              []string
	}{
		{"en", "2026-09-30T16:30", "4", exitOK, []string{"168h0m0s  National Day", "lunch break", "counted 4h0m0s + not counted 185h30m0s = 189h30m0s in all"}},
		{"zh", "2026-09-30T16:30", "4", exitOK, []string{"4 工作小时", "168h0m0s  国庆节", "午休", "计时 4h0m0s + 不计时 185h30m0s = 共 189h30m0s"}},
		{"en", "2026-12-30T16:30", "40", exitWrong, []string{"add holidays/2027.json"}},
		{"zh", "2026-12-30T16:30", "40", exitWrong, []string{"请添加 holidays/2027.json"}},
	} {
		var out bytes.Buffer
		args := []string{"--lang", tt.lang, "deadline", "harbin", "--from", tt.from, "--limit", tt.limit, "--unit", "work_hours"}
		if code := run(t.Context(), args, &out, &out); code != tt.code {
			t.Errorf("run(%v) = %d, want %d: %s", args, code, tt.code, &out)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("run(%v) printed %s; want %q in it", args, &out, want)
			}
		}
	}
}
