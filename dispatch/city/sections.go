package city

import (
	"cmp"
	"maps"
	"slices"

	"wangge/grid"
)

// SectionID names a section. Example: "GREEN-daoli-3".
type SectionID string

// Section is a department's own ground (责任段): polygons, or road centre-lines with a width. Sections may overlap, even
// those of one department.
type Section struct {
	ID           SectionID
	Name, NameEn string
	Department   string
	Tier         string     // street class (街路等级) that limits.csv may use; "" = none. Example: "A"
	Ground       grid.Patch // read only
	SizeM2       float64    // size of polygons; 0 for roads
}

// IndexSections prepares SectionsAt. The compiler calls IndexSections when Sections is complete.
func (c *City) IndexSections() {
	c.SectionList = nil
	for _, id := range slices.Sorted(maps.Keys(c.Sections)) {
		c.SectionList = append(c.SectionList, c.Sections[id])
	}
	c.sectionIndex = index(c.SectionList, func(s *Section) grid.Patch { return s.Ground })
}

// index builds the spatial index of a list; nil if the list is empty.
func index[T any](list []T, ground func(T) grid.Patch) *grid.Patches {
	if len(list) == 0 {
		return nil
	}
	patches := make([]grid.Patch, len(list))
	for i, t := range list {
		if p := ground(t); p.Problems() == nil {
			patches[i] = p
		}
	}
	return grid.NewPatches(patches)
}

// SectionsAt lists the sections at a place, the most specific first: roads before polygons; of roads the one with the
// nearest centre-line; of polygons the smallest; then by id. The first section of a department is the accountable
// one.
func (c *City) SectionsAt(at grid.Point) []SectionID {
	type hit struct {
		s     *Section
		metre float64
	}
	var hits []hit
	c.sectionIndex.Near(at, 0, func(i int, drawnM float64) { hits = append(hits, hit{c.SectionList[i], drawnM}) })
	if hits == nil {
		return nil
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(
			-cmp.Compare(len(a.s.Ground.Lines), 0)+cmp.Compare(len(b.s.Ground.Lines), 0),
			cmp.Compare(a.metre, b.metre), cmp.Compare(a.s.SizeM2, b.s.SizeM2), cmp.Compare(a.s.ID, b.s.ID),
		)
	})
	out := make([]SectionID, len(hits))
	for i, h := range hits {
		out[i] = h.s.ID
	}
	return out
}
