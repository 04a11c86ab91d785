package record

import (
	"bufio"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	pb "wangge/dispatch/desk/record/recordv1"
	"wangge/grid"
)

// filled draws every field of a value, whatever it is called, so that a field that has no row in its
// table is lost and missed. Lists are nil instead of empty: the stored form does not tell them apart.
func filled(t *rapid.T, v reflect.Value, name string) {
	some := func(kind string, one, all int) int { return rapid.IntRange(one, all).Draw(t, kind+" of "+name) }
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		if n := some("instant", 0, 1<<62); n != 0 {
			v.Set(reflect.ValueOf(time.Unix(0, int64(n)).UTC()))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			filled(t, v.Field(i), v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.Slice:
		if n := some("length", 0, 3); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				filled(t, v.Index(i), name)
			}
		}
	case v.Kind() == reflect.Pointer:
		if some("presence", 0, 1) == 1 {
			v.Set(reflect.New(v.Type().Elem()))
			filled(t, v.Elem(), name)
		}
	case v.Kind() == reflect.String:
		v.SetString(text8.Draw(t, name))
	case v.Kind() == reflect.Bool:
		v.SetBool(some("truth", 0, 1) == 1)
	case v.CanInt():
		v.SetInt(int64(some("number", -1, 1<<20)))
	case v.CanUint():
		v.SetUint(rapid.Uint64().Draw(t, name))
	case v.CanFloat():
		v.SetFloat(rapid.Float64Range(-180, 1e6).Draw(t, name))
	default:
		t.Fatalf("%s: draw a %s", name, v.Type())
	}
}

// text8 draws texts; a rapid generator is not safe for parallel tests.
var text8 = rapid.StringOfN(rapid.RuneFrom([]rune("abc-1灯盖")), 0, 8, -1)

func draw[T any](t *rapid.T, name string) (v T) {
	filled(t, reflect.ValueOf(&v).Elem(), name)
	return v
}

func anyCase(t *rapid.T) *dispatch.Case {
	c := draw[dispatch.Case](t, "case")
	c.ID, c.Seq = max(c.ID, 1), max(c.Seq, 1)
	c.Stage, c.Report.Source = dispatch.Stage(rapid.IntRange(1, int(dispatch.SelfResolved)).Draw(t, "stage")), max(c.Report.Source, 1)
	return &c
}

func anyEvents(t *rapid.T) []dispatch.Event {
	events := make([]dispatch.Event, rapid.IntRange(1, 4).Draw(t, "events"))
	for i := range events {
		events[i] = draw[dispatch.Event](t, "event")
		events[i].Seq, events[i].Kind = max(
			events[i].Seq,
			1,
		), dispatch.EventKind(rapid.IntRange(1, int(dispatch.EventReprojected)).Draw(t, "kind"))
	}
	return events
}

// anyFiling is what a filing may be: a report, and what else happened at once.
func anyFiling(t *rapid.T) []dispatch.Event {
	events := anyEvents(t)
	for i := range events {
		if events[i].Seq = uint64(i) + 1; events[i].Kind == dispatch.EventReported {
			events[i].Kind = dispatch.EventFiled
		}
	}
	r, p := draw[dispatch.Report](t, "report"), draw[dispatch.Place](t, "place")
	r.Source = max(r.Source, 1)
	events[0].Kind, events[0].Report, events[0].Place = dispatch.EventReported, &r, &p
	return events
}

// What is read is what was written, for every case and event that can be.
func TestRecords_RoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, scopes := anyCase(t), draw[[]roster.Unit](t, "scopes")
		b, err := EncodeCase(c, scopes)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeCase(c.ID, b)
		if want := (Stored{Case: c, Scopes: scopes}); err != nil || cmp.Diff(want, got) != "" {
			t.Fatalf("case: %v\n%s", err, cmp.Diff(want, got))
		}
		if _, err := DecodeCase(c.ID+1, b); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("a case under another's number: %v", err)
		}
		events := anyEvents(t)
		if b, err = EncodeEvents(events); err != nil {
			t.Fatal(err)
		}
		gotEvents, err := DecodeEvents(b)
		if err != nil || cmp.Diff(events, gotEvents) != "" {
			t.Fatalf("events: %v\n%s", err, cmp.Diff(events, gotEvents))
		}
	})
}

