package compile

import (
	"maps"
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// fixes translates each diagnostic of the grid, and suggests how to fix the feature.
var fixes = map[string][2]i18n.Text{
	"duplicate_id":   {{Zh: "区域编号为空或重复"}, i18n.F("give each area its own id", "请为每个区域使用唯一编号")},
	"unknown_parent": {{Zh: "上级区域不存在"}, i18n.F("write the id of an area one level up", "请填写上一级区域的编号")},
	"level_order":    {{Zh: "层级不低于其上级"}, i18n.F("let the parent be of a level above", "上级的层级必须更高")},
	"no_root":        {{Zh: "城市本身缺失，或有多个没有上级的区域"}, i18n.F("let exactly one area, the city, have no parent", "只有城市本身可以没有上级")},
	"unclosed_ring":  {{Zh: "环未闭合"}, i18n.F("repeat the first vertex at the end", "请在末尾重复第一个顶点")},
	"short_line":     {{Zh: "线的顶点少于 2 个"}, i18n.F("a line has at least 2 vertices", "线至少需要 2 个顶点")},
	"short_ring":     {{Zh: "环的顶点少于 4 个"}, i18n.F("a ring has at least 4 vertices", "环至少需要 4 个顶点")},
	"empty_ring":     {{Zh: "环为空：顶点都在一条直线上"}, i18n.F("draw the ground that it goes around, or remove it", "请画出其所围的面，或删除该环")},
	"bad_vertex":     {{Zh: "顶点坐标无效"}, i18n.F("write [lng, lat] in degrees", "请以度填写 [经度, 纬度]")},
	"empty":          {{Zh: "没有面，也没有下级"}, i18n.F("add ground, or children", "请添加面或下级区域")},
}

func (l *loader) areas() {
	const file = "areas.geojson"
	var areas []grid.Area
	lines := map[grid.AreaID]int{}
	before := len(l.List)
	features, datum := l.features(file, true, "id", "name", "name_en", "level", "parent", "note")
	if len(features) == 0 && len(l.List) > before {
		return // a missing city is a consequence
	}
	ids, tooMuch := l.IDs("id", i18n.F("area id", "区域编号"), fixes["duplicate_id"][1]), false
	for i := range features {
		f := &features[i]
		if !ids.Take(file, f.line, f.props["id"]) {
			continue
		}
		level := slices.Index(l.c.Levels, f.props["level"])
		if level < 0 {
			f.report("level", i18n.F("level %q is unknown", "层级 %q 未知", f.props["level"]), diag.Suggest(f.props["level"], l.c.Levels))
			continue
		}
		a := &city.Area{
			ID: grid.AreaID(f.props["id"]), Parent: grid.AreaID(f.props["parent"]), Level: level, Name: f.props["name"],
			NameEn: f.props["name_en"], Note: f.props["note"],
		}
		if a.Name == "" {
			f.report("name", i18n.F("area %s has no name", "区域 %s 没有名称", a.ID), i18n.F("add the property name", "请添加 name 属性"))
		}
		lines[a.ID] = f.line
		l.c.Areas[a.ID] = a
		if a.Parent == "" {
			l.c.Root = a.ID
		}
		var ground grid.Patch
		if f.geom != nil {
			var ok bool
			ground, ok = l.drawing(f, datum, "Polygon", "MultiPolygon")
			tooMuch = !ok && f.geom.Vertices() > mostInFeature || ok && l.tangled(f, ground.Polygons) || tooMuch
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
		m, ok := fixes[f.Code]
		if !ok {
			m = [2]i18n.Text{{Zh: "无法编译"}, i18n.F("mend the feature", "请修正该要素")}
		}
		l.Add(file, lines[f.Area], i18n.Text{En: f.Text, Zh: string(f.Area) + "：" + m[0].Zh}, m[1])
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
