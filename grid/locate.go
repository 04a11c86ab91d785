package grid

import (
	"fmt"
	"math"

	"wangge/grid/internal/geo"
)

// Place is a point with its cell and its areas.
type Place struct {
	Point Point
	Cell  Cell
	Areas []AreaID // the city first, as deep as it goes; shared by every place there: read only
}

// OutsideError says how far outside the city a point is, and in which direction the city lies.
type OutsideError struct {
	Point       Point
	DistanceM   float64
	BearingDeg  float64 // from the point to the city, clockwise from north
	NearestArea AreaID
	Likely      LikelyError // what may be wrong with the position
}

// Error implements error.
func (e *OutsideError) Error() string {
	text := fmt.Sprintf("%.6f,%.6f is outside the city: %.0f m away from %s, bearing %.0f°",
		e.Point.Lat, e.Point.Lng, e.DistanceM, e.NearestArea, e.BearingDeg)
	if g := e.Likely.String(); g != "" {
		text += "; " + g
	}
	return text
}

// Locate returns the chain of areas that hold a point. It costs one H3 call, a walk down the cell's digits and, in a cell that a
// border crosses, the exact test; it allocates nothing itself. Errors: *OutsideError, *PositionError.
func (ix *Index) Locate(pt Point) (Place, error) {
	if !(math.Abs(pt.Lat) <= 90 && math.Abs(pt.Lng) <= 180) {
		return Place{}, Position{Lat: pt.Lat, Lng: pt.Lng, Datum: WGS84}.Validate()
	}
	cell, err := CellOf(pt, ix.res)
	if err != nil {
		return Place{}, err
	}
	i := ix.within(cell, pt)
	if i == outside {
		return Place{}, ix.outsideError(pt)
	}
	return Place{Point: pt, Cell: cell, Areas: ix.areas[i].chain}, nil
}

// Depth returns the number of areas that hold a point, 0 outside the city.
func (ix *Index) Depth(pt Point) int {
	if i := ix.find(pt); i != outside {
		return len(ix.areas[i].chain)
	}
	return 0
}

// find returns the deepest area of a point, or outside.
func (ix *Index) find(pt Point) int32 {
	cell, err := CellOf(pt, ix.res)
	if err != nil {
		return outside
	}
	return ix.within(cell, pt)
}

// within returns the deepest area of a point whose cell is known, or outside.
func (ix *Index) within(cell Cell, pt Point) int32 {
	s := ^ix.tree.At(cell)
	if s&1 == 0 {
		return int32(s>>1) - 1
	}
	return ix.deepest(outside, geo.Canonical(pt), ix.tree.Sets[s>>1])
}

// deepest descends from a parent. A child counts only inside its parent; of overlapping siblings the one with the lower id wins; a
// parent without drawn ground holds what a child holds. candidates are sorted by level, then id.
func (ix *Index) deepest(parent int32, p Point, candidates []int32) int32 {
	for k, i := range candidates {
		a := &ix.areas[i]
		if a.parent != parent || a.shape != nil && !a.shape.Contains(p) {
			continue
		}
		down := outside
		if len(a.children) > 0 {
			down = ix.deepest(i, p, candidates[k+1:])
		}
		if down != outside {
			return down
		}
		if a.shape != nil {
			return i
		}
	}
	return outside
}

func (ix *Index) holds(i int32, p Point) bool {
	a := &ix.areas[i]
	if a.shape != nil {
		return a.shape.Contains(p)
	}
	for _, c := range a.children {
		if ix.holds(c, p) {
			return true
		}
	}
	return false
}

// Outside returns how far outside an area a point lies in metres, 0 inside. The area must exist.
func (ix *Index) Outside(pt Point, id AreaID) float64 {
	i := ix.byID[id]
	if ix.holds(i, geo.Canonical(pt)) {
		return 0
	}
	return Distance(pt, ix.areas[i].outline.NearestAnywhere(pt).At)
}

func (ix *Index) outsideError(pt Point) error {
	o := ix.areas[ix.root].outline
	f := o.NearestAnywhere(pt)
	e := &OutsideError{
		Point: pt, DistanceM: Distance(pt, f.At), BearingDeg: Bearing(pt, f.At), NearestArea: ix.areas[ix.root].id,
		Likely: ix.LikelyErrorOf(pt.Lat, pt.Lng),
	}
	if f.Edge != geo.None && o.Owner != nil {
		e.NearestArea = ix.areas[o.Owner[f.Edge]].id
	}
	return e
}
