package grid

import (
	"fmt"
	"slices"

	"github.com/uber/h3-go/v4"
)

// Bare lists the ground of an area that lies in none of its children, as cells whose centre lies
// there: a coarse cell where all of it does. It lists at most most of them, in order, and counts
// them all in cells of the index's resolution.
func (ix *Index) Bare(id AreaID, most int) (cells []Cell, total int, err error) {
	i, ok := ix.byID[id]
	if !ok || len(ix.areas[i].children) == 0 {
		return nil, 0, nil
	}
	for base, s := range ix.tree.roots {
		err := ix.tree.walk(Cell(1)<<59|Cell(base)<<45, 0, s, func(c Cell, s slot) error {
			x := int32(^s)
			if x&1 == 0 { // the deepest area of all its points
				if x>>1-1 == i {
					cells = append(cells, c)
					total += pow7(ix.res - c.Resolution())
				}
				return nil
			}
			if !slices.Contains(ix.tree.sets[x>>1], i) {
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
				if ix.deepest(outside, onSheet(at), ix.tree.sets[x>>1]) == i {
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

// walk calls leaf for each answer below a cell, whose digits so far are in c.
func (t *tree) walk(c Cell, res int, s slot, leaf func(Cell, slot) error) error {
	if s < 0 {
		below := Cell(1)<<(3*(15-res)) - 1
		return leaf(c|Cell(res)<<52|below, s)
	}
	for digit, child := range t.nodes[s] {
		if err := t.walk(c|Cell(digit)<<(3*(14-res)), res+1, child, leaf); err != nil {
			return err
		}
	}
	return nil
}

func pow7(n int) int {
	out := 1
	for range n {
		out *= 7
	}
	return out
}
