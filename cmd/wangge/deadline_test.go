package main

import (
	"bytes"
	"strings"
	"testing"
)

// A deadline is told part by part in both languages, and the parts add up; a year whose holidays are
// not there is refused with what to add.
func TestDeadline_Parts(t *testing.T) {
	t.Parallel()
	city := toyInHarbin(t)
	for _, tt := range []struct {
		lang, from, limit string
		code              int
		want              []string
	}{
		{"en", "2026-09-30T16:30", "4", exitOK, []string{"168h0m0s  National Day", "lunch break", "counted 4h0m0s + not counted 185h30m0s = 189h30m0s in all"}},
		{"zh", "2026-09-30T16:30", "4", exitOK, []string{"4 个工作时", "168 小时  国庆节", "午休", "计时 4 小时 + 不计时 185 小时 30 分 = 共 189 小时 30 分"}},
		{"en", "2026-12-30T16:30", "40", exitWrong, []string{"add holidays/2027.json"}},
		{"zh", "2026-12-30T16:30", "40", exitWrong, []string{"请添加 holidays/2027.json"}},
	} {
		var out bytes.Buffer
		args := []string{"--lang", tt.lang, "deadline", city, "--from", tt.from, "--limit", tt.limit, "--unit", "work_hours"}
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

// The hour that the clocks leap over, and the one that they show twice, are parts of their own.
func TestDeadline_ClockChanges(t *testing.T) {
	t.Parallel()
	city := plainBoston(t)
	for _, tt := range []struct {
		lang, from string
		want       []string
	}{
		{"en", "2026-03-07T12:00", []string{"+ Sun 2026-03-08 03:00:00  1h0m0s  clocks put forward", "counted 720h0m0s + not counted 0s"}},
		{"zh", "2026-03-07T12:00", []string{"+ 2026-03-08 周日 03:00:00  1 小时  时钟拨快", "计时 720 小时"}},
		{"en", "2026-10-31T12:00", []string{"- Sun 2026-11-01 01:00:00 - Sun 2026-11-01 02:00:00  1h0m0s  clocks put back", "counted 720h0m0s + not counted 1h0m0s = 721h0m0s"}},
	} {
		var out bytes.Buffer
		args := []string{"--lang", tt.lang, "deadline", city, "--from", tt.from, "--limit", "30", "--unit", "days"}
		if code := run(t.Context(), args, &out, &out); code != exitOK {
			t.Errorf("run(%v) = %d: %s", args, code, &out)
		}
		for _, want := range tt.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("run(%v) printed %s; want %q in it", args, &out, want)
			}
		}
	}
}
