package grid

import "math"

// Polygon is a list of closed rings, the outer one first, then holes.
type Polygon [][]Point

// edge runs upwards: a is its lower end. Both owners of a shared edge see the same a and b, so the
// side test gives them the same number and a point on the edge belongs to exactly one of them.
type edge struct{ a, b Point }

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

// metersPerDegree of latitude: the mean of WGS-84 (111,132 m at 45°).
const metersPerDegree = 111_195.0

// plane is a local flat map in metres around a point; good to 0.1 % within some 50 km.
type plane struct {
	at   Point
	kLng float64
}

func planeAt(p Point) plane {
	return plane{p, metersPerDegree * math.Cos(p.Lat*math.Pi/180)}
}

func (pl plane) xy(p Point) (x, y float64) {
	return (p.Lng - pl.at.Lng) * pl.kLng, (p.Lat - pl.at.Lat) * metersPerDegree
}

// nearest is the point of the edge that is nearest to the plane's origin, and its distance.
func (pl plane) nearest(e *edge) (dist float64, at Point) {
	ax, ay := pl.xy(e.a)
	bx, by := pl.xy(e.b)
	dx, dy := bx-ax, by-ay
	t := -(ax*dx + ay*dy) / (dx*dx + dy*dy)
	t = min(max(t, 0), 1)
	return math.Hypot(ax+t*dx, ay+t*dy), Point{e.a.Lat + t*(e.b.Lat-e.a.Lat), e.a.Lng + t*(e.b.Lng-e.a.Lng)}
}

// nearestEdge looks at slabs outwards from the point's own until none can be nearer than best.
func (s *shape) nearestEdge(pl plane, best float64, at Point) (float64, Point) {
	k := s.slab(pl.at.Lat)
	for off := 0; off < len(s.slabs); off++ {
		// The slab at offset off begins at least off-1 whole slabs away.
		if off > 1 && float64(off-1)*s.step*metersPerDegree > best {
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
