package ledger

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// knownCommand is a command and the hash under which the first version stored it.
type knownCommand struct {
	name  string
	id    dispatch.CaseID
	cmd   dispatch.Command
	first string // hex
}

// oldCommands are commands with hashes as the first version wrote them into stores.
func oldCommands() []knownCommand {
	const id = dispatch.CaseID(20261123_000000417)
	zone := time.FixedZone("CST", 8*60*60)
	until := time.Date(2026, 12, 1, 9, 30, 0, 123_000_000, zone)
	return []knownCommand{
		{
			"comment", id,
			dispatch.Command{Act: dispatch.ActComment, Actor: "p-1", Note: "看过了 <b>&\u2028"},
			"1d3f5c6cd2fe9df20431441aca7bce940435ccb29b78ff46c7086660b2293f19",
		},
		{
			"verify", id,
			dispatch.Command{Act: dispatch.ActVerify, Actor: "p-acceptor-1"},
			"68d0bbc110d3a53bf89542675406d8b5795bb061becc16e4e9ece76516ba4d75",
		},
		{
			"accept", id,
			dispatch.Command{Act: dispatch.ActAccept, Actor: "p-acceptor-1", Condition: "2"},
			"b2cf149f76c442e743fdb4ad294b68c836bb2e8c1bee5f132f07a612a65c4608",
		},
		{
			"dispatch by hand", id,
			dispatch.Command{Act: dispatch.ActDispatch, Actor: "p-dispatcher", Owner: &dispatch.Owner{Kind: catalog.OwnerLine, Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}, Post: "owner@department:GREEN", Duty: "围挡现场"}},
			"55e0e6d24c45343a2420612806ee7582aec3f4239d3c66ffc8202e645f0dc589",
		},
		{
			"return", id,
			dispatch.Command{Act: dispatch.ActReturn, Actor: "p-2", Note: "not ours", Reason: dispatch.NotMyLine},
			"974da12779967f18ba7bceedfac5ef1972606e6bfd11197b666823858768ae10",
		},
		{
			"arbitrate", id,
			dispatch.Command{Act: dispatch.ActArbitrate, Actor: "p-leader", Note: "ruled", Owner: &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "230102"}}, RadiusM: 300.5, Patterns: []string{"E01*", "C0101"}, Until: until},
			"7014c250bbd894cde103d7e508c68d95494d02097459276dd52ffddc0b719fc4",
		},
		{
			"start", id,
			dispatch.Command{Act: dispatch.ActStart, Actor: "p-3", Handler: "p-4"},
			"726aa6e9060b27bcbc9c26d412229571753f58cb8d2bae2cb6f55edf21f10373",
		},
		{
			"decide extension", id,
			dispatch.Command{Act: dispatch.ActDecideExtension, Actor: "p-5", Passed: true},
			"3c09446bf0d3f6d0f50eea23bb55aa1900547328be4d06507eed26327994053f",
		},
		{
			"suspend", id,
			dispatch.Command{Act: dispatch.ActSuspend, Actor: "p-3", Note: "ice", Until: until.UTC()},
			"5bec32bba3919cfb24989fc04231b3754a9192dbcc1767eb5b3dffff74a7d936",
		},
		{
			"reach", id,
			dispatch.Command{Act: dispatch.ActCompleteMilestone, Actor: "p-3", Milestone: "repair", Photos: []string{"aa", "bb"}},
			"a8d988102614025c9fccb2cb614c0c8c3e2c8b3bf15be0534c3799f97fe94809",
		},
		{
			"assist", id,
			dispatch.Command{Act: dispatch.ActAssist, Actor: "p-3", Party: roster.Unit{Kind: roster.UnitDepartment, ID: "ROADS"}, Photos: []string{}},
			"4b0616d9a4c1d144b66a4a0251937c864e40979720f0e53767de49d3ee472be0",
		},
		{
			"check", id,
			dispatch.Command{Act: dispatch.ActCheck, Actor: "p-checker-1", Passed: true, Position: &grid.Position{Lat: 45.755, Lng: 126.6000001, Datum: grid.GCJ02, AccuracyM: 12.5}},
			"a51f5a1e64390843745c97fd87b8553390436cbf3636387aaa5eb306e6632979",
		},
		{
			"close", id,
			dispatch.Command{Act: dispatch.ActClose, Actor: "p-acceptor-1", Closing: "as it was", Outcome: dispatch.OutcomeNotFixed},
			"08595c857772b2bbf4a2140ef9156abb9941e6a73888e073f6ac8fc244255484",
		},
		{
			"escalate", id,
			dispatch.Command{Act: dispatch.ActEscalate, Actor: "p-acceptor-1", To: "level:district", Note: "now"},
			"0232dc4c71f28af8a3573d513a419fd8367f5514731317d90edb9cca0097fddd",
		},
		{
			"reclassify", 1,
			dispatch.Command{Act: dispatch.ActReclassify, Actor: "p-acceptor-1", Category: "E0101", Condition: "3", Note: "wrong"},
			"d29121ef7c0ea39bcb57cbc1eba5d7d3102d1a3a6365e031f867b1021727c06d",
		},
		{
			"merge", id,
			dispatch.Command{Act: dispatch.ActMerge, Actor: "p-acceptor-1", Target: id - 1},
			"bce8c6e1dafc4965172096641fb15e44c19179378b2a4f2273b51496f49bc80f",
		},
		{
			"reply", id,
			dispatch.Command{Act: dispatch.ActReply, Actor: "p-acceptor-1", Note: "thanks", Satisfied: dispatch.Dissatisfied},
			"fec7e47c607169b3f2bbf017b07b3e0ae6abbf000213f6bd0884da8c803a678e",
		},
		{
			"invalid UTF-8", id,
			dispatch.Command{Act: dispatch.ActComment, Actor: "p-1", Note: "a\xffb"},
			"dbc8ff388a5d6cbc5cb92f90f19a6711a0a2db39e99a993ad7d5bbd114d09f57",
		},
	}
}

