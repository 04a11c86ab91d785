package compile

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/drawing"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/diag"
	"wangge/grid"
)

// Two sections of public works: all of a district's middle, and a road of 20 m through it.
const someSections = testdir.FeatureCollection +
	`{"type":"Feature","properties":{"id":"mid","name":"中段","name_en":"Middle","department":"PWDx"},"geometry":{"type":"Polygon","coordinates":[[[-71.08,42.34],[-71.06,42.34],[-71.06,42.36],[-71.08,42.36],[-71.08,42.34]]]}},
{"type":"Feature","properties":{"id":"road","name":"大道","department":"PWDx","width_m":20},"geometry":{"type":"LineString","coordinates":[[-71.09,42.35],[-71.05,42.35]]}}]}`

const somePoints = testdir.FeatureCollection +
	`{"type":"Feature","properties":{"id":"s1","name":"一中","kind":"school","radius_m":100},"geometry":{"type":"Point","coordinates":[-71.07,42.351]}},
{"type":"Feature","properties":{"id":"lid","name":"井盖","kind":"lid","component":"2301020101000001","unit":"section:road","maintainer":"department:PWDx"},"geometry":{"type":"Point","coordinates":[-71.07,42.35]}},
{"type":"Feature","properties":{"id":"yard","name":"大院","kind":"school","area":"BOS"},"geometry":{"type":"Polygon","coordinates":[[[-71.075,42.352],[-71.073,42.352],[-71.073,42.353],[-71.075,42.353],[-71.075,42.352]]]}}]}`

func withGround(t *testing.T) fstest.MapFS {
	t.Helper()
	m := testdir.Plain(t)
	m["sections.geojson"] = &fstest.MapFile{Data: []byte(someSections)}
	m["points.geojson"] = &fstest.MapFile{Data: []byte(somePoints)}
	return m
}

