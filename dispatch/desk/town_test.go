package desk_test

import (
	"bytes"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/mem"
)

// The city of most tests is the toy city of package citytest with ladders of its own, a department of roads for which
// no rule is, holidays that must be known, and no expectations of its own. A fallen tree has two working days there.
const (
	chief  = citytest.Mayor      // leads the city and rules
	keeper = citytest.GridOffice // keeps the directory of the city
	tree   = citytest.FallenTree // of department GREEN where report reports it
)

// harbinLeader leads Harbin, the city of the benchmarks.
const harbinLeader roster.PersonID = "p-leader"

var (
	green = roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}
	roads = roster.Unit{Kind: roster.UnitDepartment, ID: "ROADS"}
)

var builtTown = sync.OnceValues(func() (*city.City, error) {
	c, faults := compile.Directory(townDirectory())
	if len(faults) > 0 {
		return nil, fmt.Errorf("the town has faults: %v", faults)
	}
	return c, nil
})

// town is the city, compiled once.
func town(t testing.TB) *city.City {
	t.Helper()
	c, err := builtTown()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// directory is the files of the city. Each call returns a directory of its own.
func directory(t testing.TB) city.Directory {
	t.Helper()
	return townDirectory()
}

// townLadders climb to the top of the city, and repeat there.
const townLadders = `ladders:
  - name: urgent
    note: severity A disturbs at any hour, climbs faster and comes back to the city leader
    for: {severities: [A]}
    steps:
      - {at_percent: 50, light: yellow, whom: "owner, dispatcher"}
      - {at_percent: 80, light: red, whom: superior}
      - {at_percent: 100, light: red, whom: "superior_2, co_owners"}
      - {at_percent: 150, light: red, whom: city_leader, repeat: {every: 24h, at_most: 3}}
  - name: default
    steps:
      - {at_percent: 50, light: green, whom: owner}
      - {at_percent: 80, light: yellow, whom: owner}
      - {at_percent: 100, light: red, whom: superior}
      - {at_percent: 150, light: red, whom: superior_2}
      - {at_percent: 200, light: red, whom: city_leader, hold: working_time}
    nudge: {after: 3 work_days, whom: handler, at_most: 3, hold: working_time}
`

func townDirectory() city.Directory {
	dir := citytest.ToyDirectory()
	dir["ladders.yaml"] = []byte(townLadders)
	delete(dir, city.ExpectationsFile)
	dir["holidays/2025.json"] = []byte(`{"year": 2025, "days": [{"name": "国庆节", "date": "2025-10-01", "isOffDay": true}]}`)
	dir = swap(dir, "calendar.yaml", "require_holidays: false", "require_holidays: true")
	dir = swap(dir, "categories.csv", "树木倒伏,Fallen tree,B,1,work_days", "树木倒伏,Fallen tree,C,2,work_days")
	for file, rows := range map[string]string{
		"departments.csv": "ROADS,道路局,Roads,,,+86 451 5550 0004\n",
		"people.csv":      "roads-leader,道路局长,+86 451 5551 0221,zh,\nroads-owner,道路责任人,+86 451 5551 0222,zh,\n",
		"posts.csv":       ",department:ROADS,leader,roads-leader,1,,,\n,department:ROADS,owner,roads-owner,1,,,\n",
	} {
		dir[file] = append(bytes.TrimSuffix(dir[file], []byte("\n")), "\n"+rows...)
	}
	return dir
}

// edit is a copy of a directory with a text replaced once.
func edit(t testing.TB, dir city.Directory, file, old, is string) city.Directory {
	t.Helper()
	if !bytes.Contains(dir[file], []byte(old)) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	out := maps.Clone(dir)
	out[file] = bytes.Replace(dir[file], []byte(old), []byte(is), 1)
	return out
}

// toRoads gives fallen trees from department GREEN to the roads.
func toRoads(t testing.TB, dir city.Directory) city.Directory {
	t.Helper()
	return edit(t, dir, "rules.csv", "line:GREEN", "line:ROADS")
}

// open is a desk of the city over a store in memory, on a Wednesday morning.
func open(t testing.TB) (*desk.Desk, *fakeClock) {
	t.Helper()
	return openOn(t, memory(t))
}

// memory is an empty store in memory.
func memory(t testing.TB) *mem.Engine {
	t.Helper()
	store := mem.Open()
	t.Cleanup(func() { store.Close() })
	return store
}

// openOn is open over a store.
func openOn(t testing.TB, store storage.Engine) (*desk.Desk, *fakeClock) {
	t.Helper()
	return openWith(t, store, desk.Config{City: town(t)})
}

// kept is openOn of a desk that keeps revisions.
func kept(t testing.TB, store storage.Engine) (*desk.Desk, *fakeClock) {
	t.Helper()
	return openWith(t, store, desk.Config{City: town(t), Directory: directory(t)})
}

func openWith(t testing.TB, store storage.Engine, cfg desk.Config) (*desk.Desk, *fakeClock) {
	t.Helper()
	clock := &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, cfg.City.Location)}
	cfg.Store, cfg.Clock = free(t, store), clock
	d, err := desk.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d, clock
}

// report is a report of an inspector, in grid W1A; it lies in Harbin, too.
func report(code catalog.Code, id string) dispatch.Report {
	return dispatch.Report{ClientID: id, Source: dispatch.SourceInspector, Category: code, Condition: "1", Position: position(citytest.InW1A)}
}

func position(p grid.Point) grid.Position {
	return grid.Position{Lat: p.Lat, Lng: p.Lng, Datum: grid.WGS84, AccuracyM: 10}
}

// filed is the case that the chief's report of a fallen tree makes.
func filed(t testing.TB, d *desk.Desk, id string) *dispatch.Case {
	t.Helper()
	cs, _, err := d.File(t.Context(), chief, report(tree, id))
	if err != nil {
		t.Fatal(err)
	}
	return cs
}
