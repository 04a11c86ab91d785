package geo

import (
	"fmt"
	"math"
	"slices"
)

// Polygon is a list of closed rings, the outer one first, then holes.
type Polygon [][]Point

// CheckRing calls fault for what is wrong with a closed ring.
func CheckRing(r []Point, fault func(code string, at Point, text string)) {
	switch {
	case !OnEarth(r):
		i := slices.IndexFunc(r, func(p Point) bool { return !OnEarth([]Point{p}) })
		fault("bad_vertex", Point{}, fmt.Sprintf("vertex %d is %v,%v", i+1, r[i].Lat, r[i].Lng))
	case len(r) < 4:
		fault("short_ring", Point{}, fmt.Sprintf("a ring of %d vertices; a ring needs 4", len(r)))
	case r[0] != r[len(r)-1]:
		fault("unclosed_ring", r[0], "a ring does not end where it begins")
	case degenerate(r):
		fault("empty_ring", r[0], "a ring is empty: its vertices lie on one line")
	}
}

// degenerate reports a ring without ground: all its vertices lie on one line, within a ten-thousandth of a millimetre.
func degenerate(r []Point) bool {
	far := r[0]
	for _, p := range r {
		if math.Hypot(p.Lat-r[0].Lat, p.Lng-r[0].Lng) > math.Hypot(far.Lat-r[0].Lat, far.Lng-r[0].Lng) {
			far = p
		}
	}
	line := NewEdge(r[0], far)
	least := 1e-12 * math.Hypot(far.Lat-r[0].Lat, far.Lng-r[0].Lng)
	return !slices.ContainsFunc(r, func(p Point) bool { return math.Abs(line.side(p)) > least })
}

// Contains reports whether the polygon holds a point. A point on an edge belongs to one of the two sides, to the same
// one as for an area of an index with that edge, so polygons that share a border share no point. Contains is meant for
// single tests of small polygons; an Index or Patches of package grid answer many tests faster.
func (p Polygon) Contains(pt Point) bool {
	pt = Canonical(pt)
	inside := false
	var batch [32]Edge
	for _, ring := range p {
		n := 0
		for i := 1; i < len(ring); i++ {
			batch[n] = NewEdge(ring[i-1], ring[i])
			if n++; n == len(batch) {
				inside = inside != odd(batch[:n], pt)
				n = 0
			}
		}
		inside = inside != odd(batch[:n], pt)
	}
	return inside
}

// Canonical maps both names of the antimeridian to 180°, and moves a pole into the ground that reaches it at the longitude given.
func Canonical(pt Point) Point {
	if pt.Lng == -180 {
		pt.Lng = 180
	}
	if pt.Lat == 90 {
		pt.Lat = math.Nextafter(90, 0)
	}
	return pt
}
