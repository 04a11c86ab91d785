package grid

import (
	"math"

	"github.com/peterstace/simplefeatures/rtree"

	"wangge/grid/internal/geo"
)

// Patch is ground outside the area tree, such as a school, a shop front or a stretch of road: points, lines and polygons together,
// and how far it extends beyond them.
type Patch struct {
	Points   []Point
	Lines    [][]Point
	Polygons []Polygon
	ReachM   float64 // a radius, or half the width of a road
}

// Problems returns all problems of a patch. Their Area is empty.
func (p Patch) Problems() []Problem {
	var out []Problem
	fault := func(code string, at Point, text string) { out = append(out, Problem{Code: code, At: at, Text: text}) }
	for _, poly := range p.Polygons {
		for _, ring := range poly {
			geo.CheckRing(ring, fault)
		}
		if len(poly) == 0 {
			fault("empty", Point{}, "a polygon has no ring")
		}
	}
	for _, line := range p.Lines {
		if !geo.OnEarth(line) {
			fault("bad_vertex", Point{}, "a line has a vertex that is no place on earth")
		} else if len(line) < 2 {
			fault("short_line", Point{}, "a line has less than 2 vertices")
		}
	}
	if !geo.OnEarth(p.Points) {
		fault("bad_vertex", Point{}, "a point is no place on earth")
	}
	if len(p.Points)+len(p.Lines)+len(p.Polygons) == 0 {
		fault("empty", Point{}, "nothing is drawn")
	}
	return out
}

type patch struct {
	points []Point
	shape  *geo.Shape
	drawn  *geo.Outline // of lines and polygons; nil when there are none
	reach  float64
}

// Patches finds the patches near a point. It is immutable and safe for concurrent use; nil finds nothing.
type Patches struct {
	all  []patch
	tree *rtree.RTree
}

// NewPatches indexes patches without faults.
func NewPatches(patches []Patch) *Patches {
	ps := &Patches{}
	var items []rtree.BulkItem
	for i, p := range patches {
		in := patch{points: p.Points, reach: p.ReachM}
		box := geo.NewBox()
		for _, pt := range p.Points {
			box.Grow(pt)
		}
		var drawn []geo.Edge
		for _, line := range p.Lines {
			for j := 1; j < len(line); j++ {
				drawn = append(drawn, geo.NewEdge(line[j-1], line[j]))
				box.Grow(line[j-1])
				box.Grow(line[j])
			}
		}
		if len(p.Polygons) > 0 {
			in.shape = geo.NewShape(p.Polygons)
			drawn = append(drawn, in.shape.Edges...)
			box.Grow(Point{Lat: in.shape.South, Lng: in.shape.West})
			box.Grow(Point{Lat: in.shape.North, Lng: in.shape.East})
		}
		if drawn != nil {
			in.drawn = geo.NewOutline(drawn, nil)
		}
		ps.all = append(ps.all, in)
		items = append(items, rtree.BulkItem{Box: box.Around(p.ReachM), RecordID: i})
	}
	ps.tree = rtree.BulkLoad(items)
	return ps
}

// Near calls found for each patch within a distance of a point, in no order, with the distance from the point to what is drawn. The
// patch holds the point if that distance is at most its ReachM.
func (ps *Patches) Near(at Point, withinM float64, found func(i int, drawnM float64)) {
	if ps == nil || ps.tree.Count() == 0 {
		return
	}
	box := geo.NewBox()
	box.Grow(at)
	around := box.Around(withinM)
	visit := func(i int) error { //nolint:unparam // RangeSearch wants the error
		if d := ps.all[i].distance(at); d <= ps.all[i].reach+withinM {
			found(i, d)
		}
		return nil
	}
	if around.MinX > -180 && around.MaxX < 180 && math.Abs(at.Lng) < 179 {
		_ = ps.tree.RangeSearch(around, visit) // visit never fails
		return
	}
	// At the antimeridian the other side is searched too; a patch on both sides is reported once.
	seen := map[int]bool{}
	for _, turn := range [...]float64{0, 360, -360} {
		turned := around
		turned.MinX, turned.MaxX = turned.MinX+turn, turned.MaxX+turn
		_ = ps.tree.RangeSearch(turned, func(i int) error {
			if seen[i] {
				return nil
			}
			seen[i] = true
			return visit(i)
		})
	}
}

// distance returns the geodesic from a point to what is drawn.
func (p *patch) distance(at Point) float64 {
	if p.shape != nil && p.shape.Contains(at) {
		return 0
	}
	out := math.Inf(1)
	if best := p.drawn.Nearest(geo.PlaneAt(at), geo.Hit{Square: out}); best.Square < out {
		out = Distance(at, best.At)
	}
	for _, q := range p.points {
		out = min(out, Distance(at, q))
	}
	return out
}
