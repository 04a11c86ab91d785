package request

import (
	"fmt"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Precedent reads a precedent. Whether the city has what the precedent names, the desk checks.
func (f *Reader) Precedent(m *wanggev1.Precedent) city.Precedent {
	u, ok := resource.ParseUnit(m.GetUnit())
	if !ok {
		f.Add("precedent.unit", lookup.UnitForm(m.GetUnit()))
	}
	p := city.Precedent{Unit: u, Kind: city.OwnerKindOf(u), Text: f.Short("precedent.text", m.GetText(), city.MaxPrecedentText)}
	if m.GetText() == "" {
		f.Add("precedent.text", i18n.F("is missing: the ruling in words", "缺失：请写明裁定内容"))
	}
	if m.GetCase() != "" {
		p.Case = f.CaseID("precedent.case", m.GetCase()).String()
	}
	if n := len(m.GetCategories()); n == 0 {
		f.Add("precedent.categories", i18n.F("is missing: a code of categories.csv, or a beginning and *", "缺失：请填写 categories.csv 中的代码，或前缀加 *"))
	} else if n > city.MaxPrecedentPatterns {
		f.Add("precedent.categories", i18n.F("at most %d", "最多 %d 项", city.MaxPrecedentPatterns))
	} else {
		for i, text := range m.GetCategories() {
			p.Categories = append(p.Categories, f.Short(fmt.Sprintf("precedent.categories[%d]", i), text, lookup.MaxName))
		}
	}
	f.precedentPlace(m, &p)
	p.From, p.To = f.Instant("precedent.start_time", m.GetStartTime(), p.From), f.Instant("precedent.end_time", m.GetEndTime(), p.To)
	if !p.From.IsZero() && !p.To.IsZero() && !p.From.Before(p.To) {
		f.Add("precedent.end_time", i18n.F("must be after start_time", "必须晚于 start_time"))
	}
	return p
}

// precedentPlace reads where a precedent decides.
func (f *Reader) precedentPlace(m *wanggev1.Precedent, p *city.Precedent) {
	switch place := m.GetPlace().(type) {
	case *wanggev1.Precedent_Circle_:
		p.Point, p.RadiusM = f.Point("precedent.circle.center", place.Circle.GetCenter()), place.Circle.GetRadiusM()
		if !(p.RadiusM > 0 && p.RadiusM <= city.MaxPrecedentRadiusM) {
			f.Add("precedent.circle.radius_m", i18n.F("%[1]g is not above 0 and at most %[2]d m", "%[1]g 应大于 0 且不超过 %[2]d 米", p.RadiusM,
				city.MaxPrecedentRadiusM))
		}
	case *wanggev1.Precedent_Section:
		p.Section = f.unitOf("precedent.section", place.Section, roster.UnitSection, "sections/GREEN-3")
	case *wanggev1.Precedent_Area:
		p.Area = grid.AreaID(f.unitOf("precedent.area", place.Area, roster.UnitArea, "areas/230102"))
	case *wanggev1.Precedent_Polygons_:
		if p.Polygons = f.polygons(place.Polygons); p.Polygons == nil && !f.Has("precedent.polygons") {
			f.Add("precedent.polygons", i18n.F("is empty; draw at least one polygon", "为空；请至少画一个多边形"))
		}
	default:
		f.Add("precedent.place", i18n.F("is missing: set one of circle, section, area and polygons", "缺失：请填写 circle、section、area、polygons 之一"))
	}
}

// unitOf reads the name of a unit of one kind, which the city need not have, and returns its id.
func (f *Reader) unitOf(at, name string, kind roster.UnitKind, example string) string {
	u, ok := resource.ParseUnit(name)
	if !ok || u.Kind != kind {
		f.Add(at, i18n.F("%[1]q: write %[2]s", "%[1]q：请写成 %[2]s", apierr.Clip(name), example))
		return ""
	}
	return u.ID
}

// polygons reads drawn ground; it stops at the bound of vertices.
func (f *Reader) polygons(m *wanggev1.Precedent_Polygons) []grid.Polygon {
	var out []grid.Polygon
	n := 0
	for i, poly := range m.GetPolygons() {
		var g grid.Polygon
		for j, ring := range poly.GetRings() {
			var r []grid.Point
			for k, v := range ring.GetVertices() {
				if n++; n > city.MaxPrecedentVertices {
					f.Add("precedent.polygons", i18n.F("at most %d vertices", "最多 %d 个顶点", city.MaxPrecedentVertices))
					return out
				}
				r = append(r, f.Point(fmt.Sprintf("precedent.polygons.polygons[%d].rings[%d].vertices[%d]", i, j, k), v))
			}
			g = append(g, r)
		}
		out = append(out, g)
	}
	return out
}

// PrecedentID reads the name of a precedent.
func (f *Reader) PrecedentID(at, name string) string {
	id, ok := resource.ParsePrecedent(name)
	if !ok {
		f.Add(at, i18n.F("%q: write precedents/pr-20261123-000003", "%q：请写成 precedents/pr-20261123-000003", apierr.Clip(name)))
	}
	return id
}

// Point reads a position and converts it to WGS-84.
func (f *Reader) Point(at string, p *wanggev1.Position) grid.Point {
	pos := f.Position(at, p)
	if p == nil || pos.Validate() != nil {
		return grid.Point{}
	}
	pt, err := grid.ToWGS84(pos)
	if err != nil {
		f.Add(at, i18n.F("%v", "%v", err))
	}
	return pt
}