// The generated messages read what the tables write, all of it, and the tables what those write.
func TestSchema_Agrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		through := func(b []byte, err error, m proto.Message) []byte {
			if err != nil {
				t.Fatal(err)
			}
			if err := proto.Unmarshal(b[1:], m); err != nil {
				t.Fatal(err)
			}
			if at := unknownIn(m.ProtoReflect()); at != "" {
				t.Fatalf("%s has a field that the schema does not know", at)
			}
			again, err := proto.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			return append(b[:1:1], again...)
		}
		c, scopes := anyCase(t), draw[[]roster.Unit](t, "scopes")
		b, err := EncodeCase(c, scopes)
		got, err := DecodeCase(c.ID, through(b, err, &pb.CaseRecord{}))
		if want := (Stored{Case: c, Scopes: scopes}); err != nil || cmp.Diff(want, got) != "" {
			t.Fatalf("case: %v\n%s", err, cmp.Diff(want, got))
		}
		filing := anyFiling(t)
		b, err = EncodeFiling(filing, scopes)
		got, err = DecodeCase(c.ID, through(b, err, &pb.FilingRecord{}))
		if want := (Stored{dispatch.FoldAll(&dispatch.Case{ID: c.ID}, filing), scopes, filing}); err != nil || cmp.Diff(want, got) != "" {
			t.Fatalf("filing: %v\n%s", err, cmp.Diff(want, got))
		}
		events := anyEvents(t)
		b, err = EncodeEvents(events)
		gotEvents, err := DecodeEvents(through(b, err, &pb.EventsRecord{}))
		if err != nil || cmp.Diff(events, gotEvents) != "" {
			t.Fatalf("events: %v\n%s", err, cmp.Diff(events, gotEvents))
		}
		filed, acted := Filed{c.ID, []byte{1}}, Acted{c.ID, c.Seq, []byte{2}}
		b, err = EncodeFiled(filed)
		gotFiled, err := DecodeFiled(through(b, err, &pb.ReportRecord{}))
		if err != nil || cmp.Diff(filed, gotFiled) != "" {
			t.Fatalf("filed: %v\n%s", err, cmp.Diff(filed, gotFiled))
		}
		b, err = EncodeActed(acted)
		gotActed, err := DecodeActed(through(b, err, &pb.ActRecord{}))
		if err != nil || cmp.Diff(acted, gotActed) != "" {
			t.Fatalf("acted: %v\n%s", err, cmp.Diff(acted, gotActed))
		}
	})
}

// unknownIn names a message that holds fields which its schema has not.
func unknownIn(m protoreflect.Message) (at string) {
	if len(m.GetUnknown()) > 0 {
		return string(m.Descriptor().FullName())
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := 0; i < v.List().Len() && at == ""; i++ {
				at = unknownIn(v.List().Get(i).Message())
			}
		default:
			at = unknownIn(v.Message())
		}
		return at == ""
	})
	return at
}

func TestEncode_TextMustBeUTF8(t *testing.T) {
	t.Parallel()
	if b, err := EncodeEvents([]dispatch.Event{{Seq: 1, Kind: dispatch.EventClosed, Note: "\xff"}}); err == nil {
		t.Errorf("EncodeEvents of a broken text = %x", b)
	}
}

var update = flag.Bool("update", false, "write testdata/v1.txt anew: only when a version is added, never to make a test pass")

const oldFile = "testdata/v1.txt"

