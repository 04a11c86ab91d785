package grid

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/geom"
)

// nest is a random city: leaves that tile it, but for what is planted, in a tree of up to five levels.
type nest struct {
	areas  []Area
	parent map[AreaID]AreaID
	kids   map[AreaID][]AreaID
	plain  map[AreaID][]Polygon // of leaves: their ground without vertices that a neighbour does not have
	meant  map[AreaID][]Polygon // of inner areas: the tiles of their leaves before anything was planted
}

// randomNest plants gaps and overlaps among the tiles of a crooked lattice.
func randomNest(rng *rand.Rand) nest {
	nx, ny := 2+rng.IntN(4), 2+rng.IntN(4)
	south, west, side := 45.7, 126.6, 0.002+0.003*rng.Float64()
	if rng.IntN(4) == 0 {
		south, west = -33.9, -70.6
	}
	at := func(x, y float64) Point { return Point{Lat: south + y*side, Lng: west + x*side} }
	corner := make([][]Point, ny+1)
	for y := range corner {
		for x := range nx + 1 {
			corner[y] = append(corner[y], at(float64(x)+0.3*rng.Float64(), float64(y)+0.3*rng.Float64()))
		}
	}
	// tile is a ring with its four corners, and again with vertices that a neighbour may not have: they
	// lie on the common border but for rounding.
	tile := func(x, y int) (plain, full []Point) {
		side := func(a, b Point) {
			plain, full = append(plain, a), append(full, a)
			if rng.IntN(3) == 0 {
				e := geo.NewEdge(a, b)
				full = append(full, e.At(0.5))
			}
		}
		side(corner[y][x], corner[y][x+1])
		side(corner[y][x+1], corner[y+1][x+1])
		side(corner[y+1][x+1], corner[y+1][x])
		side(corner[y+1][x], corner[y][x])
		return append(plain, plain[0]), append(full, full[0])
	}
	scaled := func(ring []Point, k, dLat, dLng float64) []Point {
		mid := Point{Lat: (ring[0].Lat + ring[len(ring)/2].Lat) / 2, Lng: (ring[0].Lng + ring[len(ring)/2].Lng) / 2}
		out := make([]Point, len(ring))
		for i, p := range ring {
			out[i] = Point{Lat: mid.Lat + k*(p.Lat-mid.Lat) + dLat*side, Lng: mid.Lng + k*(p.Lng-mid.Lng) + dLng*side}
		}
		return out
	}
	n := nest{parent: map[AreaID]AreaID{}, kids: map[AreaID][]AreaID{}, plain: map[AreaID][]Polygon{}, meant: map[AreaID][]Polygon{}}
	var whole, plain, drawn [][]Polygon
	for y := range ny {
		for x := range nx {
			ring, full := tile(x, y)
			whole = append(whole, []Polygon{{ring}})
			p, q := []Polygon{{ring}}, []Polygon{{full}}
			same := func(out []Polygon) { p, q = out, out }
			switch rng.IntN(24) {
			case 0: // grown over its neighbours
				same([]Polygon{{scaled(ring, 1.05+0.4*rng.Float64(), 0, 0)}})
			case 1: // shrunk: a gap all around
				same([]Polygon{{scaled(ring, 0.6+0.35*rng.Float64(), 0, 0)}})
			case 2: // moved: a gap behind, an overlap ahead
				same([]Polygon{{scaled(ring, 1, 0.4*rng.Float64()-0.2, 0.4*rng.Float64()-0.2)}})
			case 3: // a hole
				hole := scaled(ring, 0.3, 0, 0)
				p, q = []Polygon{{ring, hole}}, []Polygon{{full, hole}}
			case 4: // a bar over several neighbours, beside its own ground
				bar := []Point{at(float64(x)-0.5, float64(y)+0.4), at(float64(x)+2.5, float64(y)+0.4), at(float64(x)+2.5, float64(y)+0.5), at(float64(x)-0.5, float64(y)+0.5)}
				bar = append(bar, bar[0])
				p, q = append(p, Polygon{bar}), append(q, Polygon{bar})
			case 5: // missing
				same(nil)
			case 6: // an enclave: its ground in two pieces, one of them in a neighbour
				other, _ := tile((x+1)%nx, y)
				piece := Polygon{scaled(other, 0.2, 0, 0)}
				p, q = append(p, piece), append(q, piece)
			}
			plain, drawn = append(plain, p), append(drawn, q)
		}
	}
	id := 0
	newID := func() AreaID { id++; return AreaID(fmt.Sprintf("%03d", (id*619)%997)) } // ids in no order of the tree
	var split func(up AreaID, level int, tiles []int)
	split = func(up AreaID, level int, tiles []int) {
		for len(tiles) > 0 {
			k := 1 + rng.IntN(len(tiles))
			mine, i := tiles[:k], newID()
			tiles = tiles[k:]
			n.parent[i] = up
			n.kids[up] = append(n.kids[up], i)
			if len(mine) == 1 && rng.IntN(3) > 0 || level == 4 {
				a := Area{ID: i, Parent: up, Level: level}
				for _, t := range mine {
					a.Polygons, n.plain[i] = append(a.Polygons, drawn[t]...), append(n.plain[i], plain[t]...)
				}
				if a.Polygons == nil {
					a.Polygons, n.plain[i] = whole[mine[0]], whole[mine[0]]
				}
				a.Polygons = polygonsOf(geomOf(a.Polygons))
				n.areas = append(n.areas, a)
				continue
			}
			n.areas = append(n.areas, Area{ID: i, Parent: up, Level: level})
			for _, t := range mine {
				n.meant[i] = append(n.meant[i], whole[t]...)
			}
			split(i, level+1, mine)
		}
	}
	all := make([]int, len(whole))
	for i := range all {
		all[i] = i
		n.meant["city"] = append(n.meant["city"], whole[i]...)
	}
	n.areas = append(n.areas, Area{ID: "city"})
	split("city", 1, all)
	return n
}

