package grid

import (
	"math"
	"math/big"
	"slices"
)

// Polygon is a list of closed rings, the outer one first, then holes.
type Polygon [][]Point

// edge runs upwards: a is its lower end. Both owners of a shared edge see the same a and b, so the
// side test gives them the same number and a point on the edge belongs to exactly one of them.
type edge struct{ a, b Point }

func newEdge(a, b Point) edge {
	if a.Lat > b.Lat || a.Lat == b.Lat && a.Lng > b.Lng {
		a, b = b, a
	}
	return edge{a, b}
}

func (e *edge) along(t float64) Point {
	return Point{e.a.Lat + t*(e.b.Lat-e.a.Lat), e.a.Lng + t*(e.b.Lng-e.a.Lng)}
}

// seam reports an edge that is no border on the ground: it lies on the antimeridian, where RFC 7946
// wants polygons cut, or in a pole.
func (e *edge) seam() bool {
	return e.a.Lng == e.b.Lng && math.Abs(e.a.Lng) == 180 || e.a.Lat == e.b.Lat && math.Abs(e.a.Lat) == 90
}

// east reports whether p is strictly on the eastern side of the edge: the exact sign of the cross
// product. Where rounding could turn it, it is computed again without.
func (e *edge) east(p Point) bool {
	l := float64((e.b.Lng - e.a.Lng) * (p.Lat - e.a.Lat))
	r := float64((p.Lng - e.a.Lng) * (e.b.Lat - e.a.Lat))
	const doubt = 8 * 0x1p-53
	if det, most := l-r, doubt*(math.Abs(l)+math.Abs(r)); det > most || det < -most {
		return det < 0
	}
	return e.eastExactly(p)
}

// exactBits holds any difference of two degrees and the product of two such without rounding, down
// to steps of 2^-200 degrees.
const exactBits = 640

func (e *edge) eastExactly(p Point) bool {
	if p == e.a || p == e.b {
		return false
	}
	less := func(x, y float64) *big.Float {
		d := new(big.Float).SetPrec(exactBits).SetFloat64(x)
		return d.Sub(d, new(big.Float).SetFloat64(y))
	}
	l, r := less(e.b.Lng, e.a.Lng), less(p.Lng, e.a.Lng)
	l.Mul(l, less(p.Lat, e.a.Lat))
	r.Mul(r, less(e.b.Lat, e.a.Lat))
	return l.Cmp(r) < 0
}

// shape is an area's rings as edges in slabs of latitude.
//
// The rule for a point on an edge: a ray runs from the point to the west; an edge counts when
// a.Lat <= lat < b.Lat and the point is strictly on its eastern side. So a point on a western edge
// is outside and on an eastern edge inside, a point on a lower (southern) edge inside and on an
// upper edge outside; an area that shares the edge sees exactly the opposite. For the square with
// corners 0,0 and 1,1 (lat, lng): 0.5,0 is outside, 0.5,1 inside, 0,0.5 inside, 1,0.5 outside; of
// its corners only 0,1 (the south-eastern one) is inside.
type shape struct {
	edges        []edge  // in the order of the rings
	runs         []edge  // again, slab by slab: what one test reads lies together
	slabEnd      []int32 // of runs
	south, north float64
	west, east   float64
	scale        float64 // slabs a degree
}

// mostRuns is about how often an edge stands in runs, on average: long edges get fewer slabs.
const mostRuns = 8

func newShape(polygons []Polygon) *shape {
	s := &shape{south: math.Inf(1), north: math.Inf(-1), west: math.Inf(1), east: math.Inf(-1)}
	count := 0
	for _, p := range polygons {
		for _, ring := range p {
			count += len(ring)
		}
	}
	s.edges = make([]edge, 0, count)
	for _, p := range polygons {
		for _, ring := range p {
			for i := 1; i < len(ring); i++ {
				s.grow(ring[i-1])
				s.grow(ring[i])
				if ring[i-1] != ring[i] {
					s.edges = append(s.edges, newEdge(ring[i-1], ring[i]))
				}
			}
		}
	}
	n := min(max(len(s.edges)/3, 1), 8192)
	if s.north > s.south {
		high := 0.0 // how many edges a parallel meets, on average: more slabs than this would hold mostly the same
		for i := range s.edges {
			high += (s.edges[i].b.Lat - s.edges[i].a.Lat) / (s.north - s.south)
		}
		n = max(min(n, int(mostRuns*float64(len(s.edges))/high)), 1)
		s.scale = float64(n) / (s.north - s.south)
	}
	s.slabEnd = make([]int32, n)
	for i := range s.edges {
		for k := s.slab(s.edges[i].a.Lat); k <= s.slab(s.edges[i].b.Lat); k++ {
			s.slabEnd[k]++
		}
	}
	total := int32(0)
	for k, c := range s.slabEnd {
		s.slabEnd[k] = total
		total += c
	}
	s.runs = make([]edge, total)
	for i := range s.edges {
		for k := s.slab(s.edges[i].a.Lat); k <= s.slab(s.edges[i].b.Lat); k++ {
			s.runs[s.slabEnd[k]] = s.edges[i]
			s.slabEnd[k]++
		}
	}
	return s
}

