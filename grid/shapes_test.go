package grid

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"wangge/grid/internal/geo"

	"pgregory.net/rapid"
)

// ring of n corners around a middle; radius gives each corner's distance in degrees.
func ringAround(mid Point, n int, radius func(i int) float64) []Point {
	r := make([]Point, 0, n+1)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		r = append(r, Point{Lat: mid.Lat + radius(i)*sin, Lng: mid.Lng + radius(i)*cos})
	}
	return append(r, r[0])
}

// oddShapes are areas as dirty cities draw them: stars, slivers narrower than a cell, holes with an
// enclave in them, rings that touch in one corner, islands far away.
func oddShapes(rng *rand.Rand, mid Point, size float64) []Area {
	star := ringAround(mid, 2*(3+rng.IntN(20)), func(i int) float64 { return size * []float64{1, 0.2 + rng.Float64()*0.6}[i%2] })
	hole := ringAround(mid, 3+rng.IntN(9), func(int) float64 { return size * 0.15 })
	thin := size * math.Pow(10, -1-5*rng.Float64())
	east := mid.Lng + 1.5*size
	sliver := []Point{{Lat: mid.Lat - size, Lng: east}, {Lat: mid.Lat + size, Lng: east + size/3}, {Lat: mid.Lat + size, Lng: east + size/3 + thin}, {Lat: mid.Lat - size, Lng: east + thin}, {Lat: mid.Lat - size, Lng: east}}
	corner := Point{Lat: mid.Lat + 1.5*size, Lng: mid.Lng}
	touching := func(dLat, dLng float64) []Point {
		return []Point{corner, {Lat: corner.Lat + dLat*size/2, Lng: corner.Lng}, {Lat: corner.Lat + dLat*size/2, Lng: corner.Lng + dLng*size/2}, {Lat: corner.Lat, Lng: corner.Lng + dLng*size/2}, corner}
	}
	island := ringAround(Point{Lat: mid.Lat - 3*size, Lng: mid.Lng - 3*size}, 5, func(int) float64 { return size / 50 })
	return []Area{
		{ID: "city"},
		{ID: "star", Parent: "city", Level: 1, Polygons: []Polygon{{star, hole}, {island}}},
		{ID: "enclave", Parent: "city", Level: 1, Polygons: []Polygon{{hole}}},
		{ID: "sliver", Parent: "city", Level: 1, Polygons: []Polygon{{sliver}}},
		{ID: "corners", Parent: "city", Level: 1, Polygons: []Polygon{{touching(1, 1)}, {touching(-1, -1)}}},
		{ID: "others", Parent: "city", Level: 1, Polygons: []Polygon{{touching(1, -1)}, {touching(-1, 1)}}},
		{ID: "half", Parent: "sliver", Level: 2, Polygons: []Polygon{{{sliver[0], sliver[1], sliver[2], sliver[0]}}}},
	}
}

// wound is winding with holes, whichever way they run.
func wound(polys []Polygon, p Point) bool {
	for _, poly := range polys {
		if winding([]Polygon{poly[:1]}, p) && !slices.ContainsFunc(poly[1:], func(hole []Point) bool { return winding([]Polygon{{hole}}, p) }) {
			return true
		}
	}
	return false
}

// Whatever the shapes and the resolution, the index gives the polygons' own answer.
func TestLocate_OddShapes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 4))
		mid := rapid.SampledFrom([]Point{{Lat: 45.7, Lng: 126.6}, {Lat: 0, Lng: 0}, {Lat: -33.9, Lng: 18.4}, {Lat: 69.6, Lng: 18.9}}).Draw(r, "mid")
		size := rapid.SampledFrom([]float64{0.0005, 0.01, 0.2}).Draw(r, "size")
		res := rapid.IntRange(7, 11).Draw(r, "res")
		areas := oddShapes(rng, mid, size)
		ix, faults := Build(areas, res)
		if faults != nil {
			r.Fatal(faults)
		}
		shapes := map[AreaID]*geo.Shape{}
		var corners []Point
		for _, a := range areas[1:] {
			shapes[a.ID] = geo.NewShape(a.Polygons)
			for _, p := range a.Polygons {
				for _, ring := range p {
					corners = append(corners, ring...)
				}
			}
		}
		probe := func(p Point) {
			place, err := ix.Locate(p)
			var want []AreaID
			for _, id := range []AreaID{"corners", "enclave", "others", "sliver", "star"} { // of two that overlap, the first
				if shapes[id].Contains(p) {
					want = []AreaID{"city", id}
					break
				}
			}
			if len(want) == 2 && want[1] == "sliver" && shapes["half"].Contains(p) {
				want = append(want, "half")
			}
			if !slices.Equal(place.Areas, want) {
				r.Fatalf("Locate(%v) = %v, %v, want %v", p, place.Areas, err, want)
			}
			for _, a := range areas[1:] {
				if inside := wound(a.Polygons, p); inside != shapes[a.ID].Contains(p) && ix.areas[ix.byID[a.ID]].outline.NearestAnywhere(p).Square > 1e-6 {
					r.Fatalf("%v in %s: winding number says %v", p, a.ID, inside)
				}
			}
		}
		for range deep(60, 300) {
			probe(Point{Lat: mid.Lat + size*(rng.Float64()*8-4), Lng: mid.Lng + size*(rng.Float64()*8-4)})
			at := corners[rng.IntN(len(corners))]
			probe(at)
			probe(Point{Lat: at.Lat + size*rng.NormFloat64()*1e-6, Lng: at.Lng + size*rng.NormFloat64()*1e-6})
		}
	})
}

