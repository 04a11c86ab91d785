package compile

import (
	"maps"
	"slices"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// accountable checks what routing relies on: every area and department has a superior who can be reached, and the
// city has a leader.
func (l *loader) accountable() {
	if a := l.c.Areas[l.c.Root]; a.Level != 0 {
		l.Add("areas.geojson", 0, i18n.F("the area without a parent, %[1]s, is a %[2]s", "没有上级的区域 %[1]s 是%[2]s", a.ID, l.c.Levels[a.Level]), i18n.F("give it the level %s, the first of city.yaml", "请将其层级设为 %s（city.yaml 的第一级）", l.c.Levels[0]))
	}
	root := roster.Unit{Kind: roster.UnitArea, ID: string(l.c.Root)}
	for _, role := range []roster.Role{roster.Leader, roster.Acceptor, roster.Dispatcher} {
		if _, ok := l.c.Roster.Post(root, role); !ok {
			l.Add("posts.csv", 0, i18n.F("the city has no %[1]s", "全市缺少%[2]s岗位", role.Words().En, role.Words().Zh), i18n.F("add ,%s,%s,PERSON,1,,,", "请添加 ,%s,%s,人员,1,,,", root, role))
		}
	}
	check := func(u roster.Unit) {
		last, stays, first := "", false, time.Time{}
		for _, role := range []roster.Role{roster.Owner, roster.Leader} {
			post, _ := l.c.Roster.Post(u, role)
			for _, h := range l.c.Roster.Holdings(post) {
				p, _ := l.c.Roster.Person(h.Person)
				if h.To.IsZero() && p.ActiveTo.IsZero() {
					if from := latest(h.From, p.ActiveFrom); first.IsZero() || from.Before(first) {
						first = from
					}
					stays = true
				}
				last = string(h.Person)
			}
		}
		if stays {
			if first.Year() > farAhead {
				l.Add("posts.csv", 0, i18n.F("nobody answers for %[1]s before %[2]s", "%[1]s 在 %[2]s 之前无人负责", u, first.Format(time.DateOnly)), i18n.F("add ,%s,owner,PERSON,1,,, for somebody who begins now", "请添加现任责任人：,%s,owner,人员,1,,,", u))
			}
			return
		}
		if last != "" {
			l.Add("posts.csv", 0, i18n.F("nobody stays to answer for %[1]s: %[2]s and all others have an end date", "%[1]s 无人持续负责：%[2]s 等人均有截止日期", u, last), i18n.F("add ,%s,owner,PERSON,1,,, for somebody without one", "请添加无截止日期者：,%s,owner,人员,1,,,", u))
			return
		}
		l.Add("posts.csv", 0, i18n.F("nobody answers for %s: it has neither owner nor leader", "%s 没有责任人或领导", u), i18n.F("add ,%s,owner,PERSON,1,,,", "请添加 ,%s,owner,人员,1,,,", u))
	}
	for _, id := range slices.Sorted(maps.Keys(l.c.Areas)) {
		check(roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	}
	for _, id := range slices.Sorted(maps.Keys(l.c.Departments)) {
		check(roster.Unit{Kind: roster.UnitDepartment, ID: id})
	}
}

// farAhead is a year beyond every real appointment: such a date is a typing error.
const farAhead = 2080

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