func TestGround_SectionsAndPointsAreUnits(t *testing.T) {
	t.Parallel()
	m := withGround(t)
	m["posts.csv"].Data = append(m["posts.csv"].Data, "\n,section:road,owner,b-leader,1,,,\n,point:s1,owner,b-leader,1,,,\n"...)
	c, faults := FS(m)
	if faults != nil {
		t.Fatal(faults)
	}
	at := func(s string) roster.Unit {
		u, err := roster.ParseUnit(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	smallest, err := c.Index.Locate(grid.Point{Lat: 42.351, Lng: -71.07})
	if err != nil {
		t.Fatal(err)
	}
	for unit, parent := range map[string]string{
		"section:road": "department:PWDx", "point:lid": "section:road", "point:yard": "area:BOS",
		"point:s1": "area:" + string(smallest.Areas[len(smallest.Areas)-1]),
	} {
		if up, ok := c.Parent(at(unit)); !ok || up.String() != parent {
			t.Errorf("Parent(%s) = %s, %v, want %s", unit, up, ok, parent)
		}
	}
	if got := c.UnitName(at("section:mid")); got.En != "Middle" || got.Zh != "中段" {
		t.Errorf("UnitName(section:mid) = %+v", got)
	}
	for _, tt := range []struct {
		lat, lng float64
		want     string
	}{
		{42.35, -71.07, "[road mid]"},
		{42.35008, -71.07, "[road mid]"}, // 8.9 m off the centre-line
		{42.3501, -71.07, "[mid]"},       // 11.1 m
		{42.35, -71.085, "[road]"},
		{42.30, -71.07, "[]"},
	} {
		var got []string
		for _, id := range c.SectionsAt(grid.Point{Lat: tt.lat, Lng: tt.lng}) {
			got = append(got, string(id))
		}
		if s := "[" + strings.Join(got, " ") + "]"; s != tt.want {
			t.Errorf("SectionsAt(%v, %v) = %s, want %s", tt.lat, tt.lng, s, tt.want)
		}
	}
	near := c.NearPoints(grid.Point{Lat: 42.3525, Lng: -71.074}, "school", 300)
	if len(near) != 2 || near[0].Point.ID != "yard" || near[0].DistanceM != 0 || near[1].Point.ID != "s1" || near[1].DistanceM < 260 || near[1].DistanceM > 275 {
		t.Errorf("NearPoints = %+v", near)
	}
}

func TestGround_DiagnosticsAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, old, new string
		line                 int
		message, suggestion  string
	}{
		{"a section twice", "sections.geojson", `"id":"road"`, `"id":"mid"`, 3, "used twice", "its own id"},
		{"a department misspelt", "sections.geojson", `"Middle","department":"PWDx"`, `"Middle","department":"PWDy"`, 2, "PWDy", "PWDx"},
		{"a road without a width", "sections.geojson", `,"width_m":20`, ``, 3, "without a width", "width_m"},
		{"a width that is none", "sections.geojson", `"width_m":20`, `"width_m":"wide"`, 3, "wide", "metres"},
		{"a width of ground", "sections.geojson", `"name_en":"Middle"`, `"width_m":20`, 2, "width_m is for roads", "leave"},
		{"ground that is open", "sections.geojson", `,[-71.08,42.34]]]`, `]]`, 2, "does not end", "repeat"},
		{"a road of one vertex", "sections.geojson", `,[-71.05,42.35]]`, `]`, 3, "less than 2", "2 vertices"},
		{"a section that is a point", "sections.geojson", `"type":"Polygon","coordinates":[[[-71.08,42.34],[-71.06,42.34],[-71.06,42.36],[-71.08,42.36],[-71.08,42.34]]]`, `"type":"Point","coordinates":[-71.08,42.34]`, 2, "Point", "LineString"},
		{"a point without a kind", "points.geojson", `"kind":"school","radius_m":100`, `"radius_m":100`, 2, "no kind", "school"},
		{"a point far outside the city", "points.geojson", `[-71.07,42.351]`, `[-71.07,43.351]`, 2, "outside the city", "position"},
		{"a point outside its area", "points.geojson", `"area":"BOS"`, `"area":"C11"`, 4, "outside its area", "mend"},
		{"a component of 15 digits", "points.geojson", `2301020101000001`, `230102010100001`, 3, "16 digits", "2301020101000001"},
		{"a unit that is a point", "points.geojson", `"unit":"section:road"`, `"unit":"point:s1"`, 3, "point:s1", "section:ID"},
		{"a maintainer that is nobody", "points.geojson", `department:PWDx`, `department:NOPE`, 3, "NOPE", "department:ID"},
		{"a vertex that is null", "points.geojson", `[-71.07,42.351]`, `[null,42.351]`, 2, "null", "[lng, lat]"},
		{"a text in GBK", "sections.geojson", "中段", "\xd6\xd0\xb6\xce", 2, "not UTF-8", "GBK"},
		{"feet of a state plane", "sections.geojson", `"features":`, `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2249"}},"features":`, 1, "2249", "EPSG:4326"},
		{"a topology", "points.geojson", `"FeatureCollection"`, `"Topology"`, 1, "Topology", "FeatureCollection"},
		{"a radius as wide as the city", "points.geojson", `"radius_m":100`, `"radius_m":100000`, 2, "radius_m", "metres"},
	} {
		m := withGround(t)
		data := string(m[tt.file].Data)
		changed := strings.Replace(data, tt.old, tt.new, 1)
		if changed == data {
			t.Fatalf("%s: %q is not in %s", tt.name, tt.old, tt.file)
		}
		m[tt.file].Data = []byte(changed)
		c, faults := FS(m)
		if c != nil || len(faults) == 0 {
			t.Errorf("%s: loaded", tt.name)
			continue
		}
		f := faults[0]
		if f.File != tt.file || f.Line != tt.line || !strings.Contains(f.Message.En, tt.message) || !strings.Contains(f.Suggestion.En, tt.suggestion) || f.Message.Zh == "" {
			t.Errorf("%s: %s, want %s:%d %q %q", tt.name, f, tt.file, tt.line, tt.message, tt.suggestion)
		}
	}
}