// An area cut at the antimeridian, as RFC 7946 wants it, and areas around both poles.
func TestLocate_AntimeridianAndPoles(t *testing.T) {
	t.Parallel()
	box := func(s, w, n, e float64) Polygon {
		return Polygon{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}
	}
	ix, faults := Build([]Area{
		{ID: "world"},
		{ID: "fiji", Parent: "world", Level: 1, Polygons: []Polygon{box(-18, 179.5, -17, 180), box(-18, -180, -17, -179.5)}},
		{ID: "north", Parent: "world", Level: 1, Polygons: []Polygon{box(85, -180, 90, 180)}},
		{ID: "south", Parent: "world", Level: 1, Polygons: []Polygon{box(-90, -180, -85, 180)}},
	}, 7)
	if faults != nil {
		t.Fatal(faults)
	}
	for _, tt := range []struct {
		at   Point
		want AreaID
	}{
		{Point{Lat: -17.5, Lng: 180}, "fiji"},
		{Point{Lat: -17.5, Lng: -180}, "fiji"},
		{Point{Lat: -17.5, Lng: 179.6}, "fiji"},
		{Point{Lat: -17.5, Lng: -179.6}, "fiji"},
		{Point{Lat: 90, Lng: 0}, "north"},
		{Point{Lat: 90, Lng: 180}, "north"},
		{Point{Lat: 90, Lng: -180}, "north"},
		{Point{Lat: 86, Lng: -180}, "north"},
		{Point{Lat: -90, Lng: 77}, "south"},
		{Point{Lat: -89.9999, Lng: -12}, "south"},
	} {
		place, err := ix.Locate(tt.at)
		if err != nil || place.Areas[1] != tt.want {
			t.Errorf("Locate(%v) = %v, %v, want %s", tt.at, place.Areas, err, tt.want)
			continue
		}
		// Neither the seam nor the pole is a border: Fiji's is half a degree away, the north's at 85°.
		if b := ix.Border(tt.at, place); b.DistanceM < 9000 {
			t.Errorf("Border(%v) = %+v", tt.at, b)
		}
	}
	if _, err := ix.Locate(Point{Lat: -17.5, Lng: -179.4}); err == nil {
		t.Error("east of Fiji is in it")
	}
}

// However many processors build it, and in whatever order the areas come, the index is the same.
func TestBuild_Deterministic(t *testing.T) {
	t.Parallel()
	city := builtIn(t, "harbin", "city", "district", "street", "community")
	first := at9(t, city).Fingerprint()
	areas := slices.Clone(city.areas)
	for run, processors := range []int{1, 2, 8, 3} {
		before := runtime.GOMAXPROCS(processors)
		rand.New(rand.NewPCG(1, uint64(run))).Shuffle(len(areas), func(i, j int) { areas[i], areas[j] = areas[j], areas[i] })
		ix, faults := Build(areas, 9)
		runtime.GOMAXPROCS(before)
		if faults != nil {
			t.Fatal(faults)
		}
		if got := ix.Fingerprint(); got != first {
			t.Errorf("with %d processors: fingerprint %x, want %x", processors, got, first)
		}
	}
}

// Locate allocates what the H3 call allocates, and nothing itself, in cells of either kind.
func TestLocate_Allocations(t *testing.T) {
	ix := nycAt9(t)
	points := someOf(ix, 2000)
	each := func(call func(Point) error) float64 {
		return testing.AllocsPerRun(3, func() {
			for _, p := range points {
				if err := call(p); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	bare := each(func(p Point) error { _, err := CellOf(p, ix.res); return err })
	ours := each(func(p Point) error { _, err := ix.Locate(p); return err })
	if ours > bare {
		t.Errorf("%d points: Locate allocates %.0f times, the H3 call alone %.0f", len(points), ours, bare)
	}
}

// A polygon holds the points that an index with that polygon as an area finds in the area, on edges and vertices too.
func TestPolygon_ContainsAgreesWithIndex(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20261127, 7))
	for round := range 40 {
		west, south := 126+r.Float64(), 45+r.Float64()
		var ring []Point
		n := 3 + r.IntN(60)
		for k := range n {
			angle := 2 * math.Pi * float64(k) / float64(n)
			reach := 0.002 + 0.003*r.Float64()
			ring = append(ring, Point{Lat: south + reach*math.Sin(angle), Lng: west + reach*math.Cos(angle)})
		}
		ring = append(ring, ring[0])
		p := Polygon{ring}
		ix, bad := Build([]Area{{ID: "a", Polygons: []Polygon{p}}}, 10)
		if bad != nil {
			t.Fatal(bad)
		}
		check := func(at Point) {
			_, err := ix.Locate(at)
			if got := p.Contains(at); got != (err == nil) {
				t.Errorf("round %d: at %v the polygon says %t, the index %v", round, at, got, err)
			}
		}
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			check(a)
			check(Point{Lat: (a.Lat + b.Lat) / 2, Lng: (a.Lng + b.Lng) / 2})
			check(Point{Lat: a.Lat, Lng: b.Lng})
			check(Point{Lat: south + 0.01*(r.Float64()-0.5), Lng: west + 0.01*(r.Float64()-0.5)})
		}
	}
}
