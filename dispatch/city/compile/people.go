package compile

import (
	"maps"
	"net/mail"
	"slices"
	"strconv"

	"wangge/dispatch/city/compile/rotations"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
)

func (l *loader) people() {
	known := map[roster.PersonID]bool{}
	mute := map[roster.PersonID]int{} // index in people of persons who cannot be reached
	ids := l.IDs("id", i18n.F("person id", "人员编号"), i18n.F("give each person an id of their own", "请为每个人使用唯一编号"))
	var people []roster.Person
	for _, r := range l.rows("people.csv") {
		p := roster.Person{
			ID: roster.PersonID(r.Get("id")), Name: r.Get("name"), Phone: r.Get("phone"), Language: r.Get("language"),
			Email: r.Get("email"), WeCom: r.Get("wecom"), ActiveFrom: r.Day("active_from"), ActiveTo: r.Day("active_to"),
		}
		if !ids.Take(r.File, r.Line, string(p.ID)) {
			if i, ok := mute[p.ID]; ok && p.Name != "" && roster.ValidPhone(p.Phone) { // a draft keeps the usable row
				people[i] = p
				delete(mute, p.ID)
			}
			continue
		}
		if p.Name == "" {
			r.Report("name", i18n.F("person %q has no name", "人员 %q 没有姓名", p.ID), i18n.F("give each person an id and a name", "请为每个人填写唯一编号和姓名"))
			continue
		}
		if p.ID == "import" {
			r.Report("id", i18n.F("person id import is the service's own", "人员编号 import 为系统保留"), i18n.F("give the person another id", "请使用其他编号"))
		}
		r.Order("active_from", "active_to", p.ActiveFrom, p.ActiveTo)
		if !roster.ValidPhone(p.Phone) {
			r.Report("phone", i18n.F("%[1]s can't be reached at %[2]q", "无法用 %[2]q 联系 %[1]s", p.ID, p.Phone), i18n.F("write a phone number: +86 451 5555 0101", "请填写电话号码：+86 451 5555 0101"))
		}
		if a, err := mail.ParseAddress(p.Email); p.Email != "" && (err != nil || a.Address != p.Email) {
			r.Report("email", i18n.F("%[1]s can't be written to at %[2]q", "%[1]s 的邮箱 %[2]q 无效", p.ID, p.Email), i18n.F("write one plain address, name@example.org, or nothing", "请填写一个邮箱地址，如 name@example.org，或留空"))
		}
		if p.WeCom != "" && !roster.ValidWeCom(p.WeCom) {
			r.Report("wecom", i18n.F("%[2]q is no WeCom user id for %[1]s", "%[2]q 不是 %[1]s 的企业微信账号", p.ID, p.WeCom), i18n.F("write one user id of the WeCom address book: a letter or digit, then at most 63 letters, digits or _ - @ .; or nothing", "请填写企业微信通讯录中的一个账号：以字母或数字开头，其后最多 63 个字母、数字或 _ - @ . ；或留空"))
		}
		known[p.ID] = true
		if !roster.ValidPhone(p.Phone) {
			mute[p.ID] = len(people)
		}
		people = append(people, p)
	}
	shifts := l.shifts()
	cycles, refused := rotations.Read(&l.Reader, l.fsys, shifts)
	maps.Copy(l.c.RefusedShifts, refused)
	var holdings []roster.Holding
	byPost := map[roster.PostID][]roster.Holding{}
	for _, r := range l.rows("posts.csv") {
		h := roster.Holding{
			Role: roster.Role(r.Get("role")), Person: roster.PersonID(r.Get("person")), Rank: 1, Shift: r.Get("shift"),
			From: r.Day("from"), To: r.Day("to"),
		}
		u, err := roster.ParseUnit(r.Get("unit"))
		if err != nil || !l.c.Exists(u) {
			r.Report("unit", i18n.F("unit %q does not exist", "单位 %q 不存在", r.Get("unit")), i18n.F("write area:ID, department:ID, section:ID or point:ID", "请填写 area:编号、department:编号、section:编号 或 point:编号"))
		}
		if !slices.Contains(roster.Roles, h.Role) {
			names := make([]string, len(roster.Roles))
			for i, role := range roster.Roles {
				names[i] = string(role)
			}
			r.Report("role", i18n.F("role %q is unknown", "岗位 %q 未知", h.Role), diag.Suggest(string(h.Role), names))
		}
		if !known[h.Person] {
			r.Report("person", i18n.F("person %q is not in people.csv", "人员 %q 不在 people.csv 中", h.Person), i18n.F("add the person, or mend the id", "请补充人员或更正编号"))
		}
		if s := r.Get("rank"); s != "" {
			if h.Rank, err = strconv.Atoi(s); err != nil || h.Rank < 1 {
				r.Report("rank", i18n.F("rank %q is not a number from 1", "次序 %q 不是正整数", s), i18n.F("write 1 for the first, 2 for the substitute", "首任填 1，替补填 2"))
			}
		}
		if h.Shift != "" && l.c.RefusedShifts[h.Shift] == 0 &&
			!slices.ContainsFunc(shifts, func(s roster.Shift) bool { return s.ID == h.Shift }) &&
			!slices.ContainsFunc(cycles, func(x roster.Rotation) bool { return x.ID == h.Shift }) {
			r.Report("shift", i18n.F("shift %q is neither in shifts.csv nor in rotations.csv", "班次 %q 既不在 shifts.csv 也不在 rotations.csv 中", h.Shift), i18n.F("add the shift or the rotation, or leave the cell empty", "请补充班次或轮班，或留空"))
		}
		h.Unit, h.Post = u, roster.PostAt(u, h.Role)
		r.Order("from", "to", h.From, h.To)
		if i := slices.IndexFunc(shifts, func(s roster.Shift) bool { return s.ID == h.Shift }); i >= 0 {
			l.meets(r, "shift", shifts[i].Season, h.From, h.To)
		}
		if slices.ContainsFunc(byPost[h.Post], func(o roster.Holding) bool {
			return o.Person == h.Person && o.Shift == h.Shift && o.From.Equal(h.From)
		}) {
			r.Report("person", i18n.F("%[1]s holds %[2]s twice", "%[1]s 重复担任 %[2]s", h.Person, h.Post), i18n.F("remove one row", "请删除其中一行"))
		}
		byPost[h.Post] = append(byPost[h.Post], h)
		if id := r.Get("id"); id != "" && id != string(h.Post) {
			r.Report("id", i18n.F("post id %q is not role@unit", "岗位编号 %q 不是 岗位@单位", id), i18n.F("leave it empty, or write %s", "请留空或填写 %s", h.Post))
		}
		switch {
		case u != (roster.Unit{}) && l.c.Exists(u):
			holdings = append(holdings, h)
		case u.Kind == roster.UnitArea && !slices.Contains(l.c.MissingAreas, u):
			l.c.MissingAreas = append(l.c.MissingAreas, u)
		}
	}
	absences := l.absences(known)
	l.c.Roster = roster.New(people, holdings, shifts, absences, l.c.Parent, l.c.Location).WithRotations(cycles)
}