func geomOf(polygons []Polygon) geom.Geometry {
	var parts []geom.Polygon
	for _, p := range polygons {
		var rings []geom.LineString
		for _, r := range p {
			var flat []float64
			for _, v := range r {
				flat = append(flat, v.Lng, v.Lat)
			}
			rings = append(rings, geom.NewLineString(geom.NewSequence(flat, geom.DimXY)))
		}
		parts = append(parts, geom.NewPolygon(rings))
	}
	out := geom.Geometry{}
	for _, p := range parts { // parts of one area may overlap in a lattice as crooked as this
		g, err := geom.Union(out, p.AsGeometry())
		if err != nil {
			return geom.NewMultiPolygon(parts).AsGeometry()
		}
		out = g
	}
	return out
}

func sizeOf(g geom.Geometry) float64 {
	if c, ok := g.AsGeometryCollection(); ok {
		sum := 0.0
		for _, part := range c.Dump() {
			sum += sizeOf(part)
		}
		return sum
	}
	return SizeM2(polygonsOf(g))
}

// oracle finds by the library's overlays what a survey should find: it knows neither faces nor edges.
type oracle struct {
	t      *testing.T
	n      *nest
	ground map[AreaID]geom.Geometry // of drawn areas
	kids   map[AreaID][]AreaID      // in the order in which Locate asks them
	sizes  map[string]float64
	gaps   []float64
	held   map[AreaID]float64
}

func (o *oracle) do(op func(a, b geom.Geometry) (geom.Geometry, error), a, b geom.Geometry) geom.Geometry {
	g, err := op(a, b)
	if err != nil {
		o.t.Skip("the library can't overlay:", err)
	}
	return g
}

func (o *oracle) members(up AreaID) []AreaID {
	var out []AreaID
	for _, k := range o.kids[up] {
		if _, drawn := o.ground[k]; drawn {
			out = append(out, k)
		} else {
			out = append(out, o.members(k)...)
		}
	}
	return out
}

