package grid

import (
	"fmt"
	"math"
	"slices"
)

// Place is where a point lies.
type Place struct {
	Point Point
	Cell  Cell
	Areas []AreaID // the city first, as deep as it goes; read only
}

// OutsideError says how far outside the city a point is, and which way the city lies.
type OutsideError struct {
	Point       Point
	DistanceM   float64
	BearingDeg  float64 // from the point to the city, clockwise from north
	NearestArea AreaID
}

// Error implements error.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("%.6f,%.6f is outside the city: %.0f m away from %s, bearing %.0f°", e.Point.Lat, e.Point.Lng, e.DistanceM, e.NearestArea, e.BearingDeg)
}

// Locate finds the chain of areas that hold the point. Errors: *OutsideError.
func (ix *Index) Locate(pt Point) (Place, error) {
	if !(math.Abs(pt.Lat) <= 90 && math.Abs(pt.Lng) <= 180) {
		return Place{}, &PositionError{Faults: []string{fmt.Sprintf("%v,%v is not a place on earth", pt.Lat, pt.Lng)}}
	}
	place, err := ix.find(pt)
	if err == nil && len(place.Areas) == 0 {
		return Place{}, ix.outsideError(pt)
	}
	return place, err
}

// Depth is how many areas hold a point, 0 outside the city: Locate without names and reasons.
func (ix *Index) Depth(pt Point) int {
	place, err := ix.find(pt)
	if err != nil {
		return 0
	}
	return len(place.Areas)
}

// Outside is how far a point lies outside an area in metres, 0 within it. The area must exist.
func (ix *Index) Outside(pt Point, id AreaID) float64 {
	i := ix.byID[id]
	if ix.holds(i, pt) {
		return 0
	}
	best, at := ix.nearestEdge(i, planeAt(pt), math.Inf(1), pt)
	if math.IsInf(best, 1) {
		return best
	}
	return Distance(pt, at)
}

// nearestEdge looks at an area's own edges, or at those of its children.
func (ix *Index) nearestEdge(i int32, pl plane, best float64, at Point) (float64, Point) {
	if s := ix.areas[i].shape; s != nil {
		return s.nearestEdge(pl, best, at)
	}
	for _, c := range ix.areas[i].children {
		best, at = ix.nearestEdge(c, pl, best, at)
	}
	return best, at
}

// find is Locate without the words for a point outside: no areas.
func (ix *Index) find(pt Point) (Place, error) {
	cell, err := CellOf(pt, ix.res)
	if err != nil {
		return Place{}, err
	}
	place := Place{Point: pt, Cell: cell}
	for res := ix.coarsest; res <= ix.res; res++ {
		n, ok := ix.nodes[cell.Parent(res)]
		if !ok {
			continue
		}
		if n.candidates != nil {
			place.Areas = ix.chain(pt, n.candidates, make([]AreaID, 0, 6))
		} else {
			place.Areas = ix.up(n.deepest)
		}
		break
	}
	return place, nil
}

// up lists an area and its parents, the city first.
func (ix *Index) up(i int32) []AreaID {
	if i == outside {
		return nil
	}
	n := 0
	for j := i; j != outside; j = ix.areas[j].parent {
		n++
	}
	out := make([]AreaID, n)
	for j := i; j != outside; j = ix.areas[j].parent {
		n--
		out[n] = ix.areas[j].id
	}
	return out
}

func (ix *Index) outsideError(pt Point) error {
	e := &OutsideError{Point: pt}
	best, at := math.Inf(1), pt
	from := vectorOf(pt)
	for i := range ix.areas {
		a := &ix.areas[i]
		if a.shape == nil || a.parent != outside && ix.areas[a.parent].shape != nil {
			continue // its parent's ground is looked at
		}
		for j := range a.shape.edges {
			if d, t := from.chord(vectorOf(a.shape.edges[j].a), vectorOf(a.shape.edges[j].b)); d < best {
				best, at, e.NearestArea = d, a.shape.edges[j].along(t), a.id
			}
		}
	}
	e.DistanceM, e.BearingDeg = Distance(pt, at), Bearing(pt, at)
	return e
}

// Border is the nearest border of a place's chain and who is next door there.
type Border struct {
	DistanceM float64
	Neighbour AreaID // "" = outside the city
}

// Border measures on a local plane, exact to 0.1 % within 50 km. The neighbour is the area just
// across the nearest point of the border, at the first level where it differs from the place. As
// each area lies in its parent, the nearest border of the chain is that of its smallest area.
func (ix *Index) Border(pt Point, place Place) Border {
	pl := planeAt(pt)
	best, at := math.Inf(1), pt
	for _, id := range slices.Backward(place.Areas) {
		if s := ix.areas[ix.byID[id]].shape; s != nil {
			best, at = s.nearestEdge(pl, best, at)
			break
		}
	}
	b := Border{DistanceM: best}
	if math.IsInf(best, 1) {
		return b
	}
	dx, dy := pl.xy(at)
	length := math.Hypot(dx, dy)
	for _, turn := range [...]float64{0, 45, -45, 90, -90, 135, -135, 180} {
		angle := turn * math.Pi / 180
		if length > 0 {
			angle += math.Atan2(dx, dy)
		}
		step := Point{at.Lat + math.Cos(angle)/pl.kLat, at.Lng + math.Sin(angle)/pl.kLng}
		there, err := ix.find(step)
		if err != nil || len(there.Areas) == 0 {
			return b
		}
		for i, id := range there.Areas {
			if i >= len(place.Areas) || place.Areas[i] != id {
				b.Neighbour = id
				return b
			}
		}
	}
	return b
}
