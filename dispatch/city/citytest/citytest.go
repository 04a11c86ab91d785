// Package citytest has compiled cities for tests, each compiled once a test binary: the built-in cities, and the toy city,
// which compiles in milliseconds.
//
// The toy city is four squares of some 390 by 445 m, drawn by ToyDirectory:
//
//	        126.600   126.605   126.610
//	45.758  +---------+---------+
//	        |   W1B   |   E1B   |    school SCHOOL in W1B, section PARK (Parks) in E1B
//	45.754  +---------+---------+
//	        |   W1A   |   E1A   |    section RIVER (Water) along the south, component COVER in E1A
//	45.750  +---------+---------+
//
// City TOY holds the districts W and E, these the communities W1 and E1, these two grids each. Lines are WATER and GREEN,
// whose station GREEN-E works in E. The persons below hold every role once, at least. Working hours are 08:30 to 11:30 and
// 13:30 to 17:00, Monday to Friday, but for three holidays of October 2026.
package citytest

import (
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// Persons of the toy city, with their posts.
const (
	Mayor           roster.PersonID = "mayor"            // leader@area:TOY
	CityOwner       roster.PersonID = "city-owner"       // owner@area:TOY
	DutyChief       roster.PersonID = "chief"            // duty_chief@area:TOY; answers for departments off hours
	Acceptor        roster.PersonID = "acceptor"         // acceptor@area:TOY on weekdays from 08:00 to 18:00
	AcceptorDeputy  roster.PersonID = "acceptor-2"       // acceptor@area:TOY, second in rank, at any time
	Dispatcher      roster.PersonID = "dispatcher"       // dispatcher@area:TOY
	Checker         roster.PersonID = "checker"          // checker@area:TOY
	Inspector       roster.PersonID = "inspector"        // inspector@area:TOY
	GridOffice      roster.PersonID = "office"           // grid_office@area:TOY
	Arbiter         roster.PersonID = "arbiter"          // arbiter@area:TOY
	LeaderW         roster.PersonID = "leader-w"         // leader@area:W
	LeaderE         roster.PersonID = "leader-e"         // leader@area:E; reads English
	DeputyE         roster.PersonID = "deputy-e"         // deputy@area:E
	DispatcherW     roster.PersonID = "dispatcher-w"     // dispatcher@area:W
	OwnerW1         roster.PersonID = "owner-w1"         // owner@area:W1
	OwnerE1         roster.PersonID = "owner-e1"         // owner@area:E1
	GridW1A         roster.PersonID = "grid-w1a"         // owner@area:W1A
	GridW1B         roster.PersonID = "grid-w1b"         // owner@area:W1B; away from 2026-11-23 to 2026-11-30
	GridW1BDeputy   roster.PersonID = "grid-w1b-2"       // owner@area:W1B, second in rank
	GridE1A         roster.PersonID = "grid-e1a"         // owner@area:E1A; covers for GridE1B
	GridE1B         roster.PersonID = "grid-e1b"         // owner@area:E1B; away from 2026-11-23 14:00 to 2026-11-25
	HandlerW1A      roster.PersonID = "handler-w1a"      // handler@area:W1A
	InspectorW1A    roster.PersonID = "inspector-w1a"    // inspector@area:W1A
	PatronE1A       roster.PersonID = "patron-e1a"       // patron@area:E1A
	Headmaster      roster.PersonID = "headmaster"       // owner@point:SCHOOL
	WaterLeader     roster.PersonID = "water-leader"     // leader@department:WATER
	WaterOwner      roster.PersonID = "water-owner"      // owner@department:WATER on weekdays from 08:00 to 18:00
	WaterCrew       roster.PersonID = "water-crew"       // handler@department:WATER
	WaterDispatcher roster.PersonID = "water-dispatcher" // dispatcher@department:WATER
	GreenLeader     roster.PersonID = "green-leader"     // leader@department:GREEN
	GreenOwner      roster.PersonID = "green-owner"      // owner@department:GREEN
	GreenEast       roster.PersonID = "green-east"       // owner@department:GREEN-E
	ParkKeeper      roster.PersonID = "park-keeper"      // owner@section:PARK
	RiverKeeper     roster.PersonID = "river-keeper"     // owner@section:RIVER
)

// Categories of the toy city.
const (
	WaterCover = "C0101" // component, B, 4 work_hours; its owner by the asset, else WATER; condition 1 is A with a milestone
	Rubbish    = "E0101" // C, 4 work_hours, 2 in W; the grid's, in W in winter the community's
	Flooding   = "E0201" // A, 2 hours; WATER, the district helps
	FallenTree = "E0301" // B, 1 work_days; GREEN, through PARK or GREEN-E
	Stall      = "E0401" // C, 2 work_days; the school's within 60 m of it, else the grid's
)

// Places of the toy city, in WGS-84.
var (
	InW1A    = grid.Point{Lat: 45.752, Lng: 126.602}
	InW1B    = grid.Point{Lat: 45.7575, Lng: 126.604}
	InE1A    = grid.Point{Lat: 45.7535, Lng: 126.609}
	InE1B    = grid.Point{Lat: 45.7575, Lng: 126.609}
	AtSchool = grid.Point{Lat: 45.756, Lng: 126.602}  // in W1B
	AtCover  = grid.Point{Lat: 45.752, Lng: 126.607}  // in E1A
	InPark   = grid.Point{Lat: 45.756, Lng: 126.607}  // in E1B
	OnRiver  = grid.Point{Lat: 45.7505, Lng: 126.603} // in W1A
	Outside  = grid.Point{Lat: 45.770, Lng: 126.605}  // in no area
	OnBorder = grid.Point{Lat: 45.7535, Lng: 126.605} // between W1A and E1A: W1A's, as an eastern edge is inside
)

// ToyDirectory returns a new copy of the directory of the toy city.
func ToyDirectory() city.Directory {
	out := city.Directory{}
	for name, f := range testdir.Toy() {
		out[name] = f.Data
	}
	return out
}

var (
	toy     = sync.OnceValues(func() (*city.City, error) { return compiled(testdir.Toy()) })
	builtIn = map[string]func() (*city.City, error){
		"harbin": sync.OnceValues(func() (*city.City, error) { return load("harbin") }),
		"boston": sync.OnceValues(func() (*city.City, error) { return load("boston") }),
	}
)

// BuiltIn returns a compiled built-in city by its name, shared like Toy, for code without a testing.TB. An unknown name is an
// error.
func BuiltIn(name string) (*city.City, error) {
	if get, ok := builtIn[name]; ok {
		return get()
	}
	return nil, fmt.Errorf("there is no built-in city %q", name)
}

// Toy returns the compiled toy city. All tests of a binary share one City, which is immutable.
func Toy(t testing.TB) *city.City {
	t.Helper()
	return get(t, toy)
}

// Harbin returns the compiled built-in city, shared like Toy.
func Harbin(t testing.TB) *city.City {
	t.Helper()
	return get(t, builtIn["harbin"])
}

// Boston returns the compiled built-in city, shared like Toy.
func Boston(t testing.TB) *city.City {
	t.Helper()
	return get(t, builtIn["boston"])
}

// Varied compiles the toy city with changed files: a text replaces a file, and "" removes it.
func Varied(t testing.TB, files map[string]string) *city.City {
	t.Helper()
	m := testdir.Toy()
	for name, text := range files {
		if text == "" {
			delete(m, name)
			continue
		}
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return get(t, func() (*city.City, error) { return compiled(m) })
}

func get(t testing.TB, load func() (*city.City, error)) *city.City {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func load(name string) (*city.City, error) {
	fsys, err := cities.FS(name)
	if err != nil {
		return nil, err
	}
	return compiled(fsys)
}

func compiled(fsys fs.FS) (*city.City, error) {
	c, list := compile.FS(fsys)
	if c == nil {
		return nil, fmt.Errorf("the city has diagnostics: %v", list)
	}
	return c, nil
}
