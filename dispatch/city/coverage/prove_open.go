package coverage

import (
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// open is the union of all gaps, each combination counted once. Sets of intervals are referred to by their interned
// numbers, and unions of two sets are cached.
type open struct {
	here   map[place]int32        // by kind of place and kind of category
	codes  map[catalog.Code]int32 // by category, in all places
	unions map[[2]int32]int32     // of two sets of stretches
	length map[int32]int64        // minutes of a set
}

// place is a kind of place and a kind of category.
type place struct{ leaf, class int32 }

// markOpen records a gap of a kind of place and category during some intervals.
func (p *prover) markOpen(leaf, class int32, when roster.Intervals) {
	if p.open.here == nil {
		p.open.here = map[place]int32{}
	}
	n := p.intern(when)
	at := place{leaf, class}
	if was, ok := p.open.here[at]; ok {
		n = p.union(was, n)
	}
	p.open.here[at] = n
}

// markCodeOpen records a gap of a category everywhere during some intervals.
func (p *prover) markCodeOpen(code catalog.Code, when roster.Intervals) {
	if p.open.codes == nil {
		p.open.codes = map[catalog.Code]int32{}
	}
	n := p.intern(when)
	if was, ok := p.open.codes[code]; ok {
		n = p.union(was, n)
	}
	p.open.codes[code] = n
}

func (p *prover) union(a, b int32) int32 {
	if a == b || a == 0 || b == 0 { // 0 is the whole horizon
		return min(a, b)
	}
	key := [2]int32{min(a, b), max(a, b)}
	if n, ok := p.open.unions[key]; ok {
		return n
	}
	if p.open.unions == nil {
		p.open.unions = map[[2]int32]int32{}
	}
	n := p.intern(p.when(a).Or(p.when(b)))
	p.open.unions[key] = n
	return n
}

func (p *prover) minutes(n int32) int64 {
	if m, ok := p.open.length[n]; ok {
		return m
	}
	if p.open.length == nil {
		p.open.length = map[int32]int64{}
	}
	m := minutesOf(p.when(n))
	p.open.length[n] = m
	return m
}

// openCombinations returns how many combinations of cell, category and minute have a gap.
func (p *prover) openCombinations() int64 {
	const none = -1
	sum := int64(0)
	for k := range p.classes {
		cells := map[int32]int64{} // per set of intervals: cells of the kinds of place open then
		for l := range p.leaves {
			n, ok := p.open.here[place{int32(l), int32(k)}]
			if !ok {
				n = none
			}
			cells[n] += p.leaves[l].cells
		}
		codes := map[int32]int64{} // per set of intervals: categories open then
		for _, code := range p.classes[k].codes {
			n, ok := p.open.codes[code]
			if !ok {
				n = none
			}
			codes[n]++
		}
		for a, size := range cells {
			for b, count := range codes {
				n := max(a, b)
				if a != none && b != none {
					n = p.union(a, b)
				}
				if n != none {
					sum += size * count * p.minutes(n)
				}
			}
		}
	}
	return sum
}
