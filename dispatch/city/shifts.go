package city

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// shifts reads shifts.csv. A row that has a fault is left out, so that nobody stands by half of it; its
// line is kept in refused, and the proof names it once.
func (l *loader) shifts() []roster.Shift {
	var out []roster.Shift
	l.c.Refused = map[string]int{}
	ids := l.IDs("id", i18n.F("shift id", "班次编号"), i18n.F("give each shift its own id", "请为每个班次使用唯一编号"))
	for _, r := range l.rows("shifts.csv") {
		before := len(l.List)
		s := roster.Shift{ID: r.Get("id"), From: l.clock(r, "from"), To: l.clock(r, "to"), Weekdays: l.weekdays(r), Season: l.season(r)}
		if s.From == 24*time.Hour {
			r.Report("from", i18n.F("shift %[1]s begins at %[2]s, the end of a day", "班次 %[1]s 自 %[2]s（一天的结束）开始", s.ID, r.Get("from")), i18n.F("write 00:00 and the weekday after", "请写 00:00 及次日星期"))
		}
		faulty := len(l.List) > before
		_, refused := l.c.Refused[s.ID]
		if !ids.Take(r.File, r.Line, s.ID) && !refused { // a draft goes on with the row that can be used
			continue
		}
		if faulty {
			l.c.Refused[s.ID] = r.Line
			continue
		}
		delete(l.c.Refused, s.ID)
		out = append(out, s)
	}
	return out
}

// weekdays reads the days on which a shift begins. Example: "mon-fri", "sat sun".
func (l *loader) weekdays(r tables.Row) (days [7]bool) {
	bad := false
	for _, part := range strings.Fields(r.Get("weekdays")) {
		first, last, isRange := strings.Cut(part, "-")
		i, j := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if !isRange {
			j = i
		}
		if i < 0 || j < 0 {
			bad = true
			r.Report("weekdays", i18n.F("weekdays %q can't be read", "星期 %q 无法识别", part), i18n.F("write mon-fri, or: sat sun", "请写 mon-fri 或 sat sun"))
			continue
		}
		for days[i] = true; i != j; days[i] = true {
			i = (i + 1) % 7
		}
	}
	if days == [7]bool{} && !bad {
		r.Report("weekdays", i18n.F("weekdays are missing", "缺少 weekdays"), i18n.F("write mon-fri, or: sat sun", "请写 mon-fri 或 sat sun"))
	}
	return days
}

// clock reads a time of day, HH:MM, or 24:00 for the end of a day.
func (l *loader) clock(r tables.Row, column string) time.Duration {
	if r.Get(column) == "24:00" {
		return 24 * time.Hour
	}
	t, err := time.Parse("15:04", r.Get(column))
	if err != nil {
		r.Report(column, i18n.F("%[1]s %[2]q is not a time of day", "%[1]s %[2]q 不是时刻", column, r.Get(column)), i18n.F("write 08:30", "请写 08:30"))
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
