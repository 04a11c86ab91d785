package form

import (
	"slices"

	"wangge/dispatch/city"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// NearArea is an area at or near a position.
type NearArea struct {
	Area      grid.AreaID
	DistanceM float64 // to the border across which the area lies; 0 = the area holds the position
}

// Top lists the city and its children by id.
func (x *Index) Top() []NearArea {
	return append([]NearArea{{Area: x.City.Root}}, x.Children(string(x.City.Root))...)
}

// Children lists an area's children by id.
func (x *Index) Children(id string) []NearArea {
	a := x.City.Areas[grid.AreaID(id)]
	if a == nil {
		return nil
	}
	return at(a.Children)
}

func at(ids []grid.AreaID) []NearArea {
	out := make([]NearArea, len(ids))
	for i, id := range ids {
		out[i].Area = id
	}
	return out
}

// AreasAt lists the areas at a position, the city first, then those across a border that is within the accuracy of the
// position or the city's NearBorderM, nearest first. Errors: those of routing.PlaceOf.
func AreasAt(c *city.City, pos grid.Position) ([]NearArea, error) {
	found, err := routing.Locate(c, pos, 0)
	if err != nil {
		return nil, err
	}
	out := at(found.Place.Areas)
	held := len(out)
	for _, b := range found.Borders {
		if b.Neighbour == "" || b.DistanceM > max(pos.AccuracyM, c.Defaults.NearBorderM) {
			continue
		}
		for _, id := range across(c, found.Place.Point, b.Border) {
			if !slices.ContainsFunc(out, func(a NearArea) bool { return a.Area == id }) {
				out = append(out, NearArea{id, b.DistanceM})
			}
		}
	}
	slices.SortStableFunc(out[held:], func(a, b NearArea) int {
		switch {
		case a.DistanceM < b.DistanceM:
			return -1
		case a.DistanceM > b.DistanceM:
			return 1
		}
		return 0
	})
	return out, nil
}

// across lists the areas on the other side of a border, the largest first: those a little beyond it, as seen from a position.
// At the border itself no side is the other one: only the neighbour is known.
func across(c *city.City, from grid.Point, b grid.Border) []grid.AreaID {
	if b.DistanceM > 0 {
		on := 1 + beyondM/b.DistanceM
		beyond := grid.Position{Lat: from.Lat + on*(b.At.Lat-from.Lat), Lng: from.Lng + on*(b.At.Lng-from.Lng), Datum: grid.WGS84}
		if p, err := routing.PlaceOf(c, beyond); err == nil && slices.Contains(p.Areas, b.Neighbour) {
			return p.Areas
		}
	}
	return []grid.AreaID{b.Neighbour}
}

// beyondM is how far beyond a border the areas across it are looked up.
const beyondM = 1.0
