package geo

import (
	"math"
	"slices"
)

// GroundLeft reports for each edge of a shape, in its order, whether the ground lies to the left of the edge, from A to B.
func GroundLeft(polygons []Polygon) []bool {
	var out []bool
	for _, p := range polygons {
		for k, ring := range p {
			left := (RingM2(ring) > 0) == (k == 0)
			for i := 1; i < len(ring); i++ {
				if ring[i-1] != ring[i] {
					out = append(out, left == (NewEdge(ring[i-1], ring[i]).A == ring[i-1]))
				}
			}
		}
	}
	return out
}

// SizeM2 returns the size of polygons on the ellipsoid of WGS-84 in square metres, accurate to a millionth: outer rings less holes,
// edges straight in latitude and longitude.
func SizeM2(polygons []Polygon) float64 {
	total := 0.0
	for _, p := range polygons {
		for i, ring := range p {
			if size := math.Abs(RingM2(ring)); i == 0 {
				total += size
			} else {
				total -= size
			}
		}
	}
	return total
}

// Nodes and weights of Gauss and Legendre on [0, 1].
var gauss = [3][2]float64{{0.5 - 0.3872983346207417, 5.0 / 18}, {0.5, 8.0 / 18}, {0.5 + 0.3872983346207417, 5.0 / 18}}

// RingM2 returns the size of a ring, positive if it runs counter-clockwise: the integral over longitude of the ellipsoid's surface
// between the first vertex' parallel and the edge.
func RingM2(ring []Point) float64 {
	if len(ring) == 0 {
		return 0
	}
	base, total := zoneM2(ring[0].Lat), 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		mean := 0.0
		for _, g := range gauss {
			mean += g[1] * (zoneM2(a.Lat+g[0]*(b.Lat-a.Lat)) - base)
		}
		total -= mean * (b.Lng - a.Lng) * Rad
	}
	return total
}

// zoneM2 returns the surface from the equator to a latitude, for one radian of longitude.
func zoneM2(lat float64) float64 {
	e := math.Sqrt(earthE2)
	sin := math.Sin(lat * Rad)
	return earthA * earthA * (1 - earthE2) / 2 * (sin/(1-earthE2*sin*sin) + math.Atanh(e*sin)/e)
}

// Inside returns a place within polygons, as far from their edges as is cheap to find: the middle of the longest stretch of ground on
// 15 parallels.
func Inside(polygons []Polygon) Point {
	s := NewShape(polygons)
	best, out := -1.0, Point{}
	for k := range 15 {
		lat := s.South + (s.North-s.South)*(float64(k)+0.5)/15
		var cuts []float64
		for _, e := range s.Edges {
			if e.A.Lat <= lat && lat < e.B.Lat {
				cuts = append(cuts, e.A.Lng+(e.B.Lng-e.A.Lng)*(lat-e.A.Lat)/(e.B.Lat-e.A.Lat))
			}
		}
		slices.Sort(cuts)
		for i := 1; i < len(cuts); i += 2 {
			if wide := cuts[i] - cuts[i-1]; wide > best {
				best, out = wide, Point{lat, (cuts[i] + cuts[i-1]) / 2}
			}
		}
	}
	return out
}
