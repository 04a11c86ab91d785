package grid

import (
	"wangge/grid/internal/geo"
	"wangge/grid/internal/h3cell"
)

// Point is a place in WGS-84 degrees.
type Point = geo.Point

// Polygon is a list of closed rings, the outer one first, then holes.
type Polygon = geo.Polygon

// Box is a rectangle of latitude and longitude, in degrees.
type Box = geo.Box

// Cell is an H3 cell index. Example: 8a144b2d3647fff (resolution 10, about 15,000 m²).
type Cell = h3cell.Cell

// CellOf returns the cell of a point at a resolution from 0 to 15.
func CellOf(pt Point, res int) (Cell, error) { return h3cell.Of(pt, res) }

// CellSizeM2 returns the size in square metres of the cell at a point.
func CellSizeM2(pt Point, res int) (float64, error) { return h3cell.SizeM2(pt, res) }

// Distance returns the length in metres of the geodesic between two points on the ellipsoid of WGS-84, good to 1 mm.
// Points that are nearly antipodal are measured on the sphere, good to 0.5 %.
func Distance(a, b Point) float64 { return geo.Distance(a, b) }

// Bearing returns the direction from a to b at its start, clockwise from north, in degrees.
func Bearing(a, b Point) float64 { return geo.Bearing(a, b) }

// SizeM2 returns the size of polygons on the ellipsoid of WGS-84 in square metres, good to a millionth: outer rings
// less holes, edges straight in latitude and longitude.
func SizeM2(polygons []Polygon) float64 { return geo.SizeM2(polygons) }

// Inside returns a place within polygons, as far from their edges as is cheap to find.
func Inside(polygons []Polygon) Point { return geo.Inside(polygons) }
