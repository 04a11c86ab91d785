package request

import (
	"fmt"
	"strings"

	"wangge/api/rpc/apierr"
	"wangge/api/rpc/lookup"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Precedent reads a precedent.
func (f *Reader) Precedent(m *wanggev1.Precedent) city.Precedent {
	u, err := roster.ParseUnit(m.GetUnit())
	if err != nil {
		f.Add("precedent.unit", i18n.F("%q is not a unit; write area:ID, department:ID, section:ID or point:ID",
			"%q 不是单位，请填写 area:编号、department:编号、section:编号 或 point:编号", apierr.Clip(m.GetUnit())))
	}
	p := city.Precedent{
		Unit: u, Kind: city.OwnerKindOf(u), Section: m.GetSection(), Area: grid.AreaID(m.GetArea()),
		Text: f.Words("precedent.text", m.GetText()), Case: strings.TrimPrefix(m.GetCase(), "cases/"),
	}
	if p.Case != "" {
		if _, err := dispatch.ParseCaseID(p.Case); err != nil {
			f.Add("precedent.case", i18n.F("%q is not a case number", "%q 不是案件编号", apierr.Clip(p.Case)))
		}
	}
	if len(m.GetCategories()) > city.MaxPrecedentPatterns {
		f.Add("precedent.categories", i18n.F("at most %d", "最多 %d 项", city.MaxPrecedentPatterns))
	} else {
		for i, text := range m.GetCategories() {
			p.Categories = append(p.Categories, f.Short(fmt.Sprintf("precedent.categories[%d]", i), text, lookup.MaxName))
		}
	}
	if c := m.GetCircle(); c != nil {
		p.Point, p.RadiusM = f.Point("precedent.circle.center", c.GetCenter()), c.GetRadiusM()
		if !(p.RadiusM > 0 && p.RadiusM <= city.MaxPrecedentRadiusM) {
			f.Add("precedent.circle.radius_m", i18n.F("%[1]g is not above 0 and at most %[2]d m", "%[1]g 应大于 0 且不超过 %[2]d 米", p.RadiusM,
				city.MaxPrecedentRadiusM))
		}
	}
	f.drawn(m, &p)
	p.From, p.To = f.Instant("precedent.from", m.GetFrom(), p.From), f.Instant("precedent.to", m.GetTo(), p.To)
	return p
}

// drawn reads drawn ground; it stops at the bound of vertices.
func (f *Reader) drawn(m *wanggev1.Precedent, p *city.Precedent) {
	n := 0
	for i, poly := range m.GetPolygons() {
		var g grid.Polygon
		for j, ring := range poly.GetRings() {
			var r []grid.Point
			for k, v := range ring.GetVertices() {
				if n++; n > city.MaxPrecedentVertices {
					f.Add("precedent.polygons", i18n.F("at most %d vertices", "最多 %d 个顶点", city.MaxPrecedentVertices))
					return
				}
				r = append(r, f.Point(fmt.Sprintf("precedent.polygons[%d].rings[%d].vertices[%d]", i, j, k), v))
			}
			g = append(g, r)
		}
		p.Polygons = append(p.Polygons, g)
	}
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
