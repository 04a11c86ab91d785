package grid

import (
	"cmp"
	"math"
	"slices"

	"wangge/grid/internal/arrangement"
	"wangge/grid/internal/gcj"
	"wangge/grid/internal/geo"

	"github.com/peterstace/simplefeatures/rtree"
)

// DefectKind is a kind of error in drawn ground that does not keep the index from answering.
type DefectKind string

// Kinds of defects.
const (
	Overlap        DefectKind = "overlap"         // ground of two areas; Locate answers with the first in the tree
	Gap            DefectKind = "gap"             // ground of an area that none below it has, or that areas close in
	OutsideParent  DefectKind = "outside_parent"  // ground of an area that the one above doesn't have
	SelfCrossing   DefectKind = "self_crossing"   // rings of one area cross (Count = crossings), or go around the same ground (Count = 0)
	RepeatedVertex DefectKind = "repeated_vertex" // the same vertex twice in a row
	WrongDatum     DefectKind = "wrong_datum"     // drawn in GCJ-02 or BD-09 among WGS-84, or the reverse
	SwappedAxes    DefectKind = "swapped_axes"    // latitude and longitude exchanged
	Antimeridian   DefectKind = "antimeridian"    // an edge that runs around the globe: cut it at 180°
	Tangled        DefectKind = "tangled"         // borders of an area, or of its children, that cross too often to be arranged
)

// Defect is one error in drawn ground. The index answers by the rule that the kind states; the ground should be corrected, or the
// defect accepted by name.
type Defect struct {
	Kind   DefectKind
	Areas  []AreaID // whose; of a gap the parent, then who borders on it; of outside_parent the child, then the parent
	SizeM2 float64  // of the ground concerned; ±0.1 %
	MostM2 float64  // of its largest piece
	Count  int      // vertices, crossings or separate pieces
	At     Point    // a place in it
	Ground []Polygon
	Looks  Datum   // WrongDatum: what it was drawn in
	ShiftM float64 // WrongDatum: how far off
}

func sortDefects(all []Defect) {
	slices.SortStableFunc(all, func(a, b Defect) int {
		return cmp.Or(cmp.Compare(rank(a.Kind), rank(b.Kind)), slices.Compare(a.Areas, b.Areas),
			-cmp.Compare(a.SizeM2, b.SizeM2), cmp.Compare(a.At.Lat, b.At.Lat))
	})
}

// rank orders kinds: a cause comes before its consequences.
func rank(k DefectKind) int {
	return slices.Index([]DefectKind{
		SwappedAxes, WrongDatum, Antimeridian, Tangled, SelfCrossing, Overlap, OutsideParent, Gap, RepeatedVertex,
	}, k)
}

// ownDefects returns the defects of one area's rings alone.
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
	crossings, at, tangled := arrangement.Crossings(a.shape.Edges)
	if tangled {
		size := SizeM2(a.polygons)
		return append(out, Defect{
			Kind: Tangled, Areas: []AreaID{a.id}, Count: crossings, At: at, SizeM2: size, MostM2: size, Ground: a.polygons,
		})
	}
	rings := 0
	for _, p := range a.polygons {
		rings += len(p)
	}
	if crossings == 0 && rings == 1 {
		return out
	}
	d := Defect{Kind: SelfCrossing, Areas: []AreaID{a.id}, Count: crossings, At: at}
	if faces, err := arrangement.Faces(a.shape.Edges); err == nil {
		drawn := loopsOf(a.polygons)
		for _, f := range faces { // the largest first
			if w := turns(drawn, f.Inside); w != 0 && w != 1 {
				if d.Ground == nil {
					d.At = f.Inside
				}
				d.SizeM2 += f.SizeM2
				d.MostM2 = max(d.MostM2, f.SizeM2)
				d.Ground = append(d.Ground, f.Rings)
			}
		}
	}
	if crossings == 0 && d.Ground == nil {
		return out
	}
	return append(out, d)
}

// Crossings counts how often the rings of one area cross themselves or one another, and returns one of the places. tangled means
// that they cross too often, or lie too close, for all crossings to be counted.
func Crossings(polygons []Polygon) (n int, at Point, tangled bool) {
	var edges []geo.Edge
	for _, p := range polygons {
		for _, r := range p {
			for i := 1; i < len(r); i++ {
				if r[i-1] != r[i] {
					edges = append(edges, geo.NewEdge(r[i-1], r[i]))
				}
			}
		}
	}
	return arrangement.Crossings(edges)
}

