package grid

import (
	"fmt"
	"slices"

	"wangge/grid/internal/geo"
	"wangge/grid/internal/h3cell"

	"github.com/uber/h3-go/v4"
)

// Bare returns the ground of an area that none of its children has, as cells whose centre is there; a coarse cell stands for all
// of its ground. cells are the first most of them, in order; total counts all of them in cells of the index's resolution.
func (ix *Index) Bare(id AreaID, most int) (cells []Cell, total int, err error) {
	i, ok := ix.byID[id]
	if !ok || len(ix.areas[i].children) == 0 {
		return nil, 0, nil
	}
	for base, s := range ix.tree.Roots {
		err := ix.tree.Walk(Cell(1)<<59|Cell(base)<<45, 0, s, func(c Cell, s h3cell.Slot) error {
			x := int32(^s)
			if x&1 == 0 { // the deepest area of all its points
				if x>>1-1 == i {
					cells = append(cells, c)
					total += pow7(ix.res - c.Resolution())
				}
				return nil
			}
			if !slices.Contains(ix.tree.Sets[x>>1], i) {
				return nil
			}
			small, err := h3.Cell(c).Children(ix.res)
			if err != nil {
				return fmt.Errorf("cells of %s: %w", c, err)
			}
			for _, k := range small {
				at, err := Cell(k).LatLng()
				if err != nil {
					return err
				}
				if ix.deepest(outside, geo.Canonical(at), ix.tree.Sets[x>>1]) == i {
					cells = append(cells, Cell(k))
					total++
				}
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	slices.Sort(cells)
	return cells[:min(most, len(cells))], total, nil
}

func pow7(n int) int {
	out := 1
	for range n {
		out *= 7
	}
	return out
}