// Records that version 1 wrote are read as they were meant.
func TestDecode_Version1(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)
	unit := roster.Unit{Kind: roster.UnitArea, ID: "230102"}
	owner := dispatch.Owner{Kind: catalog.OwnerBlock, Unit: unit, Post: "owner@area:230102"}
	clock := dispatch.Clock{Limit: calendar.Limit{N: 2, Unit: calendar.Hours}, Since: at, Due: at.Add(2 * time.Hour), Consumed: time.Minute}
	place := dispatch.Place{
		Point:     grid.Point{Lat: 45.755, Lng: 126.6},
		Cell:      0x8a1496ad2657fff,
		Areas:     []grid.AreaID{"230100", "230102"},
		BorderM:   12.5,
		Neighbour: "230103",
		Ambiguous: true,
	}
	report := dispatch.Report{
		ClientID:    "r-1",
		Reporter:    "p-1",
		Source:      dispatch.SourceHotline,
		Category:    "C0106",
		Condition:   "1",
		Text:        "缺盖",
		Position:    grid.Position{Lat: 45.755, Lng: 126.6, Datum: grid.GCJ02, AccuracyM: 8},
		CapturedAt:  at.Add(-time.Minute),
		ReceivedAt:  at,
		PhotoHashes: []string{"ab"},
	}
	cs := &dispatch.Case{
		ID:               20260304000000001,
		Seq:              3,
		Stage:            dispatch.Handling,
		Report:           report,
		Place:            place,
		Category:         "C0106",
		Condition:        "1",
		Severity:         2,
		Owner:            owner,
		CoOwners:         []dispatch.CoOwner{{Owner: owner}},
		Rule:             "rules.csv:7",
		Clock:            clock,
		Disposal:         clock,
		EscalationPolicy: "default",
		NextStep:         1,
		NextAt:           at.Add(time.Hour),
		Returns:          1,
		Reworks:          2,
		Handler:          "p-2",
		FixedBy:          "p-3",
		CheckedBy:        "p-4",
		Closing:          "恢复",
		Outcome:          dispatch.OutcomeFixed,
		FiledAt:          at,
		ResolvedAt:       at.Add(1),
		ClosedAt:         at.Add(2),
		UpdatedAt:        at.Add(3),
		CityRevision:     "c-1",
	}
	e := dispatch.Event{
		Seq:       3,
		Kind:      dispatch.EventEscalated,
		At:        at,
		Actor:     "p-1",
		Post:      "owner@area:230102",
		Revision:  "c-1",
		Reason:    dispatch.NotMyArea,
		Note:      "n",
		Report:    &report,
		Place:     &place,
		Condition: "1",
		Severity:  2,
		Owner:     owner,
		CoOwners: []dispatch.CoOwner{
			{Owner: owner},
		},
		Rule:             "rules.csv:7",
		EscalationPolicy: "default",
		Clock:            clock,
		NextAt:           at,
		Handler:          "p-2",
		Closing:          "恢复",
		Outcome:          dispatch.OutcomeNotFixed,
		Step:             2,
		Light:            "red",
		Notified:         []roster.PersonID{"p-5"},
		Late:             time.Second,
		Photos:           []string{"cd"},
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
			got, err := DecodeCase(cs.ID, v)
			return cmp.Diff(Stored{Case: cs, Scopes: []roster.Unit{unit}}, got), err
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
func TestDecode_DamageIsCorrupt(t *testing.T) {
	t.Parallel()
	for _, v := range [][]byte{nil, {0}, {2}, {1}, {1, 0xff}, []byte("damaged"), {1, 8, 1}, {2}, {2, 10, 0}} {
		if _, err := DecodeCase(1, v); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DecodeCase(%x) = %v", v, err)
		}
		if _, err := DecodeEvents(v); !errors.Is(err, ErrCorrupt) {
			t.Errorf("DecodeEvents(%x) = %v", v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 8, 1})
	if b, err := EncodeFiling(
		[]dispatch.Event{{Seq: 1, Kind: dispatch.EventReported, Report: &dispatch.Report{Source: 1}, Place: &dispatch.Place{}}},
		nil,
	); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := DecodeCase(1, b); err == nil {
			if _, err := EncodeCase(s.Case, s.Scopes); err != nil {
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

func benchCase() (*dispatch.Case, []roster.Unit) {
	at := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)
	unit := roster.Unit{Kind: roster.UnitArea, ID: "230102"}
	return &dispatch.Case{
		ID:               20260304000000001,
		Seq:              3,
		Stage:            dispatch.Dispatched,
		Category:         "C0106",
		Condition:        "1",
		Severity:         2,
		Rule:             "rules.csv:7",
		EscalationPolicy: "default",
		NextAt:           at,
		FiledAt:          at,
		UpdatedAt:        at,
		CityRevision:     "c-1",
		Report: dispatch.Report{
			ClientID:   "r-1",
			Reporter:   "p-1",
			Source:     dispatch.SourceInspector,
			Category:   "C0106",
			Text:       "缺盖",
			Position:   grid.Position{Lat: 45.7, Lng: 126.6, Datum: grid.WGS84, AccuracyM: 8},
			CapturedAt: at,
			ReceivedAt: at,
		},
		Place: dispatch.Place{
			Point:     grid.Point{Lat: 45.755, Lng: 126.6},
			Cell:      0x8a1496ad2657fff,
			Areas:     []grid.AreaID{"230100", "230102", "230102001", "230102001001"},
			BorderM:   12.5,
			Neighbour: "230103",
		},
		Owner: dispatch.Owner{
			Kind: catalog.OwnerBlock,
			Unit: unit,
			Post: "owner@area:230102",
		},
		Clock: dispatch.Clock{Limit: calendar.Limit{N: 2, Unit: calendar.Hours}, Since: at, Due: at.Add(time.Hour)},
	}, []roster.Unit{unit}
}

func BenchmarkEncodeCase(b *testing.B) {
	c, scopes := benchCase()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeCase(c, scopes); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeFiling encodes a report of three events: one allocation, its value.
func BenchmarkEncodeFiling(b *testing.B) {
	c, scopes := benchCase()
	by := dispatch.Event{At: c.Report.ReceivedAt, Actor: "p-1", Post: "inspector@area:230102001001", Revision: "0123456789ab"}
	reported, filed, dispatched := by, by, by
	reported.Seq, reported.Kind, reported.Report, reported.Place, reported.Clock = 1, dispatch.EventReported, &c.Report, &c.Place, c.Clock
	filed.Seq, filed.Kind, filed.Condition, filed.Severity = 2, dispatch.EventFiled, "1", 2
	dispatched.Seq, dispatched.Kind, dispatched.Owner, dispatched.Clock = 3, dispatch.EventDispatched, c.Owner, c.Clock
	events := []dispatch.Event{reported, filed, dispatched}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeFiling(events, scopes); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeCase(b *testing.B) {
	v, err := EncodeCase(benchCase())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCase(20260304000000001, v); err != nil {
			b.Fatal(err)
		}
	}
}
