package record

import (
	"bufio"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/calendar"
	"wangge/dispatch/catalog"
	"wangge/dispatch/roster"
	"wangge/grid"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "unset") {
			return time.Time{}
		}
		return time.Unix(0, rapid.Int64Range(1, 1<<62).Draw(t, "ns")).UTC()
	})
}

var text = rapid.StringOfN(rapid.RuneFrom([]rune("abc-1灯盖")), 0, 8, -1)

// list is nil instead of empty: the stored form does not tell them apart.
func list[T any](t *rapid.T, g *rapid.Generator[T], name string) []T {
	out := rapid.SliceOfN(g, 0, 3).Draw(t, name)
	if len(out) == 0 {
		return nil
	}
	return out
}

func as[T ~string](t *rapid.T, name string) T { return T(text.Draw(t, name)) }

func anyUnit(t *rapid.T) roster.Unit {
	return roster.Unit{Kind: roster.UnitKind(rapid.IntRange(1, 4).Draw(t, "unit kind")), ID: "u" + text.Draw(t, "unit")}
}

func anyOwner(t *rapid.T) dispatch.Owner {
	return dispatch.Owner{Kind: catalog.OwnerKind(rapid.IntRange(1, 3).Draw(t, "owner")), Unit: anyUnit(t), Post: as[roster.PostID](t, "post")}
}

func owners3(t *rapid.T) []dispatch.Owner { return list(t, rapid.Custom(anyOwner), "co-owners") }

func anyClock(t *rapid.T) dispatch.Clock {
	return dispatch.Clock{
		Limit:    calendar.Limit{N: rapid.IntRange(0, 99).Draw(t, "n"), Unit: calendar.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))},
		Consumed: time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "consumed")), Since: instants().Draw(t, "since"), Due: instants().Draw(t, "due"),
		Provisional: rapid.Bool().Draw(t, "provisional"),
	}
}

func anyPlace(t *rapid.T) dispatch.Place {
	return dispatch.Place{
		Point: grid.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lng: rapid.Float64Range(-180, 180).Draw(t, "lng")}, Cell: grid.Cell(rapid.Uint64().Draw(t, "cell")),
		Areas: list(t, rapid.Custom(func(t *rapid.T) grid.AreaID { return as[grid.AreaID](t, "area") }), "areas"), BorderM: rapid.Float64Range(0, 1e6).Draw(t, "border"),
		Neighbour: as[grid.AreaID](t, "neighbour"), Ambiguous: rapid.Bool().Draw(t, "ambiguous"),
	}
}

func anyReport(t *rapid.T) dispatch.Report {
	return dispatch.Report{
		ClientID: text.Draw(t, "id"), Reporter: as[roster.PersonID](t, "reporter"), Source: dispatch.Source(rapid.IntRange(1, 7).Draw(t, "source")),
		Category: as[catalog.Code](t, "category"), Condition: text.Draw(t, "condition"), Text: text.Draw(t, "text"),
		Position:   grid.Position{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lng: rapid.Float64Range(-180, 180).Draw(t, "lng"), Datum: grid.Datum(rapid.IntRange(1, 3).Draw(t, "datum")), AccuracyM: rapid.Float64Range(0, 1e4).Draw(t, "accuracy")},
		CapturedAt: instants().Draw(t, "captured"), ReceivedAt: instants().Draw(t, "received"), PhotoHashes: list(t, text, "photos"),
	}
}

func anyCase(t *rapid.T) *dispatch.Case {
	c := &dispatch.Case{
		ID: dispatch.CaseID(rapid.Uint64Range(1, 1<<63).Draw(t, "id")), Seq: rapid.Uint64Range(1, 1<<40).Draw(t, "seq"), Stage: dispatch.Stage(rapid.IntRange(1, int(dispatch.SelfResolved)).Draw(t, "stage")),
		Report: anyReport(t), Place: anyPlace(t), Category: as[catalog.Code](t, "category"), Condition: text.Draw(t, "condition"), Severity: catalog.Severity(rapid.IntRange(0, 3).Draw(t, "severity")),
		CoOwners: owners3(t), Rule: text.Draw(t, "rule"), Clock: anyClock(t), Disposal: anyClock(t), Ladder: text.Draw(t, "ladder"), NextStep: rapid.IntRange(0, 20).Draw(t, "step"),
		NextAt: instants().Draw(t, "next"), Returns: rapid.IntRange(0, 9).Draw(t, "returns"), Reworks: rapid.IntRange(0, 9).Draw(t, "reworks"), Handler: as[roster.PersonID](t, "handler"),
		FixedBy: as[roster.PersonID](t, "fixed"), CheckedBy: as[roster.PersonID](t, "checked"), Closing: text.Draw(t, "closing"), Outcome: dispatch.Outcome(rapid.IntRange(0, 2).Draw(t, "outcome")),
		FiledAt: instants().Draw(t, "filed"), ResolvedAt: instants().Draw(t, "resolved"), ClosedAt: instants().Draw(t, "closed"), UpdatedAt: instants().Draw(t, "updated"), CityRevision: text.Draw(t, "revision"),
	}
	if rapid.Bool().Draw(t, "owned") {
		c.Owner = anyOwner(t)
	}
	return c
}

