package grid

// slot is what a cell leads to: a node whose seven children say more, or an answer.
//
//	n >= 0        node n
//	^(a+1)<<1     interior: every point has the deepest area a, or none of them has one (a = -1)
//	^(s<<1|1)     border: the exact test decides among the candidates of set s
type slot int32

func interior(deepest int32) slot { return slot(^((deepest + 1) << 1)) }

func border(set int32) slot { return slot(^(set<<1 | 1)) }

// tree holds the cells that need no further descent, from the earth's 122 base cells down by the
// digits of H3, three bits a resolution.
type tree struct {
	roots [122]slot
	nodes [][7]slot
	sets  [][]int32 // candidates of border cells, by level then id; each list is kept once
}

// at is the answer for a cell.
func (t *tree) at(c Cell) slot {
	s := t.roots[c>>45&127]
	for shift := 42; s >= 0; shift -= 3 {
		s = t.nodes[s][c>>shift&7]
	}
	return s
}
