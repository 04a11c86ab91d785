package geo

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The worked example of the edge rule, and that neighbours which share vertices never both nor
// neither have a point of their common border: on edges, corners, and where three meet.
func TestShape_EdgeRule(t *testing.T) {
	t.Parallel()
	square := NewShape([]Polygon{{{{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0, 0}}}})
	for p, want := range map[Point]bool{
		{0.5, 0}: false, {0.5, 1}: true, {0, 0.5}: true, {1, 0.5}: false, {0, 0}: false, {0, 1}: true, {1, 1}: false, {1, 0}: false, {0.5, 0.5}: true,
	} {
		if got := square.Contains(p); got != want {
			t.Errorf("contains(%v) = %v, want %v", p, got, want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		num := rapid.Float64Range(-1, 1)
		pt := func(name string) Point { return Point{num.Draw(r, name), num.Draw(r, name)} }
		a, b, left, right := pt("a"), pt("b"), pt("left"), pt("right")
		e := NewEdge(a, b)
		if a == b || e.East(left) == e.East(right) {
			r.Skip()
		}
		one, other := NewShape([]Polygon{{{a, b, left, a}}}), NewShape([]Polygon{{{a, right, b, a}}})
		k := rapid.Float64Range(0.001, 0.999).Draw(r, "along")
		p := e.At(k)
		if math.Abs(a.Lat-b.Lat) < 1e-9 {
			p = e.At(0.5)
		}
		if one.Contains(p) && other.Contains(p) {
			r.Errorf("%v on the border is in both", p)
		}
		// Rounding may put p beside the border, but never outside the quadrilateral that both make.
		quad := NewShape([]Polygon{{{a, right, b, left, a}}})
		if quad.Contains(p) != (one.Contains(p) || other.Contains(p)) {
			r.Errorf("%v: in the whole %v, in one %v, in the other %v", p, quad.Contains(p), one.Contains(p), other.Contains(p))
		}
	})
}

// The side of an edge is exact even where floating point can't tell.
func TestEdge_EastIsExact(t *testing.T) {
	t.Parallel()
	e := NewEdge(Point{0, 0}, Point{3, 1})
	for _, p := range []Point{{1.5, 0.5}, {0.3, 0.1}, {2.1, 0.7}} {
		exact := e.eastExactly(p)
		if e.East(p) != exact {
			t.Errorf("east(%v) = %v, exactly %v", p, e.East(p), exact)
		}
		if up := (Point{p.Lat, math.Nextafter(p.Lng, 9)}); !e.East(up) {
			t.Errorf("east(%v) = false one step to the east", up)
		}
	}
}