func (o *oracle) family(up AreaID, held geom.Geometry) {
	own, drawn := o.ground[up]
	members, union := o.members(up), geom.Geometry{}
	if len(members) == 0 {
		o.held[up] = sizeOf(held)
		return
	}
	for i, m := range members {
		g := o.ground[m]
		for _, l := range members[:i] {
			if both := o.do(geom.Intersection, g, o.ground[l]); sizeOf(both) > 0 {
				o.sizes[fmt.Sprint(Overlap, min(m, l), max(m, l))] += sizeOf(both)
			}
		}
		if drawn {
			o.sizes[fmt.Sprint(OutsideParent, m, up)] += sizeOf(o.do(geom.Difference, g, own))
		}
		mine := g
		if drawn {
			mine = o.do(geom.Intersection, g, held)
		}
		o.family(m, o.do(geom.Difference, mine, union))
		union = o.do(geom.Union, union, g)
	}
	var bare geom.Geometry
	if drawn {
		bare = o.do(geom.Difference, own, union)
		o.held[up] = sizeOf(o.do(geom.Difference, held, union))
	} else {
		// Ground that is closed in is what a box around everything leaves, but for the piece at its corner.
		box := geo.NewBox()
		for _, p := range polygonsOf(union) {
			for _, v := range p[0] {
				box.Grow(v)
			}
		}
		far := Point{Lat: box.South - 1, Lng: box.West - 1}
		around := geomOf([]Polygon{{{far, {Lat: far.Lat, Lng: box.East + 1}, {Lat: box.North + 1, Lng: box.East + 1}, {Lat: box.North + 1, Lng: far.Lng}, far}}})
		var closed []Polygon
		for _, p := range polygonsOf(o.do(geom.Difference, around, union)) {
			if !slices.Contains(p[0], far) {
				closed = append(closed, p)
			}
		}
		bare = geomOf(closed)
	}
	for _, p := range polygonsOf(bare) {
		o.gaps = append(o.gaps, SizeM2([]Polygon{p}))
	}
}

// A survey of a nested city, any of its inner areas drawn or not, finds what overlays of the same
// ground find; and what a survey of the leaves alone finds, where inner areas are not drawn or drawn
// as their leaves. Sizes add up to the whole, and a point lies in none or in two areas where a defect
// says so.
func TestSurvey_NestedIsFlat(t *testing.T) {
	t.Parallel()
	for i := range deep(50, 2000) {
		t.Run(fmt.Sprint(i), func(t *testing.T) { checkNest(t, rand.New(rand.NewPCG(20261127, uint64(i)))) })
	}
}

// least is the size in m² from which pieces are compared: overlays and faces round differently.
const least = 0.5

