package arrangement

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"wangge/grid/internal/geo"
)

// Bounds of one arrangement. Real borders stay far below; a scribble does not.
const (
	mostCrossings = 5_000 // cuts of edges, and one more for every second edge
	mostPairs     = 400   // pairs of edges whose boxes meet, for each edge on average
	leastPairs    = 4_000_000
	mostRounds    = 12 // passes until no edge is left to cut
)

// ErrTangled means that edges exceed a bound of an arrangement.
var ErrTangled = errors.New("lines cross too often")

// snapper maps every vertex to the first vertex seen within geo.SnapDeg.
type snapper struct {
	first map[[2]int64]int32 // of the vertices in a square of snapSquare degrees
	next  []int32            // the next vertex in the same square, or none
	at    []geo.Point
}

const snapSquare = 64 * geo.SnapDeg

func newSnapper(n int) *snapper { return &snapper{first: make(map[[2]int64]int32, n)} }

func (s *snapper) snap(p geo.Point) geo.Point {
	lat, lng := p.Lat/snapSquare, p.Lng/snapSquare
	const near = 1.0 / 64
	lat0, lat1 := int64(math.Floor(lat-near)), int64(math.Floor(lat+near))
	lng0, lng1 := int64(math.Floor(lng-near)), int64(math.Floor(lng+near))
	for y := lat0; y <= lat1; y++ {
		for x := lng0; x <= lng1; x++ {
			i, ok := s.first[[2]int64{y, x}]
			for ; ok && i != geo.None; i = s.next[i] {
				if q := s.at[i]; math.Abs(q.Lat-p.Lat) <= geo.SnapDeg && math.Abs(q.Lng-p.Lng) <= geo.SnapDeg {
					return q
				}
			}
		}
	}
	square := [2]int64{int64(math.Floor(lat)), int64(math.Floor(lng))}
	head, ok := s.first[square]
	if !ok {
		head = geo.None
	}
	s.first[square] = int32(len(s.at))
	s.at, s.next = append(s.at, p), append(s.next, head)
	return p
}

// split cuts edges until any two of them meet in common ends only, and drops duplicates. Error: ErrTangled.
func split(edges []geo.Edge) ([]geo.Edge, error) {
	s := newSnapper(len(edges))
	snapped := make([]geo.Edge, 0, len(edges))
	for _, e := range edges {
		if a, b := s.snap(e.A), s.snap(e.B); a != b {
			snapped = append(snapped, geo.NewEdge(a, b))
		}
	}
	edges = distinct(snapped)
	fresh, budget := len(edges), mostCrossings+len(edges)/2
	for range mostRounds {
		// The last fresh edges are new in this pass: only their meetings are unknown.
		cuts := map[int][]geo.Point{}
		add := func(i int, p geo.Point) {
			if p != edges[i].A && p != edges[i].B && !slices.Contains(cuts[i], p) {
				cuts[i] = append(cuts[i], p)
				budget--
			}
		}
		whole := Pairs(edges, len(edges)-fresh, geo.SnapDeg, func(i, j int) bool {
			e, f := &edges[i], &edges[j]
			onE, onF := e.Ends(f, i, add), f.Ends(e, j, add)
			if !onE && !onF && e.Crosses(f) {
				p := s.snap(geo.Intersection(e, f))
				add(i, p)
				add(j, p)
			}
			return budget >= 0
		})
		if !whole {
			return nil, ErrTangled
		}
		if len(cuts) == 0 {
			return edges, nil
		}
		kept := make([]geo.Edge, 0, len(edges)+2*len(cuts))
		var pieces []geo.Edge
		for i, e := range edges {
			at, ok := cuts[i]
			if !ok {
				kept = append(kept, e)
				continue
			}
			slices.SortFunc(at, func(p, q geo.Point) int { return cmp.Compare(e.Fraction(p), e.Fraction(q)) })
			last := e.A
			for _, p := range append(at, e.B) {
				if p != last {
					pieces = append(pieces, geo.NewEdge(last, p))
				}
				last = p
			}
		}
		before := len(kept)
		edges = distinct(append(kept, pieces...))
		fresh = len(edges) - before
	}
	return nil, ErrTangled
}