// A defect is refused with the row that would accept it; accepted, it loads; mended, the row is a
// fault of its own.
func TestDefects_AcceptedByName(t *testing.T) {
	t.Parallel()
	m := testdir.Directory(t, "boston")
	head, _, _ := strings.Cut(string(m["city.yaml"].Data), "accept:")
	load := func(accept string) (*city.City, string) {
		m["city.yaml"] = &fstest.MapFile{Data: []byte(head + accept)}
		c, faults := FS(m)
		all := make([]string, len(faults))
		for i, f := range faults {
			all[i] = f.String()
		}
		return c, strings.Join(all, "\n")
	}
	if c, faults := load(""); c != nil || !strings.Contains(faults, "areas.geojson:2: Boston (BOS) has a gap of 0.04 m²") || !strings.Contains(faults, "accept: - {defect: gap, areas: [BOS, B2, C11], up_to_m2: 0.04, reason: …}") {
		t.Errorf("not accepted: %s", faults)
	}
	if c, faults := load("accept:\n  - {defect: gap, areas: [BOS, B2, C11], up_to_m2: 0.04, reason: as published}\n"); c == nil || len(c.Defects) != 2 || c.Defects[0].Reason != "as published" {
		t.Errorf("accepted: %s", faults)
	}
	m["city.yaml"] = &fstest.MapFile{Data: []byte(head)}
	ground, faults := DefectsOf(m)
	if len(ground) != 2 || len(faults) == 0 {
		t.Errorf("DefectsOf = %+v, %v", ground, faults)
	}
	// The same rows, refused, in a city of two squares with a gap between them.
	m = testdir.SomeCity(t, "", [4]string{"BOS", "city", "", "[[0,0],[0.02,0],[0.02,0.01],[0,0.01],[0,0]]"},
		[4]string{"B2", "district", "BOS", "[[0,0],[0.01,0],[0.01,0.01],[0,0.01],[0,0]]"}, [4]string{"C11", "district", "BOS", "[[0.01,0],[0.02,0],[0.02,0.01],[0.01,0.01],[0.010001,0.005],[0.01,0]]"})
	head, _, _ = strings.Cut(string(m["city.yaml"].Data), "accept:")
	for accept, want := range map[string]string{
		"{defect: gap, areas: [BOS, B2, C11], up_to_m2: 0.01, reason: r}": "outgrown up_to_m2",
		"{defect: gap, areas: [BOS, B2, C11], up_to_m2: 0.04}":            "no reason",
		"{defect: gab, areas: [BOS, B2, C11], reason: r}":                 `did you mean "gap"?`,
		"{defect: overlap, areas: [B2, C11], up_to_m2: 4, reason: r}":     "no overlap of B2, C11 any more",
	} {
		if c, faults := load("accept:\n  - " + accept + "\n"); c != nil || !strings.Contains(faults, want) {
			t.Errorf("%s: %s, want %s", accept, faults, want)
		}
	}
}

// comb is two areas whose common border was drawn twice: teeth of one reach over the line of the
// other, and every tooth leaves a gap beside it.
func comb(teeth int) (west, east string) {
	west, east = "[[0,0],[0.01,0]", "[[0.02,0],[0.02,1],[0.01,1]"
	for i := range teeth {
		from := float64(i) / float64(teeth)
		part := 1 / float64(teeth) / 4
		west += fmt.Sprintf(",[0.010001,%f],[0.010001,%f],[0.01,%f],[0.01,%f],[0.009999,%f],[0.009999,%f],[0.01,%f],[0.01,%f]", from, from+part, from+part, from+2*part, from+2*part, from+3*part, from+3*part, from+4*part)
	}
	return west + ",[0,1],[0,0]]", east + ",[0.01,0],[0.02,0]]"
}

