package grid

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/peterstace/simplefeatures/rtree"
)

// snapDeg is the distance in degrees (about a micrometre) within which two vertices are one, and
// within which a vertex lies on an edge. Rounding of coordinates stays far below this distance,
// drawn borders that differ stay far above.
const snapDeg = 1e-11

// Bounds of one arrangement. Borders drawn by people stay far below, a scribble does not.
const (
	mostCrossings = 5_000 // cuts of edges, and one more for every second edge
	mostPairs     = 400   // pairs of edges whose boxes meet, for each edge on average
	leastPairs    = 4_000_000
	mostRounds    = 12 // passes until no edge is left to cut
)

// errTangled says that edges exceed a bound of an arrangement.
var errTangled = errors.New("lines cross too often")

// snapper gives every vertex one name: the first vertex seen within snapDeg.
type snapper struct {
	first map[[2]int64]int32 // of the vertices in a square of snapSquare degrees
	next  []int32            // the next vertex in the same square, or none
	at    []Point
}

const snapSquare = 64 * snapDeg

func newSnapper(n int) *snapper { return &snapper{first: make(map[[2]int64]int32, n)} }

func (s *snapper) snap(p Point) Point {
	lat, lng := p.Lat/snapSquare, p.Lng/snapSquare
	const near = 1.0 / 64
	lat0, lat1 := int64(math.Floor(lat-near)), int64(math.Floor(lat+near))
	lng0, lng1 := int64(math.Floor(lng-near)), int64(math.Floor(lng+near))
	for y := lat0; y <= lat1; y++ {
		for x := lng0; x <= lng1; x++ {
			i, ok := s.first[[2]int64{y, x}]
			for ; ok && i != none; i = s.next[i] {
				if q := s.at[i]; math.Abs(q.Lat-p.Lat) <= snapDeg && math.Abs(q.Lng-p.Lng) <= snapDeg {
					return q
				}
			}
		}
	}
	square := [2]int64{int64(math.Floor(lat)), int64(math.Floor(lng))}
	head, ok := s.first[square]
	if !ok {
		head = none
	}
	s.first[square] = int32(len(s.at))
	s.at, s.next = append(s.at, p), append(s.next, head)
	return p
}

// cut splits edges until any two of them meet in common ends only, and drops repetitions.
// Errors: errTangled.
func cut(edges []edge) ([]edge, error) {
	s := newSnapper(len(edges))
	snapped := make([]edge, 0, len(edges))
	for _, e := range edges {
		if a, b := s.snap(e.a), s.snap(e.b); a != b {
			snapped = append(snapped, newEdge(a, b))
		}
	}
	edges = distinct(snapped)
	fresh, budget := len(edges), mostCrossings+len(edges)/2
	for range mostRounds {
		// The last fresh edges are new in this pass: only their meetings are unknown.
		cuts := map[int][]Point{}
		add := func(i int, p Point) {
			if p != edges[i].a && p != edges[i].b && !slices.Contains(cuts[i], p) {
				cuts[i] = append(cuts[i], p)
				budget--
			}
		}
		whole := neighbours(edges, len(edges)-fresh, snapDeg, func(i, j int) bool {
			e, f := &edges[i], &edges[j]
			onE, onF := e.ends(f, i, add), f.ends(e, j, add)
			if !onE && !onF && e.crosses(f) {
				p := s.snap(meet(e, f))
				add(i, p)
				add(j, p)
			}
			return budget >= 0
		})
		if !whole {
			return nil, errTangled
		}
		if len(cuts) == 0 {
			return edges, nil
		}
		kept := make([]edge, 0, len(edges)+2*len(cuts))
		var pieces []edge
		for i, e := range edges {
			at, ok := cuts[i]
			if !ok {
				kept = append(kept, e)
				continue
			}
			slices.SortFunc(at, func(p, q Point) int { return cmp.Compare(e.along01(p), e.along01(q)) })
			last := e.a
			for _, p := range append(at, e.b) {
				if p != last {
					pieces = append(pieces, newEdge(last, p))
				}
				last = p
			}
		}
		before := len(kept)
		edges = distinct(append(kept, pieces...))
		fresh = len(edges) - before
	}
	return nil, errTangled
}

