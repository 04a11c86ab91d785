package grid

import (
	"cmp"
	"math"
	"slices"
)

// DefectKind names what is wrong with ground that can still be answered for.
type DefectKind string

// Kinds of defects.
const (
	Overlap        DefectKind = "overlap"         // ground of two siblings; the lower id has it
	Gap            DefectKind = "gap"             // ground of a parent that no child has, or that children close in
	OutsideParent  DefectKind = "outside_parent"  // ground of a child that its parent doesn't have; nobody has it
	SelfCrossing   DefectKind = "self_crossing"   // rings of one area cross themselves or one another
	RepeatedVertex DefectKind = "repeated_vertex" // the same vertex twice in a row
	WrongDatum     DefectKind = "wrong_datum"     // drawn in GCJ-02 or BD-09 among WGS-84, or the reverse
	SwappedAxes    DefectKind = "swapped_axes"    // latitude and longitude exchanged
	Antimeridian   DefectKind = "antimeridian"    // an edge that runs around the globe: cut it at 180°
	Tangled        DefectKind = "tangled"         // lines, of an area or of an area's children, that cross too often for their pieces to be told
)

// Defect is one thing wrong with drawn ground. The index answers all the same, by the rules that its
// kind states; a person should mend it or accept it by name.
type Defect struct {
	Kind   DefectKind
	Areas  []AreaID // whose; of a gap the parent, then who borders on it; of outside_parent the child, then the parent
	SizeM2 float64  // of the ground concerned; ±0.1 %
	Count  int      // vertices, crossings or separate pieces
	At     Point    // a place in it
	Ground []Polygon
	Looks  Datum   // WrongDatum: what it was drawn in
	ShiftM float64 // WrongDatum: how far off
}

// Defects finds everything that is wrong with the drawn ground, by kind and areas.
func (ix *Index) Defects() []Defect {
	var out []Defect
	suspects := map[int32]bool{}
	for i := range ix.areas {
		if ix.areas[i].shape != nil {
			out = append(out, ix.ownDefects(int32(i))...)
		}
		for _, d := range ix.familyDefects(int32(i)) {
			for _, id := range d.Areas {
				suspects[ix.byID[id]] = true
			}
			out = append(out, d)
		}
	}
	for i := range ix.areas {
		if suspects[int32(i)] || ix.alone(int32(i)) {
			if d, ok := ix.moved(int32(i)); ok {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Defect) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), slices.Compare(a.Areas, b.Areas), -cmp.Compare(a.SizeM2, b.SizeM2), cmp.Compare(a.At.Lat, b.At.Lat))
	})
	return out
}

// rank puts the cause before what follows from it.
func rank(k DefectKind) int {
	return slices.Index([]DefectKind{SwappedAxes, WrongDatum, Antimeridian, Tangled, SelfCrossing, Overlap, OutsideParent, Gap, RepeatedVertex}, k)
}

// ownDefects looks at one area's rings alone.
func (ix *Index) ownDefects(i int32) []Defect {
	a := &ix.areas[i]
	var out []Defect
	repeated, at := 0, Point{}
	for _, p := range a.polygons {
		for _, ring := range p {
			for j := 1; j < len(ring); j++ {
				if ring[j] == ring[j-1] {
					repeated, at = repeated+1, ring[j]
				}
				if wide := math.Abs(ring[j].Lng - ring[j-1].Lng); wide > 180 && wide < 360 {
					out = append(out, Defect{Kind: Antimeridian, Areas: []AreaID{a.id}, At: ring[j], Count: 1})
				}
			}
		}
	}
	if repeated > 0 {
		out = append(out, Defect{Kind: RepeatedVertex, Areas: []AreaID{a.id}, Count: repeated, At: at})
	}
	crossings := 0
	met := map[edge]bool{}
	for _, e := range a.shape.edges { // an edge drawn twice is a slit or a seam between rings: no ground is concerned
		met[e] = !met[e]
	}
	var once []edge
	for _, e := range a.shape.edges {
		if met[e] {
			once = append(once, e)
		}
	}
	whole := crossing(once, func(j, k int) bool {
		if e, f := &once[j], &once[k]; e.a != f.a && e.a != f.b && e.b != f.a && e.b != f.b && !on(e, f) {
			crossings, at = crossings+1, meet(e, f)
		}
		return crossings <= mostCrossings
	})
	if !whole {
		if crossings == 0 {
			at = once[0].a
		}
		return append(out, Defect{Kind: Tangled, Areas: []AreaID{a.id}, Count: crossings, At: at, SizeM2: SizeM2(a.polygons), Ground: a.polygons})
	}
	if crossings == 0 {
		return out
	}
	d := Defect{Kind: SelfCrossing, Areas: []AreaID{a.id}, Count: crossings, At: at}
	if faces, err := facesOf(a.shape.edges); err == nil {
		largest := 0.0
		for _, f := range faces {
			if w := turns(a.polygons, f.inside); w != 0 && w != 1 {
				d.SizeM2 += f.sizeM2
				d.Ground = append(d.Ground, f.rings)
				if f.sizeM2 > largest {
					largest, d.At = f.sizeM2, f.inside
				}
			}
		}
	}
	return append(out, d)
}