// Slivers of a border that two offices drew are accepted with a row for all areas, each piece up to a
// size; repeated vertices change no answer, and are a remark.
func TestDefects_AcceptedByKind(t *testing.T) {
	t.Parallel()
	west, east := comb(20)
	west = strings.Replace(west, "[0,1],", "[0,1],[0,1],", 1)
	rows := [][4]string{{"BOS", "city", "", ""}, {"W", "district", "BOS", west}, {"E", "district", "BOS", east}}
	load := func(accept string) ([]city.Defect, string) {
		defects, faults := DefectsOf(testdir.SomeCity(t, accept, rows...))
		var all []string
		for _, f := range faults {
			all = append(all, f.String())
		}
		return defects, strings.Join(all, "\n")
	}
	defects, faults := load("")
	overlap, gaps, repeated := 0, 0, 0
	for _, d := range defects {
		switch d.Kind {
		case grid.Overlap:
			overlap += d.Count
		case grid.Gap:
			gaps++
		case grid.RepeatedVertex:
			repeated++
		default:
		}
	}
	if overlap != 20 || gaps != 20 || repeated != 1 || strings.Contains(faults, "repeats") {
		t.Fatalf("%d pieces of overlap, %d gaps, %d with repeated vertices: %s", overlap, gaps, repeated, faults)
	}
	if !strings.Contains(faults, "- {defect: gap, all: true, up_to_m2: ") || !strings.Contains(faults, "- {defect: overlap, all: true, up_to_m2: ") {
		t.Errorf("no row for all: %s", faults)
	}
	most := 0.0
	for _, d := range defects {
		most = max(most, d.MostM2)
	}
	all := func(kind string, m2 float64) string {
		return fmt.Sprintf("  - {defect: %s, all: true, up_to_m2: %.2f, reason: two offices}\n", kind, m2)
	}
	for _, tt := range []struct{ accept, want string }{
		{all("gap", most) + all("overlap", most), ""},
		{all("gap", most) + all("overlap", most) + all("outside_parent", 1), ""}, // nothing to accept today
		{all("gap", most/2) + all("overlap", most), "has a gap"},
		{all("gap", most) + all("overlap", most/2), "overlap by"},
		{all("gap", most) + "  - {defect: overlap, all: true, reason: two offices}\n", "no up_to_m2"},
		{all("gap", most) + "  - {defect: overlap, all: true, up_to_m2: 1e9}\n", "no reason"},
		{all("gap", most) + fmt.Sprintf("  - {defect: overlap, all: true, areas: [E, W], up_to_m2: %f, reason: r}\n", most), "both all and areas"},
		{all("gap", most) + all("overlap", most) + "  - {defect: overlap, up_to_m2: 1, reason: r}\n", "names no areas"},
	} {
		_, faults := load("accept:\n" + tt.accept)
		if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
			t.Errorf("%s: %q, want %q", tt.accept, faults, tt.want)
		}
	}
}

