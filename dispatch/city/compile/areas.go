package compile

import (
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/city/drawing"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

func (l *loader) areas() {
	const file = "areas.geojson"
	var areas []grid.Area
	lines := map[grid.AreaID]int{}
	before := len(l.List)
	features := l.ground.Features(file, true, "id", "name", "name_en", "level", "parent", "note")
	if len(features) == 0 && len(l.List) > before {
		return // a missing city is a consequence
	}
	ids, tooMuch := l.IDs("id", i18n.F("area id", "区域编号"), drawing.FixOf("duplicate_id").How), false
	for i := range features {
		f := &features[i]
		if !ids.Take(file, f.Line, f.Props["id"]) {
			continue
		}
		level := slices.Index(l.c.Levels, f.Props["level"])
		if level < 0 {
			f.Report("level", i18n.F("level %q is unknown", "层级 %q 未知", f.Props["level"]), diag.Suggest(f.Props["level"], l.c.Levels))
			continue
		}
		a := &city.Area{
			ID: grid.AreaID(f.Props["id"]), Parent: grid.AreaID(f.Props["parent"]), Level: level, Name: f.Props["name"],
			NameEn: f.Props["name_en"], Note: f.Props["note"],
		}
		if a.Name == "" {
			f.Report("name", i18n.F("area %s has no name", "区域 %s 没有名称", a.ID), i18n.F("add the property name", "请添加 name 属性"))
		}
		lines[a.ID] = f.Line
		l.c.Areas[a.ID] = a
		if a.Parent == "" {
			l.c.Root = a.ID
		}
		var ground grid.Patch
		if f.Geom != nil {
			var ok bool
			ground, ok = f.Drawing("Polygon", "MultiPolygon")
			tooMuch = !ok && f.Geom.Vertices() > drawing.MostInFeature || ok && f.Tangled(ground.Polygons) || tooMuch
		}
		a.Ground, a.SizeM2 = ground.Polygons, grid.SizeM2(ground.Polygons)
		areas = append(areas, grid.Area{ID: a.ID, Parent: a.Parent, Level: level, Polygons: ground.Polygons})
	}
	for _, id := range slices.Sorted(maps.Keys(l.c.Areas)) {
		if p := l.c.Areas[l.c.Areas[id].Parent]; p != nil {
			p.Children = append(p.Children, id)
		}
	}
	if tooMuch { // compiling could take minutes
		return
	}
	ix, bad := grid.Build(areas, l.c.Resolution)
	for _, f := range bad {
		fix := drawing.FixOf(f.Code)
		l.Add(file, lines[f.Area], i18n.Text{En: f.Text, Zh: string(f.Area) + "：" + fix.What}, fix.How)
	}
	if ix == nil {
		for _, a := range l.c.Areas { // later checks need a tree whose chains of parents end
			if up := l.c.Areas[a.Parent]; up != nil && up.Level >= a.Level {
				a.Parent = ""
			}
		}
	}
	l.c.Index = ix
	if ix != nil {
		l.defects(lines)
	}
}
