package grid

import (
	"fmt"
	"iter"
	"slices"

	"wangge/grid/internal/arrangement"
	"wangge/grid/internal/geo"
	"wangge/grid/internal/h3cell"

	"github.com/uber/h3-go/v4"
)

// Share is the size of a cell's ground of which an area is the deepest.
type Share struct {
	Area AreaID
	M2   float64
}

// Cells yields the cells of the index's resolution that may hold ground of an area, in ascending order. The cells of a large
// interior are yielded one by one. The area must exist.
func (ix *Index) Cells(area AreaID) iter.Seq2[Cell, error] {
	depth := len(ix.areas[ix.byID[area]].chain)
	under := func(i int32) bool {
		return i != outside && len(ix.areas[i].chain) >= depth && ix.areas[i].chain[depth-1] == area
	}
	return func(yield func(Cell, error) bool) {
		bases, err := h3.Res0Cells()
		if err != nil {
			yield(0, fmt.Errorf("base cells: %w", err))
			return
		}
		slices.Sort(bases)
		for _, b := range bases {
			if !ix.cells(Cell(b), ix.tree.Roots[b.BaseCellNumber()], under, yield) {
				return
			}
		}
	}
}

func (ix *Index) cells(c Cell, s h3cell.Slot, under func(int32) bool, yield func(Cell, error) bool) bool {
	res := c.Resolution()
	switch {
	case s < 0 && ^s&1 == 0 && !under(int32(^s>>1)-1), s < 0 && ^s&1 == 1 && !slices.ContainsFunc(ix.tree.Sets[^s>>1], under):
		return true
	case res == ix.res:
		return yield(c, nil)
	}
	children, err := h3.Cell(c).Children(res + 1)
	if err != nil {
		return yield(0, fmt.Errorf("cell %v: %w", c, err))
	}
	for _, k := range children {
		down := s
		if s >= 0 {
			down = ix.tree.Nodes[s][int(uint64(k)>>(3*(14-res))&7)]
		}
		if !ix.cells(Cell(k), down, under, yield) {
			return false
		}
	}
	return true
}

// Shares returns the deepest areas of a cell with their shares, the largest first, then by id, and the size of the whole cell. Where
// siblings overlap, each has its share.
func (ix *Index) Shares(c Cell) ([]Share, float64, error) {
	hexagon, err := c.Boundary()
	if err != nil {
		return nil, 0, err
	}
	whole := geo.RingM2(hexagon)
	s := ^ix.tree.At(c)
	if s&1 == 0 {
		if s>>1 == 0 {
			return nil, whole, nil
		}
		return []Share{{ix.areas[s>>1-1].id, whole}}, whole, nil
	}
	set := ix.tree.Sets[s>>1]
	have := make([]float64, len(set))
	for k, i := range slices.Backward(set) { // children before parents: a parent keeps what they leave
		a := &ix.areas[i]
		if a.shape == nil {
			continue
		}
		have[k] = clippedM2(a.polygons, hexagon)
	}
	var out []Share
	for k, i := range set {
		m2 := have[k]
		for n, j := range set {
			if ix.areas[i].shape != nil && ix.drawnAbove(j) == i {
				m2 -= have[n]
			}
		}
		if m2 >= arrangement.LeastM2 {
			out = append(out, Share{ix.areas[i].id, m2})
		}
	}
	slices.SortStableFunc(out, func(a, b Share) int {
		switch {
		case a.M2 > b.M2:
			return -1
		case a.M2 < b.M2:
			return 1
		}
		return 0
	})
	return out, whole, nil
}

// drawnAbove returns the nearest drawn ancestor of an area, or outside.
func (ix *Index) drawnAbove(i int32) int32 {
	for i = ix.areas[i].parent; i != outside && ix.areas[i].shape == nil; {
		i = ix.areas[i].parent
	}
	return i
}

// clippedM2 returns how much of polygons lies in a convex ring that runs counter-clockwise (Sutherland and Hodgman: where a ring
// falls apart, its pieces are connected by lines without size).
func clippedM2(polygons []Polygon, convex []Point) float64 {
	total := 0.0
	var in, out []Point
	for _, p := range polygons {
		for k, ring := range p {
			in = append(in[:0], ring[:len(ring)-1]...)
			for i := 1; i < len(convex) && len(in) > 0; i++ {
				out = out[:0]
				a, b := convex[i-1], convex[i]
				side := func(p Point) float64 { return (b.Lng-a.Lng)*(p.Lat-a.Lat) - (p.Lng-a.Lng)*(b.Lat-a.Lat) }
				last := in[len(in)-1]
				before := side(last)
				for _, q := range in {
					now := side(q)
					if (now >= 0) != (before >= 0) {
						t := before / (before - now)
						out = append(out, Point{Lat: last.Lat + t*(q.Lat-last.Lat), Lng: last.Lng + t*(q.Lng-last.Lng)})
					}
					if now >= 0 {
						out = append(out, q)
					}
					last, before = q, now
				}
				in, out = out, in
			}
			if len(in) < 3 {
				continue
			}
			size := geo.RingM2(append(in, in[0]))
			if size < 0 {
				size = -size
			}
			if k > 0 {
				size = -size
			}
			total += size
		}
	}
	return total
}
