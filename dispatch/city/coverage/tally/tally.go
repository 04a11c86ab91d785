// Package tally counts what gaps leave open, each combination of place, category and minute once, and the gaps that overlap.
package tally

import (
	"fmt"
	"time"

	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
)

// Tally is the union of all gaps, each combination counted once, with the gaps that share combinations. Sets of intervals are
// referred to by their numbers, and unions and intersections of two sets are cached. A Tally is not safe for concurrent use.
type Tally struct {
	sets    []roster.Intervals // by number; 0 is the whole horizon
	numbers map[string]int32
	here    map[place]*marks        // by kind of place and kind of category
	codes   map[catalog.Code]*marks // by category, in all places
	unions  map[[2]int32]int32      // of two sets of stretches
	shared  map[[2]int32]bool       // whether two sets have an instant in common
	length  map[int32]int64         // minutes of a set
	overlap map[int32]bool          // gaps that share a combination with another gap
}

// New returns an empty tally of a horizon, which is one interval.
func New(horizon roster.Intervals) *Tally {
	return &Tally{
		sets: []roster.Intervals{horizon}, numbers: map[string]int32{}, here: map[place]*marks{}, codes: map[catalog.Code]*marks{},
		unions: map[[2]int32]int32{}, shared: map[[2]int32]bool{}, length: map[int32]int64{}, overlap: map[int32]bool{},
	}
}

// Number returns the number of a set of intervals; 0 is the whole horizon.
func (t *Tally) Number(s roster.Intervals) int32 {
	if len(s) == 1 && s[0] == t.sets[0][0] {
		return 0
	}
	key := fmt.Sprint(s)
	if n, ok := t.numbers[key]; ok {
		return n
	}
	n := int32(len(t.sets))
	t.sets = append(t.sets, s)
	t.numbers[key] = n
	return n
}

// Set returns the set of intervals of a number; read only.
func (t *Tally) Set(n int32) roster.Intervals { return t.sets[n] }

// Minutes returns the length of intervals in whole minutes.
func Minutes(s roster.Intervals) int64 { return int64(s.Length() / time.Minute) }

// place is a kind of place and a kind of category.
type place struct{ leaf, class int32 }

// marks are the gaps of one place or category.
type marks struct {
	union int32 // of their intervals
	gaps  []mark
}

// mark is a gap, by its number in the order of finding, during some intervals.
type mark struct{ gap, when int32 }

// At records that a gap is open for a kind of place and a kind of category during some intervals.
func (t *Tally) At(gap, leaf, class int32, when roster.Intervals) {
	at := place{leaf, class}
	t.here[at] = t.mark(t.here[at], mark{gap, t.Number(when)})
}

// Everywhere records that a gap is open for a category in all places during some intervals.
func (t *Tally) Everywhere(gap int32, code catalog.Code, when roster.Intervals) {
	t.codes[code] = t.mark(t.codes[code], mark{gap, t.Number(when)})
}

// mark adds a gap to those of one place or category.
func (t *Tally) mark(m *marks, g mark) *marks {
	if m == nil {
		return &marks{g.when, []mark{g}}
	}
	t.overlapping(m, g)
	m.gaps, m.union = append(m.gaps, g), t.union(m.union, g.when)
	return m
}

// overlapping notes the gaps among some that share an instant with g, and g with them.
func (t *Tally) overlapping(m *marks, g mark) {
	if !t.shares(m.union, g.when) {
		return
	}
	for _, o := range m.gaps {
		if o.gap != g.gap && !(t.overlap[o.gap] && t.overlap[g.gap]) && t.shares(o.when, g.when) {
			t.overlap[o.gap], t.overlap[g.gap] = true, true
		}
	}
}

// shares reports whether two sets of intervals have an instant in common.
func (t *Tally) shares(a, b int32) bool {
	if a == b || a == 0 || b == 0 {
		return true
	}
	key := [2]int32{min(a, b), max(a, b)}
	is, ok := t.shared[key]
	if !ok {
		is = len(t.Set(a).And(t.Set(b))) > 0
		t.shared[key] = is
	}
	return is
}

// Overlaps counts the gaps that share a combination with another gap. classes are the categories of each kind.
func (t *Tally) Overlaps(classes [][]catalog.Code) int {
	for at, here := range t.here {
		for _, code := range classes[at.class] {
			if everywhere := t.codes[code]; everywhere != nil && t.shares(here.union, everywhere.union) {
				for _, g := range everywhere.gaps {
					t.overlapping(here, g)
				}
			}
		}
	}
	return len(t.overlap)
}

func (t *Tally) union(a, b int32) int32 {
	if a == b || a == 0 || b == 0 { // 0 is the whole horizon
		return min(a, b)
	}
	key := [2]int32{min(a, b), max(a, b)}
	if n, ok := t.unions[key]; ok {
		return n
	}
	n := t.Number(t.Set(a).Or(t.Set(b)))
	t.unions[key] = n
	return n
}

func (t *Tally) minutes(n int32) int64 {
	if m, ok := t.length[n]; ok {
		return m
	}
	m := Minutes(t.Set(n))
	t.length[n] = m
	return m
}

// Combinations returns how many combinations of cell, category and minute have a gap. cells are the sizes of the kinds of place,
// classes the categories of each kind.
func (t *Tally) Combinations(cells []int64, classes [][]catalog.Code) int64 {
	const none = -1
	sum := int64(0)
	for k := range classes {
		places := map[int32]int64{} // per set of intervals: cells of the kinds of place open then
		for l := range cells {
			n := int32(none)
			if here := t.here[place{int32(l), int32(k)}]; here != nil {
				n = here.union
			}
			places[n] += cells[l]
		}
		codes := map[int32]int64{} // per set of intervals: categories open then
		for _, code := range classes[k] {
			n := int32(none)
			if everywhere := t.codes[code]; everywhere != nil {
				n = everywhere.union
			}
			codes[n]++
		}
		for a, size := range places {
			for b, count := range codes {
				n := max(a, b)
				if a != none && b != none {
					n = t.union(a, b)
				}
				if n != none {
					sum += size * count * t.minutes(n)
				}
			}
		}
	}
	return sum
}