// A row of accept that names areas which are not drawn holds for what is drawn below them, and a gap
// may be named by the area whose parts close it in.
func TestDefects_UndrawnAreasAcceptedByName(t *testing.T) {
	t.Parallel()
	box := func(s, w, n, e float64) string {
		return fmt.Sprintf("[[%f,%f],[%f,%f],[%f,%f],[%f,%f],[%f,%f]]", w, s, e, s, e, n, w, n, w, s)
	}
	rows := [][4]string{
		{"BOS", "city", "", ""},
		{"D", "district", "BOS", ""},
		{"E", "district", "BOS", ""},
		{"a", "street", "D", box(42, -71, 42.01, -70.99) + "," + box(42.004, -70.996, 42.006, -70.994)},
		{"b", "street", "D", box(42.01, -71, 42.02, -70.99)},
		{"c", "street", "E", box(42, -70.991, 42.02, -70.98)},
	}
	for _, tt := range []struct{ accept, want string }{
		{"", "a (a) and c (c) overlap"},
		{"overlap, areas: [D, E], up_to_m2: 1e6|gap, areas: [BOS, a], up_to_m2: 1e6", ""},
		{"overlap, areas: [D, c], up_to_m2: 1e6|gap, areas: [D, a], up_to_m2: 1e6", ""},
		{"overlap, areas: [c, D], up_to_m2: 1e6|gap, areas: [a, D], up_to_m2: 1e6", ""},
		{"overlap, areas: [a, c], up_to_m2: 1e6|overlap, areas: [b, c], up_to_m2: 1e6|gap, areas: [BOS, D], up_to_m2: 1e6", ""},
		{"overlap, areas: [D, E], up_to_m2: 1e6|gap, areas: [E, a], up_to_m2: 1e6", "no gap of E, a any more"},
		{"overlap, areas: [a, c], up_to_m2: 1e6|gap, areas: [D, a], up_to_m2: 1e6", "b (b) and c (c) overlap"},
		{"overlap, areas: [D, E, a], up_to_m2: 1|gap, areas: [D, a], up_to_m2: 1e6", "a (a) and c (c) overlap"},
	} {
		accept := ""
		if tt.accept != "" {
			accept = "accept:\n"
			for row := range strings.SplitSeq(tt.accept, "|") {
				accept += "  - {defect: " + row + ", reason: r}\n"
			}
		}
		m := testdir.SomeCity(t, accept, rows...)
		_, faults := DefectsOf(m)
		text := ""
		for _, f := range faults {
			text += f.String() + "\n"
		}
		if tt.want == "" && text != "" || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %s, want %q", tt.accept, text, tt.want)
		}
	}
}

