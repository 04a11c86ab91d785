package geo

import "math"

// Shape is the rings of an area as edges, sorted into slabs of latitude.
//
// The rule for a point on an edge: a ray runs from the point to the west; an edge counts if A.Lat <= lat < B.Lat and the point is
// strictly on its eastern side. So a point on a western edge is outside and on an eastern edge inside, on a lower (southern) edge
// inside and on an upper edge outside; an area that shares the edge decides the opposite. For the square with corners 0,0 and 1,1
// (lat, lng): 0.5,0 is outside, 0.5,1 inside, 0,0.5 inside, 1,0.5 outside; of its corners only 0,1 (the south-eastern one) is inside.
type Shape struct {
	Edges        []Edge  // in the order of the rings
	runs         []Edge  // again, slab by slab: what one test reads lies together
	slabEnd      []int32 // of runs
	South, North float64
	West, East   float64
	scale        float64 // slabs a degree
}

// MostRuns is about how many slabs an edge crosses on average: long edges get fewer slabs.
const MostRuns = 8

// NewShape returns the shape of polygons with closed rings.
func NewShape(polygons []Polygon) *Shape {
	s := &Shape{South: math.Inf(1), North: math.Inf(-1), West: math.Inf(1), East: math.Inf(-1)}
	count := 0
	for _, p := range polygons {
		for _, ring := range p {
			count += len(ring)
		}
	}
	s.Edges = make([]Edge, 0, count)
	for _, p := range polygons {
		for _, ring := range p {
			for i := 1; i < len(ring); i++ {
				s.grow(ring[i-1])
				s.grow(ring[i])
				if ring[i-1] != ring[i] {
					s.Edges = append(s.Edges, NewEdge(ring[i-1], ring[i]))
				}
			}
		}
	}
	n := min(max(len(s.Edges)/3, 1), 8192)
	if s.North > s.South {
		high := 0.0 // how many edges a parallel meets, on average: more slabs than this would hold mostly the same
		for i := range s.Edges {
			high += (s.Edges[i].B.Lat - s.Edges[i].A.Lat) / (s.North - s.South)
		}
		n = max(min(n, int(MostRuns*float64(len(s.Edges))/high)), 1)
		s.scale = float64(n) / (s.North - s.South)
	}
	s.slabEnd = make([]int32, n)
	for i := range s.Edges {
		for k := s.slab(s.Edges[i].A.Lat); k <= s.slab(s.Edges[i].B.Lat); k++ {
			s.slabEnd[k]++
		}
	}
	total := int32(0)
	for k, c := range s.slabEnd {
		s.slabEnd[k] = total
		total += c
	}
	s.runs = make([]Edge, total)
	for i := range s.Edges {
		for k := s.slab(s.Edges[i].A.Lat); k <= s.slab(s.Edges[i].B.Lat); k++ {
			s.runs[s.slabEnd[k]] = s.Edges[i]
			s.slabEnd[k]++
		}
	}
	return s
}

// Bytes returns the memory that the edges take.
func (s *Shape) Bytes() int { return 32*cap(s.Edges) + 32*cap(s.runs) + 4*cap(s.slabEnd) }

// Repeated returns the number of edges in all slabs: an edge counts once in each slab that it crosses.
func (s *Shape) Repeated() int { return len(s.runs) }

func (s *Shape) grow(p Point) {
	s.South, s.North = min(s.South, p.Lat), max(s.North, p.Lat)
	s.West, s.East = min(s.West, p.Lng), max(s.East, p.Lng)
}

func (s *Shape) slab(lat float64) int {
	return min(max(int((lat-s.South)*s.scale), 0), len(s.slabEnd)-1)
}

// Contains reports whether a point lies inside, by the rule of Shape.
func (s *Shape) Contains(p Point) bool {
	if p.Lat < s.South || p.Lat > s.North || p.Lng < s.West || p.Lng > s.East {
		return false
	}
	k, from := s.slab(p.Lat), int32(0)
	if k > 0 {
		from = s.slabEnd[k-1]
	}
	return odd(s.runs[from:s.slabEnd[k]], p)
}

// odd reports whether a ray from the point to the west meets an odd number of edges; see Shape.
func odd(run []Edge, p Point) bool {
	inside := false
	for i := range run {
		e := &run[i]
		if p.Lat < e.A.Lat || p.Lat >= e.B.Lat || p.Lng < e.A.Lng && p.Lng < e.B.Lng {
			continue
		}
		if p.Lng > e.A.Lng && p.Lng > e.B.Lng || e.East(p) {
			inside = !inside
		}
	}
	return inside
}
