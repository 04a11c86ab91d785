package main

import (
	"cmp"
	"math"
	"slices"
)

// vertex is a point on a lattice of 1e-7 degrees. Vertices are integers, so that neighbours share their border
// exactly.
type vertex [2]int64 // longitude, latitude

// face is ground as rings without the repeated last vertex: outer rings run counter-clockwise, holes clockwise.
type face [][]vertex

type edge [2]vertex

// plane records the split edges, so that a face gets every vertex that a neighbour put on a shared border.
type plane struct {
	splits map[edge]vertex // key: the lower end first
}

func (p *plane) split(a, b, at vertex) { p.splits[key(a, b)] = at }

func key(a, b vertex) edge {
	if cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) > 0 {
		a, b = b, a
	}
	return edge{a, b}
}

// whole returns the face with all splits of its edges applied.
func (p *plane) whole(f face) face {
	out := make(face, len(f))
	for i, ring := range f {
		for j, a := range ring {
			out[i] = p.walk(append(out[i], a), a, ring[(j+1)%len(ring)])
		}
	}
	return out
}

func (p *plane) walk(to []vertex, a, b vertex) []vertex {
	at, ok := p.splits[key(a, b)]
	if !ok {
		return to
	}
	to = append(p.walk(to, a, at), at)
	return p.walk(to, at, b)
}

// divide cuts a face into one piece per weight, in the order of the weights. Each piece gets approximately its share
// of the ground.
func (p *plane) divide(f face, weights []int) []face {
	if len(weights) == 1 {
		return []face{f}
	}
	half := len(weights) / 2
	one, two := p.cut(f, float64(sum(weights[:half]))/float64(sum(weights)))
	return append(p.divide(one, weights[:half]), p.divide(two, weights[half:])...)
}

func sum(ns []int) int {
	total := 0
	for _, n := range ns {
		total += n
	}
	return total
}

// shifts are the deviations from the share that cut tries, in turn, until exactly two pieces result.
var shifts = [...]float64{0, 0.03, -0.03, 0.06, -0.06, 0.1, -0.1, 0.15, -0.15, 0.2, -0.2}

// cut splits a face along a meridian or a parallel, with approximately share of the ground on the first side. Of
// several lines, cut takes the one that crosses the border least often.
func (p *plane) cut(f face, share float64) (one, two face) {
	f = p.whole(f)
	low, high := f[0][0], f[0][0]
	for _, ring := range f {
		for _, v := range ring {
			for k := range v {
				low[k], high[k] = min(low[k], v[k]), max(high[k], v[k])
			}
		}
	}
	axis := 0
	if wide := float64(high[0]-low[0]) * math.Cos(float64(low[1])/1e7*math.Pi/180); wide < float64(high[1]-low[1]) {
		axis = 1
	}
	best, line := 0, [2]int64{}
	for _, shift := range shifts {
		for _, k := range [...]int{axis, 1 - axis} {
			at := f.share(k, low[k], high[k], min(max(share+shift, 0.05), 0.95))
			n := f.crossings(k, at)
			if n == 2 {
				return p.part(f, k, at)
			}
			if n > 0 && (best == 0 || n < best) {
				best, line = n, [2]int64{int64(k), at}
			}
		}
	}
	return p.part(f, int(line[0]), line[1])
}

// share finds a line that has the share of the ground below and meets no vertex.
func (f face) share(axis int, low, high int64, share float64) int64 {
	all := f.below(axis, high)
	taken := map[int64]bool{}
	for _, ring := range f {
		for _, v := range ring {
			taken[v[axis]] = true
		}
	}
	for high-low > 1 {
		mid := low + (high-low)/2
		if f.below(axis, mid) < all*share {
			low = mid
		} else {
			high = mid
		}
	}
	for taken[high] {
		high++
	}
	return high
}

// below returns the ground below a line, in square lattice units.
func (f face) below(axis int, at int64) float64 {
	area := 0.0
	for _, ring := range f {
		var clipped [][2]float64
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if a[axis] <= at {
				clipped = append(clipped, [2]float64{float64(a[0]), float64(a[1])})
			}
			if (a[axis] <= at) != (b[axis] <= at) {
				t := float64(at-a[axis]) / float64(b[axis]-a[axis])
				clipped = append(clipped, [2]float64{float64(a[0]) + t*float64(b[0]-a[0]), float64(a[1]) + t*float64(b[1]-a[1])})
			}
		}
		for i, a := range clipped {
			b := clipped[(i+1)%len(clipped)]
			area += ((a[0]-clipped[0][0])*(b[1]-clipped[0][1]) - (b[0]-clipped[0][0])*(a[1]-clipped[0][1])) / 2
		}
	}
	return area
}

func (f face) crossings(axis int, at int64) int {
	n := 0
	for _, ring := range f {
		for i, a := range ring {
			if (a[axis] < at) != (ring[(i+1)%len(ring)][axis] < at) {
				n++
			}
		}
	}
	return n
}

