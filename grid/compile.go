package grid

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/uber/h3-go/v4"
	"golang.org/x/sync/errgroup"
)

// reach is how far the descendants of a cell (by bits) stick out of its hexagon. With aperture 7 a
// child's centre lies at most √3/√7 of the circumradius R away and each generation shrinks by √7,
// so no descendant reaches beyond R·(√3/√7)/(1-1/√7) = 1.06 R; the rest is for the sphere's
// distortion, which is large in the largest cells.
func reach(res int) float64 {
	if res < 3 {
		return 1.4
	}
	return 1.15
}

// A part of the tree that meets at most this share of all edges is built by one worker; one that
// meets less than leastTask is not worth one.
const (
	taskShare = 24
	leastTask = 2000
)

// near is one edge with its area.
type near struct {
	edge
	area int32
}

// part is a subtree that one worker builds: its nodes and sets count from zero.
type part struct {
	ix       *Index
	nodes    [][7]slot
	sets     [][]int32
	setOf    map[string]int32
	touched  []int32 // by area: the last cell, counted in seen, that an edge of it met
	kept     []int32 // by area: the last cell that it or a child of it was kept for
	seen     int32
	stack    []near // edges of the cells on the way down
	deferred *[]task
	most     int // edges of a task; 0 = do everything here
}

// task is a cell that is built by another part, and where its slot belongs.
type task struct {
	cell       h3.Cell
	up         float64 // its parent's circumradius
	edges      []near
	candidates []int32
	node       int32 // none: a root
	child      int
	done       *part
	slot       slot
}

