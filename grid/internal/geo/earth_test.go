package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Published pairs: Flinders Peak to Buninyong (Geoscience Australia), and degrees of the meridian
// and the equator on WGS-84.
func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b Point
		want float64
	}{
		{Point{-(37 + 57.0/60 + 3.72030/3600), 144 + 25.0/60 + 29.52440/3600}, Point{-(37 + 39.0/60 + 10.15610/3600), 143 + 55.0/60 + 35.38390/3600}, 54972.271},
		{Point{0, 0}, Point{1, 0}, 110574.389},
		{Point{0, 10}, Point{0, 11}, 111319.491},
		{Point{0, 179.5}, Point{0, -179.5}, 111319.491},
		{Point{89, 0}, Point{89, 180}, 2 * 111693.865},
		{Point{45, 7}, Point{45, 7}, 0},
	} {
		if got := Distance(tt.a, tt.b); math.Abs(got-tt.want) > 0.002 {
			t.Errorf("Distance(%v, %v) = %.4f, want %.4f", tt.a, tt.b, got, tt.want)
		}
	}
	if d := Distance(Point{0, 0}, Point{0.3, 179.7}); math.Abs(d/19936288.579-1) > 0.005 {
		t.Errorf("nearly antipodal: %.0f m, want about 19936289", d)
	}
}

// The plane that borders are measured on agrees with the geodesic to 1 mm within 5 km.
func TestFlatDistance(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261125, 7))
	worst := 0.0
	for range 20_000 {
		a := Point{rng.Float64()*120 - 60, rng.Float64()*360 - 180}
		pl := PlaneAt(a)
		sin, cos := math.Sincos(rng.Float64() * 2 * math.Pi)
		far := rng.Float64() * 5000
		b := Point{a.Lat + far*cos/pl.MPerLat, a.Lng + far*sin/pl.MPerLng}
		worst = max(worst, math.Abs(FlatDistance(a, b)-Distance(a, b)))
	}
	t.Logf("at most %.3f mm apart", worst*1000)
	if worst > 0.001 {
		t.Errorf("flat and Distance differ by up to %.6f m", worst)
	}
}

// Against a sum over thin strips of the product of the two radii of curvature, and the whole earth.
func TestSizeM2(t *testing.T) {
	t.Parallel()
	box := func(south, west, side float64) []Polygon {
		return []Polygon{{{{south, west}, {south, west + side}, {south + side, west + side}, {south + side, west}, {south, west}}}}
	}
	strips := func(south, side float64) float64 {
		const n = 20000
		sum := 0.0
		for i := range n {
			sin, cos := math.Sincos((south + side*(float64(i)+0.5)/n) * Rad)
			w := 1 - earthE2*sin*sin
			sum += earthA * earthA * (1 - earthE2) / (w * w) * cos
		}
		return sum * side * Rad * side * Rad / n
	}
	for _, tt := range []struct {
		at   []Polygon
		want float64
	}{
		{box(0, 0, 1), strips(0, 1)},
		{box(45, 126, 0.001), strips(45, 0.001)},
		{box(-80, 10, 5), strips(-80, 5)},
		{[]Polygon{{{{-90, -180}, {-90, 180}, {90, 180}, {90, -180}, {-90, -180}}}}, 510065621724089},
	} {
		if got := SizeM2(tt.at); math.Abs(got-tt.want) > 1e-6*tt.want {
			t.Errorf("SizeM2 = %.3f, want %.3f", got, tt.want)
		}
	}
	whole, part := box(45, 126, 0.1), box(45.02, 126.02, 0.01)
	holed := []Polygon{{whole[0][0], part[0][0]}}
	if got, want := SizeM2(holed), SizeM2(whole)-SizeM2(part); math.Abs(got-want) > 1e-3 {
		t.Errorf("with a hole %.3f, want %.3f", got, want)
	}
}
