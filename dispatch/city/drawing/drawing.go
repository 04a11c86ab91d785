// Package drawing reads the GeoJSON files of a city directory as features with known properties. A feature or geometry
// that cannot be used gives a diagnostic with a suggestion. The package is pure: its only input is the fs.FS.
package drawing

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wangge/dispatch/city/geojson"
	"wangge/dispatch/city/tables"
	"wangge/dispatch/diag"
	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Reader reads the GeoJSON files of one directory and adds diagnostics to those of its tables. A Reader is not safe for
// concurrent use.
type Reader struct {
	*tables.Reader
	FS fs.FS

	tangles int // vertices of tangled areas so far
}

// Feature is one GeoJSON feature with its known properties.
type Feature struct {
	File  string
	Line  int               // 1-based, in the file
	Props map[string]string // by name; numbers as the text of their digits
	Geom  *geojson.Geometry // nil = null

	r     *Reader
	datum grid.Datum // of Geom
}

// Report adds a diagnostic of a property; "" means the whole feature.
func (f *Feature) Report(property string, message, suggestion i18n.Text) {
	f.r.Report(diag.Diagnostic{File: f.File, Line: f.Line, Column: property, Message: message, Suggestion: suggestion})
}

// Bounds of a GeoJSON file, some ten times the need of a large city. A file beyond a bound is not compiled. Reading
// takes some six times the size of the file in memory, which MaxDirectoryBytes bounds.
const (
	mostFeatures  = 100_000
	MostVertices  = 3_000_000
	MostInFeature = 100_000 // vertices of one feature
	MostTangled   = 10_000  // vertices of all tangled features together: more would take too long to compile
	leastTangled  = 300     // vertices from which an area is checked for tangles
)

// Features reads a FeatureCollection. Unknown properties are diagnostics.
func (rd *Reader) Features(file string, required bool, known ...string) []Feature {
	data, err := fs.ReadFile(rd.FS, file)
	if err != nil {
		if required {
			rd.Add(file, 0, i18n.F("can't be read: %v", "无法读取：%v", err), i18n.F("add a GeoJSON FeatureCollection", "请添加 GeoJSON FeatureCollection"))
		}
		return nil
	}
	if !utf8.Valid(data) {
		rd.Add(file, invalidLine(data), i18n.F("is not UTF-8", "不是 UTF-8 编码"), i18n.F("save it as UTF-8; it may be GBK or UTF-16", "请另存为 UTF-8；原文件可能是 GBK 或 UTF-16"))
		return nil
	}
	fc, err := geojson.Read(data)
	if err != nil {
		rd.Add(file, 0, i18n.F("is not GeoJSON: %v", "不是 GeoJSON：%v", err), i18n.F("check brackets and commas", "请检查括号和逗号"))
		return nil
	}
	if !fc.Listed || fc.Type != "" && fc.Type != "FeatureCollection" {
		rd.Add(file, 1, i18n.F("is a GeoJSON %q, not a FeatureCollection with features", "是 GeoJSON %q，而不是带 features 的 FeatureCollection", fc.Type), i18n.F(`write {"type": "FeatureCollection", "features": […]}`, `请写成 {"type": "FeatureCollection", "features": […]}`))
	}
	if fc.CRS != "" && !inDegrees(fc.CRS) {
		rd.Add(file, 1, i18n.F("crs %q is not in degrees of WGS-84 or CGCS2000", "crs %q 不是 WGS-84 或 CGCS2000 的经纬度", fc.CRS), i18n.F("convert it to EPSG:4326 and leave crs out", "请转换为 EPSG:4326 并删除 crs"))
	}
	datum, err := grid.ParseDatum(fc.Datum)
	if err != nil {
		rd.Add(file, 1, i18n.F("datum %q is unknown", "坐标系 %q 未知", fc.Datum), i18n.F("write wgs84, cgcs2000, gcj02 or bd09", "请填写 wgs84、cgcs2000、gcj02 或 bd09"))
	}
	if !rd.Accepted && (len(fc.Features) > mostFeatures || fc.Vertices > MostVertices) {
		rd.Add(file, 0, i18n.F("has %[1]d features and about %[2]d vertices; at most %[3]d and %[4]d are read", "有 %[1]d 个要素、约 %[2]d 个顶点，最多读取 %[3]d 个和 %[4]d 个", len(fc.Features), fc.Vertices, mostFeatures, MostVertices), simplify)
		return nil
	}
	out := make([]Feature, 0, len(fc.Features))
	var strange []unknown
	for i := range fc.Features {
		in := &fc.Features[i]
		f := Feature{r: rd, datum: datum, File: file, Line: in.Line, Props: map[string]string{}}
		if err := in.Decode(); err != nil {
			f.Report("", i18n.F("is not a feature: %v", "不是有效要素：%v", err), i18n.F("write a GeoJSON Feature", "请写成 GeoJSON Feature"))
			continue
		}
		f.properties(in.Properties, known, &strange)
		f.Geom = in.Geometry
		out = append(out, f)
	}
	rd.unknownProperties(file, known, strange)
	return out
}

