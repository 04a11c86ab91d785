package remote

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/grid"

	wanggev1 "wangge/api/wangge/v1"
)

func TestReadPolygons(t *testing.T) {
	t.Parallel()
	const ring = `[[126.60,45.75],[126.62,45.75],[126.62,45.77],[126.60,45.75]]`
	name := filepath.Join(t.TempDir(), "ground.geojson")
	read := func(text string) ([]*wanggev1.Precedent_Polygon, error) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadPolygons(name, grid.GCJ02)
	}
	polygon := `{"type":"Polygon","coordinates":[` + ring + `]}`
	for _, text := range []string{
		polygon,
		`{"type":"MultiPolygon","coordinates":[[` + ring + `]]}`,
		`{"type":"Feature","geometry":` + polygon + `}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":` + polygon + `}]}`,
	} {
		got, err := read(text)
		if err != nil || len(got) != 1 || len(got[0].GetRings()) != 1 || len(got[0].GetRings()[0].GetVertices()) != 4 {
			t.Fatalf("%s: %v, %v", text, got, err)
		}
		if v := got[0].GetRings()[0].GetVertices()[1]; v.GetLatitude() != 45.75 || v.GetLongitude() != 126.62 || v.GetDatum() != wanggev1.Datum_DATUM_GCJ02 {
			t.Errorf("%s: vertex 1 is %v", text, v)
		}
	}
	for text, want := range map[string]string{
		`{"type":"Point","coordinates":[126.6,45.7]}`:                         "no ground",
		`{"type":"Polygon","coordinates":[[[126.6],[1,2],[3,4],[5,6]]]}`:      "ground.geojson",
		`{"type":"Polygon","coordinates":[[[126.6,null],[1,2],[3,4],[5,6]]]}`: "null",
		`{"type":"Polygon"`: "ground.geojson",
	} {
		if got, err := read(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v; want %q", text, got, err, want)
		}
	}
}