// on reports whether an end of one edge lies on the other: they touch and don't cross.
func on(e, f *edge) bool {
	return e.side(f.a) == 0 || e.side(f.b) == 0 || f.side(e.a) == 0 || f.side(e.b) == 0
}

func meet(e, f *edge) Point {
	s1, s2 := f.side(e.a), f.side(e.b)
	return e.along(s1 / (s1 - s2))
}

// turns is how often outer rings go around a point counter-clockwise, less holes: 1 inside, 0
// outside, and anything else where rings cross.
func turns(polygons []Polygon, p Point) int {
	n := 0
	for _, poly := range polygons {
		for k, ring := range poly {
			w := 0
			for i := 1; i < len(ring); i++ {
				e := newEdge(ring[i-1], ring[i])
				if e.a.Lat <= p.Lat && p.Lat < e.b.Lat && e.east(p) {
					if e.a == ring[i-1] {
						w--
					} else {
						w++
					}
				}
			}
			if (ringM2(ring) > 0) == (k > 0) {
				w = -w
			}
			n += w
		}
	}
	return n
}

// familyDefects compares the children of an area with one another and with the area itself.
func (ix *Index) familyDefects(parent int32) []Defect {
	up := &ix.areas[parent]
	if len(up.children) == 0 {
		return nil
	}
	lines := ix.unmatched(parent)
	if len(lines) == 0 {
		return nil
	}
	faces, err := facesOf(lines)
	if err != nil { // crossed too often, or the library gave up on these lines
		return []Defect{{Kind: Tangled, Areas: []AreaID{up.id}, Count: len(lines), At: lines[0].a}}
	}
	type key struct {
		kind DefectKind
		a, b AreaID
	}
	merged := map[key]*Defect{}
	var order []key
	add := func(k key, d Defect) {
		if have := merged[k]; have != nil {
			have.SizeM2 += d.SizeM2
			have.Count++
			have.Ground = append(have.Ground, d.Ground...)
			return
		}
		merged[k] = &d
		order = append(order, k)
	}
	var out []Defect
	for _, f := range faces { // the largest first: its place stands for the merged ones
		var holders []int32
		for _, c := range up.children {
			if ix.holds(c, f.inside) {
				holders = append(holders, c)
			}
		}
		inParent := up.shape == nil || up.shape.contains(f.inside)
		d := Defect{SizeM2: f.sizeM2, At: f.inside, Count: 1, Ground: []Polygon{f.rings}}
		switch {
		case len(holders) == 0 && inParent:
			if up.shape == nil && ix.find(f.inside) != outside {
				continue // an enclave of somebody else, or a gap of somebody above
			}
			d.Kind, d.Areas = Gap, append([]AreaID{up.id}, ix.around(up.children, f)...)
			out = append(out, d)
		case len(holders) > 0 && !inParent:
			for _, c := range holders {
				d.Kind, d.Areas = OutsideParent, []AreaID{ix.areas[c].id, up.id}
				add(key{d.Kind, d.Areas[0], d.Areas[1]}, d)
			}
		case len(holders) > 1:
			for j, c := range holders {
				for _, e := range holders[j+1:] {
					d.Kind, d.Areas = Overlap, []AreaID{ix.areas[c].id, ix.areas[e].id}
					add(key{d.Kind, d.Areas[0], d.Areas[1]}, d)
				}
			}
		}
	}
	for _, k := range order {
		out = append(out, *merged[k])
	}
	return out
}

// unmatched lists the edges of an area's children that no sibling has on its other side, and that
// the area itself, where it is drawn, doesn't have; and the area's that no child has.
func (ix *Index) unmatched(parent int32) []edge {
	up := &ix.areas[parent]
	type sided struct {
		edge
		left bool
	}
	rest := map[sided]int{}
	var order []sided
	put := func(s sided, n int) {
		if _, known := rest[s]; !known {
			order = append(order, s)
		}
		rest[s] += n
	}
	for _, c := range up.children {
		o := ix.areas[c].outline
		for j, e := range o.edges {
			if t := o.twin[j]; t == none || ix.areas[t].parent != parent {
				put(sided{e, o.left[j]}, 1)
			}
		}
	}
	if up.shape != nil {
		for j, e := range up.outline.edges {
			put(sided{e, up.outline.left[j]}, -1)
		}
	}
	var out []edge
	for _, s := range order {
		// Children on both sides of an edge cancel out, whichever level they are of.
		if rest[s] != 0 && rest[sided{s.edge, !s.left}] != rest[s] {
			out = append(out, s.edge)
		}
	}
	if up.shape == nil && !ix.closedIn(out) {
		return nil
	}
	return out
}

