package grid

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"wangge/grid/internal/gcj"
)

func dirtyBoston(t testing.TB) *Index {
	t.Helper()
	areas := []Area{{ID: "Boston"}}
	for _, d := range readDrawn(t, "testdata/boston-neighborhoods-dirty.geojson.gz") {
		areas = append(areas, Area{ID: AreaID(fmt.Sprint(d.props["name"])), Parent: "Boston", Level: 1, Polygons: d.polygons})
	}
	ix, faults := Build(areas, 10)
	if faults != nil {
		t.Fatal(faults)
	}
	return ix
}

// What is wrong with real neighbourhoods as they were found, counted and measured by others: two
// that cross themselves, a pair that crosses and overlaps by 30.5 m², two gaps of 0.58 km² together,
// 302 repeated vertices.
func TestDefects_DirtyBoston(t *testing.T) {
	t.Parallel()
	count, size, vertices := map[DefectKind]int{}, map[DefectKind]float64{}, 0
	for _, d := range dirtyBoston(t).Defects() {
		count[d.Kind]++
		size[d.Kind] += d.SizeM2
		t.Logf("%s %v %.2f m2, %d, at %.6f,%.6f", d.Kind, d.Areas, d.SizeM2, d.Count, d.At.Lat, d.At.Lng)
		switch d.Kind {
		case RepeatedVertex:
			vertices += d.Count
		case SelfCrossing:
			if !slices.Contains([]string{"Beacon Hill", "Downtown"}, string(d.Areas[0])) {
				t.Errorf("%v cross themselves", d.Areas)
			}
		case Overlap:
			if !slices.Equal(d.Areas, []AreaID{"Allston", "Fenway"}) {
				t.Errorf("%v overlap", d.Areas)
			}
		default:
		}
	}
	for kind, want := range map[DefectKind]int{SelfCrossing: 2, Overlap: 1, Gap: 2} {
		if count[kind] != want {
			t.Errorf("%d of %s, want %d", count[kind], kind, want)
		}
	}
	if vertices != 302 || math.Abs(size[Overlap]/30.5-1) > 0.01 || math.Abs(size[Gap]/0.58e6-1) > 0.01 {
		t.Errorf("%d repeated vertices, overlap %.2f m2, gaps %.0f m2", vertices, size[Overlap], size[Gap])
	}
}

// What is clean has no defect, and the three gaps of 0.7 m² among New York's tracts are found. WANGGE_DEEP=1 also builds
// the other cities to cells of resolution 8, with the same defects.
func TestDefects_RealGroundIsClean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		city someCity
		want string
	}{
		{nyc(t), "gap 0.29, gap 0.38, gap 0.08"},
		{council(t), ""},
		{builtIn(t, "boston", "city", "district"), "gap 0.04, gap 0.03"},
		{builtIn(t, "harbin", "city", "district", "street", "community"), ""},
	} {
		indexes := []*Index{at9(t, tt.city)}
		if deep(9, 8) == 8 && tt.city.name != nyc(t).name {
			coarse, faults := Build(tt.city.areas, 8)
			if faults != nil {
				t.Fatal(faults)
			}
			indexes = append(indexes, coarse)
		}
		for _, ix := range indexes {
			var got []string
			for _, d := range ix.Defects() {
				got = append(got, fmt.Sprintf("%s %.2f", d.Kind, d.SizeM2))
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("%s: %s, want %s", tt.city.name, s, tt.want)
			}
		}
	}
}

