package city

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Point is a place with duties of its own (点位): a school, a market, a shop front (门前四包), an asset.
type Point struct {
	ID, Name, NameEn, Kind string
	Area                   grid.AreaID // as given in the file, else the smallest area around the point
	Unit                   roster.Unit // the accountable unit; zero = not named: the point's area
	At                     grid.Point  // the drawn position; for polygons, a position inside
	Ground                 grid.Patch  // a point with a radius, or polygons; read only
	Component              string      // 16-digit code of an asset; see ParseComponent. "" = none

	Regulator, Owner, Maintainer roster.Unit // 主管, 权属, 养护; zero = not known
}

// IndexPoints sorts Points and prepares Point and NearPoints. The compiler calls IndexPoints when Points is complete.
func (c *City) IndexPoints() {
	slices.SortFunc(c.Points, func(a, b Point) int { return cmp.Compare(a.ID, b.ID) })
	c.pointByID, c.pointByComponent = make(map[string]int, len(c.Points)), map[string]int{}
	for i := range c.Points {
		c.pointByID[c.Points[i].ID] = i
		if code := c.Points[i].Component; code != "" {
			c.pointByComponent[code] = i
		}
	}
	c.pointIndex = index(c.Points, func(p Point) grid.Patch { return p.Ground })
}

// PointOf finds the point with the code of an asset; nil if there is none.
func (c *City) PointOf(component string) *Point {
	if i, ok := c.pointByComponent[component]; ok {
		return &c.Points[i]
	}
	return nil
}

// Point finds a point by its id; nil if there is none.
func (c *City) Point(id string) *Point {
	if i, ok := c.pointByID[id]; ok {
		return &c.Points[i]
	}
	return nil
}

// NearPoint is a point with its distance.
type NearPoint struct {
	Point     *Point
	DistanceM float64 // geodesic, to the edge of the point's ground: 0 inside
}

// NearPoints lists the points of a kind within a distance of a position on the ground, nearest first, then by id. The
// empty kind means every kind.
func (c *City) NearPoints(at grid.Point, kind string, withinM float64) []NearPoint {
	var out []NearPoint
	c.pointIndex.Near(at, withinM, func(i int, drawnM float64) {
		if p := &c.Points[i]; kind == "" || p.Kind == kind {
			out = append(out, NearPoint{p, max(0, drawnM-p.Ground.ReachM)})
		}
	})
	slices.SortFunc(out, func(a, b NearPoint) int {
		return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.Point.ID, b.Point.ID))
	})
	return out
}

// Component is the code of an asset. Example: 2301020101000001.
type Component struct {
	Region, Class, Subclass, Sequence string // 6, 2, 2 and 6 digits
}

// ParseComponent splits a 16-digit component code.
func ParseComponent(code string) (Component, error) {
	if len(code) != 16 || strings.Trim(code, "0123456789") != "" || code[10:] == "000000" {
		return Component{}, fmt.Errorf("component %q: want 16 digits and a sequence from 000001", code)
	}
	return Component{code[:6], code[6:8], code[8:10], code[10:]}, nil
}