// invalidLine returns the 1-based line of the first byte that is not UTF-8.
func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return line
}

var simplify = i18n.F("simplify the borders to a metre, or leave out what no case needs", "请将边界简化到一米左右，或删除不需要的要素")

// tooLarge reports a feature with too many vertices. A revision that was accepted before gets no diagnostic.
func (f *Feature) tooLarge() bool {
	n := f.Geom.Vertices()
	if n <= MostInFeature || f.r.Accepted {
		return false
	}
	f.Report("", i18n.F("%[1]s has about %[2]d vertices; one feature may have %[3]d", "%[1]s 约有 %[2]d 个顶点，单个要素最多 %[3]d 个", f.Props["id"], n, MostInFeature), simplify)
	return true
}

// Tangled reports an area whose borders cross too often to list each crossing, once the tangled areas together have
// more than MostTangled vertices. A revision that was accepted before gets no diagnostic.
func (f *Feature) Tangled(ground []grid.Polygon) bool {
	if f.r.Accepted || f.Geom.Vertices() < leastTangled {
		return false
	}
	crossings, at, tangled := grid.Crossings(ground)
	if tangled {
		f.r.tangles += f.Geom.Vertices()
	}
	if tangled = tangled && f.r.tangles > MostTangled; tangled {
		f.Report("", i18n.F("%[1]s is a tangle: its borders cross %[2]d {time|times} or more, one of them at %.6[3]f,%.6[4]f", "%[1]s 边界混乱：自相交 %[2]d 次以上，其一位于 %.6[3]f,%.6[4]f", f.Props["id"], crossings, at.Lat, at.Lng), i18n.F("draw it anew, or simplify it", "请重新绘制或简化"))
	}
	return tangled
}

// inDegrees reports whether the crs member of an older GeoJSON file means the coordinate system of RFC 7946.
func inDegrees(crs string) bool {
	return strings.HasSuffix(crs, "CRS84") || strings.HasSuffix(crs, ":4326") || strings.HasSuffix(crs, ":4490")
}

// Drawing returns the geometry of the feature in WGS-84. A geometry of another kind gives a diagnostic.
func (f *Feature) Drawing(kinds ...string) (grid.Patch, bool) {
	if f.Geom == nil || !slices.Contains(kinds, f.Geom.Type) {
		have := "null"
		if f.Geom != nil {
			have = f.Geom.Type
		}
		all := strings.Join(kinds, ", ")
		how := i18n.F("write one of %s", "应为以下之一：%s", all)
		if have == "GeometryCollection" {
			how = i18n.F("write one of %s: put the coordinates of its Polygons into one MultiPolygon", "应为以下之一：%s；请将其中各 Polygon 的坐标合并为一个 MultiPolygon", all)
		}
		f.Report("", i18n.F("geometry %q can't be used here", "此处不能使用几何类型 %q", have), how)
		return grid.Patch{}, false
	}
	if f.tooLarge() {
		return grid.Patch{}, false
	}
	p, err := f.Geom.Ground(f.datum)
	if errors.Is(err, geojson.ErrNullCoordinate) {
		f.Report("", i18n.F("%s has a coordinate that is null", "%s 的坐标中有 null", f.Props["id"]), i18n.F("write [lng, lat] pairs as RFC 7946 says", "请按 RFC 7946 填写 [经度, 纬度]"))
		return p, false
	}
	if err != nil {
		f.Report("", i18n.F("coordinates can't be read: %v", "坐标无法读取：%v", err), i18n.F("write [lng, lat] pairs as RFC 7946 says", "请按 RFC 7946 填写 [经度, 纬度]"))
		return p, false
	}
	return p, true
}

