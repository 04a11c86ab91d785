package geo

import (
	"math"

	"github.com/peterstace/simplefeatures/rtree"
)

// Point is a place in WGS-84 degrees.
type Point struct{ Lat, Lng float64 }

// OnEarth reports whether all points have a valid latitude and longitude.
func OnEarth(points []Point) bool {
	for _, p := range points {
		if !(p.Lat >= -90 && p.Lat <= 90 && p.Lng >= -180 && p.Lng <= 180) {
			return false
		}
	}
	return true
}

// Box is a rectangle of latitude and longitude, in degrees.
type Box struct{ South, West, North, East float64 }

// NewBox returns an empty box.
func NewBox() Box { return Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)} }

// Grow extends the box to hold a point.
func (b *Box) Grow(p Point) {
	b.South, b.North = min(b.South, p.Lat), max(b.North, p.Lat)
	b.West, b.East = min(b.West, p.Lng), max(b.East, p.Lng)
}

// Meets reports whether an edge has a point in a box: their boxes meet, and the corners of the box are not all on one side of the edge.
// Rounding is covered by the margin that every extent has.
func (b *Box) Meets(e *Edge) bool {
	if e.B.Lat < b.South || e.A.Lat > b.North || max(e.A.Lng, e.B.Lng) < b.West || min(e.A.Lng, e.B.Lng) > b.East {
		return false
	}
	dx, dy := e.B.Lng-e.A.Lng, e.B.Lat-e.A.Lat
	// dy >= 0: the corners that are farthest to the left and to the right lie on one diagonal.
	south, north := dx*(b.South-e.A.Lat), dx*(b.North-e.A.Lat)
	west, east := (b.West-e.A.Lng)*dy, (b.East-e.A.Lng)*dy
	if dx >= 0 {
		return north >= west && south <= east
	}
	return south >= west && north <= east
}

// Around widens a box by metres, and by a hundredth for the error of a plane.
func (b Box) Around(m float64) rtree.Box {
	m = m*1.01 + 1
	lat := m / 110_000
	lng := 360.0
	if far := max(math.Abs(b.South), math.Abs(b.North)) + lat; far < 89.9 {
		lng = min(m/(111_000*math.Cos(far*Rad)), 360)
	}
	return rtree.Box{MinX: b.West - lng, MinY: b.South - lat, MaxX: b.East + lng, MaxY: b.North + lat}
}