// Two districts of Harbin's size with two streets each, each defect drawn into them on purpose.
func TestDefects_Kinds(t *testing.T) {
	t.Parallel()
	box := func(s, w, n, e float64) []Polygon {
		return []Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}}
	}
	wavy := func(s, w, n, e float64, move func(Point) Point) []Polygon { // 40 corners a side, so that fits can be counted
		var r []Point
		const k = 40
		for i := range k {
			r = append(r, Point{Lat: s, Lng: w + (e-w)*float64(i)/k})
		}
		for i := range k {
			r = append(r, Point{Lat: s + (n-s)*float64(i)/k, Lng: e})
		}
		for i := range k {
			r = append(r, Point{Lat: n, Lng: e - (e-w)*float64(i)/k})
		}
		for i := range k {
			r = append(r, Point{Lat: n - (n-s)*float64(i)/k, Lng: w})
		}
		for i := range r {
			r[i] = move(r[i])
		}
		return []Polygon{{append(r, r[0])}}
	}
	stay := func(p Point) Point { return p }
	const m = 1 / 111_132.0 // degrees of latitude a metre
	for _, tt := range []struct {
		name string
		east []Polygon // the second street; its neighbour is 126.60 to 126.61, the district ends at 126.62
		kind DefectKind
		want []AreaID
		size float64
	}{
		{"an overlap", box(45.70, 126.609, 45.71, 126.62), Overlap, []AreaID{"east", "west"}, SizeM2(box(45.70, 126.609, 45.71, 126.61))},
		{"the same ground twice", box(45.70, 126.60, 45.71, 126.61), Overlap, []AreaID{"east", "west"}, SizeM2(box(45.70, 126.60, 45.71, 126.61))},
		{"a gap inside the parent", box(45.70, 126.611, 45.71, 126.62), Gap, []AreaID{"district", "east", "west"}, SizeM2(box(45.70, 126.61, 45.71, 126.611))},
		{"a child outside its parent", box(45.70, 126.61, 45.71, 126.62+100*m), OutsideParent, []AreaID{"east", "district"}, SizeM2(box(45.70, 126.62, 45.71, 126.62+100*m))},
		{"a bow tie", []Polygon{{{{Lat: 45.70, Lng: 126.61}, {Lat: 45.71, Lng: 126.62}, {Lat: 45.71, Lng: 126.61}, {Lat: 45.70, Lng: 126.62}, {Lat: 45.70, Lng: 126.61}}}}, SelfCrossing, []AreaID{"east"}, SizeM2(box(45.70, 126.61, 45.71, 126.62)) / 4},
		{"a repeated vertex", []Polygon{{{{Lat: 45.70, Lng: 126.61}, {Lat: 45.70, Lng: 126.62}, {Lat: 45.70, Lng: 126.62}, {Lat: 45.71, Lng: 126.62}, {Lat: 45.71, Lng: 126.61}, {Lat: 45.70, Lng: 126.61}}}}, RepeatedVertex, []AreaID{"east"}, 0},
		{"drawn in GCJ-02", wavy(45.70, 126.61, 45.71, 126.62, gcj.FromWGS84), WrongDatum, []AreaID{"east"}, 0},
		{"drawn in BD-09", wavy(45.70, 126.61, 45.71, 126.62, func(p Point) Point { return gcj.ToBD09(gcj.FromWGS84(p)) }), WrongDatum, []AreaID{"east"}, 0},
	} {
		ix, faults := Build([]Area{
			{ID: "city"},
			{ID: "district", Parent: "city", Level: 1, Polygons: wavy(45.70, 126.60, 45.71, 126.62, stay)},
			{ID: "west", Parent: "district", Level: 2, Polygons: box(45.70, 126.60, 45.71, 126.61)},
			{ID: "east", Parent: "district", Level: 2, Polygons: tt.east},
		}, 9)
		if faults != nil {
			t.Fatal(faults)
		}
		all := ix.Defects()
		i := slices.IndexFunc(all, func(d Defect) bool { return d.Kind == tt.kind })
		if i < 0 {
			t.Errorf("%s: not among %+v", tt.name, all)
			continue
		}
		d := all[i]
		if !slices.Equal(d.Areas, tt.want) || tt.size > 0 && math.Abs(d.SizeM2/tt.size-1) > 0.01 {
			t.Errorf("%s: %s %v of %.2f m2, want %v of %.2f", tt.name, d.Kind, d.Areas, d.SizeM2, tt.want, tt.size)
		}
		if d.Kind == WrongDatum && (tt.name == "drawn in GCJ-02") != (d.Looks == GCJ02) {
			t.Errorf("%s: looks like %s", tt.name, d.Looks)
		}
	}
	// Longitudes west and east below 90° can be exchanged without leaving the globe.
	swapped := wavy(42.30, -71.05, 42.31, -71.04, func(p Point) Point { return Point{Lat: p.Lng, Lng: p.Lat} })
	ix, faults := Build([]Area{
		{ID: "city"},
		{ID: "west", Parent: "city", Level: 1, Polygons: wavy(42.30, -71.06, 42.31, -71.05, stay)},
		{ID: "north", Parent: "city", Level: 1, Polygons: wavy(42.31, -71.06, 42.32, -71.04, stay)},
		{ID: "south", Parent: "city", Level: 1, Polygons: wavy(42.29, -71.06, 42.30, -71.04, stay)},
		{ID: "east", Parent: "city", Level: 1, Polygons: swapped},
	}, 9)
	if faults != nil {
		t.Fatal(faults)
	}
	if all := ix.Defects(); len(all) != 1 || all[0].Kind != SwappedAxes || all[0].Areas[0] != "east" {
		t.Errorf("axes exchanged: %+v", all)
	}
}

