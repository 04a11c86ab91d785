package city

import (
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"wangge/dispatch/fault"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

var phone = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{4,20}$`)

func (l *loader) people() {
	known := map[roster.PersonID]bool{}
	var people []roster.Person
	for _, r := range l.table("people.csv", true, "!id", "!name", "!phone", "language", "email", "active_from", "active_to") {
		p := roster.Person{ID: roster.PersonID(r.get("id")), Name: r.get("name"), Phone: r.get("phone"), Language: r.get("language"), Email: r.get("email"), ActiveFrom: l.day(r, "active_from"), ActiveTo: l.day(r, "active_to")}
		if p.ID == "" || known[p.ID] || p.Name == "" {
			l.Add(r.file, r.line, say.F("person %q has no id, no name, or an id used twice", "人员 %q 缺少编号或姓名，或编号重复", p.ID), say.F("give each person an id and a name", "请为每个人填写唯一编号和姓名"))
			continue
		}
		if p.ID == "import" {
			l.Add(r.file, r.line, say.F("person id import is the service's own", "人员编号 import 为系统保留"), say.F("give the person another id", "请使用其他编号"))
		}
		l.order(r, "active_from", "active_to", p.ActiveFrom, p.ActiveTo)
		if !phone.MatchString(p.Phone) {
			l.Add(r.file, r.line, say.F("%[1]s can't be reached at %[2]q", "无法用 %[2]q 联系 %[1]s", p.ID, p.Phone), say.F("write a phone number: +86 451 5555 0101", "请填写电话号码：+86 451 5555 0101"))
		}
		if a, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || a.Address != p.Email) {
			l.Add(r.file, r.line, say.F("%[1]s can't be written to at %[2]q", "%[1]s 的邮箱 %[2]q 无效", p.ID, p.Email), say.F("write one plain address, name@example.org, or nothing", "请填写一个邮箱地址，如 name@example.org，或留空"))
		}
		known[p.ID] = true
		people = append(people, p)
	}
	shifts := l.shifts()
	var holdings []roster.Holding
	byPost := map[roster.PostID][]roster.Holding{}
	for _, r := range l.table("posts.csv", true, "id", "!unit", "!role", "!person", "rank", "shift", "from", "to") {
		h := roster.Holding{Role: roster.Role(r.get("role")), Person: roster.PersonID(r.get("person")), Rank: 1, Shift: r.get("shift"), From: l.day(r, "from"), To: l.day(r, "to")}
		u, err := roster.ParseUnit(r.get("unit"))
		if err != nil || !l.c.exists(u) {
			l.Add(r.file, r.line, say.F("unit %q does not exist", "单位 %q 不存在", r.get("unit")), say.F("write area:ID, department:ID, section:ID or point:ID", "请填写 area:编号、department:编号、section:编号 或 point:编号"))
		}
		if !slices.Contains(roster.Roles, h.Role) {
			names := make([]string, len(roster.Roles))
			for i, role := range roster.Roles {
				names[i] = string(role)
			}
			l.Add(r.file, r.line, say.F("role %q is unknown", "岗位 %q 未知", h.Role), fault.Meant(string(h.Role), names))
		}
		if !known[h.Person] {
			l.Add(r.file, r.line, say.F("person %q is not in people.csv", "人员 %q 不在 people.csv 中", h.Person), say.F("add the person, or mend the id", "请补充人员或更正编号"))
		}
		if s := r.get("rank"); s != "" {
			if h.Rank, err = strconv.Atoi(s); err != nil || h.Rank < 1 {
				l.Add(r.file, r.line, say.F("rank %q is not a number from 1", "次序 %q 不是正整数", s), say.F("write 1 for the first, 2 for the substitute", "首任填 1，替补填 2"))
			}
		}
		if h.Shift != "" && !slices.ContainsFunc(shifts, func(s roster.Shift) bool { return s.ID == h.Shift }) {
			l.Add(r.file, r.line, say.F("shift %q is not in shifts.csv", "班次 %q 不在 shifts.csv 中", h.Shift), say.F("add the shift, or leave it empty", "请补充班次或留空"))
		}
		h.Unit, h.Post = u, roster.PostAt(u, h.Role)
		l.order(r, "from", "to", h.From, h.To)
		if slices.ContainsFunc(byPost[h.Post], func(o roster.Holding) bool { return o.Person == h.Person && o.Shift == h.Shift && o.From.Equal(h.From) }) {
			l.Add(r.file, r.line, say.F("%[1]s holds %[2]s twice", "%[1]s 重复担任 %[2]s", h.Person, h.Post), say.F("remove one row", "请删除其中一行"))
		}
		byPost[h.Post] = append(byPost[h.Post], h)
		if id := r.get("id"); id != "" && id != string(h.Post) {
			l.Add(r.file, r.line, say.F("post id %q is not role@unit", "岗位编号 %q 不是 岗位@单位", id), say.F("leave it empty, or write %s", "请留空或填写 %s", h.Post))
		}
		switch {
		case u != (roster.Unit{}) && l.c.exists(u):
			holdings = append(holdings, h)
		case u.Kind == roster.UnitArea && !slices.Contains(l.c.orphans, u):
			l.c.orphans = append(l.c.orphans, u)
		}
	}
	var absences []roster.Absence
	for _, r := range l.table("absences.csv", false, "!person", "!from", "!to", "reason") {
		a := roster.Absence{Person: roster.PersonID(r.get("person")), From: l.day(r, "from"), To: l.day(r, "to"), Reason: r.get("reason")}
		if !known[a.Person] || a.From.IsZero() || !a.To.After(a.From) {
			l.Add(r.file, r.line, say.F("absence of %q needs a known person and from before to", "%q 的缺勤需要有效人员且开始早于结束", a.Person), say.F("write person,2026-11-23,2026-11-30,reason; to is the first day back", "请写 人员,2026-11-23,2026-11-30,原因；to 为返岗首日"))
		}
		absences = append(absences, a)
	}
	l.c.Roster = roster.New(people, holdings, shifts, absences, l.c.Parent, l.c.Location)
}

// order checks that a span does not end before it begins.
func (l *loader) order(r row, from, to string, a, b time.Time) {
	if !a.IsZero() && !b.IsZero() && !a.Before(b) {
		l.Add(r.file, r.line, say.F("%[1]s is not before %[2]s: it ends before it begins", "%[1]s 未早于 %[2]s：尚未开始即已结束", from, to), say.F("write the earlier date first; %s is the first day after", "请将较早日期写在前面；%s 为结束后的首日", to))
	}
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (l *loader) shifts() []roster.Shift {
	var out []roster.Shift
	for _, r := range l.table("shifts.csv", false, "!id", "!weekdays", "!from", "!to", "season") {
		s := roster.Shift{ID: r.get("id"), From: l.clock(r, "from"), To: l.clock(r, "to"), Season: l.season(r)}
		for _, part := range strings.Fields(r.get("weekdays")) {
			first, last, isRange := strings.Cut(part, "-")
			i, j := slices.Index(weekdays, first), slices.Index(weekdays, last)
			if !isRange {
				j = i
			}
			if i < 0 || j < 0 {
				l.Add(r.file, r.line, say.F("weekdays %q can't be read", "星期 %q 无法识别", part), say.F("write mon-fri, or: sat sun", "请写 mon-fri 或 sat sun"))
				continue
			}
			for s.Weekdays[i] = true; i != j; s.Weekdays[i] = true {
				i = (i + 1) % 7
			}
		}
		if s.From == s.To || s.From == 24*time.Hour {
			l.Add(r.file, r.line, say.F("shift %[1]s begins at %[2]s and never ends", "班次 %[1]s 自 %[2]s 开始且没有结束", s.ID, r.get("from")), say.F("write from and to as 08:00,16:00; all day is 00:00,24:00", "from 与 to 例如 08:00,16:00；全天为 00:00,24:00"))
		}
		if s.Weekdays == [7]bool{} {
			l.Add(r.file, r.line, say.F("weekdays are missing", "缺少 weekdays"), say.F("write mon-fri, or: sat sun", "请写 mon-fri 或 sat sun"))
		}
		if s.ID == "" || slices.ContainsFunc(out, func(o roster.Shift) bool { return o.ID == s.ID }) {
			l.Add(r.file, r.line, say.F("shift id %q is empty or used twice", "班次编号 %q 为空或重复", s.ID), say.F("give each shift its own id", "请为每个班次使用唯一编号"))
		}
		out = append(out, s)
	}
	return out
}

func (l *loader) clock(r row, column string) time.Duration {
	if r.get(column) == "24:00" {
		return 24 * time.Hour
	}
	t, err := time.Parse("15:04", r.get(column))
	if err != nil {
		l.Add(r.file, r.line, say.F("%[1]s %[2]q is not a time of day", "%[1]s %[2]q 不是时刻", column, r.get(column)), say.F("write 08:30", "请写 08:30"))
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}