// loop is a ring prepared for turns.
type loop struct {
	ring []Point
	box  Box
	back bool // an outer ring that runs clockwise, or a hole that runs counter-clockwise
}

func loopsOf(polygons []Polygon) []loop {
	var out []loop
	for _, poly := range polygons {
		for k, ring := range poly {
			w := loop{ring: ring, box: geo.NewBox(), back: (geo.RingM2(ring) > 0) == (k > 0)}
			for _, p := range ring {
				w.box.Grow(p)
			}
			out = append(out, w)
		}
	}
	return out
}

// turns returns how often outer rings go around a point counter-clockwise, less holes: 1 inside, 0 outside, and another number where
// rings cross or go around the same ground.
func turns(drawn []loop, p Point) int {
	n := 0
	for i := range drawn {
		d := &drawn[i]
		if p.Lat < d.box.South || p.Lat > d.box.North || p.Lng < d.box.West || p.Lng > d.box.East {
			continue
		}
		w := 0
		for j := 1; j < len(d.ring); j++ {
			e := geo.NewEdge(d.ring[j-1], d.ring[j])
			if e.A.Lat <= p.Lat && p.Lat < e.B.Lat && e.East(p) {
				if e.A == d.ring[j-1] {
					w--
				} else {
					w++
				}
			}
		}
		if d.back {
			w = -w
		}
		n += w
	}
	return n
}

// mostTogether bounds the areas on one piece of ground that are paired with each other. Beyond it each area is paired with the first
// only.
const mostTogether = 16

// defects returns the defects of a family's plots. Plots of one kind and one pair of areas make one defect.
func (f *family) defects(plots []plot) []Defect {
	name := func(i int32) AreaID { return f.ix.areas[i].id }
	type key struct {
		kind DefectKind
		a, b AreaID
	}
	of := map[key][]int32{} // plots, the largest first
	var order []key
	add := func(k key, plot int) {
		if of[k] == nil {
			order = append(order, k)
		}
		of[k] = append(of[k], int32(plot))
	}
	for i := range plots {
		p := &plots[i]
		if len(p.holders) == 0 && p.inside {
			add(key{kind: Gap}, i)
		}
		for j, c := range p.holders {
			if !p.inside {
				add(key{OutsideParent, name(c), name(f.up)}, i)
			}
			if j > 0 && len(p.holders) > mostTogether {
				add(key{Overlap, min(name(c), name(p.holders[0])), max(name(c), name(p.holders[0]))}, i)
				continue
			}
			for _, e := range p.holders[:j] {
				add(key{Overlap, min(name(c), name(e)), max(name(c), name(e))}, i)
			}
		}
	}
	var out []Defect
	for _, k := range order {
		pieces := connected(plots, of[k])
		if k.kind == Gap { // each is mended on its own
			for _, piece := range pieces {
				d := defectOf(plots, piece)
				d.Kind, d.Count, d.Areas = Gap, 1, append([]AreaID{name(f.up)}, f.around(plots, piece)...)
				out = append(out, d)
			}
			continue
		}
		d := defectOf(plots, of[k])
		d.MostM2 = 0
		for _, piece := range pieces {
			d.MostM2 = max(d.MostM2, defectOf(plots, piece).SizeM2)
		}
		d.Kind, d.Count, d.Areas = k.kind, len(pieces), []AreaID{k.a, k.b}
		out = append(out, d)
	}
	return out
}

// connected splits plots into groups that are connected by edges.
func connected(plots []plot, some []int32) [][]int32 {
	sets, at := make([]int32, len(some)), make(map[int32]int32, len(some))
	for k, i := range some {
		sets[k], at[i] = int32(k), int32(k)
	}
	for k, i := range some {
		for _, j := range plots[i].Neighbours {
			if n, ok := at[j]; ok {
				arrangement.Join(sets, int32(k), n)
			}
		}
	}
	var out [][]int32
	pieceOf := map[int32]int{}
	for k, i := range some {
		r := arrangement.Root(sets, int32(k))
		n, ok := pieceOf[r]
		if !ok {
			n = len(out)
			pieceOf[r] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], i)
	}
	return out
}

