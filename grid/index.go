package grid

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"wangge/grid/internal/geo"
	"wangge/grid/internal/h3cell"
)

// AreaID names a node of the area tree. Example: "230102001".
type AreaID string

// Area is a node of the area tree with its ground. Nil Polygons mean the union of its children.
type Area struct {
	ID, Parent AreaID
	Level      int // 0 = the city
	Polygons   []Polygon
}

// Problem is one reason why areas cannot be compiled.
type Problem struct {
	Area AreaID
	Code string // duplicate_id, unknown_parent, level_order, no_root, unclosed_ring, short_ring, bad_vertex, empty
	Text string
	At   Point
}

type area struct {
	id       AreaID
	parent   int32
	level    int
	polygons []Polygon
	shape    *geo.Shape // nil: the union of the children
	outline  *geo.Outline
	children []int32
	chain    []AreaID // from the city down to this area; read only
}

const outside = int32(-1)

// Index finds the chain of areas of a point. It is immutable and safe for concurrent use.
type Index struct {
	res   int
	areas []area // by level, then id
	byID  map[AreaID]int32
	root  int32
	tree  h3cell.Tree
}

// Build compiles areas into an index with cells of a resolution. It returns all problems, and a nil index if there are any. The
// result does not depend on the order of areas or on the number of processors.
func Build(areas []Area, resolution int) (*Index, []Problem) {
	ix := &Index{res: resolution, root: outside, byID: make(map[AreaID]int32, len(areas))}
	sorted := slices.Clone(areas)
	slices.SortStableFunc(sorted, func(a, b Area) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ID, b.ID)) })
	if faults := ix.link(sorted); len(faults) > 0 {
		return nil, faults
	}
	if err := ix.compile(); err != nil {
		return nil, []Problem{{Code: "h3", Text: err.Error()}}
	}
	ix.outlines()
	return ix, nil
}

func (ix *Index) link(areas []Area) []Problem {
	var faults []Problem
	fault := func(a Area, code string, at Point, format string, args ...any) {
		faults = append(faults, Problem{a.ID, code, fmt.Sprintf(format, args...), at})
	}
	for i, a := range areas {
		if _, dup := ix.byID[a.ID]; dup || a.ID == "" {
			fault(a, "duplicate_id", Point{}, "area id %q is empty or used twice", a.ID)
			continue
		}
		ix.byID[a.ID] = int32(len(ix.areas))
		n, before := area{id: a.ID, parent: outside, level: a.Level}, len(faults)
		for _, p := range a.Polygons {
			for _, r := range p {
				geo.CheckRing(r, func(code string, at Point, text string) { fault(a, code, at, "area %s: %s", a.ID, text) })
			}
		}
		if a.Polygons != nil {
			n.polygons, n.shape = a.Polygons, geo.NewShape(a.Polygons)
			if len(n.shape.Edges) == 0 && len(faults) == before {
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
		faults = append(faults, Problem{Code: "no_root", Text: "no area without a parent: the city itself is missing"})
	}
	for _, a := range ix.areas {
		if a.shape == nil && len(a.children) == 0 {
			fault(Area{ID: a.id}, "empty", Point{}, "area %s has neither ground nor children", a.id)
		}
	}
	if len(faults) > 0 {
		return faults
	}
	for i := range ix.areas { // a parent stands before its children
		a := &ix.areas[i]
		if a.parent != outside {
			up := ix.areas[a.parent].chain
			a.chain = append(slices.Clip(up), a.id)
		} else {
			a.chain = []AreaID{a.id}
		}
	}
	return nil
}

// Bounds returns the smallest box around all ground.
func (ix *Index) Bounds() Box {
	box := geo.NewBox()
	for _, a := range ix.areas {
		if a.shape != nil {
			box.Grow(Point{Lat: a.shape.South, Lng: a.shape.West})
			box.Grow(Point{Lat: a.shape.North, Lng: a.shape.East})
		}
	}
	return box
}

// Stats are sizes of an index.
type Stats struct {
	Areas, Edges, Nodes        int
	InteriorCells, BorderCells int
	Bytes                      int
}

// Stats counts cells, edges and the memory that they take.
func (ix *Index) Stats() Stats {
	s := Stats{Areas: len(ix.areas), Nodes: len(ix.tree.Nodes)}
	count := func(t h3cell.Slot) {
		if t < 0 && ^t&1 == 1 {
			s.BorderCells++
		} else if t < 0 && ^t>>1 > 0 {
			s.InteriorCells++
		}
	}
	for _, t := range ix.tree.Roots {
		count(t)
	}
	for i := range ix.tree.Nodes {
		for _, t := range ix.tree.Nodes[i] {
			count(t)
		}
	}
	s.Bytes = len(ix.tree.Nodes) * 28
	for _, set := range ix.tree.Sets {
		s.Bytes += 24 + 4*cap(set)
	}
	for i := range ix.areas {
		a := &ix.areas[i]
		s.Bytes += 160 + 16*cap(a.chain) + 4*cap(a.children)
		if a.shape != nil {
			s.Edges += len(a.shape.Edges)
			s.Bytes += a.shape.Bytes()
		}
		if a.shape == nil {
			s.Bytes += 32 * cap(a.outline.Edges)
		}
		s.Bytes += a.outline.Bytes()
	}
	return s
}

// Fingerprint hashes everything that decides an answer: the areas and their ground, in order, and the cells. Two indexes with the
// same fingerprint give the same answers.
func (ix *Index) Fingerprint() [32]byte {
	h := sha256.New()
	num := func(n ...int) {
		for _, v := range n {
			_ = binary.Write(h, binary.LittleEndian, int64(v)) // a hash takes everything
		}
	}
	num(ix.res)
	for i := range ix.areas {
		a := &ix.areas[i]
		fmt.Fprintf(h, "%q %d %d\n", a.id, a.parent, a.level)
		if a.shape != nil {
			_ = binary.Write(h, binary.LittleEndian, flatten(a.shape.Edges))
		}
	}
	for _, s := range ix.tree.Roots {
		num(int(s))
	}
	_ = binary.Write(h, binary.LittleEndian, ix.tree.Nodes)
	for _, set := range ix.tree.Sets {
		num(len(set))
		_ = binary.Write(h, binary.LittleEndian, set)
	}
	return [32]byte(h.Sum(nil))
}

func flatten(edges []geo.Edge) []float64 {
	out := make([]float64, 0, 4*len(edges))
	for _, e := range edges {
		out = append(out, e.A.Lat, e.A.Lng, e.B.Lat, e.B.Lng)
	}
	return out
}
