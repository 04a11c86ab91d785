package city

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"math"
	"slices"
	"strconv"
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
func (l *loader) features(file string, required bool, known ...string) []feature {
	data, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		if required {
			l.add(file, 0, say.F("can't be read: %v", "无法读取：%v", err), say.F("add a GeoJSON FeatureCollection", "请添加 GeoJSON FeatureCollection"))
		}
		return nil
	}
	var fc struct{ Features []json.RawMessage }
	if err := json.Unmarshal(data, &fc); err != nil {
		l.add(file, 0, say.F("is not GeoJSON: %v", "不是 GeoJSON：%v", err), say.F("check brackets and commas", "请检查括号和逗号"))
		return nil
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
			l.add(file, f.line, say.F("is not a feature: %v", "不是有效要素：%v", err), say.F("write a GeoJSON Feature", "请写成 GeoJSON Feature"))
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
				l.add(file, f.line, say.F("property %q is neither text nor number", "属性 %q 不是文本或数字", k), say.F("write a text", "请填写文本"))
			}
			if !slices.Contains(known, k) {
				l.add(file, f.line, say.F("property %q is unknown", "属性 %q 未知", k), say.F("did you mean %q?", "是否应为 %q？", closest(k, known)))
			}
		}
		f.geom = j.Geometry
		out = append(out, f)
	}
	return out
}

func (l *loader) polygons(file string, f feature) []grid.Polygon {
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
		l.add(file, f.line, say.F("geometry %q is not ground", "几何类型 %q 不是面", f.geom.Type), say.F("write Polygon, MultiPolygon or null", "请使用 Polygon、MultiPolygon 或 null"))
		return []grid.Polygon{}
	}
	if err != nil {
		l.add(file, f.line, say.F("coordinates can't be read: %v", "坐标无法读取：%v", err), say.F("write [[[lng, lat], …]]", "请写成 [[[经度, 纬度], …]]"))
	}
	out := make([]grid.Polygon, 0, len(multi))
	for _, poly := range multi {
		var p grid.Polygon
		for _, ring := range poly {
			r := make([]grid.Point, 0, len(ring))
			for _, c := range ring {
				pt := grid.Point{Lat: math.NaN()}
				if len(c) >= 2 {
					pt = grid.Point{Lat: c[1], Lng: c[0]}
				}
				r = append(r, pt)
			}
			p = append(p, r)
		}
		out = append(out, p)
	}
	return out
}

func (l *loader) areas() {
	const file = "areas.geojson"
	var areas []grid.Area
	lines := map[grid.AreaID]int{}
	for _, f := range l.features(file, true, "id", "name", "name_en", "level", "parent", "note") {
		level := slices.Index(l.c.Levels, f.props["level"])
		if level < 0 {
			l.add(file, f.line, say.F("level %q is unknown", "层级 %q 未知", f.props["level"]), say.F("did you mean %q?", "是否应为 %q？", closest(f.props["level"], l.c.Levels)))
			continue
		}
		a := &Area{ID: grid.AreaID(f.props["id"]), Parent: grid.AreaID(f.props["parent"]), Level: level, Name: f.props["name"], NameEn: f.props["name_en"], Note: f.props["note"]}
		if a.Name == "" {
			l.add(file, f.line, say.F("area %s has no name", "区域 %s 没有名称", a.ID), say.F("add the property name", "请添加 name 属性"))
		}
		lines[a.ID] = f.line
		l.c.Areas[a.ID] = a
		if a.Parent == "" {
			l.c.Root = a.ID
		}
		areas = append(areas, grid.Area{ID: a.ID, Parent: a.Parent, Level: level, Polygons: l.polygons(file, f)})
	}
	for _, id := range sorted(l.c.Areas) {
		if p := l.c.Areas[l.c.Areas[id].Parent]; p != nil {
			p.Children = append(p.Children, id)
		}
	}
	ix, bad := grid.Build(areas, l.c.Resolution)
	for _, f := range bad {
		l.add(file, lines[f.Area], say.F("%s: %s", "%s：%s", f.Code, f.Text), say.F("mend the feature; rings are closed, ids unique, parents one level up", "请修正：环须闭合，编号唯一，上级须存在且层级更高"))
	}
	l.c.Index = ix
}

func (l *loader) points() {
	const file = "points.geojson"
	for _, f := range l.features(file, false, "id", "name", "kind", "area", "unit", "radius_m") {
		p := Point{ID: f.props["id"], Name: f.props["name"], Kind: f.props["kind"], Area: grid.AreaID(f.props["area"])}
		var at []float64
		if f.geom == nil || f.geom.Type != "Point" || json.Unmarshal(f.geom.Coordinates, &at) != nil || len(at) < 2 || p.ID == "" || p.Kind == "" {
			l.add(file, f.line, say.F("point %q needs an id, a kind and a Point geometry", "定点 %q 需要 id、kind 和 Point 几何", p.ID), say.F(`write {"type":"Point","coordinates":[lng,lat]}`, `请写成 {"type":"Point","coordinates":[经度,纬度]}`))
			continue
		}
		p.At = grid.Point{Lat: at[1], Lng: at[0]}
		if s := f.props["unit"]; s != "" {
			u, err := roster.ParseUnit(s)
			if err != nil || !l.c.exists(u) {
				l.add(file, f.line, say.F("unit %q does not exist", "单位 %q 不存在", s), say.F("write area:ID or department:ID", "请填写 area:编号 或 department:编号"))
			}
			p.Unit = u
		}
		if s := f.props["radius_m"]; s != "" {
			var err error
			if p.RadiusM, err = strconv.ParseFloat(s, 64); err != nil || !(p.RadiusM >= 0) {
				l.add(file, f.line, say.F("radius_m %q is not a length", "radius_m %q 不是长度", s), say.F("write metres", "请以米填写"))
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
