package city

import (
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// mostDepartmentLevels bounds how deep departments may stand below one another. With a section below them
// and the city above, a walk from any unit to the top takes maxUp steps at most.
const mostDepartmentLevels = maxUp - 2

// endless is the level of a department whose superiors come round to one of themselves.
const endless = -1

func (l *loader) departments() {
	ids := l.IDs("id", i18n.F("department id", "部门编号"), i18n.F("give each department its own id", "请为每个部门使用唯一编号"))
	rows := l.rows("departments.csv")
	for _, r := range rows {
		id := r.Get("id")
		if !ids.Take(r.File, r.Line, id) {
			continue
		}
		l.c.Departments[id] = &Department{ID: id, Parent: r.Get("parent"), Area: grid.AreaID(r.Get("area")), Name: r.Get("name"), NameEn: r.Get("name_en"), Phone: r.Get("phone")}
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
		case n == endless:
			r.Report("parent", i18n.F("department %s is its own superior", "部门 %s 的上级关系成环", r.Get("id")), i18n.F("let one department have no parent", "请让最上级部门不填上级"))
		case n > mostDepartmentLevels && !l.Kept:
			r.Report("parent", i18n.F("department %[1]s stands at level %[2]d; at most %[3]d levels are read", "部门 %[1]s 位于第 %[2]d 级，最多 %[3]d 级", r.Get("id"), n, mostDepartmentLevels), i18n.F("give it a parent further up", "请改填更高一级的上级部门"))
		}
	}
}

// levels is the level of each department, 1 at the top; each is looked at once.
func (l *loader) levels() map[string]int {
	level := make(map[string]int, len(l.c.Departments))
	for id := range l.c.Departments {
		var below []string
		for level[id] == 0 && l.c.Departments[id] != nil {
			level[id] = endless // until its superiors are known
			below = append(below, id)
			id = l.c.Departments[id].Parent
		}
		n := level[id]
		for i := len(below) - 1; i >= 0 && n != endless; i-- {
			n++
			level[below[i]] = n
		}
	}
	return level
}
