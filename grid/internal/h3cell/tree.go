package h3cell

// Slot is what the tree says of a cell: a node with its seven children, or an answer.
//
//	n >= 0        node n
//	^(a+1)<<1     interior: every point has the deepest area a, or none has one (a = -1)
//	^(s<<1|1)     border: the exact test decides among the candidates of set s
type Slot int32

// Interior is the answer of a cell whose points all have the same deepest area; -1 = none.
func Interior(deepest int32) Slot { return Slot(^((deepest + 1) << 1)) }

// Border is the answer of a cell that a border crosses. set is the number of its candidates in Tree.Sets.
func Border(set int32) Slot { return Slot(^(set<<1 | 1)) }

// Tree holds cells from the earth's 122 base cells down by the digits of H3, three bits for each resolution, as far as an answer needs.
type Tree struct {
	Roots [122]Slot
	Nodes [][7]Slot
	Sets  [][]int32 // candidates of border cells, by level then id; each list is kept once
}

// At returns the answer for a cell.
func (t *Tree) At(c Cell) Slot {
	s := t.Roots[c>>45&127]
	for shift := 42; s >= 0; shift -= 3 {
		s = t.Nodes[s][c>>shift&7]
	}
	return s
}

// Walk calls leaf for each answer below a cell. c holds the cell's digits so far.
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