func (s *shape) grow(p Point) {
	s.south, s.north = min(s.south, p.Lat), max(s.north, p.Lat)
	s.west, s.east = min(s.west, p.Lng), max(s.east, p.Lng)
}

func (s *shape) slab(lat float64) int {
	return min(max(int((lat-s.south)*s.scale), 0), len(s.slabEnd)-1)
}

func (s *shape) contains(p Point) bool {
	if p.Lat < s.south || p.Lat > s.north || p.Lng < s.west || p.Lng > s.east {
		return false
	}
	k, from := s.slab(p.Lat), int32(0)
	if k > 0 {
		from = s.slabEnd[k-1]
	}
	return odd(s.runs[from:s.slabEnd[k]], p)
}

// odd reports whether a ray from the point to the west meets an odd number of edges; see shape.
func odd(run []edge, p Point) bool {
	inside := false
	for i := range run {
		e := &run[i]
		if p.Lat < e.a.Lat || p.Lat >= e.b.Lat || p.Lng < e.a.Lng && p.Lng < e.b.Lng {
			continue
		}
		if p.Lng > e.a.Lng && p.Lng > e.b.Lng || e.east(p) {
			inside = !inside
		}
	}
	return inside
}

// Contains reports whether the polygon holds a point. A point on an edge belongs to one of the two sides, to the same
// one as for an area of an Index with that edge, so polygons that share a border share no point. Contains is meant for
// single tests of small polygons; an Index or Patches answer many tests faster.
func (p Polygon) Contains(pt Point) bool {
	pt = onSheet(pt)
	inside := false
	var batch [32]edge
	for _, ring := range p {
		n := 0
		for i := 1; i < len(ring); i++ {
			batch[n] = newEdge(ring[i-1], ring[i])
			if n++; n == len(batch) {
				inside = inside != odd(batch[:n], pt)
				n = 0
			}
		}
		inside = inside != odd(batch[:n], pt)
	}
	return inside
}

// SizeM2 is the size of polygons on the ellipsoid of WGS-84 in square metres, good to a millionth:
// outer rings less holes, edges straight in latitude and longitude.
func SizeM2(polygons []Polygon) float64 {
	total := 0.0
	for _, p := range polygons {
		for i, ring := range p {
			if size := math.Abs(ringM2(ring)); i == 0 {
				total += size
			} else {
				total -= size
			}
		}
	}
	return total
}

// Nodes and weights of Gauss and Legendre on [0, 1].
var gauss = [3][2]float64{{0.5 - 0.3872983346207417, 5.0 / 18}, {0.5, 8.0 / 18}, {0.5 + 0.3872983346207417, 5.0 / 18}}

// ringM2 is positive when the ring runs counter-clockwise: the integral over longitude of the
// ellipsoid's surface between the first vertex' parallel and the edge.
func ringM2(ring []Point) float64 {
	if len(ring) == 0 {
		return 0
	}
	base, total := zoneM2(ring[0].Lat), 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		mean := 0.0
		for _, g := range gauss {
			mean += g[1] * (zoneM2(a.Lat+g[0]*(b.Lat-a.Lat)) - base)
		}
		total -= mean * (b.Lng - a.Lng) * rad
	}
	return total
}

// zoneM2 is the surface from the equator to a latitude, for one radian of longitude.
func zoneM2(lat float64) float64 {
	e := math.Sqrt(earthE2)
	sin := math.Sin(lat * rad)
	return earthA * earthA * (1 - earthE2) / 2 * (sin/(1-earthE2*sin*sin) + math.Atanh(e*sin)/e)
}

// Inside is a place within polygons, as far from their edges as is cheap to find: the middle of the
// longest stretch of ground on 15 parallels.
func Inside(polygons []Polygon) Point {
	s := newShape(polygons)
	best, out := -1.0, Point{}
	for k := range 15 {
		lat := s.south + (s.north-s.south)*(float64(k)+0.5)/15
		var cuts []float64
		for _, e := range s.edges {
			if e.a.Lat <= lat && lat < e.b.Lat {
				cuts = append(cuts, e.a.Lng+(e.b.Lng-e.a.Lng)*(lat-e.a.Lat)/(e.b.Lat-e.a.Lat))
			}
		}
		slices.Sort(cuts)
		for i := 1; i < len(cuts); i += 2 {
			if wide := cuts[i] - cuts[i-1]; wide > best {
				best, out = wide, Point{lat, (cuts[i] + cuts[i-1]) / 2}
			}
		}
	}
	return out
}
