package grid

import (
	"math"
	"math/rand/v2"
	"testing"

	"wangge/grid/internal/geo"

	"pgregory.net/rapid"
)

// What Near finds is what a walk over all patches finds, also at the antimeridian and near a pole.
func TestPatches_Near(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 2))
		mid := rapid.SampledFrom([]Point{{Lat: 45.7, Lng: 126.6}, {Lat: 0.01, Lng: 180}, {Lat: 89.99, Lng: 20}, {Lat: -16.8, Lng: -179.999}}).Draw(r, "mid")
		spot := func(spread float64) Point {
			lng := mid.Lng + (rng.Float64()*2-1)*spread/max(0.05, math.Cos(mid.Lat*geo.Rad))
			return Point{Lat: min(max(mid.Lat+(rng.Float64()*2-1)*spread, -90), 90), Lng: math.Mod(lng+540, 360) - 180}
		}
		var patches []Patch
		for range 200 {
			p := Patch{Points: []Point{spot(0.05)}, ReachM: rng.Float64() * 300}
			patches = append(patches, p)
		}
		ps := NewPatches(patches)
		at, within := spot(0.05), rng.Float64()*3000
		got := map[int]float64{}
		ps.Near(at, within, func(i int, d float64) {
			if _, twice := got[i]; twice {
				r.Fatalf("patch %d twice", i)
			}
			got[i] = d
		})
		for i, p := range patches {
			d := Distance(at, p.Points[0])
			if _, found := got[i]; found != (d <= within+p.ReachM) {
				r.Fatalf("Near(%v, %.1f): patch %d at %v with reach %.1f in %.1f m: found %v", at, within, i, p.Points[0], p.ReachM, d, found)
			}
		}
	})
}
