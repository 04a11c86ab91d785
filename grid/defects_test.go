package grid

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func dirtyBoston(t testing.TB) *Index {
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
func TestDirtyBoston(t *testing.T) {
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

// What is clean has no defect, and the three gaps of 0.7 m² among New York's tracts are found.
func TestRealGroundIsClean(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		city someCity
		want string
	}{
		{nyc(t), "gap 0.08, gap 0.38, gap 0.29"},
		{council(t), ""},
		{builtIn(t, "boston", "city", "district"), "gap 0.04, gap 0.03"},
		{builtIn(t, "harbin", "city", "district", "street", "community"), ""},
	} {
		ix := nycAt9(t)
		if tt.city.name != nyc(t).name {
			var faults []Fault
			if ix, faults = Build(tt.city.areas, 8); faults != nil {
				t.Fatal(faults)
			}
		}
		var got []string
		for _, d := range ix.Defects() {
			got = append(got, fmt.Sprintf("%s %.2f", d.Kind, d.SizeM2))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.city.name, s, tt.want)
		}
	}
}

// Two districts of Harbin's size with two streets each, each defect drawn into them on purpose.
func TestDefectsAreNamed(t *testing.T) {
	box := func(s, w, n, e float64) []Polygon { return []Polygon{{{{s, w}, {s, e}, {n, e}, {n, w}, {s, w}}}} }
	wavy := func(s, w, n, e float64, move func(Point) Point) []Polygon { // 40 corners a side, so that fits can be counted
		var r []Point
		const k = 40
		for i := range k {
			r = append(r, Point{s, w + (e-w)*float64(i)/k})
		}
		for i := range k {
			r = append(r, Point{s + (n-s)*float64(i)/k, e})
		}
		for i := range k {
			r = append(r, Point{n, e - (e-w)*float64(i)/k})
		}
		for i := range k {
			r = append(r, Point{n - (n-s)*float64(i)/k, w})
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
		{"a bow tie", []Polygon{{{{45.70, 126.61}, {45.71, 126.62}, {45.71, 126.61}, {45.70, 126.62}, {45.70, 126.61}}}}, SelfCrossing, []AreaID{"east"}, SizeM2(box(45.70, 126.61, 45.71, 126.62)) / 4},
		{"a repeated vertex", []Polygon{{{{45.70, 126.61}, {45.70, 126.62}, {45.70, 126.62}, {45.71, 126.62}, {45.71, 126.61}, {45.70, 126.61}}}}, RepeatedVertex, []AreaID{"east"}, 0},
		{"drawn in GCJ-02", wavy(45.70, 126.61, 45.71, 126.62, wgsToGCJ), WrongDatum, []AreaID{"east"}, 0},
		{"drawn in BD-09", wavy(45.70, 126.61, 45.71, 126.62, func(p Point) Point { return gcjToBD(wgsToGCJ(p)) }), WrongDatum, []AreaID{"east"}, 0},
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
	swapped := wavy(42.30, -71.05, 42.31, -71.04, func(p Point) Point { return Point{p.Lng, p.Lat} })
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