func checkNest(t *testing.T, rng *rand.Rand) {
	t.Helper()
	n := randomNest(rng)
	flat := []Area{{ID: "city"}}
	inner := map[AreaID]bool{"city": true}
	for _, a := range n.areas {
		if a.Polygons != nil {
			flat = append(flat, Area{ID: a.ID, Parent: "city", Level: 1, Polygons: a.Polygons})
		} else {
			inner[a.ID] = true
		}
	}
	of := build(t, flat).Defects()
	if got, want := words(build(t, n.areas).Defects()), words(of); !slices.Equal(got, want) {
		t.Fatalf("nothing drawn: nested %q, flat %q", got, want)
	}
	// Draw some inner areas: as the union of their leaves, or as the tiles were meant.
	exact := rng.IntN(2) == 0
	byID := map[AreaID][]Polygon{}
	for _, a := range n.areas {
		byID[a.ID] = a.Polygons
	}
	var below func(id AreaID, ground map[AreaID][]Polygon) []Polygon
	below = func(id AreaID, ground map[AreaID][]Polygon) []Polygon {
		out := slices.Clone(ground[id])
		for _, k := range n.kids[id] {
			out = append(out, below(k, ground)...)
		}
		return out
	}
	o := oracle{t: t, n: &n, ground: map[AreaID]geom.Geometry{}, kids: map[AreaID][]AreaID{}, sizes: map[string]float64{}, held: map[AreaID]float64{}}
	areas := slices.Clone(n.areas)
	for i := range areas {
		a := &areas[i]
		o.kids[a.ID] = slices.SortedFunc(slices.Values(n.kids[a.ID]), cmp.Compare)
		switch {
		case !inner[a.ID]:
			o.ground[a.ID] = geomOf(n.plain[a.ID])
		case rng.IntN(2) == 0 && exact:
			a.Polygons, o.ground[a.ID] = polygonsOf(geomOf(below(a.ID, byID))), geomOf(below(a.ID, n.plain))
		case rng.IntN(2) == 0 && !exact:
			o.ground[a.ID] = geomOf(n.meant[a.ID])
			a.Polygons = polygonsOf(o.ground[a.ID])
		}
	}
	ix := build(t, areas)
	survey := ix.Survey()
	o.family("city", o.ground["city"])
	var gaps []float64
	sizes := map[string]float64{}
	for _, d := range survey.Defects {
		switch d.Kind {
		case Gap:
			gaps = append(gaps, d.SizeM2)
		case Overlap, OutsideParent:
			key := fmt.Sprint(d.Kind, d.Areas[0], d.Areas[1])
			if sizes[key] > 0 {
				t.Errorf("%s twice", key)
			}
			sizes[key] = d.SizeM2
		case Tangled:
			t.Errorf("%+v", d)
		default:
		}
		for _, id := range d.Areas {
			if _, drawn := o.ground[id]; !drawn && id != "city" {
				t.Errorf("%s names %s, which is not drawn", d.Kind, id)
			}
		}
	}
	for key, want := range o.sizes {
		if got := sizes[key]; !close2(got, want) {
			t.Errorf("%s: %.2f m2, the library's %.2f", key, got, want)
		}
	}
	for key, got := range sizes {
		if _, known := o.sizes[key]; !known && got > least {
			t.Errorf("%s: %.2f m2, unknown to the library", key, got)
		}
	}
	if !sameSizes(gaps, o.gaps) {
		t.Errorf("gaps %.2f, the library's %.2f", gaps, o.gaps)
	}
	if exact {
		compareWithFlat(t, &o, of, survey.Defects)
	}
	sum := 0.0
	for id, got := range survey.GroundM2 {
		sum += got
		if want := o.held[id]; !close2(got, want) {
			t.Errorf("ground of %s: %.2f m2, the library's %.2f", id, got, want)
		}
	}
	var whole float64
	if g, drawn := o.ground["city"]; drawn {
		whole = sizeOf(g)
	} else {
		union := geom.Geometry{}
		for _, m := range o.members("city") {
			union = o.do(geom.Union, union, o.ground[m])
		}
		whole = sizeOf(union)
	}
	if !close2(sum, whole) {
		t.Errorf("ground adds up to %.2f m2 of %.2f", sum, whole)
	}
	checkPoints(t, rng, ix, &o, survey.Defects)
	if t.Failed() {
		for _, d := range survey.Defects {
			t.Logf("%s %v %.2f m2, %d, at %v", d.Kind, d.Areas, d.SizeM2, d.Count, d.At)
		}
	}
}

func build(t *testing.T, areas []Area) *Index {
	t.Helper()
	ix, faults := Build(areas, 9)
	if faults != nil {
		t.Fatal(faults)
	}
	return ix
}

func words(defects []Defect) []string {
	var out []string
	for _, d := range defects {
		if d.SizeM2 > least {
			out = append(out, fmt.Sprintf("%s %v %.1f %d", d.Kind, d.Areas, d.SizeM2, d.Count))
		}
	}
	slices.Sort(out)
	return out
}

func close2(a, b float64) bool { return math.Abs(a-b) <= max(least, 1e-4*math.Max(a, b)) }

func sameSizes(a, b []float64) bool {
	large := func(in []float64) []float64 {
		out := slices.DeleteFunc(slices.Clone(in), func(m2 float64) bool { return m2 < least })
		slices.Sort(out)
		return out
	}
	return slices.EqualFunc(large(a), large(b), close2)
}

