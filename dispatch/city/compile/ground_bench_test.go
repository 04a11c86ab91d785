package compile

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/fstest"
)

// newYork is a city directory with New York's census tracts in their neighbourhoods, PUMAs and
// boroughs: five levels, of which the tracts are drawn.
func newYork(b *testing.B) fstest.MapFS {
	b.Helper()
	f, err := os.Open("../../grid/testdata/nyc-tracts2010.geojson.gz")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var tracts struct {
		Features []struct {
			Properties map[string]any
			Geometry   json.RawMessage
		}
	}
	if err := json.NewDecoder(z).Decode(&tracts); err != nil {
		b.Fatal(err)
	}
	var features []map[string]any
	seen := map[string]bool{}
	add := func(level, id, parent string, geometry json.RawMessage) {
		if !seen[id] {
			seen[id] = true
			features = append(features, map[string]any{"type": "Feature", "properties": map[string]string{"id": id, "name": id, "level": level, "parent": parent}, "geometry": geometry})
		}
	}
	null := json.RawMessage("null")
	add("city", "NYC", "", null)
	for _, t := range tracts.Features {
		text := func(key string) string { return fmt.Sprint(t.Properties[key]) }
		boro := "boro-" + text("BoroCode")
		puma := boro + "/" + text("PUMA")
		nta := puma + "/" + text("NTACode")
		add("borough", boro, "NYC", null)
		add("puma", puma, boro, null)
		add("neighbourhood", nta, puma, null)
		add("tract", "tract-"+text("BoroCT2010"), nta, t.Geometry)
	}
	areas, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": features})
	if err != nil {
		b.Fatal(err)
	}
	return fstest.MapFS{
		"areas.geojson": {Data: areas},
		"city.yaml": {Data: []byte("name: 纽约\nname_en: New York\ncode: NYC\ntime_zone: America/New_York\ncell_resolution: 10\nlevels: [city, borough, puma, neighbourhood, tract]\ntable_version: \"2010\"\ndefaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 4, near_border_m: 30}\naccept:\n" +
			"  - {defect: gap, areas: [\"*\"], up_to_m2: 1, reason: as published}\n")},
	}
}

// BenchmarkGroundNewYork reads New York's areas, compiles them and looks for defects.
func BenchmarkGroundNewYork(b *testing.B) {
	m := newYork(b)
	b.ReportAllocs()
	for b.Loop() {
		if defects, faults := DefectsOf(m); len(faults) > 0 || len(defects) != 3 {
			b.Fatalf("%d defects, %v", len(defects), faults)
		}
	}
}
