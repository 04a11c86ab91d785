package grid

import (
	"math"

	"wangge/grid/internal/geo"
)

// Border is the nearest border of an area that holds a place, and the area across it.
type Border struct {
	Area      AreaID // whose border it is
	DistanceM float64
	At        Point
	Neighbour AreaID // the first area just across that isn't the place's own; "" = outside the city
}

// Border returns the nearest border of a place's smallest area. Each area lies in its parent, so no border of the chain is nearer.
// It makes no H3 call if the area across shares the edge.
func (ix *Index) Border(pt Point, place Place) Border {
	return ix.border(ix.byID[place.Areas[len(place.Areas)-1]], pt, place)
}

// Borders returns the nearest border of each area of a place, the city first.
func (ix *Index) Borders(pt Point, place Place) []Border {
	out := make([]Border, len(place.Areas))
	for k, id := range place.Areas {
		out[k] = ix.border(ix.byID[id], pt, place)
	}
	return out
}

func (ix *Index) border(i int32, pt Point, place Place) Border {
	a := &ix.areas[i]
	pl := geo.PlaneAt(pt)
	whose, f := i, a.outline.Nearest(pl, geo.Hit{Square: math.Inf(1), Edge: geo.None, At: pt})
	if a.id == place.Areas[len(place.Areas)-1] {
		for _, c := range a.children { // a place that no child holds borders on the children
			if g := ix.areas[c].outline.Nearest(pl, f); g != f {
				f, whose = g, c
			}
		}
	}
	b := Border{Area: a.id, DistanceM: math.Inf(1), At: f.At}
	if f.Edge == geo.None {
		return b // the whole globe
	}
	b.DistanceM = geo.FlatDistance(pt, f.At)
	next := ix.areas[whose].outline.Twin[f.Edge]
	switch {
	case whose != i:
		next = whose
	case next == geo.None:
		next = ix.across(i, pl, f.At)
	}
	if next != outside {
		b.Neighbour = firstDifference(ix.areas[next].chain, place.Areas)
	}
	return b
}

// across returns the area on the other side of a border of area i: 1 m beyond it, or in another direction from there.
func (ix *Index) across(i int32, pl geo.Plane, at Point) int32 {
	dx, dy := pl.XY(at)
	ahead := 0.0
	if dx != 0 || dy != 0 {
		ahead = math.Atan2(dx, dy)
	}
	for _, turn := range [...]float64{0, 45, -45, 90, -90, 135, -135, 180} {
		sin, cos := math.Sincos(ahead + turn*geo.Rad)
		there := Point{Lat: min(max(at.Lat+cos/pl.MPerLat, -90), 90), Lng: at.Lng + sin/max(pl.MPerLng, 1)}
		if there.Lng > 180 {
			there.Lng -= 360
		} else if there.Lng < -180 {
			there.Lng += 360
		}
		j := ix.find(there)
		if j == outside {
			return j
		}
		if depth := len(ix.areas[i].chain); len(ix.areas[j].chain) < depth || ix.areas[j].chain[depth-1] != ix.areas[i].id {
			return j
		}
	}
	return outside
}

// firstDifference returns the first area of a chain that another chain does not have, or its last area.
func firstDifference(chain, from []AreaID) AreaID {
	for k, id := range chain {
		if k >= len(from) || from[k] != id {
			return id
		}
	}
	return chain[len(chain)-1]
}
