package grid

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestDatum_RoundTrip(t *testing.T) {
	t.Parallel()
	// The widely published pair of Beijing: the shift is some 560 m.
	got := FromWGS84(Point{Lat: 39.90750, Lng: 116.39723}, GCJ02)
	if math.Abs(got.Lat-39.90890) > 2e-5 || math.Abs(got.Lng-116.40347) > 2e-5 {
		t.Errorf("FromWGS84 = %+v, want about 39.90890,116.40347", got)
	}
	for _, d := range []Datum{WGS84, GCJ02, BD09, CGCS2000} {
		for lat := 4.0; lat < 53; lat += 3.1 {
			for lng := 74.0; lng < 134; lng += 3.7 {
				back, err := ToWGS84(FromWGS84(Point{Lat: lat, Lng: lng}, d))
				if err != nil || math.Abs(back.Lat-lat) > 1e-8 || math.Abs(back.Lng-lng) > 1e-8 {
					t.Fatalf("%s of %v,%v comes back as %v, %v", d, lat, lng, back, err)
				}
			}
		}
	}
}

func TestPosition_Validate(t *testing.T) {
	t.Parallel()
	err := Position{Lat: 126.6, Lng: math.NaN(), AccuracyM: -1}.Validate()
	var p *PositionError
	if !errors.As(err, &p) || len(p.Problems) != 4 {
		t.Errorf("Validate = %v, want 4 faults", err)
	}
}

// lattice cuts a square near Harbin into n×n cells whose inner corners are jittered: an exact
// partition with shared vertices. Every row is a district with n streets.
func lattice(n int, size float64, jitter func() float64) []Area {
	at := make([][]Point, n+1)
	for i := range at {
		at[i] = make([]Point, n+1)
		for j := range at[i] {
			p := Point{Lat: 45.7 + size*float64(i)/float64(n), Lng: 126.6 + size*float64(j)/float64(n)}
			if i > 0 && i < n {
				p.Lat += jitter() * size / float64(n)
			}
			if j > 0 && j < n {
				p.Lng += jitter() * size / float64(n)
			}
			at[i][j] = p
		}
	}
	areas := []Area{{ID: "city"}}
	for i := range n {
		d := AreaID(rune('a' + i))
		ring := []Point{}
		for j := range n + 1 {
			ring = append(ring, at[i][j])
		}
		for j := n; j >= 0; j-- {
			ring = append(ring, at[i+1][j])
		}
		areas = append(areas, Area{ID: d, Parent: "city", Level: 1, Polygons: []Polygon{{append(ring, ring[0])}}})
		for j := range n {
			areas = append(areas, Area{
				ID: d + AreaID(rune('a'+j)), Parent: d, Level: 2,
				Polygons: []Polygon{{{at[i][j], at[i][j+1], at[i+1][j+1], at[i+1][j], at[i][j]}}},
			})
		}
	}
	return areas
}

// winding is an independent test: the winding number of all rings.
func winding(polys []Polygon, p Point) bool {
	w := 0
	for _, poly := range polys {
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				side := (b.Lng-a.Lng)*(p.Lat-a.Lat) - (p.Lng-a.Lng)*(b.Lat-a.Lat)
				if a.Lat <= p.Lat && b.Lat > p.Lat && side > 0 {
					w++
				}
				if a.Lat > p.Lat && b.Lat <= p.Lat && side < 0 {
					w--
				}
			}
		}
	}
	return w != 0
}

