package grid

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"

	"wangge/grid/internal/geo"
	"wangge/grid/internal/h3cell"

	"github.com/uber/h3-go/v4"
	"golang.org/x/sync/errgroup"
)

// A subtree that meets at most 1/taskShare of all edges is built by one worker. A subtree that meets fewer than leastTask edges is
// not worth a worker.
const (
	taskShare = 24
	leastTask = 2000
)

// areaEdge is an edge with its area.
type areaEdge struct {
	geo.Edge
	area int32
}

// part is a subtree built by one worker. Its nodes and sets are numbered from zero.
type part struct {
	ix       *Index
	nodes    [][7]h3cell.Slot
	sets     [][]int32
	setOf    map[string]int32
	touched  []int32 // by area: the last cell, counted in seen, that an edge of it met
	kept     []int32 // by area: the last cell that it or a child of it was kept for
	seen     int32
	stack    []areaEdge // edges of the cells on the way down
	deferred *[]task
	most     int // edges of a task; 0 = do everything here
}

// task is a cell to be built by another part, and where its slot belongs.
type task struct {
	cell       h3.Cell
	up         float64 // its parent's circumradius
	edges      []areaEdge
	candidates []int32
	node       int32 // none: a root
	child      int
	done       *part
	slot       h3cell.Slot
}

// compile builds the top of the tree, then the subtrees below it in parallel, and joins them in the order in which the top met
// them. So the result does not depend on the number of workers.
func (ix *Index) compile() error {
	var all []areaEdge
	candidates := make([]int32, len(ix.areas))
	for i := range ix.areas {
		candidates[i] = int32(i)
		if ix.areas[i].shape == nil {
			continue
		}
		for _, e := range ix.areas[i].shape.Edges {
			all = append(all, areaEdge{e, int32(i)})
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
		s, err := top.grow(c, 0, all, candidates, geo.None, c.BaseCellNumber())
		if err != nil {
			return err
		}
		ix.tree.Roots[c.BaseCellNumber()] = s
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range tasks {
		group.Go(func() error {
			t := &tasks[i]
			t.done = newPart(ix)
			var err error
			t.slot, err = t.done.grow(t.cell, t.up, t.edges, t.candidates, geo.None, 0)
			t.edges = nil
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		s := top.adopt(t.done, t.slot)
		if t.node == geo.None {
			ix.tree.Roots[t.child] = s
		} else {
			top.nodes[t.node][t.child] = s
		}
	}
	ix.tree.Nodes, ix.tree.Sets = slices.Clip(top.nodes), slices.Clip(top.sets)
	return nil
}

func newPart(ix *Index) *part {
	p := &part{ix: ix, setOf: map[string]int32{}, touched: make([]int32, len(ix.areas)), kept: make([]int32, len(ix.areas))}
	return p
}

// adopt appends the nodes and sets of another part and returns its slot with the numbers that they have here.
func (p *part) adopt(q *part, s h3cell.Slot) h3cell.Slot {
	base := h3cell.Slot(len(p.nodes))
	here := make([]h3cell.Slot, len(q.sets))
	for i, set := range q.sets {
		here[i] = h3cell.Border(p.set(set))
	}
	rename := func(s h3cell.Slot) h3cell.Slot {
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

// set stores each list of candidates once and returns its number.
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

// grow builds a cell from the edges and areas that its parent met.
func (p *part) grow(c h3.Cell, up float64, edges []areaEdge, candidates []int32, node int32, child int) (h3cell.Slot, error) {
	res := c.Resolution()
	at, circum, ground, err := h3cell.ExtentOf(c, up, res == p.ix.res)
	if err != nil {
		return 0, err
	}
	from := len(p.stack)
	defer func() { p.stack = p.stack[:from] }()
	p.seen++
	for i := range edges {
		if ground.Meets(&edges[i].Edge) {
			p.stack = append(p.stack, edges[i])
			p.touched[edges[i].area] = p.seen
		}
	}
	here := p.stack[from:]
	if len(here) == 0 {
		return h3cell.Interior(p.ix.deepest(outside, at, candidates)), nil
	}
	// An area with a point here has an edge here, or holds the centre; a union has a child here.
	var few [16]int32
	kept := few[:0]
	for _, i := range slices.Backward(candidates) {
		s := p.ix.areas[i].shape
		if p.touched[i] != p.seen && (s != nil && !s.Contains(at) || s == nil && p.kept[i] != p.seen) {
			continue
		}
		kept = append(kept, i)
		if up := p.ix.areas[i].parent; up != outside {
			p.kept[up] = p.seen
		}
	}
	slices.Reverse(kept)
	if res >= p.ix.res {
		return h3cell.Border(p.set(kept)), nil
	}
	if p.deferred != nil && len(here) <= p.most {
		*p.deferred = append(*p.deferred, task{
			cell: c, up: up, edges: slices.Clone(here), candidates: slices.Clone(kept), node: node, child: child,
		})
		return h3cell.Interior(outside), nil
	}
	children, err := c.Children(res + 1)
	if err != nil {
		return 0, fmt.Errorf("cell %v: %w", c, err)
	}
	n := int32(len(p.nodes))
	p.nodes = append(p.nodes, [7]h3cell.Slot{})
	for i := range p.nodes[n] {
		p.nodes[n][i] = h3cell.Interior(outside) // a pentagon has six children
	}
	for _, k := range children {
		digit := int(uint64(k) >> (3 * (15 - res - 1)) & 7)
		s, err := p.grow(k, circum, here, kept, n, digit)
		if err != nil {
			return 0, err
		}
		p.nodes[n][digit] = s
	}
	return h3cell.Slot(n), nil
}
