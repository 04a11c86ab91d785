package diff

import (
	"math"
	"math/rand/v2"
	"testing"

	"wangge/dispatch/city"
	"wangge/grid"
)

// Points outside the bounds of a city are skipped unseen: every answer is that of a search of the city.
func TestGround_BoundsHideNothing(t *testing.T) {
	t.Parallel()
	world := grid.Box{South: -90, West: -180, North: 90, East: 180}
	far := square(-33.5, -70.7, -33.4, -70.6)
	slanted := [][][]float64{{{126.60, 45.70}, {126.70, 45.75}, {126.65, 45.80}, {126.60, 45.70}}}
	for name, c := range map[string]*city.City{
		"squares":       mustLoad(t, split(t, -71.1)),
		"slanted":       mustLoad(t, twoDistricts(t, "wgs84", slanted, square(45.8, 126.5, 45.9, 126.6))),
		"far apart":     mustLoad(t, twoDistricts(t, "wgs84", slanted, far)),
		"Chinese datum": mustLoad(t, twoDistricts(t, "gcj02", slanted, square(45.8, 126.5, 45.9, 126.6))),
		"another":       mustLoad(t, twoDistricts(t, "bd09", slanted, square(45.8, 126.5, 45.9, 126.6))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := c.Index.Bounds()
			h, w := b.North-b.South, b.East-b.West
			r, in := rand.New(rand.NewPCG(1, 2)), 0
			try := func(p grid.Point) {
				got, want := smallest(c, b, p), smallest(c, world, p)
				if got != want {
					t.Errorf("%v lies in %q by bounds, in %q by search", p, got, want)
				}
				if want != "" {
					in++
				}
			}
			for range 20_000 {
				try(grid.Point{Lat: b.South - h/2 + r.Float64()*2*h, Lng: b.West - w/2 + r.Float64()*2*w})
			}
			for range 1000 { // where the slanted district is, however large the bounds are
				try(grid.Point{Lat: 45.70 + r.Float64()/10, Lng: 126.60 + r.Float64()/10})
			}
			near := func(v float64) []float64 {
				return []float64{math.Nextafter(v, -200), v, math.Nextafter(v, 200), v - 1e-9, v + 1e-9}
			}
			for range 100 { // along the bounds themselves
				f := r.Float64()
				for _, edge := range [2]float64{b.South, b.North} {
					for _, lat := range near(edge) {
						try(grid.Point{Lat: lat, Lng: b.West + f*w})
					}
				}
				for _, edge := range [2]float64{b.West, b.East} {
					for _, lng := range near(edge) {
						try(grid.Point{Lat: b.South + f*h, Lng: lng})
					}
				}
			}
			if in < 10 {
				t.Errorf("%d of the points lie in the city: the test shows nothing", in)
			}
		})
	}
}
