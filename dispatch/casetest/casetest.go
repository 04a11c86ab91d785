// Package casetest holds cities and cases for the tests of the rooms above dispatch.
package casetest

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// T is a test, a benchmark or a property within a test.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Harbin is the embedded city of that name, compiled once and shared: never change it.
func Harbin(t testing.TB) *city.City {
	t.Helper()
	return citytest.Harbin(t)
}

// Boston is Small with the given files in place of its own. Without files it is Small itself: never change it.
func Boston(t testing.TB, files map[string]string) *city.City {
	t.Helper()
	if len(files) == 0 {
		return Small(t)
	}
	m := testdir.Plain(t)
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, faults := compile.FS(m)
	for _, f := range faults {
		t.Fatal(f)
	}
	return c
}

var small struct {
	once sync.Once
	c    *city.City
}

// Small is Boston with one square for each district, from west to east, compiled once within 0.1 s and shared: never
// change it. Position SmallAt lies in one of the squares.
func Small(t testing.TB) *city.City {
	t.Helper()
	small.once.Do(func() {
		c, faults := compile.FS(testdir.Plain(t))
		for _, f := range faults {
			t.Fatal(f)
		}
		small.c = c
	})
	if small.c == nil {
		t.Fatal("the small city did not compile in an earlier test")
	}
	return small.c
}

// SmallAt is a position in a district of Small, 800 m from the nearest border.
var SmallAt = grid.Position{Lat: 42.3, Lng: -71.09, Datum: grid.WGS84, AccuracyM: 10}

// Ladders is a ladders.yaml whose default ladder has the given steps, one a line, followed by the rest of the file.
func Ladders(steps, rest string) map[string]string {
	return map[string]string{
		"ladders.yaml": "ladders:\n  - name: default\n    steps:\n      - " + strings.ReplaceAll(steps, "\n", "\n      - ") + "\n" + rest,
	}
}

// At is an instant in the city's zone. Example: At(c, "2026-03-04 09:00").
func At(c *city.City, text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, c.Location)
	if err != nil {
		panic(err)
	}
	return t
}

// Daoli is a position well inside the district 道里区 of Harbin, area 230102.
var Daoli = grid.Position{Lat: 45.755, Lng: 126.600, Datum: grid.WGS84, AccuracyM: 10}

// AnyEvent is the first category of a city that is an event.
func AnyEvent(c *city.City) catalog.Code {
	best := catalog.Code("")
	for code, cat := range c.Categories {
		if cat.Kind == catalog.Event && (best == "" || code < best) {
			best = code
		}
	}
	return best
}

// Do decides a command that needs no look-up and returns the case after it and the events.
func Do(t T, c *city.City, cs *dispatch.Case, cmd dispatch.Command) (*dispatch.Case, []dispatch.Event) {
	t.Helper()
	events, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, c)
	if err != nil {
		t.Fatalf("Decide(%s) = %v", cmd.Act, err)
	}
	return Stored(t, cs, events), events
}

// Stored is a case after the events of an act, or of a new case for a zero one. It fails when the events, written to the store
// and read again, make another case.
func Stored(t T, cs *dispatch.Case, events []dispatch.Event) *dispatch.Case {
	t.Helper()
	b, err := record.EncodeEvents(events)
	if err != nil {
		t.Fatal(err)
	}
	read, err := record.DecodeEvents(b)
	if err != nil {
		t.Fatal(err)
	}
	decided := dispatch.FoldAll(cs, events)
	want, err := record.EncodeCase(decided, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.EncodeCase(dispatch.FoldAll(cs, read), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("the stored events of %s make another case:\n%+v\nwant\n%+v", events[len(events)-1].Kind, dispatch.FoldAll(cs, read), decided)
	}
	return decided
}

// Filed is the case under a number that a report at a place makes.
func Filed(t T, c *city.City, id dispatch.CaseID, actor roster.PersonID, r *dispatch.Report, place *dispatch.Place) *dispatch.Case {
	t.Helper()
	facts := lifecycle.Facts{Filing: &lifecycle.Filing{Report: r, Place: place}}
	events, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: r.ReceivedAt, Actor: actor}, facts, c)
	if err != nil {
		t.Fatalf("Decide(%s) = %v", dispatch.ActFile, err)
	}
	return Stored(t, &dispatch.Case{ID: id}, events)
}

// Apply is Do without the events.
func Apply(t T, cs *dispatch.Case, cmd dispatch.Command, c *city.City) *dispatch.Case {
	t.Helper()
	cs, _ = Do(t, c, cs, cmd)
	return cs
}

// First is the first condition of a category; "" for a category that the city does not have.
func First(c *city.City, code catalog.Code) string {
	if cat := c.Categories[code]; cat != nil {
		return cat.Conditions[0].ID
	}
	return ""
}

// File is the case that a report at Daoli makes in Harbin under the first condition of a category, filed by an inspector of
// that district.
func File(t T, c *city.City, code catalog.Code, src dispatch.Source, when time.Time) *dispatch.Case {
	t.Helper()
	p, err := routing.PlaceOf(c, Daoli)
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{
		ClientID: "r-1", Reporter: "someone", Source: src, Category: code, Condition: First(c, code), Position: Daoli,
		CapturedAt: when, ReceivedAt: when,
	}
	return Filed(t, c, dispatch.NewCaseID(when, 1), "p-230102-inspector-1", r, &p)
}

// FileToy is the case that a report in grid W1A of the toy city makes under the first condition of a category, filed by the
// grid's inspector.
func FileToy(t T, c *city.City, code catalog.Code, src dispatch.Source, when time.Time) *dispatch.Case {
	t.Helper()
	return FileToyAt(t, c, code, src, citytest.InW1A, citytest.InspectorW1A, when)
}

// FileToyAt is FileToy at a point of the toy city, filed by a person.
func FileToyAt(
	t T, c *city.City, code catalog.Code, src dispatch.Source, point grid.Point, actor roster.PersonID, when time.Time,
) *dispatch.Case {
	t.Helper()
	at := grid.Position{Lat: point.Lat, Lng: point.Lng, Datum: grid.WGS84, AccuracyM: 10}
	p, err := routing.PlaceOf(c, at)
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{
		ClientID: "r-1", Reporter: "someone", Source: src, Category: code, Condition: First(c, code), Position: at,
		CapturedAt: when, ReceivedAt: when,
	}
	return Filed(t, c, dispatch.NewCaseID(when, 1), actor, r, &p)
}

// Opened is a case of Small at SmallAt, dispatched to a department on Monday, 11 July 2011, at nine.
func Opened(t T, c *city.City) *dispatch.Case {
	t.Helper()
	start := time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)
	place, err := routing.PlaceOf(c, SmallAt)
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{
		ClientID: "r", Reporter: "b-leader", Source: dispatch.SourceInspector,
		Category: "abandoned-bicycle/abandoned-bicycle", ReceivedAt: start, CapturedAt: start,
	}
	return Filed(t, c, 1, "b-leader", r, &place)
}

// Wait fires every timer up to an instant and returns the case after them and what fired. It fails when more than 100
// fire.
func Wait(t T, c *city.City, cs *dispatch.Case, until time.Time) (*dispatch.Case, []dispatch.Event) {
	t.Helper()
	var all []dispatch.Event
	for !cs.NextAt.IsZero() && !cs.NextAt.After(until) {
		var events []dispatch.Event
		cs, events = Do(t, c, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
		all = append(all, events...)
		if len(all) > 100 {
			t.Fatal("the ladder has no end")
		}
	}
	return cs, all
}
