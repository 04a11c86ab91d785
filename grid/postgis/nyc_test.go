package postgis

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"wangge/grid"
)

// nyc are New York's tracts under their neighbourhoods, districts and boroughs.
func nyc(t testing.TB) []grid.Area {
	t.Helper()
	f, err := os.Open("../testdata/nyc-tracts2010.geojson.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rd, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var tracts struct {
		Features []struct {
			Properties map[string]any
			Geometry   *struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	if err := json.NewDecoder(rd).Decode(&tracts); err != nil {
		t.Fatal(err)
	}
	areas, seen := []grid.Area{{ID: "NYC"}}, map[grid.AreaID]bool{}
	add := func(level int, id, parent grid.AreaID, polygons []grid.Polygon) {
		if !seen[id] {
			seen[id] = true
			areas = append(areas, grid.Area{ID: id, Parent: parent, Level: level, Polygons: polygons})
		}
	}
	for _, tract := range tracts.Features {
		text := func(key string) grid.AreaID { return grid.AreaID(fmt.Sprint(tract.Properties[key])) }
		boro := "boro-" + text("BoroCode")
		puma := boro + "/" + text("PUMA")
		nta := puma + "/" + text("NTACode")
		add(1, boro, "NYC", nil)
		add(2, puma, boro, nil)
		add(3, nta, puma, nil)
		var polygons []grid.Polygon
		if tract.Geometry != nil {
			polygons = polygonsOf(t, tract.Geometry.Type, tract.Geometry.Coordinates)
		}
		add(4, "tract-"+text("BoroCT2010"), nta, polygons)
	}
	return areas
}

// polygonsOf reads the coordinates of a Polygon or MultiPolygon.
func polygonsOf(t testing.TB, kind string, coordinates json.RawMessage) []grid.Polygon {
	t.Helper()
	var drawn [][][][2]float64
	var err error
	switch kind {
	case "MultiPolygon":
		err = json.Unmarshal(coordinates, &drawn)
	case "Polygon":
		drawn = make([][][][2]float64, 1)
		err = json.Unmarshal(coordinates, &drawn[0])
	default:
		err = fmt.Errorf("a tract is a %s", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := make([]grid.Polygon, len(drawn))
	for i, polygon := range drawn {
		for _, ring := range polygon {
			points := make([]grid.Point, len(ring))
			for k, v := range ring {
				points[k] = grid.Point{Lat: v[1], Lng: v[0]}
			}
			out[i] = append(out[i], points)
		}
	}
	return out
}

// someOf are random points inside a city, the same on every run.
func someOf(ix *grid.Index, n int) (points []grid.Point) {
	rng := rand.New(rand.NewPCG(20261125, 3))
	box := ix.Bounds()
	for len(points) < n {
		p := grid.Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
		if ix.Depth(p) > 0 {
			points = append(points, p)
		}
	}
	return points
}
