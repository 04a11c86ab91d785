package compile

import (
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

func (l *loader) codes() {
	const file = "codes.csv"
	for _, r := range l.rows(file) {
		c := city.OldCode{Code: r.Get("code"), Area: grid.AreaID(r.Get("area")), From: r.Day("valid_from"), To: r.Day("valid_to")}
		if c.Code == "" || l.c.Areas[grid.AreaID(c.Code)] != nil {
			r.Report("code", i18n.F("code %q is empty or the id of an area today", "代码 %q 为空或为现行区域编号", c.Code), i18n.F("write only codes that are used no more", "只填写已停用的代码"))
		}
		if l.c.Areas[c.Area] == nil {
			r.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", c.Area), i18n.F("write an id of areas.geojson", "请填写 areas.geojson 中的编号"))
		}
		r.Order("valid_from", "valid_to", c.From, c.To)
		for _, o := range l.c.OldCodes {
			if o.Code == c.Code && (o.To.IsZero() || c.From.Before(o.To)) && (c.To.IsZero() || o.From.Before(c.To)) {
				r.Report("code", i18n.F("code %s means two areas at one time", "代码 %s 在同一时间对应两个区域", c.Code), i18n.F("let one row end where the next begins", "请使前一行的结束日为后一行的起始日"))
			}
		}
		l.c.OldCodes = append(l.c.OldCodes, c)
	}
}

// phonePublic reads whether anybody may know the phone of a department.
func (l *loader) phonePublic(r tables.Row) bool {
	switch r.Get("phone_public") {
	case "", "no":
		return false
	case "yes":
		if r.Get("phone") == "" {
			r.Report("phone_public", i18n.F("there is no phone to be public", "没有可公开的电话"), i18n.F("write the phone, or leave phone_public empty", "请填写 phone，或将 phone_public 留空"))
		}
		return true
	default:
		r.Report("phone_public", i18n.F("phone_public %q is unknown", "phone_public %q 无效", r.Get("phone_public")), i18n.F("write yes or no", "请填写 yes 或 no"))
		return false
	}
}

// mostDepartmentLevels bounds the depth of the department tree. With a section below and the city above, a walk from
// any unit to the top takes at most roster.MaxTreeDepth steps.
const mostDepartmentLevels = roster.MaxTreeDepth - 2

// cyclic marks a department whose chain of superiors contains a cycle.
const cyclic = -1

func (l *loader) departments() {
	ids := l.IDs("id", i18n.F("department id", "部门编号"), i18n.F("give each department its own id", "请为每个部门使用唯一编号"))
	rows := l.rows("departments.csv")
	for _, r := range rows {
		id := r.Get("id")
		if !ids.Take(r.File, r.Line, id) {
			continue
		}
		l.c.Departments[id] = &city.Department{
			ID: id, Parent: r.Get("parent"), Area: grid.AreaID(r.Get("area")), Name: r.Get("name"),
			NameEn: r.Get("name_en"), Phone: r.Get("phone"), PhonePublic: l.phonePublic(r),
		}
	}
	levels := l.levels()
	for _, r := range rows {
		if p := r.Get("parent"); p != "" && l.c.Departments[p] == nil {
			r.Report("parent", i18n.F("parent %q is not a department", "上级 %q 不是部门", p), i18n.F("write an id of departments.csv, or leave it empty", "请填写 departments.csv 中的编号或留空"))
		}
		if a := r.Get("area"); a != "" && (l.c.Areas[grid.AreaID(a)] == nil || r.Get("parent") == "") {
			r.Report("area", i18n.F("a station's area %q must exist, and the station must have a parent department", "分站的区域 %q 必须存在，且分站必须有上级部门", a), i18n.F("write an id of areas.geojson and the parent's id, or leave area empty", "请填写 areas.geojson 中的编号及上级部门编号，或将 area 留空"))
		}
		switch n := levels[r.Get("id")]; {
		case n == cyclic:
			r.Report("parent", i18n.F("department %s is its own superior", "部门 %s 的上级关系成环", r.Get("id")), i18n.F("let one department have no parent", "请让最上级部门不填上级"))
		case n > mostDepartmentLevels && !l.Accepted:
			r.Report("parent", i18n.F("department %[1]s is at level %[2]d; at most %[3]d levels are read", "部门 %[1]s 位于第 %[2]d 级，最多 %[3]d 级", r.Get("id"), n, mostDepartmentLevels), i18n.F("give it a parent further up", "请改填更高一级的上级部门"))
		}
	}
	for id, n := range levels { // the chains of parents in a draft must end
		if d := l.c.Departments[id]; n == cyclic && d != nil {
			d.Parent = ""
		}
	}
}

// levels returns the level of each department, 1 at the top. Each department is visited once.
func (l *loader) levels() map[string]int {
	level := make(map[string]int, len(l.c.Departments))
	for id := range l.c.Departments {
		var below []string
		for level[id] == 0 && l.c.Departments[id] != nil {
			level[id] = cyclic // until the levels of its superiors are known
			below = append(below, id)
			id = l.c.Departments[id].Parent
		}
		n := level[id]
		for i := len(below) - 1; i >= 0 && n != cyclic; i-- {
			n++
			level[below[i]] = n
		}
	}
	return level
}
