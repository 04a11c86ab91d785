package arrangement

import (
	"cmp"
	"math"
	"slices"

	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/rtree"
)

// Face is a piece of ground between edges: an outer ring that runs counter-clockwise, and holes.
type Face struct {
	Rings      geo.Polygon
	Inside     geo.Point // a place in it
	SizeM2     float64   // without holes
	Neighbours []int32   // faces across its edges, each once
}

// LeastM2 is the size of the smallest face that counts. Smaller faces come from rounding.
const LeastM2 = 0.01

// Faces returns every face that edges enclose, the largest first. Error: ErrTangled.
func Faces(edges []geo.Edge) ([]Face, error) {
	edges, err := split(edges)
	if err != nil {
		return nil, err
	}
	rings, ringOf := trace(edges)
	faceOf := make([]int32, len(rings))
	var outer, holes []int
	for i := range rings {
		faceOf[i] = geo.None
		switch {
		case rings[i].m2 >= LeastM2:
			outer = append(outer, i)
		case rings[i].m2 <= -LeastM2:
			holes = append(holes, i)
		}
	}
	slices.SortStableFunc(outer, func(i, j int) int { return cmp.Compare(rings[j].m2, rings[i].m2) })
	faces := make([]Face, len(outer))
	items := make([]rtree.BulkItem, len(outer))
	for k, i := range outer {
		faceOf[i] = int32(k)
		faces[k] = Face{Rings: geo.Polygon{rings[i].points}, SizeM2: rings[i].m2}
		items[k] = rtree.BulkItem{Box: ringBox(rings[i].points), RecordID: k}
	}
	// The outline of a group of edges is a hole of the smallest face of another group around it. Groups share no vertex, so one vertex of
	// the outline decides.
	tree := rtree.BulkLoad(items)
	shapes := map[int]*geo.Shape{}
	for _, h := range holes {
		at, best := rings[h].points[0], -1
		_ = tree.RangeSearch(rtree.Box{MinX: at.Lng, MinY: at.Lat, MaxX: at.Lng, MaxY: at.Lat}, func(k int) error {
			if k < best || rings[outer[k]].group == rings[h].group {
				return nil
			}
			if shapes[k] == nil {
				shapes[k] = geo.NewShape(alone(geo.Polygon{rings[outer[k]].points}))
			}
			if shapes[k].Contains(at) {
				best = k
			}
			return nil
		})
		if best >= 0 {
			faceOf[h] = int32(best)
			faces[best].Rings = append(faces[best].Rings, rings[h].points)
			faces[best].SizeM2 += rings[h].m2
		}
	}
	for i := 0; i < len(ringOf); i += 2 {
		f, g := faceOf[ringOf[i]], faceOf[ringOf[i+1]]
		if f == g || f == geo.None || g == geo.None {
			continue
		}
		if !slices.Contains(faces[f].Neighbours, g) {
			faces[f].Neighbours = append(faces[f].Neighbours, g)
			faces[g].Neighbours = append(faces[g].Neighbours, f)
		}
	}
	return sizable(faces), nil
}

// sizable drops faces that are too small without their holes, sorts the others by size and finds a place in each.
func sizable(faces []Face) []Face {
	order := make([]int32, 0, len(faces))
	for i := range faces {
		if faces[i].SizeM2 >= LeastM2 {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(i, j int32) int { return cmp.Compare(faces[j].SizeM2, faces[i].SizeM2) })
	now := make([]int32, len(faces))
	for i := range now {
		now[i] = geo.None
	}
	for k, i := range order {
		now[i] = int32(k)
	}
	out := make([]Face, len(order))
	for k, i := range order {
		f := faces[i]
		f.Inside = geo.Inside(alone(f.Rings))
		kept := f.Neighbours[:0]
		for _, g := range f.Neighbours {
			if now[g] != geo.None {
				kept = append(kept, now[g])
			}
		}
		f.Neighbours = kept
		out[k] = f
	}
	return out
}

func alone(p geo.Polygon) []geo.Polygon { return []geo.Polygon{p} }

func ringBox(ring []geo.Point) rtree.Box {
	b := geo.NewBox()
	for _, p := range ring {
		b.Grow(p)
	}
	return rtree.Box{MinX: b.West, MinY: b.South, MaxX: b.East, MaxY: b.North}
}

// traced is a closed walk along edges with one face to its left.
type traced struct {
	points []geo.Point
	m2     float64 // positive around ground, negative around a whole group of edges
	group  int32   // edges that hang together
}

// trace walks around every face of edges that meet in common ends only. ringOf is the walk along each half-edge: 2i runs from A to B of
// edge i, 2i+1 back.
func trace(edges []geo.Edge) (rings []traced, ringOf []int32) {
	vertex := make(map[geo.Point]int32, len(edges))
	from := make([]int32, 2*len(edges))
	var points []geo.Point
	number := func(p geo.Point) int32 {
		v, ok := vertex[p]
		if !ok {
			v = int32(len(points))
			vertex[p] = v
			points = append(points, p)
		}
		return v
	}
	for i, e := range edges {
		from[2*i], from[2*i+1] = number(e.A), number(e.B)
	}
	group := make([]int32, len(points))
	for v := range group {
		group[v] = int32(v)
	}
	end := make([]int32, len(points)+1) // of each vertex' half-edges in leaving
	for i, v := range from {
		end[v+1]++
		Join(group, v, from[i^1])
	}
	for v := range points {
		end[v+1] += end[v]
	}
	leaving, filled := make([]int32, len(from)), slices.Clone(end)
	angle := make([]float64, len(from))
	for h, v := range from {
		leaving[filled[v]] = int32(h)
		filled[v]++
		p, q := points[v], points[from[h^1]]
		angle[h] = math.Atan2(q.Lat-p.Lat, q.Lng-p.Lng)
	}
	next := make([]int32, len(from))
	for v := range points {
		hs := leaving[end[v]:end[v+1]]
		slices.SortFunc(hs, func(g, h int32) int { return cmp.Or(cmp.Compare(angle[g], angle[h]), cmp.Compare(g, h)) })
		for i, h := range hs { // arriving against h, the sharpest left turn is the one before it
			next[h^1] = hs[(i+len(hs)-1)%len(hs)]
		}
	}
	ringOf = make([]int32, len(from))
	for h := range ringOf {
		ringOf[h] = geo.None
	}
	for h := range next {
		if ringOf[h] != geo.None {
			continue
		}
		r := traced{group: Root(group, from[h])}
		for k := int32(h); ringOf[k] == geo.None; k = next[k] {
			ringOf[k] = int32(len(rings))
			r.points = append(r.points, points[from[k]])
		}
		r.points = append(r.points, r.points[0])
		r.m2 = geo.RingM2(r.points)
		rings = append(rings, r)
	}
	return rings, ringOf
}

// Root returns the representative of a member of disjoint sets, and shortens the path to it.
func Root(sets []int32, i int32) int32 {
	for sets[i] != i {
		sets[i] = sets[sets[i]]
		i = sets[i]
	}
	return i
}

// Join unites the sets of two members.
func Join(sets []int32, i, j int32) { sets[Root(sets, i)] = Root(sets, j) }
