package compile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// absences reads absences.csv: days or instants, and who covers. A row with a diagnostic is left out and takes nobody
// off duty.
func (l *loader) absences(known map[roster.PersonID]bool) []roster.Absence {
	var out []roster.Absence
	for _, r := range l.rows("absences.csv") {
		before := len(l.List)
		a := roster.Absence{Person: roster.PersonID(r.Get("person")), Reason: r.Get("reason"), Cover: roster.PersonID(r.Get("cover"))}
		a.From, a.To = r.DayOrInstant("from"), r.DayOrInstant("to")
		if len(l.List) == before && !a.To.After(a.From) {
			r.Report("from", i18n.F("the absence of %[1]s ends at %[2]s and does not begin before", "%[1]s 的缺勤至 %[2]s 结束，但开始时间不早于此", a.Person, r.Get("to")), i18n.F("write the earlier one first; to is the first day back, or the instant of return", "请将较早者写在前面；to 为返岗首日或返岗时刻"))
		}
		if !known[a.Person] {
			r.Report("person", i18n.F("person %q is not in people.csv", "人员 %q 不在 people.csv 中", a.Person), l.suggestPerson(a.Person, known))
		}
		switch {
		case a.Cover == "":
		case !known[a.Cover]:
			r.Report("cover", i18n.F("cover %q is not in people.csv", "代班人 %q 不在 people.csv 中", a.Cover), l.suggestPerson(a.Cover, known))
		case a.Cover == a.Person:
			r.Report("cover", i18n.F("%s can't be their own cover", "%s 不能由本人代班", a.Person), i18n.F("name another person, or leave cover empty", "请填写他人，或将 cover 留空"))
		}
		if len(l.List) == before {
			out = append(out, a)
		}
	}
	return out
}

// suggestPerson suggests a person with a similar id.
func (l *loader) suggestPerson(id roster.PersonID, known map[roster.PersonID]bool) i18n.Text {
	if near := diag.Near(string(id), texts(slices.Sorted(maps.Keys(known)))); near != "" {
		return i18n.F("did you mean %q?", "是否应为 %q？", near)
	}
	return i18n.F("add the person, or mend the id", "请补充人员或更正编号")
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// shifts reads shifts.csv. A row with a diagnostic is left out, so that nobody is on duty by half of a row. Its line
// is kept in refused, and the coverage proof names the line once.
func (l *loader) shifts() []roster.Shift {
	var out []roster.Shift
	l.c.RefusedShifts = map[string]int{}
	ids := l.IDs("id", i18n.F("shift id", "班次编号"), i18n.F("give each shift its own id", "请为每个班次使用唯一编号"))
	for _, r := range l.rows("shifts.csv") {
		before := len(l.List)
		s := roster.Shift{ID: r.Get("id"), From: l.clock(r, "from"), To: l.clock(r, "to"), Weekdays: l.weekdays(r), Season: l.season(r)}
		if s.From == 24*time.Hour {
			r.Report("from", i18n.F("shift %[1]s begins at %[2]s, the end of a day", "班次 %[1]s 自 %[2]s（一天的结束）开始", s.ID, r.Get("from")), i18n.F("write 00:00 and the weekday after", "请写 00:00 及次日星期"))
		}
		faulty := len(l.List) > before
		_, refused := l.c.RefusedShifts[s.ID]
		if !ids.Take(r.File, r.Line, s.ID) && !refused { // a draft keeps the usable row
			continue
		}
		if faulty {
			l.c.RefusedShifts[s.ID] = r.Line
			continue
		}
		delete(l.c.RefusedShifts, s.ID)
		out = append(out, s)
	}
	return out
}

// weekdays reads the days on which a shift begins. Example: "mon-fri", "sat sun".
func (l *loader) weekdays(r tables.Row) (days [7]bool) {
	bad := false
	for part := range strings.FieldsSeq(r.Get("weekdays")) {
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
