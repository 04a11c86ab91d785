package compile

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
)

// conditions reads conditions.csv. A row with a milestone belongs to the condition with the same number. That
// condition has a row of its own, with the limit of the whole case.
func (l *loader) conditions() map[string][]catalog.Condition {
	const file = "conditions.csv"
	out := map[string][]catalog.Condition{}
	rows := l.rows(file)
	refused := map[string]bool{} // conditions and milestones whose row has a diagnostic: other rows may name them
	key := func(r tables.Row, milestone string) string {
		return strings.Join([]string{r.Get("code"), r.Get("condition"), milestone}, "\x00")
	}
	find := func(r tables.Row) *catalog.Condition {
		list := out[r.Get("code")]
		if i := slices.IndexFunc(list, func(c catalog.Condition) bool { return c.ID == r.Get("condition") }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, r := range rows {
		if r.Get("milestone") != "" {
			continue
		}
		if find(r) != nil || r.Get("condition") == "" {
			r.Report("condition", i18n.F("condition %[2]q of %[1]s is empty or given twice", "%[1]s 的立案条件 %[2]q 为空或重复", r.Get("code"), r.Get("condition")), i18n.F("number the conditions of a category 1, 2, 3", "请按 1、2、3 编号"))
			continue
		}
		for _, column := range []string{"after", "by"} {
			if r.Get(column) != "" {
				r.Report(column, i18n.F("%s is given without a milestone", "填写了 %s 但没有 milestone", column), i18n.F("leave it empty", "请留空"))
			}
		}
		if cond, ok := l.condition(r, r.Get("condition")); ok {
			out[r.Get("code")] = append(out[r.Get("code")], cond)
			delete(refused, key(r, ""))
		} else {
			refused[key(r, "")] = true
		}
	}
	for _, r := range rows {
		id := r.Get("milestone")
		if id == "" {
			continue
		}
		cond := find(r)
		if cond == nil && refused[key(r, "")] {
			cond = new(catalog.Condition) // for the diagnostics of the row alone
		}
		if cond == nil {
			r.Report("milestone", i18n.F("milestone %[1]q belongs to no condition: %[2]s has no condition %[3]q", "节点 %[1]q 不属于任何立案条件：%[2]s 没有条件 %[3]q", id, r.Get("code"), r.Get("condition")), i18n.F("add a row without a milestone for the condition", "请为该条件添加一行（milestone 留空）"))
			continue
		}
		own, ok := l.condition(r, r.Get("condition"))
		parties, read := parties(r)
		usable := func(id string) bool {
			return slices.ContainsFunc(cond.Milestones, func(m catalog.Milestone) bool { return m.ID == id })
		}
		has := func(id string) bool { return usable(id) || refused[key(r, id)] }
		switch after := r.Get("after"); {
		case strings.Contains(id, "@"):
			r.Report("milestone", i18n.F("milestone %q has an @", "节点 %q 含有 @", id), i18n.F("write letters and digits: arrive, fence", "请使用字母和数字：arrive、fence"))
		case has(id) || len(cond.Milestones) >= maxMilestones:
			r.Report("milestone", i18n.F("milestone %[1]q is given twice, or the condition has more than %[2]d", "节点 %[1]q 重复，或超过 %[2]d 个", id, maxMilestones), i18n.F("give each milestone its own name", "请为每个节点使用唯一名称"))
		case after != "" && !has(after):
			r.Report("after", i18n.F("after %q is no earlier milestone of the condition", "after %q 不是该条件中更早的节点", after), i18n.F("name a row above, or leave it empty to start with the dispatch", "请填写上方的节点，或留空表示自派遣起算"))
		case read && after != "" && startless(cond, after, parties) != "":
			r.Report("by", i18n.F("%[1]s has no milestone %[2]q, nor has the owner: nothing starts this one", "%[1]s 与主办单位都没有节点 %[2]q，本节点无法起算", startless(cond, after, parties), after),
				i18n.F("add owner, or the same word, to by of %s", "请在节点 %s 的 by 中加入 owner 或同一责任方", after))
		case ok && read && !refused[key(r, after)]:
			cond.Milestones = append(cond.Milestones, catalog.Milestone{
				ID: id, Name: own.Name, After: after, Limit: own.Limit,
				Closing: strings.Join(own.Closings, " | "), Parties: parties,
			})
		}
		if !usable(id) {
			refused[key(r, id)] = true
		}
	}
	return out
}

// parties reads whose milestone a row is.
func parties(r tables.Row) ([]catalog.Party, bool) {
	words := strings.Fields(r.Get("by"))
	if len(words) == 0 {
		return []catalog.Party{catalog.PartyOwner}, true
	}
	var out []catalog.Party
	for _, word := range words {
		p, ok := catalog.ParseParty(word)
		if !ok || slices.Contains(out, p) {
			r.Report("by", i18n.F("%q is no party of a milestone, or is given twice", "%q 不是节点责任方，或重复", word), i18n.F("write %s, with blanks between", "请填写 %s，以空格分隔", strings.Join(catalog.PartyNames(), ", ")))
			return nil, false
		}
		out = append(out, p)
	}
	return out, true
}

// startless is a party for which nobody completes the milestone that its own waits for; "" = there is none.
func startless(cond *catalog.Condition, after string, parties []catalog.Party) string {
	for _, m := range cond.Milestones {
		if m.ID != after || slices.Contains(m.Parties, catalog.PartyOwner) {
			continue
		}
		for _, p := range parties {
			if !slices.Contains(m.Parties, p) {
				return p.String()
			}
		}
	}
	return ""
}

// maxMilestones bounds the milestones of a condition. The published tables have at most three.
const maxMilestones = 8

func (l *loader) categories() {
	conditions := l.conditions()
	ids := l.IDs("code", i18n.F("category code", "类别代码"), i18n.F("give each category its own code", "请为每个类别使用唯一代码"))
	rows := l.rows("categories.csv")
	for _, r := range rows {
		code := catalog.Code(r.Get("code"))
		if !ids.Take(r.File, r.Line, string(code)) {
			if cat := l.c.Categories[code]; cat != nil && cat.Conditions == nil { // a draft keeps the usable row
				if own, ok := l.condition(r, "1"); ok {
					cat.Severity, cat.Conditions = own.Severity, []catalog.Condition{own}
				}
			}
			continue
		}
		cat := &catalog.Category{
			Code: code, Class: r.Get("class"), ClassEn: r.Get("class_en"), Name: r.Get("name"),
			NameEn: r.Get("name_en"), Parent: catalog.Code(r.Get("parent")), Conditions: conditions[string(code)],
		}
		switch r.Get("kind") {
		case "component":
			cat.Kind = catalog.Component
		case "event":
			cat.Kind = catalog.Event
		default:
			r.Report("kind", i18n.F("kind %q is unknown", "类型 %q 未知", r.Get("kind")), i18n.F("write component or event", "请填写 component 或 event"))
		}
		switch r.Get("self_resolve") {
		case "":
		case "yes":
			cat.SelfResolve = catalog.SelfResolveAllowed
		case "no":
			cat.SelfResolve = catalog.SelfResolveForbidden
		default:
			r.Report("self_resolve", i18n.F("self_resolve %q is neither yes nor no", "self_resolve %q 不是 yes 或 no", r.Get("self_resolve")), i18n.F("write yes or no, or leave it empty: severity C only", "请填写 yes 或 no，或留空（仅 C 级可以）"))
		}
		own, ok := l.condition(r, "1")
		cat.Severity = own.Severity
		if ok && cat.Conditions == nil {
			cat.Conditions = []catalog.Condition{own}
		}
		delete(conditions, string(code))
		l.c.Categories[code] = cat
	}
	for _, r := range rows {
		if p := catalog.Code(r.Get("parent")); p != "" && l.c.Categories[p] == nil {
			r.Report("parent", i18n.F("parent %q is not a category", "上级类别 %q 不存在", p), i18n.F("write a code of this table, or leave it empty", "请填写本表中的代码或留空"))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(conditions)) {
		l.Add("conditions.csv", 0, i18n.F("category %q has conditions but is not in categories.csv", "类别 %q 有立案条件但不在 categories.csv 中", code), i18n.F("add the category or remove its conditions", "请补充类别或删除其条件"))
	}
	if len(rows) > 0 && len(l.c.Categories) == 0 {
		l.Add("categories.csv", 0, i18n.F("no category can be used", "没有可用的类别"), i18n.F("mend the rows named above", "请修正上述各行"))
	}
}

func (l *loader) condition(r tables.Row, id string) (catalog.Condition, bool) {
	c := catalog.Condition{ID: id, Name: r.Get("name")}
	var ok bool
	c.Closings, ok = closings(r)
	if i := slices.Index([]string{"A", "B", "C"}, r.Get("severity")); i >= 0 {
		c.Severity = catalog.Severity(i + 1)
	} else {
		ok = false
		r.Report("severity", i18n.F("severity %q is unknown", "等级 %q 未知", r.Get("severity")), i18n.F("write A, B or C", "请填写 A、B 或 C"))
	}
	n, err := strconv.Atoi(r.Get("limit"))
	unit, uerr := calendar.ParseUnit(r.Get("limit_unit"))
	if err != nil || uerr != nil || n <= 0 || n > calendar.MaxN {
		ok = false
		r.Report(limitColumn(n, err, uerr), i18n.F("limit %[1]q %[2]q can't be used", "时限 %[1]q %[2]q 无效", r.Get("limit"), r.Get("limit_unit")), i18n.F("write a whole number and minutes, hours, work_hours, work_days or days", "请填写整数及 minutes、hours、work_hours、work_days 或 days"))
	}
	c.Limit = calendar.Limit{N: n, Unit: unit}
	return c, ok
}

// maxClosings bounds the closing conditions of a filing condition, and maxClosing the characters of one.
const (
	maxClosings = 8
	maxClosing  = 200
)

// closings reads the closing conditions of a row, with "|" between them.
func closings(r tables.Row) ([]string, bool) {
	text := strings.ReplaceAll(r.Get("closing"), "｜", "|")
	if text == "" {
		return nil, true
	}
	var out []string
	for one := range strings.SplitSeq(text, "|") {
		one = strings.TrimSpace(one)
		switch {
		case one == "" || slices.Contains(out, one):
			r.Report("closing", i18n.F("a closing condition is empty or given twice", "结案条件为空或重复"), i18n.F("write each once, with | between them: 已清运|已覆盖", "每个写一次，以 | 分隔：已清运|已覆盖"))
			return nil, false
		case utf8.RuneCountInString(one) > maxClosing:
			r.Report("closing", i18n.F("a closing condition has more than %d characters", "结案条件超过 %d 个字符", maxClosing), i18n.F("shorten it", "请缩短"))
			return nil, false
		case len(out) == maxClosings:
			r.Report("closing", i18n.F("there are more than %d closing conditions", "结案条件超过 %d 个", maxClosings), i18n.F("give the filing condition fewer of them", "请减少结案条件"))
			return nil, false
		}
		out = append(out, one)
	}
	return out, true
}

// limitColumn returns the column of an invalid limit: its number, else its unit.
func limitColumn(n int, number, unit error) string {
	if unit != nil && number == nil && n > 0 && n <= calendar.MaxN {
		return "limit_unit"
	}
	return "limit"
}
