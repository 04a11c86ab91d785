package h3cell

// Walk calls leaf for each answer below a cell, whose digits so far are in c.
func (t *Tree) Walk(c Cell, res int, s Slot, leaf func(Cell, Slot) error) error {
	if s < 0 {
		below := Cell(1)<<(3*(15-res)) - 1
		return leaf(c|Cell(res)<<52|below, s)
	}
	for digit, child := range t.Nodes[s] {
		if err := t.Walk(c|Cell(digit)<<(3*(14-res)), res+1, child, leaf); err != nil {
			return err
		}
	}
	return nil
}

// Slot is what a cell leads to: a node whose seven children say more, or an answer.
//
//	n >= 0        node n
//	^(a+1)<<1     interior: every point has the deepest area a, or none of them has one (a = -1)
//	^(s<<1|1)     border: the exact test decides among the candidates of set s
type Slot int32

func Interior(deepest int32) Slot { return Slot(^((deepest + 1) << 1)) }

func Border(set int32) Slot { return Slot(^(set<<1 | 1)) }

// Tree holds the cells that need no further descent, from the earth's 122 base cells down by the
// digits of H3, three bits a resolution.
type Tree struct {
	Roots [122]Slot
	Nodes [][7]Slot
	Sets  [][]int32 // candidates of border cells, by level then id; each list is kept once
}

// At is the answer for a cell.
func (t *Tree) At(c Cell) Slot {
	s := t.Roots[c>>45&127]
	for shift := 42; s >= 0; shift -= 3 {
		s = t.Nodes[s][c>>shift&7]
	}
	return s
}
