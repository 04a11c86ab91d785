package coverage

import (
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// open is the union of all gaps, each combination counted once, with the gaps that share combinations. Sets of intervals are
// referred to by their interned numbers, and unions and intersections of two sets are cached.
type open struct {
	here    map[place]*marks        // by kind of place and kind of category
	codes   map[catalog.Code]*marks // by category, in all places
	unions  map[[2]int32]int32      // of two sets of stretches
	shared  map[[2]int32]bool       // whether two sets have an instant in common
	length  map[int32]int64         // minutes of a set
	overlap map[int32]bool          // gaps that share a combination with another gap
}

// place is a kind of place and a kind of category.
type place struct{ leaf, class int32 }

// marks are the gaps of one place or category.
type marks struct {
	union int32 // of their intervals
	gaps  []mark
}

// mark is a gap, by its number in the order of finding, during some intervals.
type mark struct{ gap, when int32 }

// gapNumber is the number of the gap that is found next.
func (p *prover) gapNumber() int32 { return int32(len(p.out.Gaps) + p.out.MoreGaps) }

// markOpen records the gap that is found next for a kind of place and category during some intervals.
func (p *prover) markOpen(leaf, class int32, when roster.Intervals) {
	if p.open.here == nil {
		p.open.here = map[place]*marks{}
	}
	at := place{leaf, class}
	p.open.here[at] = p.mark(p.open.here[at], p.intern(when))
}

// markCodeOpen records the gap that is found next for a category everywhere during some intervals.
func (p *prover) markCodeOpen(code catalog.Code, when roster.Intervals) {
	if p.open.codes == nil {
		p.open.codes = map[catalog.Code]*marks{}
	}
	p.open.codes[code] = p.mark(p.open.codes[code], p.intern(when))
}

// mark adds the gap that is found next.
func (p *prover) mark(m *marks, when int32) *marks {
	g := mark{p.gapNumber(), when}
	if m == nil {
		return &marks{when, []mark{g}}
	}
	p.overlapping(m, when, g.gap)
	m.gaps, m.union = append(m.gaps, g), p.union(m.union, when)
	return m
}

// overlapping notes the gaps among some that share an instant with intervals, and the gap of these intervals with them.
func (p *prover) overlapping(m *marks, when, gap int32) {
	if !p.shares(m.union, when) {
		return
	}
	if p.open.overlap == nil {
		p.open.overlap = map[int32]bool{}
	}
	for _, o := range m.gaps {
		if o.gap != gap && !(p.open.overlap[o.gap] && p.open.overlap[gap]) && p.shares(o.when, when) {
			p.open.overlap[o.gap], p.open.overlap[gap] = true, true
		}
	}
}

// shares reports whether two sets of intervals have an instant in common.
func (p *prover) shares(a, b int32) bool {
	if a == b || a == 0 || b == 0 {
		return true
	}
	key := [2]int32{min(a, b), max(a, b)}
	is, ok := p.open.shared[key]
	if !ok {
		if p.open.shared == nil {
			p.open.shared = map[[2]int32]bool{}
		}
		is = len(p.when(a).And(p.when(b))) > 0
		p.open.shared[key] = is
	}
	return is
}

// overlaps counts the gaps that share a combination with another gap.
func (p *prover) overlaps() int {
	for at, here := range p.open.here {
		for _, code := range p.classes[at.class].codes {
			if everywhere := p.open.codes[code]; everywhere != nil && p.shares(here.union, everywhere.union) {
				for _, g := range everywhere.gaps {
					p.overlapping(here, g.when, g.gap)
				}
			}
		}
	}
	return len(p.open.overlap)
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
			n := int32(none)
			if here := p.open.here[place{int32(l), int32(k)}]; here != nil {
				n = here.union
			}
			cells[n] += p.leaves[l].cells
		}
		codes := map[int32]int64{} // per set of intervals: categories open then
		for _, code := range p.classes[k].codes {
			n := int32(none)
			if everywhere := p.open.codes[code]; everywhere != nil {
				n = everywhere.union
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
