// Package desktest is a toy city, a clock and small helpers for tests of the desk's rooms. The city has four areas, ten
// people and one matter, and compiles in milliseconds.
package desktest

import (
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/tx"
	"wangge/grid"
	"wangge/storage"
)

// People of the toy city.
const (
	Chief     roster.PersonID = "boss"      // leader of the city, and its grid office
	Inspector roster.PersonID = "inspector" // of the district: may report
	Owner     roster.PersonID = "west-owner"
)

// Matter is the one category of the toy city: four hours, severity C.
const Matter = "E001"

// Start is a Wednesday morning in the toy city.
var Start = time.Date(2026, 3, 4, 9, 0, 0, 0, time.FixedZone("CST", 8*60*60))

var files = map[string]string{
	"city.yaml": `name: 试验城
name_en: Town
code: TWN
time_zone: Asia/Shanghai
languages: [en, zh]
cell_resolution: 10
levels: [city, district, street]
table_version: toy-1
defaults: {accept_minutes: 30, dispatch_minutes: 15, check_hours: 2, return_hours: 30, near_border_m: 5}
`,
	"calendar.yaml": `weekend: [saturday, sunday]
hours: [{from: "08:30", to: "17:00"}]
require_holidays: false
holidays_apply: false
work_day: counted
`,
	"categories.csv": `code,kind,class,class_en,name,name_en,severity,limit,limit_unit,closing,parent
E001,event,类,Class,事,Matter,C,4,hours,done,
`,
	"areas.geojson": `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"T","name":"试验城","name_en":"Town","level":"city","parent":""},"geometry":null},
{"type":"Feature","properties":{"id":"D","name":"区","name_en":"District","level":"district","parent":"T"},"geometry":{"type":"Polygon","coordinates":[[[126.60,45.70],[126.62,45.70],[126.62,45.71],[126.60,45.71],[126.60,45.70]]]}},
{"type":"Feature","properties":{"id":"W","name":"西街","name_en":"West","level":"street","parent":"D"},"geometry":{"type":"Polygon","coordinates":[[[126.60,45.70],[126.61,45.70],[126.61,45.71],[126.60,45.71],[126.60,45.70]]]}},
{"type":"Feature","properties":{"id":"E","name":"东街","name_en":"East","level":"street","parent":"D"},"geometry":{"type":"Polygon","coordinates":[[[126.61,45.70],[126.62,45.70],[126.62,45.71],[126.61,45.71],[126.61,45.70]]]}}
]}`,
	"departments.csv": "id,name,name_en,parent,phone\nWATER,供水,Water,,\n",
	"people.csv": `id,name,phone,language,email,active_from,active_to
boss,boss,+86 451 5555 0101,,,,
acceptor,acceptor,+86 451 5555 0101,,,,
dispatcher,dispatcher,+86 451 5555 0101,,,,
duty,duty,+86 451 5555 0101,,,,
checker,checker,+86 451 5555 0101,,,,
district,district,+86 451 5555 0101,,,,
inspector,inspector,+86 451 5555 0101,,,,
west-owner,west,+86 451 5555 0101,,,,
east-owner,east,+86 451 5555 0101,,,,
water-owner,water,+86 451 5555 0101,,,,
`,
	"posts.csv": `id,unit,role,person,rank,shift,from,to
,area:T,leader,boss,1,,,
,area:T,acceptor,acceptor,1,,,
,area:T,dispatcher,dispatcher,1,,,
,area:T,duty_chief,duty,1,,,
,area:T,checker,checker,1,,,
,area:D,leader,district,1,,,
,area:D,inspector,inspector,1,,,
,area:W,owner,west-owner,1,,,
,area:E,owner,east-owner,1,,,
,department:WATER,owner,water-owner,1,,,
,department:WATER,leader,boss,1,,,
`,
	"rules.csv": `order,category,area,near,within_m,from,to,owner,co_owners,note
30,E001,,,,,,block:street,,
9999,*,,,,,,block:city,,
`,
	"ladders.yaml": `ladders:
  - name: default
    steps:
      - {at_percent: 100, light: red, whom: owner}
      - {at_percent: 150, light: red, whom: superior}
      - {at_percent: 200, light: red, whom: city_leader}
`,
}

// Directory returns the files of the toy city.
func Directory() city.Directory {
	dir := city.Directory{}
	for name, text := range files {
		dir[name] = []byte(text)
	}
	return dir
}

// ToWater returns the directory in which the department of water answers for all matters.
func ToWater(dir city.Directory) city.Directory {
	return Edit(dir, "rules.csv", "block:street", "line:WATER")
}

// Edit returns a directory with one file edited: every old text is replaced by a new one.
func Edit(dir city.Directory, file, old, text string) city.Directory {
	out := maps.Clone(dir)
	out[file] = []byte(strings.ReplaceAll(string(dir[file]), old, text))
	return out
}

// Compile returns the city of a directory, and fails the test when the directory has faults.
func Compile(t testing.TB, dir city.Directory) *city.City {
	t.Helper()
	c, faults := compile.Directory(dir)
	for _, f := range faults {
		t.Errorf("toy city: %v", f)
	}
	if len(faults) > 0 {
		t.FailNow()
	}
	return c
}

// Report is a report of the inspector, in the west street.
func Report(clientID string) dispatch.Report {
	return dispatch.Report{
		ClientID: clientID, Source: dispatch.SourceInspector, Category: Matter, Text: "water on the road",
		Position: grid.Position{Lat: 45.705, Lng: 126.605, Datum: grid.WGS84, AccuracyM: 5},
	}
}

// Clock is a clock that stands until it is moved; its timers fire when it passes them. It is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
}

type timer struct {
	at time.Time
	c  chan time.Time
}

// NewClock returns a clock at Start.
func NewClock() *Clock { return &Clock{now: Start} }

// Now implements tx.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// NewTimer implements tx.Clock.
func (c *Clock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := timer{c.now.Add(d), make(chan time.Time, 1)}
	c.timers = append(c.timers, t)
	return t.c, func() bool { return true }
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	left := c.timers[:0]
	for _, t := range c.timers {
		if t.at.After(c.now) {
			left = append(left, t)
		} else {
			t.c <- c.now
		}
	}
	c.timers = left
}

// Store returns a transaction store over an engine, by a clock, with a log that nobody reads.
func Store(e storage.Engine, c *Clock) *tx.Store {
	return tx.New(e, c, slog.New(slog.DiscardHandler), nil)
}
