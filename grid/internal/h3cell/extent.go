package h3cell

import (
	"fmt"
	"math"

	"wangge/grid/internal/geo"

	"github.com/uber/h3-go/v4"
)

// radiusFactor is how far the descendants of a cell (by bits) extend, in circumradii R of the cell. With aperture 7 a child's centre lies
// at most √3/√7 R away and each generation shrinks by √7, so no descendant extends beyond R·(√3/√7)/(1-1/√7) = 1.06 R; the rest is for
// the distortion on the sphere, which is large in the largest cells.
func radiusFactor(res int) float64 {
	if res < 3 {
		return 1.4
	}
	return 1.15
}

// Extent is the ground of a cell and its descendants as one box of latitude and longitude, or two at the antimeridian.
type Extent struct {
	boxes [2]geo.Box
	n     int
}

// Meets reports whether an edge may have a point in the extent.
func (g *Extent) Meets(e *geo.Edge) bool {
	for i := range g.n {
		if g.boxes[i].Meets(e) {
			return true
		}
	}
	return false
}

// exactRes is the finest resolution for which H3 is asked for a cell's corners. Below it a cell's circumradius is its parent's divided by
// √7: it varies by less than 2 % within a cell of that size, which the margins cover (a test compares them with random points of the
// whole globe).
const exactRes = 4

// lastFactor is radiusFactor for the last cells, which have no descendants.
const lastFactor = 1.05

// ExtentOf returns a cell's centre, its circumradius in radii of the earth, and its extent. up is its parent's circumradius.
func ExtentOf(c h3.Cell, up float64, last bool) (geo.Point, float64, Extent, error) {
	center, err := c.LatLng()
	if err != nil {
		return geo.Point{}, 0, Extent{}, fmt.Errorf("cell %v: %w", c, err)
	}
	at := geo.Point{Lat: center.Lat, Lng: center.Lng}
	circum := up / math.Sqrt(7)
	if res := c.Resolution(); res <= exactRes {
		boundary, err := c.Boundary()
		if err != nil {
			return geo.Point{}, 0, Extent{}, fmt.Errorf("cell %v: %w", c, err)
		}
		mid := geo.VectorOf(at)
		circum = 0
		for _, v := range boundary {
			corner := geo.VectorOf(geo.Point{Lat: v.Lat, Lng: v.Lng})
			d, _ := mid.Chord(corner, corner)
			circum = max(circum, d)
		}
	}
	wider := lastFactor
	if !last {
		wider = radiusFactor(c.Resolution())
	}
	radius := 2 * math.Asin(min(circum*wider/2, 1)) / geo.Rad
	box := geo.Box{South: at.Lat - radius, West: -180, North: at.Lat + radius, East: 180}
	if box.South <= -90 || box.North >= 90 {
		return at, circum, Extent{boxes: [2]geo.Box{box}, n: 1}, nil
	}
	wide := math.Asin(min(math.Sin(radius*geo.Rad)/math.Cos(at.Lat*geo.Rad), 1)) / geo.Rad
	box.West, box.East = at.Lng-wide, at.Lng+wide
	g := Extent{boxes: [2]geo.Box{box}, n: 1}
	switch {
	case box.West < -180:
		g.boxes[1], g.n = geo.Box{South: box.South, West: box.West + 360, North: box.North, East: 180}, 2
	case box.East > 180:
		g.boxes[1], g.n = geo.Box{South: box.South, West: -180, North: box.North, East: box.East - 360}, 2
	}
	return at, circum, g, nil
}