func TestLocate_AgainstPolygons(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
		size := rapid.SampledFrom([]float64{0.002, 0.05, 0.6}).Draw(r, "size")
		areas := lattice(rapid.IntRange(1, 6).Draw(r, "n"), size, func() float64 { return rng.Float64()*0.9 - 0.45 })
		ix, faults := Build(areas, 10)
		if faults != nil {
			r.Fatal(faults)
		}
		probe := func(p Point) {
			place, err := ix.Locate(p)
			inCity := p.Lat >= 45.7 && p.Lat < 45.7+size && p.Lng > 126.6 && p.Lng <= 126.6+size
			if !inCity {
				if _, ok := errors.AsType[*OutsideError](err); !ok {
					r.Fatalf("Locate(%v) = %v, %v; want outside", p, place.Areas, err)
				}
				return
			}
			if err != nil || len(place.Areas) != 3 {
				r.Fatalf("Locate(%v) = %v, %v; want one area a level", p, place.Areas, err)
			}
		}
		for range deep(60, 300) {
			p := Point{Lat: 45.7 + size*(rng.Float64()*1.2-0.1), Lng: 126.6 + size*(rng.Float64()*1.2-0.1)}
			probe(p)
			if place, err := ix.Locate(p); err == nil {
				for _, a := range areas {
					if a.ID == place.Areas[2] && !winding(a.Polygons, p) {
						r.Fatalf("%v is not in %s by winding number", p, a.ID)
					}
				}
			}
		}
		for _, a := range areas { // vertices and middles of edges belong to exactly one leaf
			for _, poly := range a.Polygons {
				for i, v := range poly[0][1:] {
					probe(v)
					probe(Point{Lat: (v.Lat + poly[0][i].Lat) / 2, Lng: (v.Lng + poly[0][i].Lng) / 2})
				}
			}
		}
	})
}

func TestLocate_OutsideAndBorder(t *testing.T) {
	t.Parallel()
	ix, faults := Build(lattice(2, 0.1, func() float64 { return 0 }), 10)
	if faults != nil {
		t.Fatal(faults)
	}
	_, err := ix.Locate(Point{Lat: 45.69, Lng: 126.65})
	var out *OutsideError
	if !errors.As(err, &out) || math.Abs(out.DistanceM-1112) > 3 || out.BearingDeg > 1 && out.BearingDeg < 359 {
		t.Errorf("Locate south of the city = %v, want about 1112 m, due north", err)
	}
	p := Point{Lat: 45.7499, Lng: 126.62}
	place, err := ix.Locate(p)
	if err != nil {
		t.Fatal(err)
	}
	if b := ix.Border(p, place); b.Neighbour != "b" || math.Abs(b.DistanceM-11.1) > 0.2 {
		t.Errorf("Border = %+v, want b in 11.1 m", b)
	}
}

func TestBuild_Problems(t *testing.T) {
	t.Parallel()
	square := []Polygon{{{{Lat: 0, Lng: 0}, {Lat: 0, Lng: 1}, {Lat: 1, Lng: 1}, {Lat: 1, Lng: 0}, {Lat: 0, Lng: 0}}}}
	_, faults := Build([]Area{
		{ID: "city", Polygons: square},
		{ID: "a", Parent: "nowhere", Level: 1, Polygons: square},
		{ID: "b", Parent: "city", Level: 1, Polygons: []Polygon{{{{Lat: 0, Lng: 0}, {Lat: 0, Lng: 1}, {Lat: 1, Lng: 1}, {Lat: 1, Lng: 0}}}}},
		{ID: "b", Parent: "city", Level: 1, Polygons: square},
		{ID: "c", Parent: "city", Level: 0, Polygons: square},
		{ID: "d", Parent: "city", Level: 1, Polygons: []Polygon{{{{Lat: 0, Lng: 0}, {Lat: math.NaN(), Lng: 1}, {Lat: 1, Lng: 1}, {Lat: 0, Lng: 0}}}}},
		{ID: "e", Parent: "city", Level: 1},
	}, 9)
	got := map[string]int{}
	for _, f := range faults {
		got[f.Code]++
	}
	for _, code := range []string{"unknown_parent", "unclosed_ring", "duplicate_id", "level_order", "bad_vertex", "empty"} {
		if got[code] == 0 {
			t.Errorf("faults %v lack %s", faults, code)
		}
	}
}

func FuzzLocate(f *testing.F) {
	ix, faults := Build(lattice(3, 0.1, func() float64 { return 0.1 }), 10)
	if faults != nil {
		f.Fatal(faults)
	}
	f.Add(45.75, 126.65)
	f.Add(math.NaN(), math.Inf(1))
	f.Fuzz(func(t *testing.T, lat, lng float64) {
		if p, err := ix.Locate(Point{Lat: lat, Lng: lng}); err == nil && len(p.Areas) != 3 {
			t.Errorf("Locate(%v, %v) = %v", lat, lng, p.Areas)
		}
	})
}