func anyEvent(t *rapid.T) dispatch.Event {
	e := dispatch.Event{
		Seq: rapid.Uint64Range(1, 1<<40).Draw(t, "seq"), Kind: dispatch.EventKind(rapid.IntRange(1, int(dispatch.EventImported)).Draw(t, "kind")), At: instants().Draw(t, "at"),
		Actor: as[roster.PersonID](t, "actor"), Post: as[roster.PostID](t, "post"), Revision: text.Draw(t, "revision"), Reason: dispatch.ReturnReason(rapid.IntRange(0, 5).Draw(t, "reason")),
		Note: text.Draw(t, "note"), Condition: text.Draw(t, "condition"), Severity: catalog.Severity(rapid.IntRange(0, 3).Draw(t, "severity")), CoOwners: owners3(t), Rule: text.Draw(t, "rule"),
		Ladder: text.Draw(t, "ladder"), Clock: anyClock(t), NextAt: instants().Draw(t, "next"), Handler: as[roster.PersonID](t, "handler"), Closing: text.Draw(t, "closing"),
		Outcome: dispatch.Outcome(rapid.IntRange(0, 2).Draw(t, "outcome")), Step: rapid.IntRange(0, 20).Draw(t, "step"), Light: text.Draw(t, "light"),
		Told: list(t, rapid.Custom(func(t *rapid.T) roster.PersonID { return as[roster.PersonID](t, "told") }), "told"), Late: time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "late")), Photos: list(t, text, "photos"),
	}
	if rapid.Bool().Draw(t, "report") {
		r, p := anyReport(t), anyPlace(t)
		e.Report, e.Place, e.Owner = &r, &p, anyOwner(t)
	}
	return e
}

// What is read is what was written, for every case and event that can be.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, scopes := anyCase(t), list(t, rapid.Custom(anyUnit), "scopes")
		b, err := EncodeCase(c, scopes)
		if err != nil {
			t.Fatal(err)
		}
		gotCase, gotScopes, err := DecodeCase(b)
		if err != nil || cmp.Diff(c, gotCase) != "" || cmp.Diff(scopes, gotScopes) != "" {
			t.Fatalf("case: %v\n%s%s", err, cmp.Diff(c, gotCase), cmp.Diff(scopes, gotScopes))
		}
		events := rapid.SliceOfN(rapid.Custom(anyEvent), 1, 4).Draw(t, "events")
		if b, err = EncodeEvents(events); err != nil {
			t.Fatal(err)
		}
		gotEvents, err := DecodeEvents(b)
		if err != nil || cmp.Diff(events, gotEvents) != "" {
			t.Fatalf("events: %v\n%s", err, cmp.Diff(events, gotEvents))
		}
	})
}

var update = flag.Bool("update", false, "write testdata/v1.txt anew: only when a version is added, never to make a test pass")

const oldFile = "testdata/v1.txt"

