package grid

import "slices"

// sampleM is the distance between two sampled places of a patch, and maxSamples bounds their number.
const (
	sampleM    = 25
	maxSamples = 20_000
)

// Samples returns places on a patch: each vertex, places between the vertices, 25 metres apart, and one place inside. At most
// some 20,000 are returned.
func (p Patch) Samples() []Point {
	out := slices.Clone(p.Points)
	add := func(line []Point) {
		for i := 1; i < len(line) && len(out) < maxSamples; i++ {
			a, b := line[i-1], line[i]
			n := int(Distance(a, b)/sampleM) + 1
			for k := range min(n, maxSamples) {
				t := float64(k) / float64(n)
				out = append(out, Point{Lat: a.Lat + t*(b.Lat-a.Lat), Lng: a.Lng + t*(b.Lng-a.Lng)})
			}
		}
	}
	for _, line := range p.Lines {
		add(line)
	}
	for _, poly := range p.Polygons {
		for _, ring := range poly {
			add(ring)
		}
	}
	if len(p.Polygons) > 0 {
		out = append(out, Inside(p.Polygons))
	}
	return out
}
