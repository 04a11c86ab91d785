package grid

import (
	"math"
	"slices"

	"wangge/grid/internal/geo"
)

// outlines makes the outline of each area, from the lowest level up, and finds the areas across its edges. It needs the tree.
func (ix *Index) outlines() {
	sides := map[geo.Edge][2]int32{}
	for last := len(ix.areas); last > 0; {
		first := last - 1
		for first > 0 && ix.areas[first-1].level == ix.areas[last-1].level {
			first--
		}
		for i := first; i < last; i++ {
			if a := &ix.areas[i]; a.shape != nil {
				a.outline = geo.NewOutline(a.shape.Edges, geo.GroundLeft(a.polygons))
			} else {
				a.outline = ix.union(int32(i), sides)
			}
		}
		ix.linkTwins(first, last)
		last = first
	}
}

// linkTwins records the area across each edge that exactly two areas of a level share, one on each side.
func (ix *Index) linkTwins(first, last int) {
	total := 0
	for i := first; i < last; i++ {
		total += len(ix.areas[i].outline.Edges)
	}
	type side struct{ area, edge int32 }
	open := make(map[geo.Edge]side, total)
	many := map[geo.Edge]bool{}
	for i := first; i < last; i++ {
		o := ix.areas[i].outline
		for j, e := range o.Edges {
			other, shared := open[e]
			if !shared {
				open[e] = side{int32(i), int32(j)}
				continue
			}
			twin := ix.areas[other.area].outline.Twin
			if many[e] || other.area == int32(i) || twin[other.edge] != geo.None || ix.areas[other.area].outline.Left[other.edge] == o.Left[j] {
				many[e] = true
				twin[other.edge] = geo.None
				continue
			}
			twin[other.edge], o.Twin[j] = int32(i), other.area
		}
	}
	if len(many) == 0 {
		return
	}
	for i := first; i < last; i++ { // of three that share an edge, none is the one across
		o := ix.areas[i].outline
		for j, e := range o.Edges {
			if many[e] {
				o.Twin[j] = geo.None
			}
		}
	}
}

// union returns the outline of an area that is the union of its children. Where two children share a border but not its vertices, the
// edges inside the union are left out.
func (ix *Index) union(i int32, sides map[geo.Edge][2]int32) *geo.Outline {
	children := ix.areas[i].children
	total := 0
	for _, c := range children {
		total += len(ix.areas[c].outline.Edges)
	}
	count := make(map[geo.Edge]int8, total)
	for _, c := range children {
		for _, e := range ix.areas[c].outline.Edges {
			count[e] = min(count[e]+1, 2)
		}
	}
	o := &geo.Outline{}
	for _, c := range children {
		from := ix.areas[c].outline
		for j, e := range from.Edges {
			if count[e] == 1 && (from.Twin[j] != geo.None || !ix.insideUnion(i, e, sides)) {
				o.Edges = append(o.Edges, e)
				o.Left = append(o.Left, from.Left[j])
				o.Owner = append(o.Owner, c)
			}
		}
	}
	owner := slices.Clip(o.Owner)
	o = geo.NewOutline(slices.Clip(o.Edges), slices.Clip(o.Left))
	o.Owner = owner
	return o
}

// insideUnion reports whether the ground a centimetre to both sides of an edge's middle belongs to area i.
func (ix *Index) insideUnion(i int32, e geo.Edge, sides map[geo.Edge][2]int32) bool {
	two, known := sides[e]
	if !known {
		two = ix.bothSides(&e)
		sides[e] = two
	}
	depth := len(ix.areas[i].chain)
	for _, j := range two {
		if j == outside || len(ix.areas[j].chain) < depth || ix.areas[j].chain[depth-1] != ix.areas[i].id {
			return false
		}
	}
	return true
}

// bothSides returns the deepest area on each side of an edge. It asks one cell: the candidates of a border cell are valid for some
// metres around it.
func (ix *Index) bothSides(e *geo.Edge) [2]int32 {
	mid := e.At(0.5)
	pl := geo.PlaneAt(mid)
	x, y := pl.XY(e.B)
	length := math.Hypot(x, y)
	cell, err := CellOf(mid, ix.res)
	if err != nil || length == 0 || pl.MPerLng == 0 {
		return [2]int32{outside, outside}
	}
	const aside = 0.01
	dLat, dLng := aside*x/length/pl.MPerLat, -aside*y/length/pl.MPerLng
	left, right := Point{Lat: mid.Lat + dLat, Lng: mid.Lng + dLng}, Point{Lat: mid.Lat - dLat, Lng: mid.Lng - dLng}
	return [2]int32{ix.within(cell, left), ix.within(cell, right)}
}
