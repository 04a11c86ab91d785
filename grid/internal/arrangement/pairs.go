package arrangement

import (
	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/rtree"
)

// Pairs calls found for each pair of edges whose boxes come within a margin of each other, and of which at least one has an index of at
// least first, until found returns false. Pairs returns false if found did, or if there are more than mostPairs for each edge.
func Pairs(edges []geo.Edge, first int, margin float64, found func(i, j int) bool) bool {
	items := make([]rtree.BulkItem, len(edges))
	for i := range edges {
		items[i] = rtree.BulkItem{Box: edges[i].Box(0), RecordID: i}
	}
	tree, left := rtree.BulkLoad(items), max(mostPairs*len(edges), leastPairs)
	for i := first; i < len(edges); i++ {
		_ = tree.RangeSearch(edges[i].Box(margin), func(j int) error {
			if left--; left < 0 {
				return rtree.Stop
			}
			if (j > i || j < first) && !found(i, j) {
				left = -1
				return rtree.Stop
			}
			return nil
		})
		if left < 0 {
			return false
		}
	}
	return true
}

func distinct(edges []geo.Edge) []geo.Edge {
	seen := make(map[geo.Edge]bool, len(edges))
	var out []geo.Edge
	for _, e := range edges {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out
}

// OddEdges returns the edges that occur an odd number of times. An edge drawn twice is a slit or a seam between rings, with the same
// ground on both sides.
func OddEdges(edges []geo.Edge) []geo.Edge {
	odd := make(map[geo.Edge]bool, len(edges))
	for _, e := range edges {
		odd[e] = !odd[e]
	}
	var out []geo.Edge
	for _, e := range edges {
		if odd[e] {
			odd[e] = false
			out = append(out, e)
		}
	}
	return out
}

// Crossings counts the crossings of edges and returns one of their places. tangled means that there are too many to count.
func Crossings(edges []geo.Edge) (n int, at geo.Point, tangled bool) {
	lines := OddEdges(edges)
	whole := Pairs(lines, 0, 0, func(j, k int) bool {
		if e, f := &lines[j], &lines[k]; e.Crosses(f) {
			n, at = n+1, geo.Intersection(e, f)
		}
		return n <= mostCrossings
	})
	if !whole && n == 0 {
		at = lines[0].A
	}
	return n, at, !whole
}
