package drawing_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city/drawing"
	"wangge/dispatch/city/tables"
)

// A file with one usable feature and four faults: each fault is reported at its line, with the property's name.
func TestFeatures_EveryFaultAtItsLine(t *testing.T) {
	t.Parallel()
	rd := drawing.Reader{Reader: &tables.Reader{}, FS: fstest.MapFS{"points.geojson": {Data: []byte(`{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"good","radius_m":12.5},"geometry":{"type":"Point","coordinates":[126.6,45.7]}},
{"type":"Feature","properties":{"id":1.5},"geometry":{"type":"Point","coordinates":[126.6,45.7]}},
{"type":"Feature","properties":{"id":"a","names":"x"},"geometry":{"type":"Point","coordinates":[126.6,45.7]}},
{"type":"Feature","properties":{"id":"b"},"geometry":{"type":"LineString","coordinates":[[126.6,45.7],[126.7,45.7]]}},
{"type":"Feature","properties":{"id":"c","radius_m":"wide"},"geometry":{"type":"Point","coordinates":[126.6,null]}}
]}`)}}}
	features := rd.Features("points.geojson", true, "id", "name", "radius_m")
	if len(features) != 5 || features[0].Props["radius_m"] != "12.5" || features[0].Line != 2 {
		t.Fatalf("%d features, the first %+v", len(features), features[0])
	}
	for i := range features {
		f := &features[i]
		p, ok := f.Patch("Point")
		if m := f.Metres("radius_m", 0, 100); ok != (i < 3) || ok && len(p.Points) != 1 || i == 0 && m != 12.5 {
			t.Errorf("%s: patch %v, %v, radius %g", f.Props["id"], p, ok, m)
		}
	}
	var got []string
	for _, d := range rd.List {
		got = append(got, d.String())
	}
	text := strings.Join(got, "\n")
	for _, want := range []string{
		"points.geojson:3: property \"id\" is the number 1.5", `points.geojson:4: property "names" is unknown`,
		`points.geojson:5: geometry "LineString"`, "points.geojson:6: c has a coordinate that is null", `points.geojson:6: radius_m "wide"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no fault %q in\n%s", want, text)
		}
	}
	if len(rd.List) != 5 {
		t.Errorf("%d faults, want 5:\n%s", len(rd.List), text)
	}
}
