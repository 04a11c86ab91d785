package grid

import (
	"slices"

	"wangge/grid/internal/arrangement"
	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/rtree"
)

// Survey is the result of comparing all drawn ground of an index.
type Survey struct {
	Defects []Defect // by kind, then areas, the largest first
	// GroundM2 is, for each area, the ground of which it is the deepest area, ±0.1 %: ground that siblings share counts once, ground
	// outside a parent not at all. All areas together make the ground of the city. Below a Tangled area sizes are as drawn.
	GroundM2 map[AreaID]float64
}

// Survey compares all drawn ground. An area that is not drawn stands for the drawn areas below it: those are compared with each
// other, and with the nearest drawn area above, as if they were its children. So a tree of which only the smallest areas are drawn
// has the same defects as a list of them.
func (ix *Index) Survey() Survey {
	s := surveyor{ix: ix, ground: make([]float64, len(ix.areas)), suspects: map[int32]bool{}}
	for i := range ix.areas {
		if ix.areas[i].shape != nil {
			s.out = append(s.out, ix.ownDefects(int32(i))...)
		}
	}
	s.family(ix.root, nil)
	for _, f := range s.families {
		for _, i := range f.members {
			if s.suspects[i] || f.isolated(i) {
				if d, ok := f.misread(i); ok {
					s.out = append(s.out, d)
				}
			}
		}
	}
	sortDefects(s.out)
	out := Survey{Defects: s.out, GroundM2: make(map[AreaID]float64, len(ix.areas))}
	for i, m2 := range s.ground {
		out.GroundM2[ix.areas[i].id] = m2
	}
	return out
}

// Defects returns the defects of the survey.
func (ix *Index) Defects() []Defect { return ix.Survey().Defects }

// family is a drawn area, or the city, with the next drawn areas below it.
type family struct {
	ix      *Index
	up      int32
	members []int32 // in the order in which Locate asks them
	boxes   *rtree.RTree
}

func (ix *Index) familyOf(up int32) *family {
	f := &family{ix: ix, up: up}
	var collect func(i int32)
	collect = func(i int32) {
		for _, c := range ix.areas[i].children {
			if ix.areas[c].shape != nil {
				f.members = append(f.members, c)
			} else {
				collect(c)
			}
		}
	}
	collect(up)
	items := make([]rtree.BulkItem, len(f.members))
	for k, i := range f.members {
		s := ix.areas[i].shape
		items[k] = rtree.BulkItem{Box: rtree.Box{MinX: s.West, MinY: s.South, MaxX: s.East, MaxY: s.North}, RecordID: k}
	}
	f.boxes = rtree.BulkLoad(items)
	return f
}

// near returns the members whose boxes meet a box, in the order of members.
func (f *family) near(b rtree.Box) []int32 {
	var at []int
	_ = f.boxes.RangeSearch(b, func(k int) error { at = append(at, k); return nil })
	slices.Sort(at)
	out := make([]int32, len(at))
	for i, k := range at {
		out[i] = f.members[k]
	}
	return out
}

// holders returns the members that hold a point, in the order of members.
func (f *family) holders(p Point) []int32 {
	return slices.DeleteFunc(f.near(rtree.Box{MinX: p.Lng, MinY: p.Lat, MaxX: p.Lng, MaxY: p.Lat}), func(i int32) bool {
		return !f.ix.areas[i].shape.Contains(p)
	})
}

// surveyor collects the results.
type surveyor struct {
	ix       *Index
	families []*family
	ground   []float64 // by area
	suspects map[int32]bool
	out      []Defect
}

// plot is a face of a family's arrangement with the areas that hold it.
type plot struct {
	arrangement.Face
	holders []int32
	inside  bool // of the area above, as it is drawn; of a city that is not drawn always
	held    bool // Locate finds the area above here
}

// family surveys an area and everything below it. held is the ground of the area if that is not all that is drawn, because the area
// lost ground to a sibling or extends beyond its parent.
func (s *surveyor) family(up int32, held []Polygon) {
	ix := s.ix
	a := &ix.areas[up]
	size := func(i int32) float64 { return SizeM2(ix.areas[i].polygons) }
	if len(a.children) == 0 {
		s.ground[up] = size(up)
		if held != nil {
			s.ground[up] = SizeM2(held)
		}
		return
	}
	f := ix.familyOf(up)
	s.families = append(s.families, f)
	plots, err := f.plots(held)
	if err != nil {
		s.out = append(s.out, Defect{Kind: Tangled, Areas: []AreaID{a.id}, Count: len(f.members), At: Inside(ix.areas[f.members[0]].polygons)})
		rest := size(up)
		for _, m := range f.members {
			rest -= size(m)
			s.family(m, nil)
		}
		s.ground[up] = max(rest, 0)
		return
	}
	won, lost := map[int32][]Polygon{}, map[int32]bool{}
	for i := range plots {
		p := &plots[i]
		if p.held && len(p.holders) == 0 && a.shape != nil {
			s.ground[up] += p.SizeM2
		}
		for k, m := range p.holders {
			if k == 0 && p.held {
				won[m] = append(won[m], p.Rings)
			} else {
				lost[m] = true
			}
		}
	}
	for _, d := range f.defects(plots) {
		for _, id := range d.Areas {
			s.suspects[ix.byID[id]] = true
		}
		s.out = append(s.out, d)
	}
	for _, m := range f.members {
		switch {
		case !lost[m]:
			s.family(m, nil)
		case len(won[m]) > 0:
			s.family(m, won[m])
		default:
			s.family(m, []Polygon{})
		}
	}
}

// plots arranges the borders of a family. Error: arrangement.ErrTangled.
func (f *family) plots(held []Polygon) ([]plot, error) {
	var lines []geo.Edge
	up := f.ix.areas[f.up].shape
	for _, m := range f.members {
		lines = append(lines, arrangement.OddEdges(f.ix.areas[m].shape.Edges)...)
	}
	if up != nil {
		lines = append(lines, arrangement.OddEdges(up.Edges)...)
	}
	kept := up
	if held != nil {
		kept = geo.NewShape(held)
		lines = append(lines, arrangement.OddEdges(kept.Edges)...)
	}
	faces, err := arrangement.Faces(lines)
	if err != nil {
		return nil, err
	}
	out := make([]plot, len(faces))
	for i := range faces {
		p := plot{Face: faces[i], holders: f.holders(faces[i].Inside)}
		p.inside = up == nil || up.Contains(p.Face.Inside)
		p.held = kept == nil || kept.Contains(p.Face.Inside)
		out[i] = p
	}
	return out, nil
}