// part splits a face along a line that meets no vertex. Sorted along the line, crossings come in pairs: the line is
// inside the face between the first and the second, the third and the fourth, and so on.
func (p *plane) part(f face, axis int, at int64) (below, above face) {
	type chain struct {
		vertices []vertex // from a crossing to the next, both included
		upper    bool
	}
	var chains []chain
	var crossings []vertex
	for _, ring := range f {
		var marked []vertex
		cut := map[int]bool{}
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			marked = append(marked, a)
			if (a[axis] < at) != (b[axis] < at) {
				var v vertex
				v[axis] = at
				t := float64(at-a[axis]) / float64(b[axis]-a[axis])
				v[1-axis] = a[1-axis] + int64(math.Round(t*float64(b[1-axis]-a[1-axis])))
				p.split(a, b, v)
				cut[len(marked)] = true
				marked, crossings = append(marked, v), append(crossings, v)
			}
		}
		if len(cut) == 0 {
			if ring[0][axis] < at {
				below = append(below, ring)
			} else {
				above = append(above, ring)
			}
			continue
		}
		first := slices.Min(slices.Collect(keys(cut)))
		now := chain{vertices: []vertex{marked[first]}}
		for i := 1; i <= len(marked); i++ {
			j := (first + i) % len(marked)
			now.vertices = append(now.vertices, marked[j])
			if cut[j] {
				now.upper = now.vertices[1][axis] > at
				chains = append(chains, now)
				now = chain{vertices: []vertex{marked[j]}}
			}
		}
	}
	slices.SortFunc(crossings, func(a, b vertex) int { return cmp.Compare(a[1-axis], b[1-axis]) })
	partner := map[vertex]vertex{}
	for i := 0; i+1 < len(crossings); i += 2 {
		partner[crossings[i]], partner[crossings[i+1]] = crossings[i+1], crossings[i]
	}
	for _, upper := range [...]bool{false, true} {
		starts := map[vertex][]vertex{}
		var order []vertex
		for _, c := range chains {
			if c.upper == upper {
				starts[c.vertices[0]] = c.vertices
				order = append(order, c.vertices[0])
			}
		}
		for _, from := range order {
			var ring []vertex
			for at := from; starts[at] != nil; {
				c := starts[at]
				delete(starts, at)
				ring = append(ring, c...)
				at = partner[c[len(c)-1]]
			}
			switch {
			case ring == nil:
			case upper:
				above = append(above, ring)
			default:
				below = append(below, ring)
			}
		}
	}
	return below, above
}

func keys(m map[int]bool) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// union returns the ground of faces that share borders exactly: an edge that occurs once in each direction is not
// part of the border.
func union(faces []face) face {
	next := map[vertex][]vertex{}
	edges := map[edge]bool{}
	var order []edge
	for _, f := range faces {
		for _, ring := range f {
			for i, a := range ring {
				e := edge{a, ring[(i+1)%len(ring)]}
				edges[e] = true
				order = append(order, e)
			}
		}
	}
	for _, e := range order {
		if !edges[edge{e[1], e[0]}] {
			next[e[0]] = append(next[e[0]], e[1])
		}
	}
	var out face
	for _, e := range order {
		for len(next[e[0]]) > 0 {
			path, seen := []vertex{e[0]}, map[vertex]int{e[0]: 0}
			for at := e[0]; ; {
				to := next[at][0]
				next[at] = next[at][1:]
				if i, ok := seen[to]; ok { // closes a ring; the edges before it continue
					out = append(out, slices.Clone(path[i:]))
					for _, v := range path[i+1:] {
						delete(seen, v)
					}
					path = path[:i+1]
					if i == 0 {
						break
					}
				} else {
					seen[to] = len(path)
					path = append(path, to)
				}
				at = to
			}
		}
	}
	return out
}

// polygons groups rings into polygons, each an outer ring with its holes.
func (f face) polygons() [][][]vertex {
	var out [][][]vertex
	for _, ring := range f {
		if area(ring) > 0 {
			out = append(out, [][]vertex{ring})
		}
	}
	for _, hole := range f {
		if area(hole) > 0 {
			continue
		}
		for i := range out {
			if len(out) == 1 || holds(out[i][0], hole) {
				out[i] = append(out[i], hole)
				break
			}
		}
	}
	return out
}

func area(ring []vertex) float64 { return face{ring}.below(0, math.MaxInt64) }

// holds reports whether most vertices of a hole lie inside a ring.
func holds(ring, hole []vertex) bool {
	n := 0
	for _, v := range hole {
		inside := false
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a[1] > v[1]) != (b[1] > v[1]) && float64(v[0]) < float64(a[0])+float64(b[0]-a[0])*float64(v[1]-a[1])/float64(b[1]-a[1]) {
				inside = !inside
			}
		}
		if inside {
			n++
		}
	}
	return 2*n > len(hole)
}
