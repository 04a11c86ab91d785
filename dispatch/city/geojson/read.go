// Package geojson reads and writes GeoJSON (RFC 7946): feature collections with the line of each feature and the
// digits of its properties as written, and geometries as ground of the grid.
package geojson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/peterstace/simplefeatures/geom"

	"wangge/dispatch/i18n"
	"wangge/grid"
)

// Collection is a FeatureCollection.
type Collection struct {
	Type     string // as written; "" = left out
	Datum    string // the foreign member datum, as written; "wgs84" if it is left out
	CRS      string // name of the crs member of older files; "" = left out
	Features []Feature
	Listed   bool // the member features is present
	Vertices int  // approximate number of vertices of the collection
}

// Feature is one feature of a collection.
type Feature struct {
	Line       int             // 1-based line on which the feature begins; 0 = not found
	Raw        json.RawMessage // the text of the feature
	Properties []Property      // in the order of the file; set by Decode
	Geometry   *Geometry       // nil = null; set by Decode
}

// Geometry is a geometry that is not decoded yet.
type Geometry struct {
	Type        string
	Coordinates json.RawMessage
}

// Read reads a FeatureCollection, with or without a byte order mark. The text must be UTF-8. The features are not
// decoded yet, so that the caller can check the bounds of a collection first: see Feature.Decode.
func Read(data []byte) (*Collection, error) {
	data = trim(data)
	var in struct {
		Type     string
		Datum    string
		CRS      struct{ Properties struct{ Name string } }
		Features []json.RawMessage
	}
	in.Datum = grid.WGS84.String()
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	out := &Collection{Type: in.Type, Datum: in.Datum, CRS: in.CRS.Properties.Name, Listed: in.Features != nil, Vertices: brackets(data)}
	out.Features = make([]Feature, len(in.Features))
	from, line := 0, 1
	for i, raw := range in.Features {
		f := &out.Features[i]
		f.Raw = raw
		if at := bytes.Index(data[from:], raw); at >= 0 {
			line += bytes.Count(data[from:from+at], []byte("\n"))
			f.Line = line
			line += bytes.Count(raw, []byte("\n"))
			from += at + len(raw)
		}
	}
	return out, nil
}

// Decode sets Properties and Geometry. After an error both are empty.
func (f *Feature) Decode() error {
	f.Properties, f.Geometry = nil, nil
	var in struct {
		Properties json.RawMessage
		Geometry   *Geometry
	}
	if err := json.Unmarshal(f.Raw, &in); err != nil {
		return err
	}
	list, err := properties(in.Properties)
	if err != nil {
		return err
	}
	f.Properties, f.Geometry = list, in.Geometry
	return nil
}

func trim(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// brackets approximates the number of vertices in a text by its opening brackets.
func brackets(text []byte) int { return bytes.Count(text, []byte("[")) }

// Vertices returns the approximate number of vertices; 0 for nil.
func (g *Geometry) Vertices() int {
	if g == nil {
		return 0
	}
	return brackets(g.Coordinates)
}

// types are the geometries that Ground decodes.
var types = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}

// ErrNullCoordinate is returned for a geometry with a null coordinate.
var ErrNullCoordinate = i18n.Errorf("a coordinate is null", "坐标中有 null")

// Ground decodes the geometry into ground in WGS-84. Points, line strings, polygons and their multiples are
// supported; other types are an error. Rings need not be closed, and vertices need not be on earth: grid.Patch.Problems
// reports both. A vertex that cannot be converted to WGS-84 has latitude NaN. Errors: ErrNullCoordinate; others
// describe what cannot be read.
func (g *Geometry) Ground(datum grid.Datum) (grid.Patch, error) {
	var p grid.Patch
	if bytes.Contains(g.Coordinates, []byte("null")) { // encoding/json reads null as 0
		return p, ErrNullCoordinate
	}
	if !slices.Contains(types, g.Type) {
		return p, i18n.Errorf("geometry %q is not read", "不支持几何类型 %q", g.Type)
	}
	object := slices.Concat([]byte(`{"type":"`+g.Type+`","coordinates":`), g.Coordinates, []byte("}"))
	drawn, err := geom.UnmarshalGeoJSON(object, geom.NoValidate{})
	if err != nil {
		return p, err
	}
	switch drawn.Type() {
	case geom.TypePoint:
		p.Points = []grid.Point{point(drawn.MustAsPoint(), datum)}
	case geom.TypeMultiPoint:
		for _, one := range drawn.MustAsMultiPoint().Dump() {
			p.Points = append(p.Points, point(one, datum))
		}
	case geom.TypeLineString:
		p.Lines = [][]grid.Point{line(drawn.MustAsLineString(), datum)}
	case geom.TypeMultiLineString:
		for _, one := range drawn.MustAsMultiLineString().Dump() {
			p.Lines = append(p.Lines, line(one, datum))
		}
	case geom.TypePolygon:
		p.Polygons = []grid.Polygon{polygon(drawn.MustAsPolygon(), datum)}
	case geom.TypeMultiPolygon:
		many := drawn.MustAsMultiPolygon().Dump()
		p.Polygons = make([]grid.Polygon, 0, len(many))
		for _, one := range many {
			p.Polygons = append(p.Polygons, polygon(one, datum))
		}
	case geom.TypeGeometryCollection: // not among types
	}
	return p, nil
}

func vertex(at geom.XY, datum grid.Datum) grid.Point {
	pt, err := grid.ToWGS84(grid.Position{Lat: at.Y, Lng: at.X, Datum: datum})
	if err != nil {
		return grid.Point{Lat: math.NaN()}
	}
	return pt
}

func point(in geom.Point, datum grid.Datum) grid.Point {
	at, ok := in.XY()
	if !ok {
		return grid.Point{Lat: math.NaN()}
	}
	return vertex(at, datum)
}

func line(in geom.LineString, datum grid.Datum) []grid.Point {
	seq := in.Coordinates()
	out := make([]grid.Point, 0, seq.Length())
	for i := range seq.Length() {
		out = append(out, vertex(seq.GetXY(i), datum))
	}
	return out
}

func polygon(in geom.Polygon, datum grid.Datum) grid.Polygon {
	rings := in.DumpRings()
	out := make(grid.Polygon, 0, len(rings))
	for _, ring := range rings {
		out = append(out, line(ring, datum))
	}
	return out
}

// Polygons reads the polygons of a geometry, a feature or a FeatureCollection, in that order. Anything else is an
// error. Invalid vertices are treated as in Geometry.Ground.
func Polygons(data []byte, datum grid.Datum) ([]grid.Polygon, error) {
	data = trim(data)
	var in struct {
		Geometry
		Inner    json.RawMessage   `json:"geometry"`
		Features []json.RawMessage `json:"features"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	switch in.Type {
	case "FeatureCollection":
		var out []grid.Polygon
		for i, raw := range in.Features {
			list, err := Polygons(raw, datum)
			if err != nil {
				return nil, fmt.Errorf("feature %d: %w", i+1, err)
			}
			out = append(out, list...)
		}
		return out, nil
	case "Feature":
		return Polygons(in.Inner, datum)
	case "Polygon", "MultiPolygon":
		p, err := in.Ground(datum)
		return p.Polygons, err
	default:
		return nil, i18n.Errorf("%q is no ground; write Polygon or MultiPolygon", "%q 不是面，应为 Polygon 或 MultiPolygon", in.Type)
	}
}
