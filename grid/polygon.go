package grid

import (
	"math"
	"slices"
)

// Polygon is a list of closed rings, the outer one first, then holes.
type Polygon [][]Point

// edge runs upwards: a is its lower end. Both owners of a shared edge see the same a and b, so the
// side test gives them the same number and a point on the edge belongs to exactly one of them.
type edge struct{ a, b Point }

func (e *edge) along(t float64) Point {
	return Point{e.a.Lat + t*(e.b.Lat-e.a.Lat), e.a.Lng + t*(e.b.Lng-e.a.Lng)}
}

// shape is an area's rings as edges in slabs of latitude.
//
// The rule for a point on an edge: a ray runs from the point to the west; an edge counts when
// a.Lat <= lat < b.Lat and the point is strictly on its eastern side. So a point on a western edge
// is outside and on an eastern edge inside, a point on a lower (southern) edge inside and on an
// upper edge outside; an area that shares the edge sees exactly the opposite.
type shape struct {
	edges        []edge
	slabs        [][]int32
	south, north float64
	west, east   float64
	step         float64
}

func newShape(polygons []Polygon) *shape {
	s := &shape{south: math.Inf(1), north: math.Inf(-1), west: math.Inf(1), east: math.Inf(-1)}
	for _, p := range polygons {
		for _, ring := range p {
			for i := 1; i < len(ring); i++ {
				a, b := ring[i-1], ring[i]
				s.grow(a)
				s.grow(b)
				if a == b {
					continue
				}
				if a.Lat > b.Lat || a.Lat == b.Lat && a.Lng > b.Lng {
					a, b = b, a
				}
				s.edges = append(s.edges, edge{a, b})
			}
		}
	}
	n := min(max(len(s.edges)/4, 1), 2048)
	s.slabs = make([][]int32, n)
	s.step = (s.north - s.south) / float64(n)
	for i, e := range s.edges {
		for k := s.slab(e.a.Lat); k <= s.slab(e.b.Lat); k++ {
			s.slabs[k] = append(s.slabs[k], int32(i))
		}
	}
	return s
}

func (s *shape) grow(p Point) {
	s.south, s.north = min(s.south, p.Lat), max(s.north, p.Lat)
	s.west, s.east = min(s.west, p.Lng), max(s.east, p.Lng)
}

func (s *shape) slab(lat float64) int {
	if s.step <= 0 {
		return 0
	}
	return min(max(int((lat-s.south)/s.step), 0), len(s.slabs)-1)
}

func (s *shape) contains(p Point) bool {
	if p.Lat < s.south || p.Lat > s.north || p.Lng < s.west || p.Lng > s.east {
		return false
	}
	inside := false
	for _, i := range s.slabs[s.slab(p.Lat)] {
		e := &s.edges[i]
		if e.a.Lat <= p.Lat && p.Lat < e.b.Lat &&
			(e.b.Lng-e.a.Lng)*(p.Lat-e.a.Lat)-(p.Lng-e.a.Lng)*(e.b.Lat-e.a.Lat) < 0 {
			inside = !inside
		}
	}
	return inside
}

// nearestEdge looks at slabs outwards from the point's own until none can be nearer than best.
func (s *shape) nearestEdge(pl plane, best float64, at Point) (float64, Point) {
	k := s.slab(pl.at.Lat)
	for off := 0; off < len(s.slabs); off++ {
		// The slab at offset off begins at least off-1 whole slabs away.
		if off > 1 && float64(off-1)*s.step*pl.kLat > best {
			break
		}
		for _, i := range [2]int{k - off, k + off} {
			if i < 0 || i >= len(s.slabs) || off == 0 && i != k {
				continue
			}
			for _, j := range s.slabs[i] {
				if d, p := pl.nearest(&s.edges[j]); d < best {
					best, at = d, p
				}
			}
		}
	}
	return best, at
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