// Patch returns a valid drawing that is not part of the tree of areas.
func (f *Feature) Patch(kinds ...string) (grid.Patch, bool) {
	p, ok := f.Drawing(kinds...)
	if !ok {
		return p, false
	}
	bad := p.Problems()
	for _, b := range bad {
		fix := FixOf(b.Code)
		f.Report("", i18n.F("%[1]s: %[2]s", "%[1]s：%[3]s", f.Props["id"], b.Text, fix.What), fix.How)
	}
	return p, len(bad) == 0
}

// Metres reads a length between two bounds; 0 if the property is absent.
func (f *Feature) Metres(key string, least, most float64) float64 {
	s := f.Props[key]
	if s == "" {
		return 0
	}
	m, err := strconv.ParseFloat(s, 64)
	if err != nil || !(m >= least && m <= most) {
		f.Report(key, i18n.F("%[1]s %[2]q is not a length from %[3]g to %[4]g m", "%[1]s %[2]q 不是 %[3]g 至 %[4]g 米的长度", key, s, least, most), i18n.F("write metres", "请以米填写"))
	}
	return m
}

// whole reports whether a number can be read as the text of its digits: no sign but a minus, no fraction, no
// exponent.
func whole(number string) bool {
	digits := strings.TrimPrefix(number, "-")
	return number != "-0" && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// lengths are the properties in metres, which may have any number.
var lengths = []string{"radius_m", "width_m"}

// otherNames maps common names of other data sources to our properties.
var otherNames = map[string]string{"adcode": "id"}

// unknown counts the features with an unknown property.
type unknown struct {
	name        string
	line, count int
}

// properties stores the properties of a feature in f, and reports the unusable ones. Unknown properties are counted
// in strange.
func (f *Feature) properties(list []geojson.Property, known []string, strange *[]unknown) {
	given := map[string]bool{}
	for _, p := range list {
		if !slices.Contains(known, p.Name) {
			if i := slices.IndexFunc(*strange, func(u unknown) bool { return u.name == p.Name }); i >= 0 {
				(*strange)[i].count++
			} else {
				*strange = append(*strange, unknown{p.Name, f.Line, 1})
			}
			continue
		}
		if given[p.Name] {
			f.Report(p.Name, i18n.F("property %q is given twice", "属性 %q 重复", p.Name), i18n.F("keep one", "请只保留一个"))
		}
		given[p.Name] = true
		switch {
		case p.Kind == geojson.Null:
		case p.Kind == geojson.Other:
			f.Report(p.Name, i18n.F("property %q is neither text nor number", "属性 %q 不是文本或数字", p.Name), i18n.F("write one text in quotes", "请填写一个带引号的文本"))
		case p.Kind == geojson.Number && !whole(p.Text) && !slices.Contains(lengths, p.Name):
			f.Report(p.Name, i18n.F("property %[1]q is the number %[2]s, which can be written in several ways", "属性 %[1]q 是数字 %[2]s，其写法不唯一", p.Name, p.Text), i18n.F("put it in quotes: %q", "请加引号：%q", p.Text))
		default:
			if !f.r.Accepted {
				f.r.Stray(f.File, f.Line, p.Name, i18n.F("%s", "%s ", p.Name), p.Text)
				f.r.Invisible(f.File, f.Line, p.Name, p.Text)
			}
			f.Props[p.Name] = p.Text
		}
	}
}

// unknownProperties reports each unknown property of a file once.
func (rd *Reader) unknownProperties(file string, known []string, list []unknown) {
	for _, u := range list {
		message := i18n.F("property %q is unknown", "属性 %q 未知", u.name)
		if u.count > 1 {
			message = i18n.F("property %[1]q is unknown, in %[2]d {feature|features}", "属性 %[1]q 未知，见于 %[2]d 个要素", u.name, u.count)
		}
		suggestion := i18n.F("remove it: the properties are %s", "请删除：可用属性为 %s", strings.Join(known, ", "))
		if ours, ok := otherNames[u.name]; ok && slices.Contains(known, ours) {
			suggestion = i18n.F("call it %q", "请改名为 %q", ours)
		} else if diag.Near(u.name, known) != "" {
			suggestion = diag.Suggest(u.name, known)
		}
		rd.Report(diag.Diagnostic{File: file, Line: u.line, Column: u.name, Message: message, Suggestion: suggestion})
	}
}