// closedIn reports whether the outer border of a union could hide something: it does not when it is
// a single ring without crossings.
func (ix *Index) closedIn(lines []edge) bool {
	degree := make(map[Point]int, len(lines))
	for _, e := range lines {
		degree[e.a]++
		degree[e.b]++
	}
	for _, n := range degree {
		if n != 2 {
			return true
		}
	}
	return len(trace(lines)) != 2 || !crossing(lines, func(_, _ int) bool { return false })
}

// around lists the children that border on a piece of ground.
func (ix *Index) around(children []int32, f face) []AreaID {
	const most, touchM = 64, 1.0
	ring := f.rings[0]
	step := max(len(ring)/most, 1)
	var out []AreaID
	for _, c := range children {
		for k := 0; k < len(ring); k += step {
			if g := ix.areas[c].outline.nearest(planeAt(ring[k]), found{square: touchM * touchM, edge: none}); g.edge != none {
				out = append(out, ix.areas[c].id)
				break
			}
		}
	}
	return out
}

// alone reports an area that lies apart from all its siblings and its parent: perhaps misplaced.
func (ix *Index) alone(i int32) bool {
	a := &ix.areas[i]
	if a.parent == outside || a.shape == nil {
		return false
	}
	up := &ix.areas[a.parent]
	if up.shape != nil {
		return !up.shape.contains(Inside(a.polygons))
	}
	for _, c := range up.children {
		if c == i {
			continue
		}
		if o := ix.areas[c].outline; len(o.boxes) > 0 {
			if b := o.boxes[len(o.boxes)-1][0]; b.South <= a.shape.north && b.North >= a.shape.south && b.West <= a.shape.east && b.East >= a.shape.west {
				return false
			}
		}
	}
	return len(up.children) > 1
}

// fitM is how near a corner must lie to somebody else's border to fit there: borders of one source
// share their corners, those of two sources come this near.
const fitM = 30

// moved tries whether an area that doesn't fit where it is drawn fits its parent and its siblings
// when it is read in another datum or with its axes exchanged.
func (ix *Index) moved(i int32) (Defect, bool) {
	a := &ix.areas[i]
	if a.parent == outside || a.shape == nil {
		return Defect{}, false
	}
	const most = 200
	step := max(len(a.shape.edges)/most, 1)
	var corners []Point
	for j := 0; j < len(a.shape.edges); j += step {
		corners = append(corners, a.shape.edges[j].a)
	}
	here := ix.fits(i, corners)
	best := Defect{}
	bestFit := max(2*here, 0.5) // it must fit far better there
	for _, try := range []struct {
		kind  DefectKind
		looks Datum
		move  func(Point) Point
	}{
		{SwappedAxes, DatumUnknown, func(p Point) Point { return Point{p.Lng, p.Lat} }},
		{WrongDatum, GCJ02, func(p Point) Point { return invert(p, wgsToGCJ) }},
		{WrongDatum, BD09, func(p Point) Point { return invert(p, func(q Point) Point { return gcjToBD(wgsToGCJ(q)) }) }},
		{WrongDatum, WGS84, wgsToGCJ},
	} {
		there := make([]Point, len(corners))
		for k, p := range corners {
			there[k] = try.move(p)
		}
		if !onEarth(there) || there[0] == corners[0] {
			continue
		}
		if fit := ix.fits(i, there); fit > bestFit {
			bestFit = fit
			best = Defect{Kind: try.kind, Areas: []AreaID{a.id}, SizeM2: SizeM2(a.polygons), Count: 1, At: Inside(a.polygons), Ground: a.polygons, Looks: try.looks, ShiftM: Distance(corners[0], there[0])}
		}
	}
	return best, best.Kind != ""
}

// fits is the share of corners that lie on the border of a sibling or of the parent.
func (ix *Index) fits(i int32, corners []Point) float64 {
	up := ix.areas[i].parent
	others := slices.Clone(ix.areas[up].children)
	if ix.areas[up].shape != nil {
		others = append(others, up)
	}
	n := 0
	for _, p := range corners {
		pl := planeAt(p)
		for _, c := range others {
			if c != i && ix.areas[c].outline.nearest(pl, found{square: fitM * fitM, edge: none}).edge != none {
				n++
				break
			}
		}
	}
	return float64(n) / float64(max(len(corners), 1))
}
