package city

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"wangge/dispatch/fault"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
	"wangge/grid"
)

// feature is one GeoJSON feature with the line it begins on.
type feature struct {
	line  int
	props map[string]string
	geom  *struct {
		Type        string
		Coordinates json.RawMessage
	}
}

// features reads a FeatureCollection (RFC 7946). Unknown properties are faults.
func (l *loader) features(file string, required bool, known ...string) ([]feature, grid.Datum) {
	data, err := fs.ReadFile(l.fsys, file)
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err != nil {
		if required {
			l.Add(file, 0, say.F("can't be read: %v", "无法读取：%v", err), say.F("add a GeoJSON FeatureCollection", "请添加 GeoJSON FeatureCollection"))
		}
		return nil, grid.WGS84
	}
	fc := struct {
		Datum    string
		Features []json.RawMessage
	}{Datum: "wgs84"}
	if err := json.Unmarshal(data, &fc); err != nil {
		l.Add(file, 0, say.F("is not GeoJSON: %v", "不是 GeoJSON：%v", err), say.F("check brackets and commas", "请检查括号和逗号"))
		return nil, grid.WGS84
	}
	datum, err := grid.ParseDatum(fc.Datum)
	if err != nil {
		l.Add(file, 1, say.F("datum %q is unknown", "坐标系 %q 未知", fc.Datum), say.F("write wgs84, cgcs2000, gcj02 or bd09", "请填写 wgs84、cgcs2000、gcj02 或 bd09"))
	}
	var out []feature
	from := 0
	for _, raw := range fc.Features {
		f := feature{props: map[string]string{}}
		if i := bytes.Index(data[from:], raw); i >= 0 {
			from += i
			f.line = 1 + bytes.Count(data[:from], []byte("\n"))
			from += len(raw)
		}
		var j struct {
			Properties map[string]any
			Geometry   *struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
		if err := json.Unmarshal(raw, &j); err != nil {
			l.Add(file, f.line, say.F("is not a feature: %v", "不是有效要素：%v", err), say.F("write a GeoJSON Feature", "请写成 GeoJSON Feature"))
			continue
		}
		for k, v := range j.Properties {
			switch v := v.(type) {
			case string:
				f.props[k] = v
			case float64:
				f.props[k] = strconv.FormatFloat(v, 'f', -1, 64)
			case nil:
			default:
				l.Add(file, f.line, say.F("property %q is neither text nor number", "属性 %q 不是文本或数字", k), say.F("write a text", "请填写文本"))
			}
			if !slices.Contains(known, k) {
				l.Add(file, f.line, say.F("property %q is unknown", "属性 %q 未知", k), fault.Meant(k, known))
			}
		}
		f.geom = j.Geometry
		out = append(out, f)
	}
	return out, datum
}

// ground converts a vertex ([lng, lat] in the file's datum) to WGS-84; NaN when it is none.
func ground(c []float64, datum grid.Datum) grid.Point {
	if len(c) < 2 {
		return grid.Point{Lat: math.NaN()}
	}
	pt, err := grid.ToWGS84(grid.Position{Lat: c[1], Lng: c[0], Datum: datum})
	if err != nil {
		return grid.Point{Lat: math.NaN()}
	}
	return pt
}

func (l *loader) polygons(file string, f feature, datum grid.Datum) []grid.Polygon {
	if f.geom == nil {
		return nil
	}
	var multi [][][][]float64
	var err error
	switch f.geom.Type {
	case "Polygon":
		var one [][][]float64
		err = json.Unmarshal(f.geom.Coordinates, &one)
		multi = [][][][]float64{one}
	case "MultiPolygon":
		err = json.Unmarshal(f.geom.Coordinates, &multi)
	default:
		l.Add(file, f.line, say.F("geometry %q is not ground", "几何类型 %q 不是面", f.geom.Type), say.F("write Polygon, MultiPolygon or null", "请使用 Polygon、MultiPolygon 或 null"))
		return []grid.Polygon{}
	}
	if err != nil {
		l.Add(file, f.line, say.F("coordinates can't be read: %v", "坐标无法读取：%v", err), say.F("write [[[lng, lat], …]]", "请写成 [[[经度, 纬度], …]]"))
	}
	out := make([]grid.Polygon, 0, len(multi))
	for _, poly := range multi {
		var p grid.Polygon
		for _, ring := range poly {
			r := make([]grid.Point, 0, len(ring))
			for _, c := range ring {
				r = append(r, ground(c, datum))
			}
			p = append(p, r)
		}
		out = append(out, p)
	}
	return out
}

// mends says each fault of the grid in Chinese, and how to mend it.
var mends = map[string][2]say.Text{
	"duplicate_id":   {{Zh: "区域编号为空或重复"}, say.F("give each area its own id", "请为每个区域使用唯一编号")},
	"unknown_parent": {{Zh: "上级区域不存在"}, say.F("write the id of an area one level up", "请填写上一级区域的编号")},
	"level_order":    {{Zh: "层级不低于其上级"}, say.F("let the parent be of a level above", "上级的层级必须更高")},
	"no_root":        {{Zh: "城市本身缺失，或有多个没有上级的区域"}, say.F("let exactly one area, the city, have no parent", "只有城市本身可以没有上级")},
	"unclosed_ring":  {{Zh: "环未闭合"}, say.F("repeat the first vertex at the end", "请在末尾重复第一个顶点")},
	"short_ring":     {{Zh: "环的顶点少于 4 个"}, say.F("a ring has at least 4 vertices", "环至少需要 4 个顶点")},
	"bad_vertex":     {{Zh: "顶点坐标无效"}, say.F("write [lng, lat] in degrees", "请以度填写 [经度, 纬度]")},
	"outside_parent": {{Zh: "超出上级区域"}, say.F("mend the border, or the parent", "请修正边界或上级")},
	"empty":          {{Zh: "没有面，也没有下级"}, say.F("add ground, or children", "请添加面或下级区域")},
}

func (l *loader) areas() {
	const file = "areas.geojson"
	var areas []grid.Area
	lines := map[grid.AreaID]int{}
	features, datum := l.features(file, true, "id", "name", "name_en", "level", "parent", "note")
	for _, f := range features {
		level := slices.Index(l.c.Levels, f.props["level"])
		if level < 0 {
			l.Add(file, f.line, say.F("level %q is unknown", "层级 %q 未知", f.props["level"]), fault.Meant(f.props["level"], l.c.Levels))
			continue
		}
		a := &Area{ID: grid.AreaID(f.props["id"]), Parent: grid.AreaID(f.props["parent"]), Level: level, Name: f.props["name"], NameEn: f.props["name_en"], Note: f.props["note"]}
		if a.Name == "" {
			l.Add(file, f.line, say.F("area %s has no name", "区域 %s 没有名称", a.ID), say.F("add the property name", "请添加 name 属性"))
		}
		lines[a.ID] = f.line
		l.c.Areas[a.ID] = a
		if a.Parent == "" {
			l.c.Root = a.ID
		}
		areas = append(areas, grid.Area{ID: a.ID, Parent: a.Parent, Level: level, Polygons: l.polygons(file, f, datum)})
	}
	for _, id := range sorted(l.c.Areas) {
		if p := l.c.Areas[l.c.Areas[id].Parent]; p != nil {
			p.Children = append(p.Children, id)
		}
	}
	ix, bad := grid.Build(areas, l.c.Resolution)
	for _, f := range bad {
		m, ok := mends[f.Code]
		if !ok {
			m = [2]say.Text{{Zh: "无法编译"}, say.F("mend the feature", "请修正该要素")}
		}
		l.Add(file, lines[f.Area], say.Text{En: f.Text, Zh: string(f.Area) + "：" + m[0].Zh}, m[1])
	}
	l.c.Index = ix
}

func (l *loader) points() {
	const file = "points.geojson"
	features, datum := l.features(file, false, "id", "name", "kind", "area", "unit", "radius_m")
	used := map[string]bool{}
	for _, f := range features {
		p := Point{ID: f.props["id"], Name: f.props["name"], Kind: f.props["kind"], Area: grid.AreaID(f.props["area"])}
		var at []float64
		if f.geom == nil || f.geom.Type != "Point" || json.Unmarshal(f.geom.Coordinates, &at) != nil || len(at) < 2 || p.ID == "" || p.Kind == "" {
			l.Add(file, f.line, say.F("point %q needs an id, a kind and a Point geometry", "定点 %q 需要 id、kind 和 Point 几何", p.ID), say.F(`write {"type":"Point","coordinates":[lng,lat]}`, `请写成 {"type":"Point","coordinates":[经度,纬度]}`))
			continue
		}
		if used[p.ID] {
			l.Add(file, f.line, say.F("point id %q is used twice", "定点编号 %q 重复", p.ID), say.F("give each point its own id", "请为每个定点使用唯一编号"))
		}
		used[p.ID] = true
		if p.Area != "" && l.c.Areas[p.Area] == nil {
			l.Add(file, f.line, say.F("area %q does not exist", "区域 %q 不存在", p.Area), say.F("write an id of areas.geojson, or leave it out", "请填写 areas.geojson 中的编号或省略"))
		}
		p.At = ground(at, datum)
		if s := f.props["unit"]; s != "" {
			u, err := roster.ParseUnit(s)
			if err != nil || !l.c.exists(u) {
				l.Add(file, f.line, say.F("unit %q does not exist", "单位 %q 不存在", s), say.F("write area:ID or department:ID", "请填写 area:编号 或 department:编号"))
			}
			p.Unit = u
		}
		if s := f.props["radius_m"]; s != "" {
			var err error
			if p.RadiusM, err = strconv.ParseFloat(s, 64); err != nil || !(p.RadiusM >= 0) {
				l.Add(file, f.line, say.F("radius_m %q is not a length", "radius_m %q 不是长度", s), say.F("write metres", "请以米填写"))
			}
		}
		l.c.Points = append(l.c.Points, p)
	}
	slices.SortStableFunc(l.c.Points, func(a, b Point) int { return cmp.Compare(a.ID, b.ID) })
}

// NearPoint is a point and how far away it is.
type NearPoint struct {
	Point     *Point
	DistanceM float64 // to its edge: 0 inside its radius
}

// NearPoints lists the points of a kind within a distance, nearest first.
func (c *City) NearPoints(at grid.Point, kind string, withinM float64) []NearPoint {
	var out []NearPoint
	for i := range c.Points {
		p := &c.Points[i]
		if p.Kind != kind {
			continue
		}
		if d := max(0, grid.Distance(at, p.At)-p.RadiusM); d <= withinM {
			out = append(out, NearPoint{p, d})
		}
	}
	slices.SortStableFunc(out, func(a, b NearPoint) int { return cmp.Compare(a.DistanceM, b.DistanceM) })
	return out
}