// square is a rectangle as an area's ground.
func square(s, w, n, e float64) []Polygon {
	return []Polygon{{{{Lat: s, Lng: w}, {Lat: s, Lng: e}, {Lat: n, Lng: e}, {Lat: n, Lng: w}, {Lat: s, Lng: w}}}}
}

// What lies below areas that are not drawn is compared as if they were not there: gaps that the
// children of several of them close in, cousins that overlap, and a child that sticks out of the
// nearest drawn area above; and pieces that touch belong to their own pairs.
func TestDefects_UndrawnAreas(t *testing.T) {
	t.Parallel()
	m2 := func(p []Polygon) float64 { return SizeM2(p) }
	type want struct {
		kind  DefectKind
		areas string
		size  float64
	}
	for _, tt := range []struct {
		name  string
		areas []Area
		want  []want
	}{
		{"a hole in the middle, and cousins beside it", []Area{
			{"R", "", 0, nil},
			{"D1", "R", 1, nil},
			{"D2", "R", 1, nil},
			{"S1", "D1", 2, nil},
			{"S2", "D1", 2, nil},
			{"S3", "D2", 2, nil},
			{"A", "S1", 3, square(50.0005, 10.0003, 50.0105, 10.0103)},
			{"B", "S2", 3, square(49.99, 9.99, 50, 10.02)},
			{"L", "S1", 3, square(50, 9.99, 50.01, 10)},
			{"C", "S3", 3, square(50, 10.01, 50.01, 10.02)},
			{"T", "S1", 3, square(50.01, 9.99, 50.02, 10.02)},
		}, []want{
			{Overlap, "A C", m2(square(50.0005, 10.01, 50.01, 10.0103))},
			{Overlap, "A T", m2(square(50.01, 10.0003, 50.0105, 10.0103))},
			{Gap, "R A B C L T", m2(square(50, 10, 50.01, 10.01)) - m2(square(50.0005, 10.0003, 50.01, 10.01))},
		}},
		{"cousins on the same ground", []Area{
			{"R", "", 0, nil},
			{"D1", "R", 1, nil},
			{"D2", "R", 1, nil},
			{"a", "D1", 2, square(50, 10, 50.01, 10.01)},
			{"b", "D2", 2, square(50, 10, 50.01, 10.01)},
		}, []want{{Overlap, "a b", m2(square(50, 10, 50.01, 10.01))}}},
		{"a drawn area and its sibling's child", []Area{
			{"R", "", 0, nil},
			{"D1", "R", 1, square(50, 10, 50.01, 10.01)},
			{"D2", "R", 1, nil},
			{"a", "D1", 2, square(50, 10, 50.01, 10.01)},
			{"b", "D2", 2, square(50, 10.009, 50.01, 10.02)},
		}, []want{{Overlap, "D1 b", m2(square(50, 10.009, 50.01, 10.01))}}},
		{"a grandchild out of what is drawn above", []Area{
			{"R", "", 0, nil}, {"D", "R", 1, square(50, 10, 50.01, 10.01)}, {"S", "D", 2, nil}, {"a", "S", 3, square(50, 10, 50.01, 10.005)}, {"b", "S", 3, square(50, 10.005, 50.01, 10.012)},
		}, []want{{OutsideParent, "b D", m2(square(50, 10.01, 50.01, 10.012))}}},
		{"a gap below a drawn area, between grandchildren", []Area{
			{"R", "", 0, nil}, {"D", "R", 1, square(50, 10, 50.01, 10.01)}, {"S", "D", 2, nil}, {"T", "D", 2, nil}, {"a", "S", 3, square(50, 10, 50.01, 10.004)}, {"b", "T", 3, square(50, 10.005, 50.01, 10.01)},
		}, []want{{Gap, "D a b", m2(square(50, 10.004, 50.01, 10.005))}}},
		{"two overlaps that touch", []Area{
			{"R", "", 0, nil}, {"A", "R", 1, square(50, 10, 50.0101, 10.02)}, {"B", "R", 1, square(50.01, 10, 50.02, 10.01)}, {"C", "R", 1, square(50.01, 10.01, 50.02, 10.02)},
		}, []want{{Overlap, "A B", m2(square(50.01, 10, 50.0101, 10.01))}, {Overlap, "A C", m2(square(50.01, 10.01, 50.0101, 10.02))}}},
		{"two overhangs that touch", []Area{
			{"R", "", 0, square(50, 10, 50.01, 10.02)}, {"a", "R", 1, square(50, 10, 50.011, 10.01)}, {"b", "R", 1, square(50, 10.01, 50.011, 10.02)},
		}, []want{{OutsideParent, "a R", m2(square(50.01, 10, 50.011, 10.01))}, {OutsideParent, "b R", m2(square(50.01, 10.01, 50.011, 10.02))}}},
		{"three on one ground", []Area{
			{"R", "", 0, nil}, {"a", "R", 1, square(50, 10, 50.01, 10.01)}, {"b", "R", 1, square(50, 10.008, 50.01, 10.02)}, {"c", "R", 1, square(50, 10.009, 50.01, 10.02)},
		}, []want{{Overlap, "a b", m2(square(50, 10.008, 50.01, 10.01))}, {Overlap, "a c", m2(square(50, 10.009, 50.01, 10.01))}, {Overlap, "b c", m2(square(50, 10.009, 50.01, 10.02))}}},
		{"children that overlap outside of what is above", []Area{
			{"R", "", 0, square(50, 10, 50.01, 10.02)}, {"a", "R", 1, square(50, 10, 50.01, 10.021)}, {"b", "R", 1, square(50, 10.0205, 50.01, 10.0208)},
		}, []want{{Overlap, "a b", m2(square(50, 10.0205, 50.01, 10.0208))}, {OutsideParent, "a R", m2(square(50, 10.02, 50.01, 10.021))}, {OutsideParent, "b R", m2(square(50, 10.0205, 50.01, 10.0208))}}},
		{"an enclave of a cousin", []Area{
			{"R", "", 0, nil},
			{"D1", "R", 1, nil},
			{"D2", "R", 1, nil},
			{"a", "D1", 2, []Polygon{{square(50, 10, 50.01, 10.01)[0][0], square(50.004, 10.004, 50.006, 10.006)[0][0]}}},
			{"b", "D2", 2, square(50.004, 10.004, 50.006, 10.006)},
			{"c", "D2", 2, square(50, 10.01, 50.01, 10.02)},
		}, nil},
		{"borders whose vertices lie on the neighbour's edge but for rounding", []Area{
			{"R", "", 0, nil},
			{"a", "R", 1, []Polygon{{{{Lat: 50, Lng: 10}, {Lat: 50.003, Lng: 10.01}, {Lat: 50.01, Lng: 10.01}, {Lat: 50.01, Lng: 10}, {Lat: 50, Lng: 10}}}}},
			{"b", "R", 1, []Polygon{{{{Lat: 50, Lng: 10}, {Lat: 50.0009, Lng: 10.003}, {Lat: 50.0021, Lng: 10.007}, {Lat: 50.003, Lng: 10.01}, {Lat: 49.99, Lng: 10.01}, {Lat: 49.99, Lng: 10}, {Lat: 50, Lng: 10}}}}},
		}, nil},
	} {
		defects := build(t, tt.areas).Defects()
		var got []string
		for _, d := range defects {
			got = append(got, fmt.Sprintf("%s %v %.1f", d.Kind, d.Areas, d.SizeM2))
		}
		ok := len(defects) == len(tt.want)
		for i, w := range tt.want {
			ok = ok && defects[i].Kind == w.kind && fmt.Sprint(defects[i].Areas) == "["+w.areas+"]" && math.Abs(defects[i].SizeM2-w.size) < 0.01*w.size && defects[i].Count == 1
		}
		if !ok {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Parts of one area that go around the same ground leave it to nobody: the area says so itself.
func TestDefects_PartsOnOneGround(t *testing.T) {
	t.Parallel()
	small, large, apart := square(50.004, 10.004, 50.006, 10.006)[0], square(50, 10, 50.01, 10.01)[0], square(50, 10.02, 50.01, 10.03)[0]
	for _, tt := range []struct {
		name     string
		polygons []Polygon
		want     float64
	}{
		{"the same part twice", []Polygon{apart, large, large}, SizeM2([]Polygon{large})},
		{"a part within a part", []Polygon{large, small}, SizeM2([]Polygon{small})},
		{"a hole beside its ring", []Polygon{{large[0], apart[0]}}, SizeM2([]Polygon{apart})},
		{"a hole twice", []Polygon{{large[0], small[0], small[0]}}, SizeM2([]Polygon{small})},
		{"a part in a part's hole", []Polygon{{large[0], small[0]}, small}, 0},
		{"parts beside each other", []Polygon{large, square(50, 10.01, 50.01, 10.02)[0], apart}, 0},
	} {
		size := 0.0
		for _, d := range build(t, []Area{{ID: "R"}, {"a", "R", 1, tt.polygons}}).Defects() {
			if d.Kind == SelfCrossing && d.Count == 0 {
				size += d.SizeM2
			}
		}
		if math.Abs(size-tt.want) > 1 {
			t.Errorf("%s: %.1f m2 told, want %.1f", tt.name, size, tt.want)
		}
	}
}

// Many areas on one ground are each paired with the first.
func TestDefects_ManyOnOneGround(t *testing.T) {
	t.Parallel()
	areas := []Area{{ID: "R"}}
	for i := range mostTogether + 5 {
		areas = append(areas, Area{ID: AreaID(fmt.Sprintf("%03d", i)), Parent: "R", Level: 1, Polygons: square(50, 10, 50.01, 10.01)})
	}
	all := build(t, areas).Defects()
	if len(all) != mostTogether+4 || slices.ContainsFunc(all, func(d Defect) bool { return d.Areas[0] != "000" }) {
		t.Errorf("%d defects, the last %v", len(all), all[len(all)-1].Areas)
	}
}

// Ground counts once: where siblings overlap, where a child reaches out, and where it is left bare.
func TestSurvey_GroundAddsUp(t *testing.T) {
	t.Parallel()
	got := build(t, []Area{
		{"R", "", 0, nil},
		{"D", "R", 1, square(50, 10, 50.01, 10.02)},
		{"E", "R", 1, square(50, 10.019, 50.01, 10.03)},
		{"A", "D", 2, square(50, 9.999, 50.01, 10.009)},
		{"B", "D", 2, square(50, 10.01, 50.01, 10.02)},
		{"e", "E", 2, square(50, 10.019, 50.01, 10.03)},
	}).Survey().GroundM2
	for id, want := range map[AreaID][]Polygon{
		"R": nil, "D": square(50, 10.009, 50.01, 10.01), "A": square(50, 10, 50.01, 10.009), "B": square(50, 10.01, 50.01, 10.02), "E": nil, "e": square(50, 10.02, 50.01, 10.03),
	} {
		if math.Abs(got[id]-SizeM2(want)) > 1 {
			t.Errorf("ground of %s: %.1f m2, want %.1f", id, got[id], SizeM2(want))
		}
	}
}