// Areas that can't be read at all are one fault, not one for each row that names an area.
func TestGround_UnreadableIsOneDiagnostic(t *testing.T) {
	t.Parallel()
	m := testdir.Directory(t, "boston")
	for bad, want := range map[string]string{
		`{"type":`: "is not GeoJSON",
		`{"type":"FeatureCollection","features":[` + strings.Repeat("[0],", drawing.MostVertices) + `[0]]}`: "at most 100000 and 3000000",
	} {
		m["areas.geojson"] = &fstest.MapFile{Data: []byte(bad)}
		if c, faults := FS(m); c != nil || len(faults) != 1 || !strings.Contains(faults[0].Message.En, want) {
			t.Errorf("%d faults, the first %v, want only one with %q", len(faults), faults[:min(1, len(faults))], want)
		}
	}
	m["areas.geojson"] = &fstest.MapFile{Data: []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"BOS","name":"b","level":"city"},"geometry":{"type":"GeometryCollection","geometries":[]}}]}`)}
	if _, faults := FS(m); len(faults) == 0 || !strings.Contains(faults[0].Suggestion.En, "into one MultiPolygon") {
		t.Errorf("a GeometryCollection: %v", faults)
	}
}

// Whatever is written into a GeoJSON file, the loader names faults and never panics.
func FuzzGround(f *testing.F) {
	m := testdir.Directory(f, "boston")
	base := fstest.MapFS{"city.yaml": m["city.yaml"], "departments.csv": m["departments.csv"]}
	f.Add(someSections, somePoints, `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"BOS","name":"b","level":"city"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}`)
	f.Add(`{"features":[{"geometry":{"type":"LineString","coordinates":[[1e308,null]]}}]}`, `{"features":[null,{"properties":{"id":[]}}]}`, `{"features":[{"properties":{"id":"a","level":"city"},"geometry":{"type":"MultiPolygon","coordinates":[[]]}}]}`)
	f.Fuzz(func(t *testing.T, sections, points, areas string) {
		base["sections.geojson"] = &fstest.MapFile{Data: []byte(sections)}
		base["points.geojson"] = &fstest.MapFile{Data: []byte(points)}
		base["areas.geojson"] = &fstest.MapFile{Data: []byte(areas)}
		if c, faults := FS(base); c != nil || len(faults) == 0 {
			t.Error("a directory without people is whole")
		}
	})
}

// The unit grid of a district: 15-digit codes that are unique, one reporting owner a cell, and shares
// that make up the hexagon wherever the city has all of it. Old codes are those of their time.
func TestUnitGrid_CodesOwnersAndShares(t *testing.T) {
	t.Parallel()
	c := builtIn(t, "harbin")
	now, then := time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location), time.Date(2005, 3, 4, 9, 0, 0, 0, c.Location)
	if id, ok := c.AreaOfCode("230106", then); !ok || id != "230110" {
		t.Errorf("AreaOfCode(230106) in 2005 = %s, %v", id, ok)
	}
	if id, ok := c.AreaOfCode("230106", now); ok {
		t.Errorf("AreaOfCode(230106) in 2026 = %s", id)
	}
	for _, tt := range []struct {
		at     time.Time
		region string
	}{{now, "230110"}, {then, "230106"}} {
		seen, cells := map[string]bool{}, 0
		for u, err := range c.UnitGrids("230110001", tt.at) { // one street of 香坊区
			if err != nil {
				t.Fatal(err)
			}
			cells++
			sum := 0.0
			for _, s := range u.Shares {
				sum += s.M2
			}
			if len(u.Code) != 15 || strings.Trim(u.Code, "0123456789") != "" || seen[u.Code] || u.Code[:6] != tt.region || sum > u.SizeM2*1.0001 || u.Shares[0].Area != u.Areas[len(u.Areas)-1] || u.Post == "" {
				t.Fatalf("%+v", u)
			}
			seen[u.Code] = true
		}
		if cells < 10 {
			t.Errorf("%d cells", cells)
		}
	}
}

// Of an id that is used twice the second row is named, and the line of the first is said.
func TestGround_DuplicateIDsNameTheSecondLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, old, new string
		line           int
		message        string
	}{
		{"areas.geojson", `"id":"C11"`, `"id":"B2"`, 0, `area id "B2" is used twice, first in line `},
		{"areas.geojson", `"id":"C11"`, `"id":""`, 0, `area id is empty`},
		{"sections.geojson", `"id":"road"`, `"id":"mid"`, 3, `section id "mid" is used twice, first in line 2`},
		{"points.geojson", `"id":"yard"`, `"id":"s1"`, 4, `point id "s1" is used twice, first in line 2`},
		{"departments.csv", "\nISD,", "\nPWDx,", 0, `department id "PWDx" is used twice, first in line `},
		{"people.csv", "", "", 0, `is used twice, first in line 2`},
		{"categories.csv", "", "", 0, `is used twice, first in line 2`},
		{"shifts.csv", "", "", 0, `is used twice, first in line 2`},
	} {
		m := withGround(t)
		m["shifts.csv"] = &fstest.MapFile{Data: []byte("id,weekdays,from,to,season\nday,mon-sun,08:00,20:00,\n")}
		data := string(m[tt.file].Data)
		changed := strings.Replace(data, tt.old, tt.new, 1)
		if tt.old == "" { // the first row again, at the end
			rows := strings.Split(strings.TrimRight(data, "\n"), "\n")
			changed = strings.Join(append(rows, rows[1]), "\n") + "\n"
			tt.line = len(rows) + 1
		}
		if changed == data {
			t.Fatalf("%q is not in %s", tt.old, tt.file)
		}
		if tt.line == 0 {
			tt.line = strings.Count(data[:strings.Index(data, tt.old)+1], "\n") + 1
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(changed)}
		_, faults := FS(m)
		if !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool {
			return f.File == tt.file && f.Line == tt.line && strings.Contains(f.Message.En, tt.message) && f.Message.Zh != ""
		}) {
			t.Errorf("%s: %v, want line %d: %s", tt.file, faults[:min(3, len(faults))], tt.line, tt.message)
		}
	}
}

// More ground than can be compiled in time is refused at once, with the feature's line; a revision that
// was taken before is not.
func TestBounds_TooMuchGroundIsRefusedEarly(t *testing.T) {
	t.Parallel()
	ring := func(n int, at func(i int) (x, y float64)) string {
		var b strings.Builder
		b.WriteString("[")
		for i := range n {
			x, y := at(i % (n - 1))
			fmt.Fprintf(&b, "[%.9f,%.9f],", -71+x, 42+y)
		}
		return strings.TrimSuffix(b.String(), ",") + "]"
	}
	rng := rand.New(rand.NewPCG(20261127, 9))
	spots := make([][2]float64, drawing.MostTangled+1)
	for i := range spots {
		spots[i] = [2]float64{rng.Float64() * 0.1, rng.Float64() * 0.1}
	}
	large := ring(drawing.MostInFeature+1, func(i int) (x, y float64) { return math.Cos(float64(i) / 16000), math.Sin(float64(i) / 16000) })
	scribble := ring(len(spots), func(i int) (x, y float64) { return spots[i][0], spots[i][1] })
	fine := ring(drawing.MostTangled+1, func(i int) (x, y float64) {
		turn := 2 * math.Pi * float64(i) / float64(drawing.MostTangled)
		return 0.1 * math.Cos(turn), 0.1 * math.Sin(turn)
	})
	for _, tt := range []struct{ name, ring, want string }{
		{"too many vertices", large, "a has about 100003 vertices; one feature may have 100000"},
		{"a scribble", scribble, "a is a tangle: its borders cross 5001 times or more"},
		{"a fine ring", fine, ""},
	} {
		m := testdir.SomeCity(t, "", [4]string{"BOS", "city", "", ""}, [4]string{"a", "district", "BOS", tt.ring})
		_, faults := DefectsOf(m)
		if tt.want == "" && len(faults) == 0 {
			continue
		}
		if len(faults) != 1 || faults[0].Line != 3 || !strings.Contains(faults[0].Message.En, tt.want) || tt.want == "" {
			t.Errorf("%s: %v, want %q", tt.name, faults, tt.want)
		}
	}
	small := ring(1000, func(i int) (x, y float64) { return spots[i][0], spots[i][1] })
	rows := [][4]string{{"BOS", "city", "", ""}}
	for i := range 11 {
		rows = append(rows, [4]string{fmt.Sprint("a", i), "district", "BOS", small})
	}
	if _, faults := DefectsOf(testdir.SomeCity(t, "", rows...)); len(faults) != 2 || faults[0].Line != 12 || !strings.Contains(faults[0].Message.En, "a9 is a tangle") {
		t.Errorf("many small tangles: %v", faults)
	}
	m := withGround(t)
	m["sections.geojson"].Data = []byte(strings.Replace(someSections, "[[-71.08,42.34],[-71.06,42.34],[-71.06,42.36],[-71.08,42.36],[-71.08,42.34]]", large, 1))
	if _, faults := FS(m); len(faults) == 0 || faults[0].File != "sections.geojson" || faults[0].Line != 2 || !strings.Contains(faults[0].Message.En, "one feature may have") {
		t.Errorf("a section of too many vertices: %v", faults)
	}
	m = testdir.Plain(t)
	m["areas.geojson"].Data = append(m["areas.geojson"].Data, bytes.Repeat([]byte(" "), city.MaxDirectoryBytes)...)
	if _, faults := DefectsOf(m); len(faults) != 1 || !strings.Contains(faults[0].Message.En, "of them in areas.geojson") {
		t.Errorf("a file of 64 MiB and more: %v", faults)
	}
}