// ends cuts e at the ends of f that lie on it, and reports whether one does or both edges share an
// end.
func (e *edge) ends(f *edge, i int, add func(int, Point)) bool {
	any := false
	for _, p := range [2]Point{f.a, f.b} {
		switch {
		case p == e.a || p == e.b:
			any = true
		case e.holds(p):
			any = true
			add(i, p)
		}
	}
	return any
}

// holds reports whether a point lies on the edge within snapDeg.
func (e *edge) holds(p Point) bool {
	t := e.along01(p)
	if !(t > 0 && t < 1) {
		return false
	}
	length := math.Hypot(e.b.Lat-e.a.Lat, e.b.Lng-e.a.Lng)
	return math.Abs(e.side(p)) <= snapDeg*length
}

// along01 is how far along the edge a point lies: 0 at a, 1 at b.
func (e *edge) along01(p Point) float64 {
	dLat, dLng := e.b.Lat-e.a.Lat, e.b.Lng-e.a.Lng
	return ((p.Lat-e.a.Lat)*dLat + (p.Lng-e.a.Lng)*dLng) / (dLat*dLat + dLng*dLng)
}

// crosses reports whether two edges have the ends of each on both sides of the other.
func (e *edge) crosses(f *edge) bool {
	s1, s2, s3, s4 := e.side(f.a), e.side(f.b), f.side(e.a), f.side(e.b)
	return (s1 > 0) != (s2 > 0) && s1 != 0 && s2 != 0 && (s3 > 0) != (s4 > 0) && s3 != 0 && s4 != 0
}

// side is positive to the left of the edge, looking from a to b, and as large as the distance times
// the length.
func (e *edge) side(p Point) float64 {
	return (e.b.Lng-e.a.Lng)*(p.Lat-e.a.Lat) - (p.Lng-e.a.Lng)*(e.b.Lat-e.a.Lat)
}

func meet(e, f *edge) Point {
	s1, s2 := f.side(e.a), f.side(e.b)
	return e.along(s1 / (s1 - s2))
}

// neighbours calls found for each pair of edges whose boxes come within a margin of each other, of
// which at least one stands at first or after, until found returns false. It returns false when
// found did, or when the pairs exceed mostPairs.
func neighbours(edges []edge, first int, margin float64, found func(i, j int) bool) bool {
	items := make([]rtree.BulkItem, len(edges))
	for i := range edges {
		items[i] = rtree.BulkItem{Box: edges[i].box(0), RecordID: i}
	}
	tree, left := rtree.BulkLoad(items), max(mostPairs*len(edges), leastPairs)
	for i := first; i < len(edges); i++ {
		_ = tree.RangeSearch(edges[i].box(margin), func(j int) error {
			if left--; left < 0 {
				return rtree.Stop
			}
			if (j > i || j < first) && !found(i, j) {
				left = -1
				return rtree.Stop
			}
			return nil
		})
		if left < 0 {
			return false
		}
	}
	return true
}

func (e *edge) box(margin float64) rtree.Box {
	return rtree.Box{MinX: min(e.a.Lng, e.b.Lng) - margin, MinY: e.a.Lat - margin, MaxX: max(e.a.Lng, e.b.Lng) + margin, MaxY: e.b.Lat + margin}
}

func distinct(edges []edge) []edge {
	seen := make(map[edge]bool, len(edges))
	var out []edge
	for _, e := range edges {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out
}

// once are the edges that stand an odd number of times: an edge drawn twice is a slit or a seam
// between rings, with the same ground on both sides.
func once(edges []edge) []edge {
	odd := make(map[edge]bool, len(edges))
	for _, e := range edges {
		odd[e] = !odd[e]
	}
	var out []edge
	for _, e := range edges {
		if odd[e] {
			odd[e] = false
			out = append(out, e)
		}
	}
	return out
}
