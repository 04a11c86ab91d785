package dispatch

import (
	"fmt"
	"wangge/dispatch/city"
	"wangge/grid"
)

// PlaceOf converts the position once, finds its cell and its chain of areas, and says how near
// the next border is. Errors: *grid.PositionError for a position that cannot be one,
// *grid.OutsideError (with distance and bearing) for a point that is not in the city.
func PlaceOf(c *city.City, pos grid.Position) (Place, error) {
	if err := pos.Validate(); err != nil {
		return Place{}, err
	}
	pt, err := grid.ToWGS84(pos)
	if err != nil {
		return Place{}, fmt.Errorf("convert %s: %w", pos.Datum, err)
	}
	at, err := c.Index.Locate(pt)
	if err != nil {
		return Place{}, err
	}
	b := c.Index.Border(pt, at)
	return Place{
		Point:     pt,
		Cell:      at.Cell,
		Areas:     at.Areas,
		Sections:  c.SectionsAt(pt),
		BorderM:   b.DistanceM,
		Neighbour: b.Neighbour,
		Ambiguous: pos.AccuracyM > b.DistanceM,
	}, nil
}