// Records that version 1 wrote are read as they were meant.
func TestReadsVersion1(t *testing.T) {
	at := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)
	unit := roster.Unit{Kind: roster.UnitArea, ID: "230102"}
	owner := dispatch.Owner{Kind: catalog.OwnerBlock, Unit: unit, Post: "owner@area:230102"}
	clock := dispatch.Clock{Limit: calendar.Limit{N: 2, Unit: calendar.Hours}, Since: at, Due: at.Add(2 * time.Hour), Consumed: time.Minute}
	place := dispatch.Place{Point: grid.Point{Lat: 45.755, Lng: 126.6}, Cell: 0x8a1496ad2657fff, Areas: []grid.AreaID{"230100", "230102"}, BorderM: 12.5, Neighbour: "230103", Ambiguous: true}
	report := dispatch.Report{ClientID: "r-1", Reporter: "p-1", Source: dispatch.SourceHotline, Category: "C0106", Condition: "1", Text: "缺盖", Position: grid.Position{Lat: 45.755, Lng: 126.6, Datum: grid.GCJ02, AccuracyM: 8}, CapturedAt: at.Add(-time.Minute), ReceivedAt: at, PhotoHashes: []string{"ab"}}
	cs := &dispatch.Case{
		ID: 20260304000000001, Seq: 3, Stage: dispatch.Handling, Report: report, Place: place, Category: "C0106", Condition: "1", Severity: 2, Owner: owner, CoOwners: []dispatch.Owner{owner}, Rule: "rules.csv:7",
		Clock: clock, Disposal: clock, Ladder: "default", NextStep: 1, NextAt: at.Add(time.Hour), Returns: 1, Reworks: 2, Handler: "p-2", FixedBy: "p-3", CheckedBy: "p-4", Closing: "恢复", Outcome: dispatch.OutcomeFixed,
		FiledAt: at, ResolvedAt: at.Add(1), ClosedAt: at.Add(2), UpdatedAt: at.Add(3), CityRevision: "c-1",
	}
	e := dispatch.Event{
		Seq: 3, Kind: dispatch.EventEscalated, At: at, Actor: "p-1", Post: "owner@area:230102", Revision: "c-1", Reason: dispatch.NotMyArea, Note: "n", Report: &report, Place: &place, Condition: "1", Severity: 2, Owner: owner,
		CoOwners: []dispatch.Owner{owner}, Rule: "rules.csv:7", Ladder: "default", Clock: clock, NextAt: at, Handler: "p-2", Closing: "恢复", Outcome: dispatch.OutcomeNotFixed, Step: 2, Light: "red", Told: []roster.PersonID{"p-5"}, Late: time.Second, Photos: []string{"cd"},
	}
	filed, acted := Filed{Case: cs.ID, Hash: []byte{1}}, Acted{Case: cs.ID, Seq: 3, Hash: []byte{2}}
	if *update {
		var b strings.Builder
		for _, enc := range []func() ([]byte, error){
			func() ([]byte, error) { return EncodeCase(cs, []roster.Unit{unit}) }, func() ([]byte, error) { return EncodeEvents([]dispatch.Event{e}) },
			func() ([]byte, error) { return EncodeFiled(filed) }, func() ([]byte, error) { return EncodeActed(acted) },
		} {
			v, err := enc()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, hex.EncodeToString(v))
		}
		if err := os.WriteFile(oldFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(oldFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for _, check := range []func([]byte) (diff string, err error){
		func(v []byte) (string, error) {
			got, scopes, err := DecodeCase(v)
			return cmp.Diff(cs, got) + cmp.Diff([]roster.Unit{unit}, scopes), err
		},
		func(v []byte) (string, error) {
			got, err := DecodeEvents(v)
			return cmp.Diff([]dispatch.Event{e}, got), err
		},
		func(v []byte) (string, error) { got, err := DecodeFiled(v); return cmp.Diff(filed, got), err },
		func(v []byte) (string, error) { got, err := DecodeActed(v); return cmp.Diff(acted, got), err },
	} {
		if !lines.Scan() {
			t.Fatal("the file of old records is too short")
		}
		v, err := hex.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		if diff, err := check(v); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	}
}

// Damage is named, never taken for a case.
func TestDamageIsCorrupt(t *testing.T) {
	for _, v := range [][]byte{nil, {0}, {2}, {1}, {1, 0xff}, []byte("damaged"), {1, 8, 1}, {2}, {2, 10, 0}} {
		if _, _, err := DecodeCase(v); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DecodeCase(%x) = %v", v, err)
		}
		if _, err := DecodeEvents(v); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DecodeEvents(%x) = %v", v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 8, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, scopes, err := DecodeCase(b); err == nil {
			if _, err := EncodeCase(c, scopes); err != nil {
				t.Errorf("a case that was read can't be written: %v", err)
			}
		}
		if events, err := DecodeEvents(b); err == nil {
			if _, err := EncodeEvents(events); err != nil {
				t.Errorf("an event that was read can't be written: %v", err)
			}
		}
	})
}
