package grid

import (
	"math"

	"github.com/peterstace/simplefeatures/rtree"
)

// Patch is ground beside the tree of areas, such as a school, a shop front or a stretch of road:
// points, lines and polygons together, and how far it reaches beyond what is drawn.
type Patch struct {
	Points   []Point
	Lines    [][]Point
	Polygons []Polygon
	ReachM   float64 // a radius, or half the width of a road
}

// Faults names everything that keeps a patch from being used; the area of each is empty.
func (p Patch) Faults() []Fault {
	var out []Fault
	fault := func(code string, at Point, text string) { out = append(out, Fault{Code: code, At: at, Text: text}) }
	for _, poly := range p.Polygons {
		for _, ring := range poly {
			checkRing(ring, fault)
		}
		if len(poly) == 0 {
			fault("empty", Point{}, "a polygon has no ring")
		}
	}
	for _, line := range p.Lines {
		if !onEarth(line) {
			fault("bad_vertex", Point{}, "a line has a vertex that is no place on earth")
		} else if len(line) < 2 {
			fault("short_line", Point{}, "a line has less than 2 vertices")
		}
	}
	if !onEarth(p.Points) {
		fault("bad_vertex", Point{}, "a point is no place on earth")
	}
	if len(p.Points)+len(p.Lines)+len(p.Polygons) == 0 {
		fault("empty", Point{}, "nothing is drawn")
	}
	return out
}

type patch struct {
	points []Point
	shape  *shape
	drawn  *outline // of lines and polygons; nil when there are none
	reach  float64
}

// Patches finds which of many patches lie near a point. It is immutable and safe for concurrent
// use; nil finds nothing.
type Patches struct {
	all  []patch
	tree *rtree.RTree
}

// NewPatches indexes patches that have no faults.
func NewPatches(patches []Patch) *Patches {
	ps := &Patches{}
	var items []rtree.BulkItem
	for i, p := range patches {
		in := patch{points: p.Points, reach: p.ReachM}
		box := newBox()
		for _, pt := range p.Points {
			box.grow(pt)
		}
		var drawn []edge
		for _, line := range p.Lines {
			for j := 1; j < len(line); j++ {
				drawn = append(drawn, newEdge(line[j-1], line[j]))
				box.grow(line[j-1])
				box.grow(line[j])
			}
		}
		if len(p.Polygons) > 0 {
			in.shape = newShape(p.Polygons)
			drawn = append(drawn, in.shape.edges...)
			box.grow(Point{in.shape.south, in.shape.west})
			box.grow(Point{in.shape.north, in.shape.east})
		}
		if drawn != nil {
			in.drawn = newOutline(drawn, nil)
		}
		ps.all = append(ps.all, in)
		items = append(items, rtree.BulkItem{Box: box.around(p.ReachM), RecordID: i})
	}
	ps.tree = rtree.BulkLoad(items)
	return ps
}

// Near calls found once for each patch that reaches within a distance of the point, in no order,
// with the distance to what is drawn: a patch holds the point when that is at most its ReachM.
func (ps *Patches) Near(at Point, withinM float64, found func(i int, drawnM float64)) {
	if ps == nil || ps.tree.Count() == 0 {
		return
	}
	box := newBox()
	box.grow(at)
	around := box.around(withinM)
	visit := func(i int) error {
		if d := ps.all[i].distance(at); d <= ps.all[i].reach+withinM {
			found(i, d)
		}
		return nil
	}
	if around.MinX > -180 && around.MaxX < 180 && math.Abs(at.Lng) < 179 {
		_ = ps.tree.RangeSearch(around, visit) // visit never fails
		return
	}
	// At the antimeridian the other side is looked at too; what lies on both is told once.
	seen := map[int]bool{}
	for _, turn := range [...]float64{0, 360, -360} {
		_ = ps.tree.RangeSearch(rtree.Box{MinX: around.MinX + turn, MinY: around.MinY, MaxX: around.MaxX + turn, MaxY: around.MaxY}, func(i int) error {
			if seen[i] {
				return nil
			}
			seen[i] = true
			return visit(i)
		})
	}
}

// distance is the geodesic from a point to what is drawn.
func (p *patch) distance(at Point) float64 {
	if p.shape != nil && p.shape.contains(at) {
		return 0
	}
	out := math.Inf(1)
	if best := p.drawn.nearest(planeAt(at), found{square: out}); best.square < out {
		out = Distance(at, best.at)
	}
	for _, q := range p.points {
		out = min(out, Distance(at, q))
	}
	return out
}

func newBox() Box { return Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

func (b *Box) grow(p Point) {
	b.South, b.North = min(b.South, p.Lat), max(b.North, p.Lat)
	b.West, b.East = min(b.West, p.Lng), max(b.East, p.Lng)
}

// around widens a box by metres, and by a hundredth for what a plane gets wrong.
func (b Box) around(m float64) rtree.Box {
	m = m*1.01 + 1
	lat := m / 110_000
	lng := 360.0
	if far := max(math.Abs(b.South), math.Abs(b.North)) + lat; far < 89.9 {
		lng = min(m/(111_000*math.Cos(far*rad)), 360)
	}
	return rtree.Box{MinX: b.West - lng, MinY: b.South - lat, MaxX: b.East + lng, MaxY: b.North + lat}
}

func onEarth(points []Point) bool {
	for _, p := range points {
		if !(p.Lat >= -90 && p.Lat <= 90 && p.Lng >= -180 && p.Lng <= 180) {
			return false
		}
	}
	return true
}
