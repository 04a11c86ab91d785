package routing

import (
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/grid"
)

// PlaceOf finds the cell of a position and the areas that hold it, and measures the distance to the nearest border.
// The position is converted to WGS-84 once, here. Errors: *grid.PositionError for a position that can't be one;
// *grid.OutsideError, with distance and bearing, for a point outside the city.
func PlaceOf(c *city.City, pos grid.Position) (dispatch.Place, error) {
	if err := pos.Validate(); err != nil {
		return dispatch.Place{}, err
	}
	pt, err := grid.ToWGS84(pos)
	if err != nil {
		return dispatch.Place{}, fmt.Errorf("convert %s: %w", pos.Datum, err)
	}
	at, err := c.Index.Locate(pt)
	if err != nil {
		return dispatch.Place{}, err
	}
	b := c.Index.Border(pt, at)
	return dispatch.Place{
		Point:     pt,
		Cell:      at.Cell,
		Areas:     at.Areas,
		Sections:  c.SectionsAt(pt),
		BorderM:   b.DistanceM,
		Neighbour: b.Neighbour,
		Ambiguous: pos.AccuracyM > b.DistanceM,
	}, nil
}

// Unlocated is the place of a matter without a position: the last of the given areas that the city has, with the areas
// above it; the city alone when it has none of them.
func Unlocated(c *city.City, areas ...grid.AreaID) dispatch.Place {
	p := dispatch.Place{}
	for _, id := range slices.Backward(areas) {
		for a := c.Areas[id]; a != nil; a = c.Areas[a.Parent] {
			p.Areas = append(p.Areas, a.ID)
		}
		if p.Areas != nil {
			slices.Reverse(p.Areas)
			return p
		}
	}
	p.Areas = []grid.AreaID{c.Root}
	return p
}

// PlaceIn is the place of a case as another city draws its ground. Errors: those of PlaceOf; none for a case without a
// position.
func PlaceIn(c *city.City, cs *dispatch.Case) (dispatch.Place, error) {
	if !cs.Place.Located() {
		return Unlocated(c, cs.Place.Areas...), nil
	}
	p, err := PlaceOf(c, grid.Position{Lat: cs.Place.Point.Lat, Lng: cs.Place.Point.Lng, Datum: grid.WGS84})
	p.Ambiguous = cs.Place.Ambiguous
	return p, err
}
