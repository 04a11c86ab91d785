package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/uber/h3-go/v4"
)

// AreaID names a node of the block tree. Example: "230102001".
type AreaID string

// Area is a node of the block tree with its ground. Nil Polygons mean the union of its children.
type Area struct {
	ID, Parent AreaID
	Level      int // 0 = the city
	Polygons   []Polygon
}

// Fault is one thing that keeps areas from being compiled.
type Fault struct {
	Area AreaID
	Code string // duplicate_id, unknown_parent, level_order, no_root, unclosed_ring, short_ring, bad_vertex, empty, outside_parent
	Text string
	At   Point
}

type area struct {
	id       AreaID
	parent   int32
	level    int
	shape    *shape // nil: the union of the children
	children []int32
}

// node is a cell that needs no further descent: interior when only its deepest area is set.
type node struct {
	deepest    int32   // interior: the deepest area, or outside
	candidates []int32 // border: every area that may hold one of the cell's points, by level then id
}

const outside = int32(-1)

// Index finds the chain of areas of a point. It is immutable and safe for concurrent use.
type Index struct {
	res, coarsest int
	areas         []area
	byID          map[AreaID]int32
	root          int32
	nodes         map[Cell]node
	border        int
}

// Build compiles areas into an index whose cells have the resolution. It returns every fault at
// once, and a nil index if there is one. The same areas give the same index.
func Build(areas []Area, resolution int) (*Index, []Fault) {
	ix := &Index{res: resolution, root: outside, byID: make(map[AreaID]int32, len(areas)), nodes: map[Cell]node{}}
	sorted := slices.Clone(areas)
	slices.SortStableFunc(sorted, func(a, b Area) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) })
	if faults := ix.link(sorted); len(faults) > 0 {
		return nil, faults
	}
	if faults := ix.astray(); len(faults) > 0 {
		return nil, faults
	}
	if err := ix.compile(); err != nil {
		return nil, []Fault{{Code: "h3", Text: err.Error()}}
	}
	return ix, nil
}

func (ix *Index) link(areas []Area) []Fault {
	var faults []Fault
	fault := func(a Area, code string, at Point, format string, args ...any) {
		faults = append(faults, Fault{a.ID, code, fmt.Sprintf(format, args...), at})
	}
	for i, a := range areas {
		if _, dup := ix.byID[a.ID]; dup || a.ID == "" {
			fault(a, "duplicate_id", Point{}, "area id %q is empty or used twice", a.ID)
			continue
		}
		ix.byID[a.ID] = int32(len(ix.areas))
		n := area{id: a.ID, parent: outside, level: a.Level}
		for _, p := range a.Polygons {
			for _, r := range p {
				checkRing(r, func(code string, at Point, text string) { fault(a, code, at, "area %s: %s", a.ID, text) })
			}
		}
		if a.Polygons != nil {
			n.shape = newShape(a.Polygons)
			if len(n.shape.edges) == 0 {
				fault(a, "empty", Point{}, "area %s has no ground", a.ID)
			}
		}
		ix.areas = append(ix.areas, n)
		if a.Parent == "" {
			if ix.root != outside {
				fault(a, "no_root", Point{}, "areas %s and %s both have no parent; only the city may", ix.areas[ix.root].id, a.ID)
			}
			ix.root = int32(len(ix.areas) - 1)
			continue
		}
		p, ok := ix.byID[a.Parent]
		switch {
		case !ok && slices.ContainsFunc(areas[i:], func(b Area) bool { return b.ID == a.Parent }), ok && ix.areas[p].level >= a.Level:
			fault(a, "level_order", Point{}, "area %s is not at a lower level than its parent %s", a.ID, a.Parent)
		case !ok:
			fault(a, "unknown_parent", Point{}, "parent %q of area %s does not exist", a.Parent, a.ID)
		default:
			ix.areas[len(ix.areas)-1].parent = p
			ix.areas[p].children = append(ix.areas[p].children, int32(len(ix.areas)-1))
		}
	}
	if ix.root == outside {
		faults = append(faults, Fault{Code: "no_root", Text: "no area without a parent: the city itself is missing"})
	}
	for _, a := range ix.areas {
		if a.shape == nil && len(a.children) == 0 {
			fault(Area{ID: a.id}, "empty", Point{}, "area %s has neither ground nor children", a.id)
		}
	}
	return faults
}

