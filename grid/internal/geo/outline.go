package geo

import "math"

// Outline is the border of an area: its own edges or, for an area that is the union of its children, the edges that no two children
// share. A hierarchy of boxes, each over eight edges or eight boxes, makes the nearest edge cheap to find.
type Outline struct {
	Edges []Edge
	Left  []bool  // for each edge: the ground lies to its left, from A to B
	Twin  []int32 // for each edge: the area of the same level across it, or None
	Owner []int32 // of a union, for each edge: the child that it comes from
	boxes [][]Box // boxes[0] holds runs of 8 edges
}

// None is the number of no edge and no area.
const None = int32(-1)

// fan is the number of edges or boxes in a box.
const fan = 8

// NewOutline returns the outline with these edges, in this order.
func NewOutline(edges []Edge, left []bool) *Outline {
	o := &Outline{Edges: edges, Left: left, Twin: make([]int32, len(edges))}
	for i := range o.Twin {
		o.Twin[i] = None
	}
	var row []Box
	for i := range edges {
		if i%fan == 0 {
			row = append(row, NewBox())
		}
		row[len(row)-1].Grow(edges[i].A)
		row[len(row)-1].Grow(edges[i].B)
	}
	for ; len(row) > 0; row = wrap(row) {
		o.boxes = append(o.boxes, row)
		if len(row) == 1 {
			break
		}
	}
	return o
}

// Hit is the nearest place of an outline.
type Hit struct {
	Square float64 // of the distance on the plane
	Edge   int32
	At     Point
}

// Nearest returns the place nearest to the plane's origin if it is nearer than best, else best.
func (o *Outline) Nearest(pl Plane, best Hit) Hit {
	if o == nil || len(o.boxes) == 0 {
		return best
	}
	o.visit(pl, len(o.boxes)-1, 0, &best)
	return best
}

// NearestAnywhere is Nearest for a point anywhere on the globe: within some 50 km it compares on a plane, beyond that by chords.
func (o *Outline) NearestAnywhere(pt Point) Hit {
	if f := o.Nearest(PlaneAt(pt), Hit{Square: math.Inf(1), Edge: None, At: pt}); f.Square < 50_000*50_000 {
		return f
	}
	from, best := VectorOf(pt), Hit{Square: math.Inf(1), Edge: None, At: pt}
	for i := range o.Edges {
		if d, t := from.Chord(VectorOf(o.Edges[i].A), VectorOf(o.Edges[i].B)); d < best.Square {
			best = Hit{d, int32(i), o.Edges[i].At(t)}
		}
	}
	return best
}

// Bytes returns the memory that boxes and twins take.
func (o *Outline) Bytes() int {
	n := 4 * cap(o.Twin)
	for _, row := range o.boxes {
		n += 32 * cap(row)
	}
	return n
}

func wrap(row []Box) []Box {
	var up []Box
	for i, b := range row {
		if i%fan == 0 {
			up = append(up, NewBox())
		}
		up[len(up)-1].Grow(Point{b.South, b.West})
		up[len(up)-1].Grow(Point{b.North, b.East})
	}
	return up
}

func (o *Outline) visit(pl Plane, level, k int, best *Hit) {
	if level < 0 {
		e := &o.Edges[k]
		if d, at := pl.nearest(e); d < best.Square && !e.seam() {
			*best = Hit{d, int32(k), at}
		}
		return
	}
	count := len(o.Edges)
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
		if bound[next] >= best.Square {
			return
		}
		bound[next] = math.Inf(1)
		o.visit(pl, level-1, first+next, best)
	}
}

// bound returns the square of the least distance from the plane's origin to a box.
func (pl Plane) bound(b *Box) float64 {
	x := max(b.West-pl.at.Lng, pl.at.Lng-b.East, 0)
	if x > 180 { // the short way around the earth
		x = max(360-x-(b.East-b.West), 0)
	}
	x *= pl.MPerLng
	y := max(b.South-pl.at.Lat, pl.at.Lat-b.North, 0) * pl.MPerLat
	return x*x + y*y
}
