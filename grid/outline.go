package grid

import (
	"math"
	"slices"
)

// outline is the border of an area on the ground: its own edges or, of an area that is the union of
// its children, those that no two of them share. Boxes over eight edges each, over eight such boxes
// and so on make the nearest edge cheap to find.
type outline struct {
	edges []edge
	left  []bool  // the ground lies to the left of the edge, looking from a to b
	twin  []int32 // the area of the same level across that edge, or none
	owner []int32 // of a union: whose edge it is
	boxes [][]Box // boxes[0] holds runs of 8 edges
}

const (
	none = int32(-1)
	fan  = 8
)

func newOutline(edges []edge, left []bool) *outline {
	o := &outline{edges: edges, left: left, twin: make([]int32, len(edges))}
	for i := range o.twin {
		o.twin[i] = none
	}
	var row []Box
	for i := range edges {
		if i%fan == 0 {
			row = append(row, newBox())
		}
		row[len(row)-1].grow(edges[i].a)
		row[len(row)-1].grow(edges[i].b)
	}
	for ; len(row) > 0; row = wrap(row) {
		o.boxes = append(o.boxes, row)
		if len(row) == 1 {
			break
		}
	}
	return o
}

// bytes is the memory that the boxes and neighbours take.
func (o *outline) bytes() int {
	n := 4 * cap(o.twin)
	for _, row := range o.boxes {
		n += 32 * cap(row)
	}
	return n
}

func wrap(row []Box) []Box {
	var up []Box
	for i, b := range row {
		if i%fan == 0 {
			up = append(up, newBox())
		}
		up[len(up)-1].grow(Point{b.South, b.West})
		up[len(up)-1].grow(Point{b.North, b.East})
	}
	return up
}

// found is the nearest place of an outline so far.
type found struct {
	square float64 // of the distance on the plane
	edge   int32
	at     Point
}

// nearest looks for a place nearer than best; where there is none, it returns best.
func (o *outline) nearest(pl plane, best found) found {
	if o == nil || len(o.boxes) == 0 {
		return best
	}
	o.visit(pl, len(o.boxes)-1, 0, &best)
	return best
}

func (o *outline) visit(pl plane, level, k int, best *found) {
	if level < 0 {
		e := &o.edges[k]
		if d, at := pl.nearest(e); d < best.square && !e.seam() {
			*best = found{d, int32(k), at}
		}
		return
	}
	count := len(o.edges)
	if level > 0 {
		count = len(o.boxes[level-1])
	}
	first := k * fan
	n := min(fan, count-first)
	if level == 0 {
		for i := range n {
			o.visit(pl, -1, first+i, best)
		}
		return
	}
	var bound [fan]float64
	for i := range n {
		bound[i] = pl.bound(&o.boxes[level-1][first+i])
	}
	for range n {
		next := 0
		for i := 1; i < n; i++ {
			if bound[i] < bound[next] {
				next = i
			}
		}
		if bound[next] >= best.square {
			return
		}
		bound[next] = math.Inf(1)
		o.visit(pl, level-1, first+next, best)
	}
}

// bound is the square of the least distance from the plane's origin to a box.
func (pl plane) bound(b *Box) float64 {
	x := max(b.West-pl.at.Lng, pl.at.Lng-b.East, 0)
	if x > 180 { // the short way around the earth
		x = max(360-x-(b.East-b.West), 0)
	}
	x *= pl.kLng
	y := max(b.South-pl.at.Lat, pl.at.Lat-b.North, 0) * pl.kLat
	return x*x + y*y
}

// outlines draws the border of each area, from the lowest level up, and finds who shares its edges.
// It needs the tree.
func (ix *Index) outlines() {
	sides := map[edge][2]int32{}
	for last := len(ix.areas); last > 0; {
		first := last - 1
		for first > 0 && ix.areas[first-1].level == ix.areas[last-1].level {
			first--
		}
		for i := first; i < last; i++ {
			if a := &ix.areas[i]; a.shape != nil {
				a.outline = newOutline(a.shape.edges, lefts(a.polygons))
			} else {
				a.outline = ix.union(int32(i), sides)
			}
		}
		ix.twins(first, last)
		last = first
	}
}

