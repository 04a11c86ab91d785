package compile

import (
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/diag"
	"wangge/grid"
)

type loaded struct {
	c      *city.City
	faults []diag.Diagnostic
}

// once loads a built-in city the first time that a test asks for it; all tests that only read it share
// it.
func once(name string) func() loaded {
	return sync.OnceValue(func() loaded {
		fsys, err := cities.FS(name)
		if err != nil {
			return loaded{nil, []diag.Diagnostic{{File: err.Error()}}}
		}
		c, faults := FS(fsys)
		return loaded{c, faults}
	})
}

var builtIns = map[string]func() loaded{"harbin": once("harbin"), "boston": once("boston")}

// builtIn is a built-in city that has no fault.
func builtIn(t testing.TB, name string) *city.City {
	t.Helper()
	l := builtIns[name]()
	if l.c == nil {
		t.Fatalf("%s: %v", name, l.faults)
	}
	return l.c
}

func TestBuiltIn_NoDiagnostics(t *testing.T) {
	t.Parallel()
	for _, name := range cities.Names() {
		l := builtIns[name]()
		c, faults := l.c, l.faults
		for _, f := range faults {
			t.Errorf("%s: %s:%d: %s; %s", name, f.File, f.Line, f.Message, f.Suggestion)
		}
		if c != nil {
			t.Logf("%s: %s, %d areas, %d categories, %d rules", name, c.Revision, len(c.Areas), len(c.Categories), len(c.Rules))
		}
	}
}

