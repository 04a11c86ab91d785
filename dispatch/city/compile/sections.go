package compile

import (
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// The narrowest and the widest road that a section may follow, in metres.
const (
	leastWidthM = 1
	mostWidthM  = 500
)

func (l *loader) sections() {
	const file = "sections.geojson"
	features := l.ground.Features(file, false, "id", "name", "name_en", "department", "tier", "width_m")
	ids := l.IDs("id", i18n.F("section id", "路段编号"), i18n.F("give each section its own id", "请为每个路段使用唯一编号"))
	for i := range features {
		f := &features[i]
		s := &city.Section{
			ID: city.SectionID(f.Props["id"]), Name: f.Props["name"], NameEn: f.Props["name_en"],
			Department: f.Props["department"], Tier: f.Props["tier"],
		}
		if !ids.Take(file, f.Line, string(s.ID)) {
			continue
		}
		if s.Name == "" {
			f.Report("name", i18n.F("section %s has no name", "路段 %s 没有名称", s.ID), i18n.F("add the property name", "请添加 name 属性"))
		}
		if l.c.Departments[s.Department] == nil {
			f.Report("department", i18n.F("department %q of section %s does not exist", "部门 %q（路段 %s）不存在", s.Department, s.ID), diag.Suggest(s.Department, slices.Sorted(maps.Keys(l.c.Departments))))
		}
		ground, ok := f.Patch("Polygon", "MultiPolygon", "LineString", "MultiLineString")
		ground.ReachM = f.Metres("width_m", leastWidthM, mostWidthM) / 2
		switch {
		case ok && ground.Lines != nil && ground.ReachM == 0:
			f.Report("width_m", i18n.F("section %s is a road without a width", "路段 %s 是道路但没有宽度", s.ID), i18n.F("write width_m, the whole width in metres", "请填写 width_m（全宽，米）"))
		case ok && ground.Polygons != nil && ground.ReachM != 0:
			f.Report("width_m", i18n.F("section %s has ground and a width; width_m is for roads", "路段 %s 已有面，width_m 仅用于道路", s.ID), i18n.F("leave width_m out", "请删除 width_m"))
		}
		s.Ground, s.SizeM2 = ground, grid.SizeM2(ground.Polygons)
		l.c.Sections[s.ID] = s
	}
	l.c.IndexSections()
}
