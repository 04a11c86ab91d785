package city

import (
	"slices"

	"wangge/grid"
)

// sampleM is the distance between two sampled places of a section, and maxSamples bounds their number.
const (
	sampleM    = 25
	maxSamples = 20_000
)

// Samples returns places on drawn ground: every vertex, and places between vertices, sampleM metres apart.
func Samples(g grid.Patch) []grid.Point {
	out := slices.Clone(g.Points)
	add := func(line []grid.Point) {
		for i := 1; i < len(line) && len(out) < maxSamples; i++ {
			a, b := line[i-1], line[i]
			n := int(grid.Distance(a, b)/sampleM) + 1
			for k := range min(n, maxSamples) {
				t := float64(k) / float64(n)
				out = append(out, grid.Point{Lat: a.Lat + t*(b.Lat-a.Lat), Lng: a.Lng + t*(b.Lng-a.Lng)})
			}
		}
	}
	for _, line := range g.Lines {
		add(line)
	}
	for _, poly := range g.Polygons {
		for _, ring := range poly {
			add(ring)
		}
	}
	if len(g.Polygons) > 0 {
		out = append(out, grid.Inside(g.Polygons))
	}
	return out
}