// knownReport is a report and the hashes under which the versions stored it; "" for a version that never did.
type knownReport struct {
	name          string
	report        dispatch.Report
	first, second string // hex
}

// oldReports are reports with hashes as both versions wrote them into stores.
func oldReports() []knownReport {
	captured := time.Date(2026, 11, 23, 9, 30, 0, 1, time.FixedZone("CST", 8*60*60))
	r := dispatch.Report{
		ClientID: "r-1", Reporter: "p-1", Source: dispatch.SourcePublic, Category: "C0101", Condition: "2", Text: "井盖丢失 <b>",
		Position: grid.Position{Lat: 45.755, Lng: 126.6, Datum: grid.GCJ02, AccuracyM: 12.5}, CapturedAt: captured, ReceivedAt: captured.Add(time.Hour), PhotoHashes: []string{"aa", "bb"},
	}
	bare := dispatch.Report{ClientID: "r-2", Category: "E0101"}
	joins := r
	joins.Joins, joins.AfterPhotos = 20261123_000000417, []string{"cc"}
	return []knownReport{
		{"full", r, "5ee6967f9d861366889c767867fd28e0481c01b0fe9afa21b3f9f2e4fbd84dd4", "df01876dd84a9414afc26828695ea89d5fcca7fe6db9d738f28dcad77d1394ac"},
		{"bare", bare, "7eb4c3130e96d837c85711e59a20492656b6b8be859d61c92818dffdc8a33fc6", "77885e77a90cb3a6a0e008164bbdaa195ba6a9ab438276387a770519e8540db7"},
		{"joins", joins, "", "775a441679f4347bc944228a36d175f862b857bc9a5c7a9ecdb3bc7c50633675"}, // version 1 knew of no reports that join a case
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A request that was stored by the first version is recognised as the act that it was, and as no other one.
func TestActHash_OldHashesStillMatch(t *testing.T) {
	t.Parallel()
	commands := oldCommands()
	for i := range commands {
		for j := range commands {
			known, other := &commands[i], &commands[j]
			same, err := SameAct(other.id, &other.cmd, unhex(t, known.first))
			if err != nil {
				t.Fatal(err)
			}
			if same != (i == j) {
				t.Errorf("SameAct(%s, old hash of %s) = %v", other.name, known.name, same)
			}
		}
	}
}

// The present version tells apart what differs in one argument, and knows a repeated request.
func TestActHash_CoversEveryArgument(t *testing.T) {
	t.Parallel()
	owner := &dispatch.Owner{Kind: catalog.OwnerLine, Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN"}, Post: "owner@department:GREEN", Duty: "fence"}
	changed := func(change func(*dispatch.Owner)) *dispatch.Owner {
		o := *owner
		change(&o)
		return &o
	}
	until := time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)
	position := &grid.Position{Lat: 45, Lng: 126, Datum: grid.WGS84}
	commands := []dispatch.Command{
		{},
		{Act: dispatch.ActComment},
		{Actor: "p-1"},
		{Note: "a"},
		{Condition: "a"},
		{Reason: dispatch.NotMyArea},
		{Handler: "a"},
		{Photos: []string{"a"}},
		{Photos: []string{"a", ""}},
		{Passed: true},
		{To: "a"},
		{Closing: "a"},
		{Outcome: dispatch.OutcomeFixed},
		{Category: "a"},
		{Until: until},
		{Until: until.Add(1)},
		{Milestone: "a"},
		{Party: roster.Unit{Kind: roster.UnitArea}},
		{Party: roster.Unit{ID: "a"}},
		{Target: 1},
		{Satisfied: dispatch.Satisfied},
		{RadiusM: 1},
		{Patterns: []string{"a"}},
		{Position: &grid.Position{}},
		{Position: position},
		{Position: &grid.Position{Lat: 45, Lng: 126, Datum: grid.GCJ02}},
		{Position: &grid.Position{Lat: 126, Lng: 45, Datum: grid.WGS84}},
		{Position: &grid.Position{Lat: 45, Lng: 126, Datum: grid.WGS84, AccuracyM: 1}},
		{Owner: owner},
		{Owner: &dispatch.Owner{}},
		{Owner: changed(func(o *dispatch.Owner) { o.Kind = catalog.OwnerBlock })},
		{Owner: changed(func(o *dispatch.Owner) { o.Unit.Kind = roster.UnitArea })},
		{Owner: changed(func(o *dispatch.Owner) { o.Unit.ID = "WATER" })},
		{Owner: changed(func(o *dispatch.Owner) { o.Post = "" })},
		{Owner: changed(func(o *dispatch.Owner) { o.Duty = "" })},
	}
	seen := map[string]int{}
	for i := range commands {
		cmd := &commands[i]
		hash := ActHash(1, cmd)
		if j, ok := seen[string(hash)]; ok {
			t.Errorf("the same hash for %+v and %+v", commands[j], *cmd)
		}
		seen[string(hash)] = i
		if bytes.Equal(hash, ActHash(2, cmd)) {
			t.Errorf("the same hash on two cases: %+v", *cmd)
		}
		again := *cmd
		again.Until = again.Until.In(time.FixedZone("CST", 8*60*60)) // the instant counts, not its zone
		again.At, again.Post = until, "post"                         // the service's own
		if same, err := SameAct(1, &again, hash); !same || err != nil {
			t.Errorf("SameAct(%+v) = %v, %v", again, same, err)
		}
	}
}

func TestContentHash_OldHashesStillMatch(t *testing.T) {
	t.Parallel()
	reports := oldReports()
	for i := range reports {
		for j := range reports {
			known, other := &reports[i], &reports[j]
			for _, stored := range []string{known.first, known.second} {
				if stored == "" || stored == known.first && other.first == "" {
					continue
				}
				if same, err := SameContent(&other.report, unhex(t, stored)); err != nil || same != (i == j) {
					t.Errorf("SameContent(%s, old hash of %s) = %v, %v", other.name, known.name, same, err)
				}
			}
		}
	}
}

// Every field of a report that a phone sends changes its hash, and is named when it differs.
func TestContentHash_CoversEveryField(t *testing.T) {
	t.Parallel()
	first := func() dispatch.Report { return oldReports()[0].report }
	changes := map[string]func(*dispatch.Report){
		"source":             func(r *dispatch.Report) { r.Source = dispatch.SourceMedia },
		"category":           func(r *dispatch.Report) { r.Category = "E0101" },
		"condition":          func(r *dispatch.Report) { r.Condition = "3" },
		"text":               func(r *dispatch.Report) { r.Text = "a" },
		"position":           func(r *dispatch.Report) { r.Position.AccuracyM = 1 },
		"capture_time":       func(r *dispatch.Report) { r.CapturedAt = r.CapturedAt.Add(1) },
		"photo_hashes":       func(r *dispatch.Report) { r.PhotoHashes = nil },
		"after_photo_hashes": func(r *dispatch.Report) { r.AfterPhotos = []string{"dd"} },
		"joins":              func(r *dispatch.Report) { r.Joins = 1 },
		"caller_name":        func(r *dispatch.Report) { r.Caller.Name = "a" },
		"caller_phone":       func(r *dispatch.Report) { r.Caller.Phone = "a" },
		"confidential":       func(r *dispatch.Report) { r.Caller.Confidential = true },
		"address":            func(r *dispatch.Report) { r.Address = "a" },
		"external_id":        func(r *dispatch.Report) { r.ExternalID = "a" },
		"component_id":       func(r *dispatch.Report) { r.Component = "a" },
		"building":           func(r *dispatch.Report) { r.Building = "a" },
		"unit_no":            func(r *dispatch.Report) { r.UnitNo = "a" },
		"floor":              func(r *dispatch.Report) { r.Floor = "a" },
		"confidence":         func(r *dispatch.Report) { r.Confidence = 0.5 },
	}
	was := first()
	seen := map[string]string{string(ContentHash(&was)): "nothing"}
	for name, change := range changes {
		r := first()
		change(&r)
		hash := ContentHash(&r)
		if other, ok := seen[string(hash)]; ok {
			t.Errorf("the same hash with another %s as with another %s", name, other)
		}
		seen[string(hash)] = name
		if same, err := SameContent(&r, hash); !same || err != nil {
			t.Errorf("with another %s it is not the same as itself: %v, %v", name, same, err)
		}
		if got := Differs(&was, &r); len(got) != 1 || got[0] != name {
			t.Errorf("with another %s, %v differ", name, got)
		}
		for _, stored := range []string{oldReports()[0].first, oldReports()[0].second} {
			joins := r.Joins != 0 || len(r.AfterPhotos) > 0 // the first version did not know them
			if same, err := SameContent(&r, unhex(t, stored)); (same && !joins) || err != nil {
				t.Errorf("with another %s it is the same as an old report: %v, %v", name, same, err)
			}
		}
	}
}
