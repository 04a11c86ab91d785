package geo

import (
	"math"
	"math/big"

	"github.com/peterstace/simplefeatures/rtree"
)

// Edge runs upwards: A is its lower end. Both owners of a shared edge have the same A and B, so the side test gives both the same
// number, and a point on the edge belongs to exactly one of them.
type Edge struct{ A, B Point }

// NewEdge returns the edge between two points.
func NewEdge(a, b Point) Edge {
	if a.Lat > b.Lat || a.Lat == b.Lat && a.Lng > b.Lng {
		a, b = b, a
	}
	return Edge{a, b}
}

// At returns the point at a fraction of the edge: A at 0, B at 1.
func (e *Edge) At(t float64) Point {
	return Point{e.A.Lat + t*(e.B.Lat-e.A.Lat), e.A.Lng + t*(e.B.Lng-e.A.Lng)}
}

// SnapDeg is the distance in degrees (about a micrometre) within which two vertices are one, and a vertex lies on an edge. Rounding of
// coordinates stays far below it, differences between drawn borders far above.
const SnapDeg = 1e-11

// Ends calls add for each end of f that lies within e, and reports whether there is one or the edges share an end.
func (e *Edge) Ends(f *Edge, i int, add func(int, Point)) bool {
	any := false
	for _, p := range [2]Point{f.A, f.B} {
		switch {
		case p == e.A || p == e.B:
			any = true
		case e.holds(p):
			any = true
			add(i, p)
		}
	}
	return any
}

// holds reports whether a point lies on the edge, within SnapDeg.
func (e *Edge) holds(p Point) bool {
	t := e.Fraction(p)
	if !(t > 0 && t < 1) {
		return false
	}
	length := math.Hypot(e.B.Lat-e.A.Lat, e.B.Lng-e.A.Lng)
	return math.Abs(e.side(p)) <= SnapDeg*length
}

// Fraction returns how far along the edge a point lies: 0 at A, 1 at B.
func (e *Edge) Fraction(p Point) float64 {
	dLat, dLng := e.B.Lat-e.A.Lat, e.B.Lng-e.A.Lng
	return ((p.Lat-e.A.Lat)*dLat + (p.Lng-e.A.Lng)*dLng) / (dLat*dLat + dLng*dLng)
}

// Crosses reports whether each edge has its ends on both sides of the other.
func (e *Edge) Crosses(f *Edge) bool {
	s1, s2, s3, s4 := e.side(f.A), e.side(f.B), f.side(e.A), f.side(e.B)
	return (s1 > 0) != (s2 > 0) && s1 != 0 && s2 != 0 && (s3 > 0) != (s4 > 0) && s3 != 0 && s4 != 0
}

// side returns the distance of a point from the edge times the length of the edge, positive to the left of the direction from A to B.
func (e *Edge) side(p Point) float64 {
	return (e.B.Lng-e.A.Lng)*(p.Lat-e.A.Lat) - (p.Lng-e.A.Lng)*(e.B.Lat-e.A.Lat)
}

// Intersection returns the point where two edges cross.
func Intersection(e, f *Edge) Point {
	s1, s2 := f.side(e.A), f.side(e.B)
	return e.At(s1 / (s1 - s2))
}

// Box returns the box around the edge, widened by a margin in degrees.
func (e *Edge) Box(margin float64) rtree.Box {
	return rtree.Box{
		MinX: min(e.A.Lng, e.B.Lng) - margin, MinY: e.A.Lat - margin,
		MaxX: max(e.A.Lng, e.B.Lng) + margin, MaxY: e.B.Lat + margin,
	}
}

// seam reports an edge that is no border on the ground: it lies on the antimeridian, where RFC 7946 wants polygons cut, or at a pole.
func (e *Edge) seam() bool {
	return e.A.Lng == e.B.Lng && math.Abs(e.A.Lng) == 180 || e.A.Lat == e.B.Lat && math.Abs(e.A.Lat) == 90
}

// East reports whether p is strictly on the eastern side of the edge, from the exact sign of the cross product. Where rounding could
// change the sign it is computed without rounding.
func (e *Edge) East(p Point) bool {
	l := float64((e.B.Lng - e.A.Lng) * (p.Lat - e.A.Lat))
	r := float64((p.Lng - e.A.Lng) * (e.B.Lat - e.A.Lat))
	const doubt = 8 * 0x1p-53
	if det, most := l-r, doubt*(math.Abs(l)+math.Abs(r)); det > most || det < -most {
		return det < 0
	}
	return e.eastExactly(p)
}

// exactBits is the precision that holds any difference of two degrees, and the product of two such, down to steps of 2^-200 degrees.
const exactBits = 640

func (e *Edge) eastExactly(p Point) bool {
	if p == e.A || p == e.B {
		return false
	}
	less := func(x, y float64) *big.Float {
		d := new(big.Float).SetPrec(exactBits).SetFloat64(x)
		return d.Sub(d, new(big.Float).SetFloat64(y))
	}
	l, r := less(e.B.Lng, e.A.Lng), less(p.Lng, e.A.Lng)
	l.Mul(l, less(p.Lat, e.A.Lat))
	r.Mul(r, less(e.B.Lat, e.A.Lat))
	return l.Cmp(r) < 0
}