// compareWithFlat holds the defects of a city whose drawn areas are the unions of their leaves
// against those of the leaves: gaps are the same, and an overlap of two leaves belongs to the largest
// drawn areas that they are in and that are not one.
func compareWithFlat(t *testing.T, o *oracle, flat, nested []Defect) {
	t.Helper()
	chain := func(id AreaID) []AreaID {
		var out []AreaID
		for ; id != ""; id = o.n.parent[id] {
			if _, drawn := o.ground[id]; drawn {
				out = append(out, id)
			}
		}
		slices.Reverse(out)
		return out
	}
	ground, want, got := map[string]geom.Geometry{}, map[string]float64{}, map[string]float64{}
	var gapsFlat, gaps []float64
	for _, d := range flat {
		switch d.Kind {
		case Gap:
			gapsFlat = append(gapsFlat, d.SizeM2)
		case Overlap:
			a, b := chain(d.Areas[0]), chain(d.Areas[1])
			k := 0
			for a[k] == b[k] {
				k++
			}
			key := fmt.Sprint(min(a[k], b[k]), max(a[k], b[k]))
			ground[key] = o.do(geom.Union, ground[key], geomOf(d.Ground))
		default:
		}
	}
	for key, g := range ground {
		want[key] = sizeOf(g)
	}
	for _, d := range nested {
		switch d.Kind {
		case Gap:
			gaps = append(gaps, d.SizeM2)
		case Overlap:
			got[fmt.Sprint(d.Areas[0], d.Areas[1])] = d.SizeM2
		case OutsideParent:
			if d.SizeM2 > least {
				t.Errorf("%v out of the union of its leaves by %.2f m2", d.Areas, d.SizeM2)
			}
		default:
		}
	}
	// A city drawn with a hole says itself that the hole is not its ground.
	if _, drawn := o.ground["city"]; !drawn && !sameSizes(gaps, gapsFlat) {
		t.Errorf("gaps %.2f, flat %.2f", gaps, gapsFlat)
	}
	for key := range keysOf(want, got) {
		if !close2(want[key], got[key]) {
			t.Errorf("overlap %s: %.2f m2, flat %.2f", key, got[key], want[key])
		}
	}
}

func keysOf(maps ...map[string]float64) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, m := range maps {
			for k := range m {
				if !yield(k) {
					return
				}
			}
		}
	}
}

// checkPoints asks for random points which drawn areas hold them, and which defects should say so.
func checkPoints(t *testing.T, rng *rand.Rand, ix *Index, o *oracle, defects []Defect) {
	t.Helper()
	box := ix.Bounds()
	shapes := map[int]*geo.Shape{}
	for i, d := range defects {
		if d.Kind == Gap || d.Kind == Overlap {
			shapes[i] = geo.NewShape(d.Ground)
		}
	}
	var families []AreaID
	for id := range o.kids {
		if _, drawn := o.ground[id]; drawn || id == "city" {
			families = append(families, id)
		}
	}
	slices.SortFunc(families, cmp.Compare)
	holds := func(id AreaID, p Point) bool { return ix.areas[ix.byID[id]].shape.Contains(p) }
	for range deep(100, 400) {
		p := Point{Lat: box.South + rng.Float64()*(box.North-box.South), Lng: box.West + rng.Float64()*(box.East-box.West)}
		gap, pairs := AreaID(""), map[string]bool{}
		for i, s := range shapes {
			if s.Contains(p) && defects[i].Kind == Gap {
				gap = defects[i].Areas[0]
				for _, m := range o.members(gap) {
					if holds(m, p) {
						t.Errorf("%v in a gap of %s: %s holds it", p, gap, m)
					}
				}
			} else if s.Contains(p) {
				pairs[fmt.Sprint(defects[i].Areas)] = true
			}
		}
		for _, up := range families {
			members := slices.DeleteFunc(o.members(up), func(m AreaID) bool { return !holds(m, p) })
			for i, m := range members {
				for _, l := range members[:i] {
					if key := fmt.Sprint([]AreaID{min(l, m), max(l, m)}); !pairs[key] {
						t.Errorf("%v lies in %s, and no overlap says so", p, key)
					}
					delete(pairs, fmt.Sprint([]AreaID{min(l, m), max(l, m)}))
				}
			}
		}
		for key := range pairs {
			t.Errorf("%v lies in an overlap of %s, of which one does not hold it", p, key)
		}
		place, err := ix.Locate(p)
		switch {
		case err != nil:
			if _, drawn := o.ground["city"]; drawn {
				if holds("city", p) {
					t.Errorf("%v is outside, and in the city", p)
				}
				continue
			}
			for _, m := range o.members("city") {
				if holds(m, p) {
					t.Errorf("%v is outside, and in %s", p, m)
				}
			}
		case len(o.members(place.Areas[len(place.Areas)-1])) > 0:
			if last := place.Areas[len(place.Areas)-1]; gap == "" {
				t.Errorf("%v lies in %s and in nothing below it, and no gap says so", p, last)
			}
		}
	}
}