// slack is how far, in metres, a child's vertex may lie outside its parent: borders drawn twice.
const slack = 50

// astray names each area that reaches out of its parent: that ground would belong to nobody.
func (ix *Index) astray() []Fault {
	var faults []Fault
	for _, a := range ix.areas {
		if a.parent == outside || a.shape == nil || ix.areas[a.parent].shape == nil {
			continue
		}
		up := &ix.areas[a.parent]
		worst, at := 0.0, Point{}
		for _, e := range a.shape.edges {
			if up.shape.contains(e.a) {
				continue
			}
			if d, _ := up.shape.nearestEdge(planeAt(e.a), math.Inf(1), e.a); d > worst {
				worst, at = d, e.a
			}
		}
		if worst > slack {
			faults = append(faults, Fault{a.id, "outside_parent", fmt.Sprintf("area %s reaches %.0f m out of its parent %s, at %.6f,%.6f", a.id, worst, up.id, at.Lat, at.Lng), at})
		}
	}
	return faults
}

// checkRing names what is wrong with a closed ring.
func checkRing(r []Point, fault func(code string, at Point, text string)) {
	switch {
	case !onEarth(r):
		i := slices.IndexFunc(r, func(p Point) bool { return !onEarth([]Point{p}) })
		fault("bad_vertex", Point{}, fmt.Sprintf("vertex %d is %v,%v", i+1, r[i].Lat, r[i].Lng))
	case len(r) < 4:
		fault("short_ring", Point{}, fmt.Sprintf("a ring of %d vertices; a ring needs 4", len(r)))
	case r[0] != r[len(r)-1]:
		fault("unclosed_ring", r[0], "a ring does not end where it begins")
	}
}

// How far a border node may stay coarse: this few candidates and edges cost less than a lookup.
const (
	fewCandidates = 3
	fewEdges      = 16
)

// Descendants of a cell by bits stick out of its hexagon. With aperture 7 a child's centre lies
// at most √3/√7 of the circumradius R away and each generation shrinks by √7, so no descendant
// reaches beyond R·(√3/√7)/(1-1/√7) = 1.06 R; the rest of 1.3 is for the sphere's distortion.
const reach = 1.3

// near is one edge together with its area.
type near struct {
	area int32
	edge int32
}

func (ix *Index) compile() error {
	var edges []near
	box := shape{south: math.Inf(1), north: math.Inf(-1), west: math.Inf(1), east: math.Inf(-1)}
	all := make([]int32, len(ix.areas))
	for i, a := range ix.areas {
		all[i] = int32(i)
		if a.shape == nil {
			continue
		}
		box.grow(Point{a.shape.south, a.shape.west})
		box.grow(Point{a.shape.north, a.shape.east})
		for j := range a.shape.edges {
			edges = append(edges, near{int32(i), int32(j)})
		}
	}
	for ix.coarsest = 0; ; ix.coarsest++ {
		cells, err := cover(&box, ix.coarsest)
		if err != nil {
			return err
		}
		if len(cells) < 24 && ix.coarsest < ix.res {
			continue
		}
		for _, c := range cells {
			if err := ix.descend(c, edges, all); err != nil {
				return err
			}
		}
		return nil
	}
}

