package compile

import (
	"strings"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/drawing"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// mostRadiusM bounds the radius of a point's own ground: a large hospital.
const mostRadiusM = 5000

// astrayM is how far outside its named area a point may lie: borders drawn twice differ.
const astrayM = 50

func (l *loader) points() {
	const file = "points.geojson"
	features := l.ground.Features(file, false, "id", "name", "name_en", "kind", "area", "unit", "radius_m", "component", "regulator",
		"owner", "maintainer")
	components := map[string]string{}
	ids := l.IDs("id", i18n.F("point id", "点位编号"), i18n.F("give each point its own id", "请为每个点位使用唯一编号"))
	for i := range features {
		f := &features[i]
		p := city.Point{
			ID: f.Props["id"], Name: f.Props["name"], NameEn: f.Props["name_en"], Kind: f.Props["kind"],
			Area: grid.AreaID(f.Props["area"]), Component: f.Props["component"],
		}
		if !ids.Take(file, f.Line, p.ID) {
			continue
		}
		if p.Kind == "" {
			f.Report("kind", i18n.F("point %s has no kind", "点位 %s 没有类型", p.ID), i18n.F("write a kind: school, market …", "请填写 kind，例如 school、market"))
		}
		if p.Name == "" {
			f.Report("name", i18n.F("point %s has no name", "点位 %s 没有名称", p.ID), i18n.F("add the property name", "请添加 name 属性"))
		}
		ground, ok := f.Patch("Point", "Polygon", "MultiPolygon")
		ground.ReachM = f.Metres("radius_m", 0, mostRadiusM)
		p.Ground = ground
		p.Unit = l.unitOf(f, "unit")
		p.Regulator, p.Owner, p.Maintainer = l.unitOf(f, "regulator"), l.unitOf(f, "owner"), l.unitOf(f, "maintainer")
		if p.Component != "" {
			if _, err := city.ParseComponent(p.Component); err != nil {
				f.Report("component", i18n.F("component %q is not 16 digits of region 6, class 2, subclass 2, sequence 6", "部件编码 %q 不是 16 位（区划 6、大类 2、小类 2、顺序 6）", p.Component), i18n.F("write such as 2301020101000001", "例如 2301020101000001"))
			}
			if region := p.Component[:min(6, len(p.Component))]; l.regions() {
				if _, known := l.c.AreaOfCode(region, time.Time{}); !known {
					f.Report("component", i18n.F("component %[1]s is of region %[2]s, which is no area and no old code", "部件 %[1]s 的区划 %[2]s 既非区域也非旧代码", p.Component, region), i18n.F("mend the code, or add %s to codes.csv", "请更正编码，或将 %s 加入 codes.csv", region))
				}
			}
			if other, twice := components[p.Component]; twice {
				f.Report("component", i18n.F("component %[1]s is both %[2]s and %[3]s", "部件 %[1]s 同时属于 %[2]s 和 %[3]s", p.Component, other, p.ID), i18n.F("give each asset its own sequence", "请为每个部件使用唯一顺序号"))
			}
			components[p.Component] = p.ID
		}
		if ok {
			if len(ground.Points) > 0 {
				p.At = ground.Points[0]
			} else {
				p.At = grid.Inside(ground.Polygons)
			}
			l.containingArea(f, &p)
		}
		l.c.Points = append(l.c.Points, p)
	}
	l.c.IndexPoints()
}

// regions reports whether the ids of areas are the 6-digit codes of regions.
func (l *loader) regions() bool {
	for id := range l.c.Areas {
		if len(id) == 6 && strings.Trim(string(id), "0123456789") == "" {
			return true
		}
	}
	return false
}

// containingArea finds the area around a point, and checks the area that the point names.
func (l *loader) containingArea(f *drawing.Feature, p *city.Point) {
	if p.Area != "" && l.c.Areas[p.Area] == nil {
		f.Report("area", i18n.F("area %q does not exist", "区域 %q 不存在", p.Area), i18n.F("write an id of areas.geojson, or leave it out", "请填写 areas.geojson 中的编号或省略"))
		return
	}
	if l.c.Index == nil {
		return // the areas have diagnostics of their own
	}
	if p.Area != "" {
		if d := l.c.Index.Outside(p.At, p.Area); d > astrayM {
			f.Report("area", i18n.F("point %[1]s lies %[3]s outside its area %[2]s", "点位 %[1]s 位于其区域 %[2]s 之外 %[4]s", p.ID, p.Area, i18n.Metres(d).En, i18n.Metres(d).Zh), i18n.F("mend the position or the area, or leave the area out", "请更正位置或区域，或省略 area"))
		}
		return
	}
	place, err := l.c.Index.Locate(p.At)
	if err != nil {
		f.Report("", i18n.F("point %[1]s: %[2]v", "点位 %[1]s：%[2]v", p.ID, err), i18n.F("mend the position, or write the area that it belongs to", "请更正位置，或填写所属区域"))
		return
	}
	p.Area = place.Areas[len(place.Areas)-1]
}

// unitOf reads the unit that answers for a point: an area, a department or a section.
func (l *loader) unitOf(f *drawing.Feature, key string) roster.Unit {
	s := f.Props[key]
	if s == "" {
		return roster.Unit{}
	}
	u, err := roster.ParseUnit(s)
	if err != nil || u.Kind == roster.UnitPoint || !l.c.Exists(u) {
		f.Report(key, i18n.F("%[1]s %[2]q does not exist", "%[1]s %[2]q 不存在", key, s), i18n.F("write area:ID, department:ID or section:ID", "请填写 area:编号、department:编号 或 section:编号"))
		return roster.Unit{}
	}
	return u
}