// Each slip of a clerk is named with its file, its line and what to write instead.
func TestDiagnostics_FileLineAndRemedy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, old, new string
		line                 int
		message, suggestion  string
	}{
		{"an unknown column", "people.csv", "phone", "fone", 1, "fone", "phone"},
		{"a department misspelt in a rule", "rules.csv", "line:PWDx", "line:PWD", 0, `"PWD" does not exist`, "PWDx"},
		{"an unknown role", "posts.csv", ",leader,b-leader", ",leadr,b-leader", 2, "leadr", "leader"},
		{"a unit that is not there", "posts.csv", "area:BOS,leader", "area:BOZ,leader", 2, "area:BOZ", "area:ID"},
		{"a limit unit", "categories.csv", "work_days", "workdays", 0, "workdays", "work_days"},
		{"an unknown level", "areas.geojson", `"level": "district"`, `"level": "distrikt"`, 0, "distrikt", "district"},
		{"a key of city.yaml", "city.yaml", "time_zone:", "timezone:", 4, "timezone", "time_zone"},
		{"no catch-all rule", "rules.csv", "*,,,,,,block:district", "sanitation/*,,,,,,block:district", 0, "does not give everything", "block:city"},
		{"a datum that is none", "areas.geojson", `"type":"FeatureCollection"`, `"type":"FeatureCollection","datum":"marsian"`, 1, "marsian", "wgs84"},
		{"a rule near a kind of point that is nowhere", "rules.csv", "10,abandoned-bicycle/*,,,,", "10,abandoned-bicycle/*,,school,200,", 2, "school", "points.geojson"},
		{"a rule that ends before it begins", "rules.csv", "10,abandoned-bicycle/*,,,,,,", "10,abandoned-bicycle/*,,,,2012-01-01,2011-01-01,", 2, "before", ""},
		{"a shift without days", "shifts.csv", "", "id,weekdays,from,to\nday,,08:00,17:00\n", 2, "weekdays", "mon-fri"},
		{"a misspelt file", "ladder.yaml", "", "ladders: []\n", 0, "not read", "ladders.yaml"},
		{"a ladder without steps", "ladders.yaml", "", "ladders:\n  - name: default\n", 0, "no steps", "at_percent"},
		{"GBK instead of UTF-8", "departments.csv", "公共工程局", "\xb9\xab", 2, "UTF-8", "UTF-8"},
		{"a post id of its own", "posts.csv", ",area:BOS,leader", "boss,area:BOS,leader", 2, "boss", "leader@area:BOS"},
		{"a ladder that nothing uses", "ladders.yaml", "", "ladders:\n  - name: strict\n    steps: [{at_percent: 50, light: red, whom: owner}]\n", 0, "used by nothing", "default"},
		{"a post that ends before it begins", "posts.csv", ",area:BOS,leader,b-leader,1,,,", ",area:BOS,leader,b-leader,1,,2030-01-01,2020-01-01", 2, "ends before it begins", ""},
		{"a shift that begins when the day is over", "shifts.csv", "", "id,weekdays,from,to\nday,mon-fri,24:00,08:00\n", 2, "the end of a day", "00:00"},
		{"the machine's time zone", "city.yaml", "America/New_York", "Local", 0, "time_zone", "Asia/Shanghai"},
		{"a level twice", "city.yaml", "[city, district]", "[city, city, district]", 0, "levels", ""},
		{"a distance to nothing", "rules.csv", "10,abandoned-bicycle/*,,,,", "10,abandoned-bicycle/*,,,200,", 2, "within_m has no near", "near"},
		{"the importer's id", "people.csv", "b-leader,", "import,", 2, "service's own", "another id"},
		{"a second document", "calendar.yaml", "", "\n---\nhours: []\n", 0, "second document", "one document"},
		{"holidays in a folder that nobody reads", "holiday/2026.json", "", "{}", 0, "not read", "holidays/2026.json"},
		{"an instant that the clocks leap over", "expectations.csv", "", "lat,lng,category,at,owner\n42.35,-71.1,sanitation/x,2026-03-08 02:30,\n", 2, "at 2026-03-08 02:30 does not exist in America/New_York", "write 2026-03-08 03:00"},
		{"working hours backwards", "calendar.yaml", `to: "17:00"`, `to: "07:00"`, 0, "", ""},
	} {
		m := testdir.Plain(t)
		if m[tt.file] == nil {
			m[tt.file] = &fstest.MapFile{}
		}
		data := string(m[tt.file].Data)
		changed := strings.Replace(data, tt.old, tt.new, 1)
		if tt.name == "a second document" {
			changed = data + tt.new
		}
		if changed == data {
			changed = strings.Replace(data, strings.ReplaceAll(tt.old, ": ", ":"), strings.ReplaceAll(tt.new, ": ", ":"), 1)
		}
		if changed == data {
			t.Fatalf("%s: %q is not in %s", tt.name, tt.old, tt.file)
		}
		m[tt.file] = &fstest.MapFile{Data: []byte(changed)}
		c, faults := FS(m)
		found := false
		for _, f := range faults {
			found = found || f.File == tt.file && (tt.line == 0 || f.Line == tt.line) && f.Message.Zh != "" &&
				strings.Contains(f.Message.En, tt.message) && strings.Contains(f.Suggestion.En, tt.suggestion)
		}
		if c != nil || !found {
			t.Errorf("%s: faults %v, want one in %s:%d with %q and %q", tt.name, faults, tt.file, tt.line, tt.message, tt.suggestion)
		}
	}
}

// A child that lies elsewhere, a root of a lower level and holidays that are missing are named.
func TestDiagnostics_AreasAndHolidays(t *testing.T) {
	t.Parallel()
	square := func(west float64) string {
		return fmt.Sprintf("[[%[1]g,42],[%[2]g,42],[%[2]g,42.1],[%[1]g,42.1],[%[1]g,42]]", west, west+0.1)
	}
	elsewhere := testdir.SomeCity(t, "", [4]string{"BOS", "city", "", "[[-71,42],[-70.8,42],[-70.8,42.1],[-71,42.1],[-71,42]]"},
		[4]string{"A", "district", "BOS", square(-71)}, [4]string{"B", "district", "BOS", square(-70.9)}, [4]string{"S", "street", "A", square(-70.9)})
	low := testdir.Toy()
	low["areas.geojson"].Data = bytes.Replace(low["areas.geojson"].Data, []byte(`"level": "city"`), []byte(`"level": "district"`), 1)
	holidays := testdir.Toy()
	holidays["calendar.yaml"].Data = bytes.Replace(holidays["calendar.yaml"].Data, []byte("require_holidays: false"), []byte("require_holidays: true"), 1)
	delete(holidays, "holidays/2026.json")
	for _, tt := range []struct {
		name, file, message string
		files               fstest.MapFS
	}{
		{"a street under another district", "areas.geojson", "out of its parent A (A)", elsewhere},
		{"a root that is a district", "areas.geojson", "not at a lower level", low},
		{"no holidays", "holidays", "no year's are known", holidays},
	} {
		c, faults := FS(tt.files)
		if c != nil || !slices.ContainsFunc(faults, func(f diag.Diagnostic) bool { return f.File == tt.file && strings.Contains(f.Message.En, tt.message) }) {
			t.Errorf("%s: faults %v, want %q", tt.name, faults, tt.message)
		}
	}
}

