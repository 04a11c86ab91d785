package geojson_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"wangge/dispatch/city/geojson"
	"wangge/grid"
)

const two = "\ufeff" + `{"type":"FeatureCollection","datum":"gcj02","crs":{"properties":{"name":"x"}},
"features":[
{"type":"Feature","properties":{"id":230102199001011234567,"name":"a","none":null,"list":[1]},
 "geometry":{"type":"Point","coordinates":[126.6,45.7]}},

{"type":"Feature","properties":null,"geometry":null}]}`

func TestRead(t *testing.T) {
	t.Parallel()
	fc, err := geojson.Read([]byte(two))
	if err != nil {
		t.Fatal(err)
	}
	if fc.Type != "FeatureCollection" || fc.Datum != "gcj02" || fc.CRS != "x" || !fc.Listed || len(fc.Features) != 2 {
		t.Fatalf("%+v", fc)
	}
	a, b := &fc.Features[0], &fc.Features[1]
	if err := errors.Join(a.Decode(), b.Decode()); err != nil {
		t.Fatal(err)
	}
	if a.Line != 3 || b.Line != 6 || b.Geometry != nil || b.Properties != nil {
		t.Errorf("lines %d and %d, second %+v", a.Line, b.Line, b)
	}
	want := []geojson.Property{{Name: "id", Kind: geojson.Number, Text: "230102199001011234567"}, {Name: "name", Kind: geojson.Text, Text: "a"}, {Name: "none", Kind: geojson.Null}, {Name: "list", Kind: geojson.Other}}
	if !reflect.DeepEqual(a.Properties, want) {
		t.Errorf("properties %+v", a.Properties)
	}
	if got := a.Texts(); len(got) != 2 || got["id"] != "230102199001011234567" {
		t.Errorf("texts %v", got)
	}
	if fc, err := geojson.Read([]byte(`{"type":"Point"}`)); err != nil || fc.Listed || fc.Datum != "wgs84" {
		t.Errorf("%+v, %v", fc, err)
	}
	if _, err := geojson.Read([]byte(`{`)); err == nil {
		t.Error("half a file is read")
	}
}

func TestFeature_DecodeErrors(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`[1]`, `{"properties":3}`, `{"geometry":4}`} {
		f := geojson.Feature{Raw: []byte(raw)}
		if err := f.Decode(); err == nil || f.Properties != nil || f.Geometry != nil {
			t.Errorf("%s is decoded: %+v", raw, f)
		}
	}
}

func TestGeometry_Ground(t *testing.T) {
	t.Parallel()
	ring := `[[1,2],[3,2],[3,4],[1,2]]`
	for _, tt := range []struct {
		kind, coordinates string
		points, lines     int
		polygons          int
		err               string
	}{
		{"Point", `[1,2]`, 1, 0, 0, ""},
		{"Point", `[1,2,300]`, 1, 0, 0, ""},
		{"MultiPoint", `[[1,2],[3,4]]`, 2, 0, 0, ""},
		{"LineString", `[[1,2],[3,4]]`, 0, 1, 0, ""},
		{"MultiLineString", `[[[1,2],[3,4]],[[1,2,9],[3,4]]]`, 0, 2, 0, ""},
		{"Polygon", `[` + ring + `]`, 0, 0, 1, ""},
		{"Polygon", `[[[1,2],[3,2],[3,4]]]`, 0, 0, 1, ""}, // not closed: grid.Patch.Problems says so
		{"MultiPolygon", `[[` + ring + `,` + ring + `],[` + ring + `]]`, 0, 0, 2, ""},
		{"MultiPolygon", `[[]]`, 0, 0, 1, ""},
		{"Point", `[1]`, 0, 0, 0, "length"},
		{"Polygon", `[[[1,null],[3,2]]]`, 0, 0, 0, "null"},
		{"Polygon", `[1,2]`, 0, 0, 0, "cannot unmarshal"},
		{"Polygon", ``, 0, 0, 0, "invalid"},
		{"Circle", `[1,2]`, 0, 0, 0, "not read"},
		{"GeometryCollection", `[]`, 0, 0, 0, "not read"},
		{`Point","x":"`, `[1,2]`, 0, 0, 0, "not read"},
	} {
		g := geojson.Geometry{Type: tt.kind, Coordinates: []byte(tt.coordinates)}
		p, err := g.Ground(grid.WGS84)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s %s: %v, want %q", tt.kind, tt.coordinates, err, tt.err)
			continue
		}
		if err == nil && (len(p.Points) != tt.points || len(p.Lines) != tt.lines || len(p.Polygons) != tt.polygons) {
			t.Errorf("%s %s: %+v", tt.kind, tt.coordinates, p)
		}
	}
	g := geojson.Geometry{Type: "Point", Coordinates: []byte(`[126.6,95]`)}
	if p, err := g.Ground(grid.WGS84); err != nil || len(p.Problems()) != 1 {
		t.Errorf("a latitude of 95: %+v, %v", p, err)
	}
	g.Coordinates = []byte(`[126.6,45.75]`)
	want, _ := grid.ToWGS84(grid.Position{Lat: 45.75, Lng: 126.6, Datum: grid.GCJ02})
	if p, err := g.Ground(grid.GCJ02); err != nil || p.Points[0] != want {
		t.Errorf("in gcj02: %+v, %v; want %v", p, err, want)
	}
	if n := g.Vertices(); n != 1 || (*geojson.Geometry)(nil).Vertices() != 0 {
		t.Errorf("%d vertices", n)
	}
}

// What the writer writes is read again, as a collection and as polygons.
func TestWriter(t *testing.T) {
	t.Parallel()
	square := grid.Polygon{{{Lat: 1, Lng: 2}, {Lat: 1, Lng: 3}, {Lat: 2, Lng: 3}, {Lat: 1, Lng: 2}}}
	var b strings.Builder
	w := geojson.NewWriter(&b)
	w.Polygons(map[string]string{"id": "a"}, []grid.Polygon{square, square})
	w.Polygons(map[string]string{"id": "none"}, nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := geojson.Polygons([]byte(b.String()), grid.WGS84)
	if err != nil || !reflect.DeepEqual(got, []grid.Polygon{square, square}) {
		t.Errorf("%v, %v", got, err)
	}
	w = geojson.NewWriter(&b)
	w.Point(map[string]string{"id": "b"}, grid.Point{Lat: 1, Lng: 2})
	if err := w.Close(); err != nil || !strings.HasSuffix(b.String(), `{"type":"FeatureCollection","features":[`+"\n"+`{"type":"Feature","properties":{"id":"b"},"geometry":{"type":"Point","coordinates":[2,1]}}`+"\n]}\n") {
		t.Errorf("%v: %s", err, b.String())
	}
	w = geojson.NewWriter(&b)
	w.Point(func() {}, grid.Point{})
	if w.Close() == nil {
		t.Error("a function is written as properties")
	}
	for _, text := range []string{`{"type":"Point","coordinates":[1,2]}`, `{"type":"Feature","geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]}}`, `{"type":"FeatureCollection","features":[{"type":"Feature"}]}`, `x`} {
		if p, err := geojson.Polygons([]byte(text), grid.WGS84); err == nil {
			t.Errorf("%s gives %v", text, p)
		}
	}
	text := `{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[2,1],[3,1],[3,2],[2,1]]]}}`
	if p, err := geojson.Polygons([]byte(text), grid.WGS84); err != nil || !reflect.DeepEqual(p, []grid.Polygon{square}) {
		t.Errorf("%v, %v", p, err)
	}
}
