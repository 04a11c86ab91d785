package diff

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/grid"
)

func gathered(t testing.TB, name string) city.Directory {
	t.Helper()
	fsys, err := cities.FS(name)
	if err != nil {
		t.Fatal(err)
	}
	dir, faults := city.Collect(fsys)
	if faults != nil {
		t.Fatal(faults)
	}
	return dir
}

func mustLoad(t testing.TB, dir city.Directory) *city.City {
	t.Helper()
	c, faults := compile.Directory(dir)
	if faults != nil {
		t.Fatal(faults)
	}
	return c
}

func TestHash_DirectoryAndCityAgree(t *testing.T) {
	t.Parallel()
	dir := gathered(t, "boston")
	if c := mustLoad(t, dir); dir.Revision() != c.Revision || c.Base() != c.Revision {
		t.Errorf("directory %s, city %s", dir.Revision(), c.Revision)
	}
	dir["../x.csv"] = nil
	dir["x.exe"] = nil
	if bad := dir.Check(); len(bad) != 2 {
		t.Errorf("strange names: %v", bad)
	}
}

// Each edit of a clerk is said in words, with file and line.
func TestChanges_Words(t *testing.T) {
	t.Parallel()
	was := gathered(t, "harbin")
	for _, tt := range []struct {
		name, file, old, is string
		what                Changed
		line                int
		en, zh              string
	}{
		{"a phone", "people.csv", "p-owner,李雪梅,0451-55550001", "p-owner,李雪梅,0451-1", Altered, 3, "person 李雪梅 (p-owner): phone 0451-55550001 becomes 0451-1", "人员 李雪梅 (p-owner)：phone 由 0451-55550001 改为 0451-1"},
		{"a rule's owner", "rules.csv", "line:HEALTH,block:district,", "line:ROADS,block:district,", Altered, 21, "rule 200: owner line:HEALTH becomes line:ROADS", "责任规则 200：owner 由 line:HEALTH 改为 line:ROADS"},
		{"a rule gone", "rules.csv", "200,E0133,,,,,,line:HEALTH,block:district,卫生健康委员会：1 类\n", "", Removed, 21, "rule 200: categories E0133 go to line:HEALTH", "删除责任规则 200：类别 E0133 由 line:HEALTH"},
		{"a post taken", "posts.csv", ",area:230100,leader,p-leader,1,,,\n", ",area:230100,leader,p-leader,1,,,\n,area:230100,checker,p-owner,2,night,,\n", Added, 3, "李雪梅 (p-owner) takes the post checker@area:230100 (rank 2, shift night)", "李雪梅 (p-owner) 担任 area:230100 核查员"},
		{"a post left", "posts.csv", ",area:230100,leader,p-leader,1,,,\n", "", Removed, 2, "王建国 (p-leader) no longer holds the post leader@area:230100", "王建国 (p-leader) 不再担任"},
		{"an area's name", "areas.geojson", `"name":"道里区"`, `"name":"道里新区"`, Altered, 3, `area 道里新区 (230102): name "道里区" becomes "道里新区"`, "区域道里新区 (230102)：name 由"},
		{"a line of yaml", "calendar.yaml", "work_day: counted", "work_day: plain", Altered, 3, "+ work_day: plain | - work_day: counted", "已修改"},
	} {
		if !bytes.Contains(was[tt.file], []byte(tt.old)) {
			t.Errorf("%s: %s does not hold %q", tt.name, tt.file, tt.old)
			continue
		}
		is := maps.Clone(was)
		is[tt.file] = bytes.Replace(was[tt.file], []byte(tt.old), []byte(tt.is), 1)
		got := Changes(was, is)
		if len(got) != 1 || got[0].File != tt.file || got[0].What != tt.what || got[0].Line != tt.line || !strings.Contains(got[0].Text.En, tt.en) || !strings.Contains(got[0].Text.Zh, tt.zh) {
			t.Errorf("%s: Changes = %+v", tt.name, got)
		}
	}
	if got := Changes(was, maps.Clone(was)); got != nil {
		t.Errorf("no change = %v", got)
	}
	is := maps.Clone(was)
	delete(is, "holidays/2026.json")
	if got := Changes(was, is); len(got) != 1 || got[0].What != Removed {
		t.Errorf("a year gone = %v", got)
	}
}