// defectOf returns a defect with the ground of plots. The first plot is the largest and gives the place.
func defectOf(plots []plot, some []int32) Defect {
	d := Defect{At: plots[some[0]].Face.Inside}
	for _, i := range some {
		d.SizeM2 += plots[i].SizeM2
		d.Ground = append(d.Ground, plots[i].Rings)
	}
	d.MostM2 = d.SizeM2
	return d
}

// around returns the members within a metre of a piece of ground, by id.
func (f *family) around(plots []plot, piece []int32) []AreaID {
	const most, touchM = 64, 1.0
	var out []AreaID
	for _, k := range piece {
		ring := plots[k].Rings[0]
		step := max(len(ring)/most, 1)
		for j := 0; j < len(ring); j += step {
			at := geo.NewBox()
			at.Grow(ring[j])
			for _, m := range f.near(at.Around(touchM)) {
				id := f.ix.areas[m].id
				if slices.Contains(out, id) {
					continue
				}
				touch := geo.Hit{Square: touchM * touchM, Edge: geo.None}
				if f.ix.areas[m].outline.Nearest(geo.PlaneAt(ring[j]), touch).Edge != geo.None {
					out = append(out, id)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// isolated reports whether a member lies apart from all others and from the area above. It may be misplaced.
func (f *family) isolated(i int32) bool {
	a := &f.ix.areas[i]
	if up := f.ix.areas[f.up].shape; up != nil {
		return !up.Contains(Inside(a.polygons))
	}
	s := a.shape
	return len(f.members) > 1 && len(f.near(rtree.Box{MinX: s.West, MinY: s.South, MaxX: s.East, MaxY: s.North})) == 1
}

// fitM is the distance within which a corner fits the border of another area. Borders of one source share corners; borders of two
// sources come this near.
const fitM = 30

// misread returns the defect of a member that fits its neighbours and the area above only if it is read in another datum or with
// exchanged axes.
func (f *family) misread(i int32) (Defect, bool) {
	a := &f.ix.areas[i]
	const most = 200
	step := max(len(a.shape.Edges)/most, 1)
	var corners []Point
	for j := 0; j < len(a.shape.Edges); j += step {
		corners = append(corners, a.shape.Edges[j].A)
	}
	here := f.fitShare(i, corners)
	best := Defect{}
	bestFit := max(2*here, 0.5) // it must fit far better there
	for _, try := range []struct {
		kind  DefectKind
		looks Datum
		move  func(Point) Point
	}{
		{SwappedAxes, DatumUnknown, func(p Point) Point { return Point{Lat: p.Lng, Lng: p.Lat} }},
		{WrongDatum, GCJ02, func(p Point) Point { return gcj.Invert(p, gcj.FromWGS84) }},
		{WrongDatum, BD09, func(p Point) Point {
			return gcj.Invert(p, func(q Point) Point { return gcj.ToBD09(gcj.FromWGS84(q)) })
		}},
		{WrongDatum, WGS84, gcj.FromWGS84},
	} {
		there := make([]Point, len(corners))
		for k, p := range corners {
			there[k] = try.move(p)
		}
		if !geo.OnEarth(there) || there[0] == corners[0] {
			continue
		}
		if fit := f.fitShare(i, there); fit > bestFit {
			bestFit = fit
			size := SizeM2(a.polygons)
			best = Defect{
				Kind: try.kind, Areas: []AreaID{a.id}, SizeM2: size, MostM2: size, Count: 1, At: Inside(a.polygons), Ground: a.polygons,
				Looks: try.looks, ShiftM: Distance(corners[0], there[0]),
			}
		}
	}
	return best, best.Kind != ""
}

// fitShare returns the share of corners that lie on the border of another member or of the area above.
func (f *family) fitShare(i int32, corners []Point) float64 {
	up := &f.ix.areas[f.up]
	n := 0
	for _, p := range corners {
		pl, start, at := geo.PlaneAt(p), geo.Hit{Square: fitM * fitM, Edge: geo.None}, geo.NewBox()
		at.Grow(p)
		touches := up.shape != nil && up.outline.Nearest(pl, start).Edge != geo.None
		for _, c := range f.near(at.Around(fitM)) {
			touches = touches || c != i && f.ix.areas[c].outline.Nearest(pl, start).Edge != geo.None
		}
		if touches {
			n++
		}
	}
	return float64(n) / float64(max(len(corners), 1))
}
