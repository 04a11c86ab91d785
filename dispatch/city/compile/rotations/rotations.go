// Package rotations reads rotations.csv of a city directory.
package rotations

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// File is the table of rotations.
const File = "rotations.csv"

// off are the words for a day off in a pattern.
var off = []string{"-", "休"}

// Read reads rotations.csv, whose days name shifts. Diagnostics are added to rd. A row with a diagnostic is left out, and
// its line is returned in refused, so that posts which name it are not reported again.
func Read(rd *tables.Reader, fsys fs.FS, shifts []roster.Shift) (out []roster.Rotation, refused map[string]int) {
	t, _ := tables.Of(File)
	refused = map[string]int{}
	names := make([]string, len(shifts))
	for i := range shifts {
		names[i] = shifts[i].ID
	}
	ids := rd.IDs("id", i18n.F("rotation id", "轮班编号"), i18n.F("give each rotation its own id", "请为每个轮班使用唯一编号"))
	for _, r := range rd.Read(fsys, t) {
		before := len(rd.List)
		x := roster.Rotation{ID: r.Get("id")}
		if !ids.Take(r.File, r.Line, x.ID) {
			continue
		}
		if slices.Contains(names, x.ID) {
			r.Report("id", i18n.F("%s is a shift of shifts.csv, too", "%s 已是 shifts.csv 中的班次", x.ID), i18n.F("give the rotation another id: posts name either", "请使用其他编号：岗位可引用两者"))
		}
		anchor := len(rd.List)
		if day := r.Day("anchor"); !day.IsZero() {
			x.Anchor = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
		} else if len(rd.List) == anchor {
			r.Report("anchor", i18n.F("rotation %s has no anchor", "轮班 %s 没有起算日期", x.ID), i18n.F("write a date on which the cycle begins: 2026-01-01", "请填写周期开始的日期：2026-01-01"))
		}
		x.Days = pattern(r, names)
		if len(rd.List) > before {
			refused[x.ID] = r.Line
			continue
		}
		out = append(out, x)
	}
	return out, refused
}

// pattern reads the days of a cycle.
func pattern(r tables.Row, shifts []string) []string {
	days := strings.Fields(r.Get("pattern"))
	if len(days) == 0 || len(days) > roster.MaxRotationDays {
		r.Report("pattern", i18n.F("the cycle has %[1]d {day|days}; it needs 1 to %[2]d", "周期为 %[1]d 天，应为 1 至 %[2]d 天", len(days), roster.MaxRotationDays),
			i18n.F("write the shift of each day, and - for a day off: early early late late night night - -", "请逐日填写班次，轮休填 -：早 早 中 中 夜 夜 - -"))
		return nil
	}
	on := false
	for i, day := range days {
		switch {
		case slices.Contains(off, day):
			days[i] = ""
		case slices.Contains(shifts, day):
			on = true
		default:
			r.Report("pattern", i18n.F("day %[1]d: shift %[2]q is not in shifts.csv", "第 %[1]d 天：班次 %[2]q 不在 shifts.csv 中", i+1, day), diag.Suggest(day, shifts))
			return nil
		}
	}
	if !on {
		r.Report("pattern", i18n.F("every day of the cycle is off", "周期内每天都是轮休"), i18n.F("name a shift on one day at least", "请至少在一天填写班次"))
	}
	return days
}
