package city

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

var Phone = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{4,20}$`)

func (l *loader) people() {
	known := map[roster.PersonID]bool{}
	mute := map[roster.PersonID]int{} // where in people stands somebody who can't be reached
	ids := l.ids(i18n.F("person id", "人员编号"), i18n.F("give each person an id of their own", "请为每个人使用唯一编号"))
	var people []roster.Person
	for _, r := range l.table("people.csv", true, "!id", "!name", "!phone", "language", "email", "active_from", "active_to") {
		p := roster.Person{ID: roster.PersonID(r.get("id")), Name: r.get("name"), Phone: r.get("phone"), Language: r.get("language"), Email: r.get("email"), ActiveFrom: l.day(r, "active_from"), ActiveTo: l.day(r, "active_to")}
		if !ids.take(r.file, r.line, string(p.ID)) {
			if i, ok := mute[p.ID]; ok && p.Name != "" && Phone.MatchString(p.Phone) { // a draft goes on with the row that can be used
				people[i] = p
				delete(mute, p.ID)
			}
			continue
		}
		if p.Name == "" {
			l.Add(r.file, r.line, i18n.F("person %q has no name", "人员 %q 没有姓名", p.ID), i18n.F("give each person an id and a name", "请为每个人填写唯一编号和姓名"))
			continue
		}
		if p.ID == "import" {
			l.Add(r.file, r.line, i18n.F("person id import is the service's own", "人员编号 import 为系统保留"), i18n.F("give the person another id", "请使用其他编号"))
		}
		l.order(r, "active_from", "active_to", p.ActiveFrom, p.ActiveTo)
		if !Phone.MatchString(p.Phone) {
			l.Add(r.file, r.line, i18n.F("%[1]s can't be reached at %[2]q", "无法用 %[2]q 联系 %[1]s", p.ID, p.Phone), i18n.F("write a phone number: +86 451 5555 0101", "请填写电话号码：+86 451 5555 0101"))
		}
		if a, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || a.Address != p.Email) {
			l.Add(r.file, r.line, i18n.F("%[1]s can't be written to at %[2]q", "%[1]s 的邮箱 %[2]q 无效", p.ID, p.Email), i18n.F("write one plain address, name@example.org, or nothing", "请填写一个邮箱地址，如 name@example.org，或留空"))
		}
		known[p.ID] = true
		if !Phone.MatchString(p.Phone) {
			mute[p.ID] = len(people)
		}
		people = append(people, p)
	}
	shifts := l.shifts()
	var holdings []roster.Holding
	byPost := map[roster.PostID][]roster.Holding{}
	for _, r := range l.table("posts.csv", true, "id", "!unit", "!role", "!person", "rank", "shift", "from", "to") {
		h := roster.Holding{Role: roster.Role(r.get("role")), Person: roster.PersonID(r.get("person")), Rank: 1, Shift: r.get("shift"), From: l.day(r, "from"), To: l.day(r, "to")}
		u, err := roster.ParseUnit(r.get("unit"))
		if err != nil || !l.c.exists(u) {
			l.Add(r.file, r.line, i18n.F("unit %q does not exist", "单位 %q 不存在", r.get("unit")), i18n.F("write area:ID, department:ID, section:ID or point:ID", "请填写 area:编号、department:编号、section:编号 或 point:编号"))
		}
		if !slices.Contains(roster.Roles, h.Role) {
			names := make([]string, len(roster.Roles))
			for i, role := range roster.Roles {
				names[i] = string(role)
			}
			l.Add(r.file, r.line, i18n.F("role %q is unknown", "岗位 %q 未知", h.Role), diag.Meant(string(h.Role), names))
		}
		if !known[h.Person] {
			l.Add(r.file, r.line, i18n.F("person %q is not in people.csv", "人员 %q 不在 people.csv 中", h.Person), i18n.F("add the person, or mend the id", "请补充人员或更正编号"))
		}
		if s := r.get("rank"); s != "" {
			if h.Rank, err = strconv.Atoi(s); err != nil || h.Rank < 1 {
				l.Add(r.file, r.line, i18n.F("rank %q is not a number from 1", "次序 %q 不是正整数", s), i18n.F("write 1 for the first, 2 for the substitute", "首任填 1，替补填 2"))
			}
		}
		if h.Shift != "" && l.c.Refused[h.Shift] == 0 && !slices.ContainsFunc(shifts, func(s roster.Shift) bool { return s.ID == h.Shift }) {
			l.Add(r.file, r.line, i18n.F("shift %q is not in shifts.csv", "班次 %q 不在 shifts.csv 中", h.Shift), i18n.F("add the shift, or leave it empty", "请补充班次或留空"))
		}
		h.Unit, h.Post = u, roster.PostAt(u, h.Role)
		l.order(r, "from", "to", h.From, h.To)
		if i := slices.IndexFunc(shifts, func(s roster.Shift) bool { return s.ID == h.Shift }); i >= 0 {
			l.meets(r, shifts[i].Season, h.From, h.To)
		}
		if slices.ContainsFunc(byPost[h.Post], func(o roster.Holding) bool { return o.Person == h.Person && o.Shift == h.Shift && o.From.Equal(h.From) }) {
			l.Add(r.file, r.line, i18n.F("%[1]s holds %[2]s twice", "%[1]s 重复担任 %[2]s", h.Person, h.Post), i18n.F("remove one row", "请删除其中一行"))
		}
		byPost[h.Post] = append(byPost[h.Post], h)
		if id := r.get("id"); id != "" && id != string(h.Post) {
			l.Add(r.file, r.line, i18n.F("post id %q is not role@unit", "岗位编号 %q 不是 岗位@单位", id), i18n.F("leave it empty, or write %s", "请留空或填写 %s", h.Post))
		}
		switch {
		case u != (roster.Unit{}) && l.c.exists(u):
			holdings = append(holdings, h)
		case u.Kind == roster.UnitArea && !slices.Contains(l.c.Orphans, u):
			l.c.Orphans = append(l.c.Orphans, u)
		}
	}
	absences := l.absences(known)
	l.c.Roster = roster.New(people, holdings, shifts, absences, l.c.Parent, l.c.Location)
}

// order checks that a span does not end before it begins.
func (l *loader) order(r row, from, to string, a, b time.Time) {
	if !a.IsZero() && !b.IsZero() && !a.Before(b) {
		l.Add(r.file, r.line, i18n.F("%[1]s is not before %[2]s: it ends before it begins", "%[1]s 未早于 %[2]s：尚未开始即已结束", from, to), i18n.F("write the earlier date first; %s is the first day after", "请将较早日期写在前面；%s 为结束后的首日", to))
	}
}