// square draws a district by its corners.
func square(s, w, n, e float64) [][][]float64 {
	return [][][]float64{{{w, s}, {e, s}, {e, n}, {w, n}, {w, s}}}
}

// split is Boston cut into two districts at a longitude.
func split(t testing.TB, at float64) city.Directory {
	t.Helper()
	return twoDistricts(t, "wgs84", square(42.3, -71.2, 42.4, at), square(42.3, at, 42.4, -71))
}

// twoDistricts is Boston with two districts in a datum.
func twoDistricts(t testing.TB, datum string, west, east [][][]float64) city.Directory {
	t.Helper()
	dir := gathered(t, "boston")
	feature := func(id, parent, level string, ring [][][]float64) map[string]any {
		var g any
		if ring != nil {
			g = map[string]any{"type": "Polygon", "coordinates": ring}
		}
		return map[string]any{"type": "Feature", "properties": map[string]any{"id": id, "name": id, "level": level, "parent": parent}, "geometry": g}
	}
	b, err := json.Marshal(map[string]any{"type": "FeatureCollection", "datum": datum, "features": []any{
		feature("BOS", "", "city", nil), feature("W", "BOS", "district", west), feature("E", "BOS", "district", east),
	}})
	if err != nil {
		t.Fatal(err)
	}
	dir["areas.geojson"] = b
	dir["posts.csv"] = []byte("id,unit,role,person,rank,shift,from,to\n" + ",area:BOS,leader,b-leader,1,,,\n,area:BOS,acceptor,b-leader,1,,,\n,area:BOS,dispatcher,b-leader,1,,,\n,area:W,owner,b-owner,1,,,\n,area:E,owner,b-owner,1,,,\n")
	dir["people.csv"] = []byte("id,name,phone,language,active_from,active_to\nb-leader,Ann Archer,617-555-1000,,,\nb-owner,Ben Draper,617-555-1001,,,\nb-third,Cid Third,617-555-1002,,,\n")
	dir["departments.csv"] = []byte("id,name,name_en,parent,phone\n")
	dir["rules.csv"] = []byte("order,category,area,near,within_m,from,to,owner,co_owners,note\n10,*,,,,,,block:district,,\n")
	delete(dir, "imports.yaml")
	dir["city.yaml"], _, _ = bytes.Cut(dir["city.yaml"], []byte("accept:")) // these districts have no slivers
	return dir
}

// A border moved by 0.01° of longitude moves a strip whose size is known.
func TestGround_MovedAreaIsMeasured(t *testing.T) {
	t.Parallel()
	before, after := split(t, -71.10), split(t, -71.11)
	was, is := mustLoad(t, before), mustLoad(t, after)
	got := CompareGround(was, is, before, after)
	strip := [][]grid.Point{{{Lat: 42.3, Lng: -71.11}, {Lat: 42.3, Lng: -71.10}, {Lat: 42.4, Lng: -71.10}, {Lat: 42.4, Lng: -71.11}, {Lat: 42.3, Lng: -71.11}}}
	want := grid.SizeM2([]grid.Polygon{strip}) / 1e6
	if len(got) != 1 || got[0].From != "W" || got[0].To != "E" || got[0].Level != "district" || math.Abs(got[0].KM2-want) > want/100 {
		t.Errorf("CompareGround = %+v, want %.3f km² from W to E", got, want)
	}
	if text := got[0].Text(was, is); !strings.Contains(text.En, "move from W (W) to E (E)") || !strings.Contains(text.Zh, "划归") {
		t.Errorf("in words: %v", text)
	}
	if same := CompareGround(was, was, before, before); same != nil {
		t.Errorf("the same ground = %v", same)
	}
}

func TestPeople_LeftWithoutDuty(t *testing.T) {
	t.Parallel()
	before := split(t, -71.1)
	after := maps.Clone(before)
	after["posts.csv"] = bytes.ReplaceAll(before["posts.csv"], []byte("b-owner"), []byte("b-third"))
	was, is := mustLoad(t, before), mustLoad(t, after)
	got := IdleUnder(was, is, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if len(got) != 1 || got[0].Person != "b-owner" || len(got[0].Had) != 2 || !slices.Contains(got[0].Had, "owner@area:E") {
		t.Errorf("IdleUnder = %+v, want b-owner, who had two posts", got)
	}
}
