package city

import (
	"cmp"
	"slices"

	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// SectionID names a section. Example: "GREEN-daoli-3".
type SectionID string

// Section is a department's own ground (包段): polygons, or road centre-lines with a width. Sections
// may overlap, also those of one department.
type Section struct {
	ID           SectionID
	Name, NameEn string
	Department   string
	Ground       grid.Patch // read only
	SizeM2       float64    // of polygons; 0 for roads
}

// The narrowest and the widest road that a section may follow, in metres.
const (
	leastWidthM = 1
	mostWidthM  = 500
)

func (l *loader) sections() {
	const file = "sections.geojson"
	features, datum := l.features(file, false, "id", "name", "name_en", "department", "width_m")
	ids := l.IDs("id", i18n.F("section id", "路段编号"), i18n.F("give each section its own id", "请为每个路段使用唯一编号"))
	for i := range features {
		f := &features[i]
		s := &Section{ID: SectionID(f.props["id"]), Name: f.props["name"], NameEn: f.props["name_en"], Department: f.props["department"]}
		if !ids.Take(file, f.line, string(s.ID)) {
			continue
		}
		if s.Name == "" {
			f.report("name", i18n.F("section %s has no name", "路段 %s 没有名称", s.ID), i18n.F("add the property name", "请添加 name 属性"))
		}
		if l.c.Departments[s.Department] == nil {
			f.report("department", i18n.F("department %q of section %s does not exist", "部门 %q（路段 %s）不存在", s.Department, s.ID), diag.Meant(s.Department, Sorted(l.c.Departments)))
		}
		ground, ok := l.patch(f, datum, "Polygon", "MultiPolygon", "LineString", "MultiLineString")
		ground.ReachM = f.metres("width_m", leastWidthM, mostWidthM) / 2
		switch {
		case ok && ground.Lines != nil && ground.ReachM == 0:
			f.report("width_m", i18n.F("section %s is a road without a width", "路段 %s 是道路但没有宽度", s.ID), i18n.F("write width_m, the whole width in metres", "请填写 width_m（全宽，米）"))
		case ok && ground.Polygons != nil && ground.ReachM != 0:
			f.report("width_m", i18n.F("section %s has ground and a width; width_m is for roads", "路段 %s 已有面，width_m 仅用于道路", s.ID), i18n.F("leave width_m out", "请删除 width_m"))
		}
		s.Ground, s.SizeM2 = ground, grid.SizeM2(ground.Polygons)
		l.c.Sections[s.ID] = s
	}
	for _, id := range Sorted(l.c.Sections) {
		l.c.SectionList = append(l.c.SectionList, l.c.Sections[id])
	}
	l.c.sectionIndex = index(l.c.SectionList, func(s *Section) grid.Patch { return s.Ground })
}

// index is the patches of a list; nil when there are none.
func index[T any](list []T, ground func(T) grid.Patch) *grid.Patches {
	if len(list) == 0 {
		return nil
	}
	patches := make([]grid.Patch, len(list))
	for i, t := range list {
		if p := ground(t); p.Faults() == nil {
			patches[i] = p
		}
	}
	return grid.NewPatches(patches)
}

// SectionsAt lists the sections that hold a place, the most particular first: roads before
// polygons, of roads the one whose centre-line is nearest, of polygons the smallest, then by id.
// So the first one of a department is where that department answers.
func (c *City) SectionsAt(at grid.Point) []SectionID {
	type hit struct {
		s     *Section
		metre float64
	}
	var hits []hit
	c.sectionIndex.Near(at, 0, func(i int, drawnM float64) { hits = append(hits, hit{c.SectionList[i], drawnM}) })
	if hits == nil {
		return nil
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(-cmp.Compare(len(a.s.Ground.Lines), 0)+cmp.Compare(len(b.s.Ground.Lines), 0), cmp.Compare(a.metre, b.metre), cmp.Compare(a.s.SizeM2, b.s.SizeM2), cmp.Compare(a.s.ID, b.s.ID))
	})
	out := make([]SectionID, len(hits))
	for i, h := range hits {
		out[i] = h.s.ID
	}
	return out
}