// compile builds the top of the tree, then what hangs below it in parallel, and joins the parts in
// the order in which the top met them: the result doesn't depend on how many workers there are.
func (ix *Index) compile() error {
	var all []near
	candidates := make([]int32, len(ix.areas))
	for i := range ix.areas {
		candidates[i] = int32(i)
		if ix.areas[i].shape == nil {
			continue
		}
		for _, e := range ix.areas[i].shape.edges {
			all = append(all, near{e, int32(i)})
		}
	}
	bases, err := h3.Res0Cells()
	if err != nil {
		return fmt.Errorf("base cells: %w", err)
	}
	var tasks []task
	top := newPart(ix)
	top.deferred, top.most = &tasks, max(len(all)/taskShare, leastTask)
	for _, c := range bases {
		s, err := top.grow(c, 0, all, candidates, none, c.BaseCellNumber())
		if err != nil {
			return err
		}
		ix.tree.roots[c.BaseCellNumber()] = s
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tasks {
		group.Go(func() error {
			t := &tasks[i]
			t.done = newPart(ix)
			var err error
			t.slot, err = t.done.grow(t.cell, t.up, t.edges, t.candidates, none, 0)
			t.edges = nil
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		s := top.join(t.done, t.slot)
		if t.node == none {
			ix.tree.roots[t.child] = s
		} else {
			top.nodes[t.node][t.child] = s
		}
	}
	ix.tree.nodes, ix.tree.sets = slices.Clip(top.nodes), slices.Clip(top.sets)
	return nil
}

func newPart(ix *Index) *part {
	p := &part{ix: ix, setOf: map[string]int32{}, touched: make([]int32, len(ix.areas)), kept: make([]int32, len(ix.areas))}
	return p
}

// join takes over another part's nodes and sets, and returns its slot as it is called here.
func (p *part) join(q *part, s slot) slot {
	base := slot(len(p.nodes))
	here := make([]slot, len(q.sets))
	for i, set := range q.sets {
		here[i] = border(p.set(set))
	}
	rename := func(s slot) slot {
		switch {
		case s >= 0:
			return s + base
		case ^s&1 == 1:
			return here[^s>>1]
		default:
			return s
		}
	}
	for _, n := range q.nodes {
		for i := range n {
			n[i] = rename(n[i])
		}
		p.nodes = append(p.nodes, n)
	}
	return rename(s)
}

// set keeps each list of candidates once.
func (p *part) set(candidates []int32) int32 {
	key := make([]byte, 0, 4*len(candidates))
	for _, c := range candidates {
		key = binary.LittleEndian.AppendUint32(key, uint32(c))
	}
	i, ok := p.setOf[string(key)]
	if !ok {
		i = int32(len(p.sets))
		p.sets = append(p.sets, slices.Clone(candidates))
		p.setOf[string(key)] = i
	}
	return i
}

// grow builds a cell from the edges and areas that met its parent.
func (p *part) grow(c h3.Cell, up float64, edges []near, candidates []int32, node int32, child int) (slot, error) {
	res := c.Resolution()
	at, circum, ground, err := extent(c, up, res == p.ix.res)
	if err != nil {
		return 0, err
	}
	from := len(p.stack)
	defer func() { p.stack = p.stack[:from] }()
	p.seen++
	for i := range edges {
		if ground.meets(&edges[i].edge) {
			p.stack = append(p.stack, edges[i])
			p.touched[edges[i].area] = p.seen
		}
	}
	here := p.stack[from:]
	if len(here) == 0 {
		return interior(p.ix.deepest(outside, at, candidates)), nil
	}
	// An area that has a point here has an edge here, or holds the middle; a union has a child here.
	var few [16]int32
	kept := few[:0]
	for _, i := range slices.Backward(candidates) {
		s := p.ix.areas[i].shape
		if p.touched[i] != p.seen && (s != nil && !s.contains(at) || s == nil && p.kept[i] != p.seen) {
			continue
		}
		kept = append(kept, i)
		if up := p.ix.areas[i].parent; up != outside {
			p.kept[up] = p.seen
		}
	}
	slices.Reverse(kept)
	if res >= p.ix.res {
		return border(p.set(kept)), nil
	}
	if p.deferred != nil && len(here) <= p.most {
		*p.deferred = append(*p.deferred, task{cell: c, up: up, edges: slices.Clone(here), candidates: slices.Clone(kept), node: node, child: child})
		return interior(outside), nil
	}
	children, err := c.Children(res + 1)
	if err != nil {
		return 0, fmt.Errorf("cell %v: %w", c, err)
	}
	n := int32(len(p.nodes))
	p.nodes = append(p.nodes, [7]slot{})
	for i := range p.nodes[n] {
		p.nodes[n][i] = interior(outside) // a pentagon has six children
	}
	for _, k := range children {
		digit := int(uint64(k) >> (3 * (15 - res - 1)) & 7)
		s, err := p.grow(k, circum, here, kept, n, digit)
		if err != nil {
			return 0, err
		}
		p.nodes[n][digit] = s
	}
	return slot(n), nil
}

// ground is a cell's extent as one or two boxes of latitude and longitude: two at the antimeridian.
type ground struct {
	boxes [2]Box
	n     int
}

func (g *ground) meets(e *edge) bool {
	for i := range g.n {
		if g.boxes[i].meets(e) {
			return true
		}
	}
	return false
}

// meets reports whether an edge has a point in a box: their boxes do, and the box's corners are not
// all on one side of the edge. Rounding is covered by the margin that every extent has.
func (b *Box) meets(e *edge) bool {
	if e.b.Lat < b.South || e.a.Lat > b.North || max(e.a.Lng, e.b.Lng) < b.West || min(e.a.Lng, e.b.Lng) > b.East {
		return false
	}
	dx, dy := e.b.Lng-e.a.Lng, e.b.Lat-e.a.Lat
	// dy >= 0: the corners that are farthest to the left and to the right lie on one diagonal.
	south, north := dx*(b.South-e.a.Lat), dx*(b.North-e.a.Lat)
	west, east := (b.West-e.a.Lng)*dy, (b.East-e.a.Lng)*dy
	if dx >= 0 {
		return north >= west && south <= east
	}
	return south >= west && north <= east
}

// exactRes is the finest resolution at which a cell's corners are asked for. Below it a cell's
// circumradius is its parent's by √7: it varies by less than 2 % within a cell of that size, which
// the margins cover (a test holds them against random points of the whole globe).
const exactRes = 4

// lastReach is the margin of the last cells, which have no descendants.
const lastReach = 1.05

// extent is a cell's middle, its circumradius in radii of the earth, and the ground on which its
// points, and those of its descendants, lie. up is its parent's circumradius.
func extent(c h3.Cell, up float64, last bool) (Point, float64, ground, error) {
	center, err := c.LatLng()
	if err != nil {
		return Point{}, 0, ground{}, fmt.Errorf("cell %v: %w", c, err)
	}
	at := Point{center.Lat, center.Lng}
	circum := up / math.Sqrt(7)
	if res := c.Resolution(); res <= exactRes {
		boundary, err := c.Boundary()
		if err != nil {
			return Point{}, 0, ground{}, fmt.Errorf("cell %v: %w", c, err)
		}
		mid := vectorOf(at)
		circum = 0
		for _, v := range boundary {
			corner := vectorOf(Point{v.Lat, v.Lng})
			d, _ := mid.chord(corner, corner)
			circum = max(circum, d)
		}
	}
	wider := lastReach
	if !last {
		wider = reach(c.Resolution())
	}
	radius := 2 * math.Asin(min(circum*wider/2, 1)) / rad
	box := Box{at.Lat - radius, -180, at.Lat + radius, 180}
	if box.South <= -90 || box.North >= 90 {
		return at, circum, ground{boxes: [2]Box{box}, n: 1}, nil
	}
	wide := math.Asin(min(math.Sin(radius*rad)/math.Cos(at.Lat*rad), 1)) / rad
	box.West, box.East = at.Lng-wide, at.Lng+wide
	g := ground{boxes: [2]Box{box}, n: 1}
	switch {
	case box.West < -180:
		g.boxes[1], g.n = Box{box.South, box.West + 360, box.North, 180}, 2
	case box.East > 180:
		g.boxes[1], g.n = Box{box.South, -180, box.North, box.East - 360}, 2
	}
	return at, circum, g, nil
}
