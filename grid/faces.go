package grid

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/peterstace/simplefeatures/geom"
	"github.com/peterstace/simplefeatures/rtree"
)

// face is a piece of ground between lines: an outer ring that runs counter-clockwise, and holes.
type face struct {
	rings  Polygon
	inside Point
	sizeM2 float64
}

// leastM2 is the smallest piece of ground that is told: what is smaller comes from rounding.
const leastM2 = 0.01

// facesOf finds every piece of ground that a set of edges closes in, the largest first.
func facesOf(edges []edge) ([]face, error) {
	edges = distinct(edges)
	meetings := 0
	if !crossing(edges, func(_, _ int) bool { meetings++; return meetings <= mostCrossings }) {
		return nil, errTangled
	}
	if meetings > 0 {
		var err error
		if edges, err = noded(edges); err != nil {
			return nil, err
		}
	}
	rings := trace(edges)
	var outer, holes []face
	for _, r := range rings {
		if size := ringM2(r); size >= leastM2 {
			outer = append(outer, face{rings: Polygon{r}, sizeM2: size})
		} else if size <= -leastM2 {
			holes = append(holes, face{rings: Polygon{r}, sizeM2: -size})
		}
	}
	slices.SortStableFunc(outer, func(a, b face) int { return -compareSize(a, b) })
	shapes := make([]*shape, len(outer))
	for i := range outer {
		shapes[i] = newShape([]Polygon{outer[i].rings})
	}
	// A hole is the outside of what lies in a face: it belongs to the smallest larger face around it.
	for _, h := range holes {
		for i := len(outer) - 1; i >= 0; i-- {
			if r := h.rings[0]; outer[i].sizeM2 > h.sizeM2*(1+1e-9) && shapes[i].contains(Inside(h.rings.alone())) && !slices.Contains(outer[i].rings[0], r[0]) {
				outer[i].rings = append(outer[i].rings, r)
				outer[i].sizeM2 -= h.sizeM2
				break
			}
		}
	}
	out := outer[:0]
	for _, f := range outer {
		if f.sizeM2 >= leastM2 {
			f.inside = Inside(f.rings.alone())
			out = append(out, f)
		}
	}
	return out, nil
}

func (p Polygon) alone() []Polygon { return []Polygon{p} }

func compareSize(a, b face) int {
	switch {
	case a.sizeM2 < b.sizeM2:
		return -1
	case a.sizeM2 > b.sizeM2:
		return 1
	}
	return 0
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

// What a person could have drawn stays far below these; a scribble doesn't, and is told as such.
const (
	mostCrossings = 5_000 // where lines are cut
	mostPairs     = 400   // edges that come near an edge, on average
	leastPairs    = 4_000_000
)

var errTangled = errors.New("lines cross too often")

// crossing tells found each pair of edges that meet other than at a common end, while it wants more.
// It is false when found wanted no more, or when too many edges lie near each other to look at all.
func crossing(edges []edge, found func(i, j int) bool) bool {
	items := make([]rtree.BulkItem, len(edges))
	boxOf := func(e edge) rtree.Box {
		return rtree.Box{MinX: min(e.a.Lng, e.b.Lng), MinY: e.a.Lat, MaxX: max(e.a.Lng, e.b.Lng), MaxY: e.b.Lat}
	}
	for i, e := range edges {
		items[i] = rtree.BulkItem{Box: boxOf(e), RecordID: i}
	}
	tree, left := rtree.BulkLoad(items), max(mostPairs*len(edges), leastPairs)
	for i := range edges {
		_ = tree.RangeSearch(boxOf(edges[i]), func(j int) error {
			if left--; left < 0 {
				return rtree.Stop
			}
			if j > i && edges[i].touches(&edges[j]) && !found(i, j) {
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

func (e *edge) side(p Point) float64 {
	return (e.b.Lng-e.a.Lng)*(p.Lat-e.a.Lat) - (p.Lng-e.a.Lng)*(e.b.Lat-e.a.Lat)
}

// touches reports whether two different edges meet other than in one common end.
func (e *edge) touches(f *edge) bool {
	s1, s2, s3, s4 := e.side(f.a), e.side(f.b), f.side(e.a), f.side(e.b)
	if s1 > 0 && s2 > 0 || s1 < 0 && s2 < 0 || s3 > 0 && s4 > 0 || s3 < 0 && s4 < 0 {
		return false
	}
	if e.a != f.a && e.a != f.b && e.b != f.a && e.b != f.b {
		return true
	}
	// One common end: they meet elsewhere only if they run in one direction on one line.
	if s1 != 0 || s2 != 0 {
		return false
	}
	common, p, q := e.a, e.b, f.b
	switch {
	case e.a == f.b:
		q = f.a
	case e.b == f.a:
		common, p = e.b, e.a
	case e.b == f.b:
		common, p, q = e.b, e.a, f.a
	}
	return (p.Lat-common.Lat)*(q.Lat-common.Lat)+(p.Lng-common.Lng)*(q.Lng-common.Lng) > 0
}

// noded cuts edges where they meet, with the library's overlay.
func noded(edges []edge) ([]edge, error) {
	lines := make([]geom.LineString, len(edges))
	for i, e := range edges {
		lines[i] = geom.NewLineString(geom.NewSequence([]float64{e.a.Lng, e.a.Lat, e.b.Lng, e.b.Lat}, geom.DimXY))
	}
	g, err := geom.UnaryUnion(geom.NewMultiLineString(lines).AsGeometry())
	if err != nil {
		return nil, fmt.Errorf("cut lines where they meet: %w", err)
	}
	var out []edge
	add := func(l geom.LineString) {
		seq := l.Coordinates()
		for i := 1; i < seq.Length(); i++ {
			a, b := seq.GetXY(i-1), seq.GetXY(i)
			out = append(out, newEdge(Point{a.Y, a.X}, Point{b.Y, b.X}))
		}
	}
	if l, ok := g.AsLineString(); ok {
		add(l)
	} else if m, ok := g.AsMultiLineString(); ok {
		for _, l := range m.Dump() {
			add(l)
		}
	}
	return distinct(out), nil
}

// trace walks around every piece of ground that edges close in, with the ground to the left: rings
// around ground run counter-clockwise, rings around whole groups of edges clockwise.
func trace(edges []edge) [][]Point {
	// Half-edge 2i runs from a to b of edge i, 2i+1 back.
	from := func(h int) Point {
		if h%2 == 0 {
			return edges[h/2].a
		}
		return edges[h/2].b
	}
	leaving := map[Point][]int{}
	for h := range 2 * len(edges) {
		leaving[from(h)] = append(leaving[from(h)], h)
	}
	angle := func(h int) float64 {
		p, q := from(h), from(h^1)
		return math.Atan2(q.Lat-p.Lat, q.Lng-p.Lng)
	}
	next := make([]int, 2*len(edges))
	for _, hs := range leaving {
		slices.SortFunc(hs, func(g, h int) int {
			if a, b := angle(g), angle(h); a != b {
				return map[bool]int{true: -1, false: 1}[a < b]
			}
			return g - h
		})
		for i, h := range hs { // arriving against h, the sharpest left turn is the one before it
			next[h^1] = hs[(i+len(hs)-1)%len(hs)]
		}
	}
	var rings [][]Point
	done := make([]bool, len(next))
	for h := range next {
		if done[h] {
			continue
		}
		var r []Point
		for k := h; !done[k]; k = next[k] {
			done[k] = true
			r = append(r, from(k))
		}
		rings = append(rings, append(r, r[0]))
	}
	return rings
}
