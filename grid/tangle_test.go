package grid

import (
	"math/rand/v2"
	"testing"

	"wangge/grid/internal/geo"
)

// A scribble is told as a tangle, with its place, instead of cut into its tens of thousands of pieces;
// a clean ring of many vertices is clean, also one whose edges are long and lie close together.
func TestDefects_Tangle(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261125, 8))
	mid := Point{Lat: 45.7, Lng: 126.6}
	var scribble []Point
	for range 600 {
		scribble = append(scribble, Point{Lat: mid.Lat + rng.Float64()*0.1, Lng: mid.Lng + rng.Float64()*0.1})
	}
	scribble = append(scribble, scribble[0])
	radii := make([]float64, deep(20_000, 200_000))
	for i := range radii {
		radii[i] = rng.Float64()
	}
	fine := ringAround(mid, len(radii), func(i int) float64 { return 0.1 + 1e-9*radii[i] })
	star := ringAround(mid, len(radii)/10, func(i int) float64 { return 0.08 + 0.02*radii[i] })
	for _, tt := range []struct {
		name string
		ring []Point
		want DefectKind
	}{{"scribble", scribble, Tangled}, {"fine", fine, ""}, {"star", star, ""}} {
		ix, faults := Build([]Area{{ID: "city"}, {ID: "a", Parent: "city", Level: 1, Polygons: []Polygon{{tt.ring}}}}, 9)
		if faults != nil {
			t.Fatal(faults)
		}
		all := ix.Defects()
		first := DefectKind("")
		if len(all) > 0 {
			first = all[0].Kind
		}
		if first != tt.want {
			t.Errorf("%s: %d defects, the first a %q, want %q", tt.name, len(all), first, tt.want)
		}
		if s := ix.areas[ix.byID["a"]].shape; s.Repeated() > 2*geo.MostRuns*len(s.Edges) {
			t.Errorf("%s: %d edges stand in %d runs", tt.name, len(s.Edges), s.Repeated())
		}
	}
}

// A ring that goes around nothing is empty, however its line runs; a sliver isn't.
func TestBuild_EmptyRing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ring []Point
		want bool
	}{
		{[]Point{{Lat: 45, Lng: 126}, {Lat: 45, Lng: 126}, {Lat: 45, Lng: 126}, {Lat: 45, Lng: 126}}, true},
		{[]Point{{Lat: 45, Lng: 126}, {Lat: 45, Lng: 127}, {Lat: 45, Lng: 126.5}, {Lat: 45, Lng: 126}}, true},
		{[]Point{{Lat: 45, Lng: 126}, {Lat: 46, Lng: 127}, {Lat: 45.5, Lng: 126.5}, {Lat: 45, Lng: 126}}, true},
		{[]Point{{Lat: 45, Lng: 126}, {Lat: 46, Lng: 127}, {Lat: 45.5, Lng: 126.500000001}, {Lat: 45, Lng: 126}}, false},
	} {
		_, faults := Build([]Area{{ID: "city"}, {ID: "a", Parent: "city", Level: 1, Polygons: []Polygon{{tt.ring}}}}, 9)
		if got := len(faults) == 1 && faults[0].Code == "empty_ring"; got != tt.want || len(faults) > 0 && !got {
			t.Errorf("%v: %v", tt.ring, faults)
		}
	}
}