// A post whose people all have an end date leaves a hole on a known day.
func TestDiagnostics_PostWithoutAnybodyFromADay(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	m["people.csv"].Data = []byte(strings.ReplaceAll(string(m["people.csv"].Data), ",,,\n", ",,,2030-01-01\n"))
	c, faults := FS(m)
	if want := 13 + 7; c != nil || len(faults) != want || !strings.Contains(faults[0].Message.En, "nobody stays") {
		t.Errorf("%d faults %v, want one for each of %d areas and departments", len(faults), faults, want)
	}
}

// Ground in another datum comes out where the same ground in WGS-84 is.
func TestGround_Datum(t *testing.T) {
	t.Parallel()
	for _, datum := range []grid.Datum{grid.GCJ02, grid.BD09, grid.CGCS2000} {
		t.Run(datum.String(), func(t *testing.T) { datumOfGround(t, datum) })
	}
}

func datumOfGround(t *testing.T, datum grid.Datum) {
	t.Helper()
	want, faults := FS(testdir.Toy())
	if faults != nil {
		t.Fatal(faults)
	}
	m := testdir.Toy()
	for name, f := range m {
		if strings.HasSuffix(name, ".geojson") {
			f.Data = bytes.Replace(f.Data, []byte("{"), []byte(`{"datum":"`+strings.ToLower(datum.String())+`",`), 1)
		}
	}
	got, faults := FS(m)
	if faults != nil {
		t.Fatal(faults)
	}
	here := grid.Point{Lat: 45.752, Lng: 126.602} // in the area W1A
	pt, err := grid.ToWGS84(grid.Position{Lat: here.Lat, Lng: here.Lng, Datum: datum})
	if err != nil {
		t.Fatal(err)
	}
	there, err := got.Index.Locate(pt)
	if err != nil {
		t.Fatal(err)
	}
	place, err := want.Index.Locate(here)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(there.Areas, place.Areas) {
		t.Errorf("it lies in %v in %s ground, in %v in WGS-84", there.Areas, datum, place.Areas)
	}
	a, b := got.Index.Border(pt, there).DistanceM, want.Index.Border(here, place).DistanceM
	part := 0.005
	if datum == grid.BD09 { // it stretches the ground by a few per cent from place to place
		part = 0.05
	}
	if math.Abs(a-b) > b*part {
		t.Errorf("the border is %.1f m away in %s ground, %.1f m in WGS-84", a, datum, b)
	}
}

func TestDiagnostics_MissingFilesTogether(t *testing.T) {
	t.Parallel()
	m := testdir.Plain(t)
	delete(m, "people.csv")
	delete(m, "rules.csv")
	_, faults := FS(m)
	var files []string
	for _, f := range faults {
		files = append(files, f.File)
	}
	if all := strings.Join(files, " "); !strings.Contains(all, "people.csv") || !strings.Contains(all, "rules.csv") {
		t.Errorf("faults in %s, want people.csv and rules.csv", all)
	}
}

func FuzzTables(f *testing.F) {
	f.Add("rules.csv", "order,category\n\"")
	f.Add("areas.geojson", `{"features":[{"geometry":{"type":"Polygon","coordinates":[[[1]]]}}]}`)
	base := testdir.Directory(f, "boston")
	f.Fuzz(func(_ *testing.T, file, text string) {
		m := fstest.MapFS{}
		for k, v := range base {
			if k != "areas.geojson" {
				m[k] = v
			}
		}
		if !fs.ValidPath(file) || file == "." {
			return
		}
		m[file] = &fstest.MapFile{Data: []byte(text)}
		FS(m)
	})
}

func BenchmarkLoad(b *testing.B) {
	m := testdir.Directory(b, "harbin")
	for b.Loop() {
		if _, faults := FS(m); faults != nil {
			b.Fatal(faults)
		}
	}
}