// lefts tells for each edge of a shape, in its order, on which side the ground lies: to the left of
// outer rings that run counter-clockwise, and of holes that don't.
func lefts(polygons []Polygon) []bool {
	var out []bool
	for _, p := range polygons {
		for k, ring := range p {
			left := (ringM2(ring) > 0) == (k == 0)
			for i := 1; i < len(ring); i++ {
				if ring[i-1] != ring[i] {
					out = append(out, left == (newEdge(ring[i-1], ring[i]).a == ring[i-1]))
				}
			}
		}
	}
	return out
}

// twins notes who lies across each edge that exactly two areas of a level share, one on each side.
func (ix *Index) twins(first, last int) {
	total := 0
	for i := first; i < last; i++ {
		total += len(ix.areas[i].outline.edges)
	}
	type side struct{ area, edge int32 }
	open := make(map[edge]side, total)
	many := map[edge]bool{}
	for i := first; i < last; i++ {
		o := ix.areas[i].outline
		for j, e := range o.edges {
			other, shared := open[e]
			if !shared {
				open[e] = side{int32(i), int32(j)}
				continue
			}
			twin := ix.areas[other.area].outline.twin
			if many[e] || other.area == int32(i) || twin[other.edge] != none || ix.areas[other.area].outline.left[other.edge] == o.left[j] {
				many[e] = true
				twin[other.edge] = none
				continue
			}
			twin[other.edge], o.twin[j] = int32(i), other.area
		}
	}
	if len(many) == 0 {
		return
	}
	for i := first; i < last; i++ { // of three that share an edge, none is the one across
		o := ix.areas[i].outline
		for j, e := range o.edges {
			if many[e] {
				o.twin[j] = none
			}
		}
	}
}

// union is the outline of an area that is the union of its children. Where two of them share a
// border without sharing its vertices, what lies inside the union on both sides is left out.
func (ix *Index) union(i int32, sides map[edge][2]int32) *outline {
	children := ix.areas[i].children
	total := 0
	for _, c := range children {
		total += len(ix.areas[c].outline.edges)
	}
	count := make(map[edge]int8, total)
	for _, c := range children {
		for _, e := range ix.areas[c].outline.edges {
			count[e] = min(count[e]+1, 2)
		}
	}
	o := &outline{}
	for _, c := range children {
		from := ix.areas[c].outline
		for j, e := range from.edges {
			if count[e] == 1 && (from.twin[j] != none || !ix.inner(i, e, sides)) {
				o.edges = append(o.edges, e)
				o.left = append(o.left, from.left[j])
				o.owner = append(o.owner, c)
			}
		}
	}
	owner := slices.Clip(o.owner)
	o = newOutline(slices.Clip(o.edges), slices.Clip(o.left))
	o.owner = owner
	return o
}

// inner reports whether the ground a centimetre to both sides of an edge's middle belongs to area i.
func (ix *Index) inner(i int32, e edge, sides map[edge][2]int32) bool {
	two, known := sides[e]
	if !known {
		two = ix.besides(&e)
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

// besides is the deepest area on each side of an edge. One cell is asked: the candidates of a border
// cell are good for some metres around it.
func (ix *Index) besides(e *edge) [2]int32 {
	mid := e.along(0.5)
	pl := planeAt(mid)
	x, y := pl.xy(e.b)
	length := math.Hypot(x, y)
	cell, err := CellOf(mid, ix.res)
	if err != nil || length == 0 || pl.kLng == 0 {
		return [2]int32{outside, outside}
	}
	const aside = 0.01
	dLat, dLng := aside*x/length/pl.kLat, -aside*y/length/pl.kLng
	return [2]int32{ix.within(cell, Point{mid.Lat + dLat, mid.Lng + dLng}), ix.within(cell, Point{mid.Lat - dLat, mid.Lng - dLng})}
}