// cover returns the cells that touch a box, and some around it.
func cover(b *shape, res int) ([]h3.Cell, error) {
	ring := h3.GeoLoop{{Lat: b.south, Lng: b.west}, {Lat: b.south, Lng: b.east}, {Lat: b.north, Lng: b.east}, {Lat: b.north, Lng: b.west}}
	cells, err := h3.PolygonToCells(h3.GeoPolygon{GeoLoop: ring}, res)
	if err != nil {
		return nil, fmt.Errorf("cover the city: %w", err)
	}
	for _, corner := range ring {
		c, err := h3.LatLngToCell(corner, res)
		if err != nil {
			return nil, fmt.Errorf("cover the city: %w", err)
		}
		cells = append(cells, c)
	}
	seen := map[h3.Cell]bool{}
	var out []h3.Cell
	for _, c := range cells {
		disk, err := h3.GridDisk(c, 1)
		if err != nil {
			return nil, fmt.Errorf("cover the city: %w", err)
		}
		for _, d := range disk {
			if d != 0 && !seen[d] {
				seen[d] = true
				out = append(out, d)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

func (ix *Index) descend(c h3.Cell, edges []near, candidates []int32) error {
	center, err := c.LatLng()
	if err != nil {
		return fmt.Errorf("cell %v: %w", c, err)
	}
	boundary, err := c.Boundary()
	if err != nil {
		return fmt.Errorf("cell %v: %w", c, err)
	}
	at := Point{center.Lat, center.Lng}
	pl := planeAt(at)
	radius := 0.0
	for _, v := range boundary {
		x, y := pl.xy(Point{v.Lat, v.Lng})
		radius = max(radius, math.Hypot(x, y))
	}
	radius *= reach

	var here []near
	touched := map[int32]bool{}
	for _, n := range edges {
		if d, _ := pl.nearest(&ix.areas[n.area].shape.edges[n.edge]); d <= radius {
			here = append(here, n)
			touched[n.area] = true
		}
	}
	if len(here) == 0 {
		chain := ix.chain(at, candidates, nil)
		deepest := outside
		if len(chain) > 0 {
			deepest = ix.byID[chain[len(chain)-1]]
		}
		ix.nodes[Cell(c)] = node{deepest: deepest}
		return nil
	}
	// An area that has a point in the circle has an edge there or holds its centre.
	var kept []int32
	for _, i := range candidates {
		if s := ix.areas[i].shape; s == nil || touched[i] || s.contains(at) {
			kept = append(kept, i)
		}
	}
	if c.Resolution() >= ix.res || len(here) <= fewEdges && len(kept) <= fewCandidates+ix.areas[kept[len(kept)-1]].level {
		ix.nodes[Cell(c)] = node{deepest: outside, candidates: kept}
		ix.border++
		return nil
	}
	children, err := c.Children(c.Resolution() + 1)
	if err != nil {
		return fmt.Errorf("cell %v: %w", c, err)
	}
	for _, k := range children {
		if err := ix.descend(k, here, kept); err != nil {
			return err
		}
	}
	return nil
}

// chain walks down from the city: a child counts only inside its parent, and of siblings that
// overlap the one with the lower id wins. candidates are sorted by level, then id.
func (ix *Index) chain(p Point, candidates []int32, out []AreaID) []AreaID {
	parent := outside
	for _, i := range candidates {
		a := &ix.areas[i]
		if a.parent == parent && ix.holds(i, p) {
			out = append(out, a.id)
			parent = i
		}
	}
	return out
}

func (ix *Index) holds(i int32, p Point) bool {
	a := &ix.areas[i]
	if a.shape != nil {
		return a.shape.contains(p)
	}
	for _, c := range a.children {
		if ix.holds(c, p) {
			return true
		}
	}
	return false
}

// Box is a rectangle of latitude and longitude, in degrees.
type Box struct{ South, West, North, East float64 }

// Bounds is the smallest box around all ground.
func (ix *Index) Bounds() Box {
	box := shape{south: math.Inf(1), north: math.Inf(-1), west: math.Inf(1), east: math.Inf(-1)}
	for _, a := range ix.areas {
		if a.shape != nil {
			box.grow(Point{a.shape.south, a.shape.west})
			box.grow(Point{a.shape.north, a.shape.east})
		}
	}
	return Box{box.south, box.west, box.north, box.east}
}

// Stats says how large an index is.
type Stats struct{ Areas, Edges, Nodes, BorderNodes, Bytes int }

// Stats counts nodes and estimates memory in bytes.
func (ix *Index) Stats() Stats {
	s := Stats{Areas: len(ix.areas), Nodes: len(ix.nodes), BorderNodes: ix.border}
	for _, a := range ix.areas {
		if a.shape != nil {
			s.Edges += len(a.shape.edges)
		}
	}
	s.Bytes = s.Edges*48 + s.Nodes*48
	for _, n := range ix.nodes {
		s.Bytes += 4 * len(n.candidates)
	}
	return s
}
