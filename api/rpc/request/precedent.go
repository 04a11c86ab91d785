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
	p := city.Precedent{Unit: u, Kind: city.OwnerKindOf(u), Text: f.Words("precedent.text", m.GetText())}
	if m.GetCase() != "" {
		p.Case = f.CaseID("precedent.case", m.GetCase()).String()
	}
	if len(m.GetCategories()) > city.MaxPrecedentPatterns {
		f.Add("precedent.categories", i18n.F("at most %d", "最多 %d 项", city.MaxPrecedentPatterns))
	} else {
		for i, text := range m.GetCategories() {
			p.Categories = append(p.Categories, f.Short(fmt.Sprintf("precedent.categories[%d]", i), text, lookup.MaxName))
		}
	}
	f.precedentPlace(m, &p)
	p.From, p.To = f.Instant("precedent.start_time", m.GetStartTime(), p.From), f.Instant("precedent.end_time", m.GetEndTime(), p.To)
	return p
}

// precedentPlace reads where a precedent decides. A precedent without a place is the desk's to refuse.
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
		p.Polygons = f.polygons(place.Polygons)
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
