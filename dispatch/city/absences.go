package city

import (
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

// absences reads absences.csv: days, or instants for part of one, and who stands in. A row that has a
// fault is left out: it takes nobody off duty.
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
			r.Report("person", i18n.F("person %q is not in people.csv", "人员 %q 不在 people.csv 中", a.Person), l.meantPerson(a.Person, known))
		}
		switch {
		case a.Cover == "":
		case !known[a.Cover]:
			r.Report("cover", i18n.F("cover %q is not in people.csv", "代班人 %q 不在 people.csv 中", a.Cover), l.meantPerson(a.Cover, known))
		case a.Cover == a.Person:
			r.Report("cover", i18n.F("%s can't stand in for himself or herself", "%s 不能由本人代班", a.Person), i18n.F("name another person, or leave cover empty", "请填写他人，或将 cover 留空"))
		}
		if len(l.List) == before {
			out = append(out, a)
		}
	}
	return out
}

// meantPerson suggests a person with an id like the one written.
func (l *loader) meantPerson(id roster.PersonID, known map[roster.PersonID]bool) i18n.Text {
	if near := diag.Near(string(id), texts(Sorted(known))); near != "" {
		return i18n.F("did you mean %q?", "是否应为 %q？", near)
	}
	return i18n.F("add the person, or mend the id", "请补充人员或更正编号")
}
