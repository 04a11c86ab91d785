package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/grid"
	"wangge/storage/mem"
)

// unlocated is an open past record without a position.
func unlocated(id, text string, at time.Time) desk.ImportRecord {
	return desk.ImportRecord{Report: dispatch.Report{ClientID: id, Category: "E2", CapturedAt: at, ReceivedAt: at, Text: text}}
}

// A past record without a position becomes a case without one: of the unit that it names, or of what the rules say
// for the area that it names, in no cell, on nobody's point or section, and listed.
func TestUnlocated_Import(t *testing.T) {
	t.Parallel()
	unit := func(kind roster.UnitKind, id string) roster.Unit { return roster.Unit{Kind: kind, ID: id} }
	for _, tt := range []struct {
		name     string
		category catalog.Code
		area     grid.AreaID
		owner    roster.Unit
		want     string
		areas    []grid.AreaID
		rule     string
	}{
		{"nothing known", "E2", "", roster.Unit{}, "area:c", []grid.AreaID{"c"}, ""},
		{"an area", "E2", "b3", roster.Unit{}, "area:b3", []grid.AreaID{"c", "w2", "b3"}, ""},
		{"an area of a middle level, which has a leader", "E2", "w2", roster.Unit{}, "area:w2", []grid.AreaID{"c", "w2"}, ""},
		{"an area that the city has not", "E2", "b9", roster.Unit{}, "area:c", []grid.AreaID{"c"}, ""},
		{"a department by rule", "E1", "b3", roster.Unit{}, "department:TEAM", []grid.AreaID{"c", "w2", "b3"}, ""},
		{"a rule for what is near a market", "E3", "b1", roster.Unit{}, "area:b1", []grid.AreaID{"c", "w1", "b1"}, ""},
		{"a department", "E2", "", unit(roster.UnitDepartment, "WORKS"), "department:WORKS", []grid.AreaID{"c"}, dispatch.Recorded},
		{"a department and an area", "E2", "b3", unit(roster.UnitDepartment, "WORKS"), "department:WORKS", []grid.AreaID{"c", "w2", "b3"}, dispatch.Recorded},
		{"a unit without a post", "E2", "b3", unit(roster.UnitSection, "S2"), "department:WORKS", []grid.AreaID{"c", "w2", "b3"}, dispatch.Recorded},
		{"a unit that the city has not", "E2", "b3", unit(roster.UnitDepartment, "GONE"), "area:b3", []grid.AreaID{"c", "w2", "b3"}, ""},
	} {
		for _, closed := range []bool{false, true} {
			a, clock := river(t, withPark())
			rec := unlocated("1", tt.name, clock.now.Add(-time.Hour))
			rec.Report.Category, rec.Area, rec.Owner = tt.category, tt.area, tt.owner
			if closed {
				rec.ClosedAt, rec.Outcome = clock.now.Add(-time.Minute), dispatch.OutcomeFixed
			}
			cs, created, err := a.d.Import(t.Context(), rec)
			if err != nil || !created {
				t.Fatalf("%s: Import = %v, %v", tt.name, created, err)
			}
			if cs.Place.Located() || cs.Owner.Unit.String() != tt.want || !slices.Equal(cs.Place.Areas, tt.areas) || tt.rule != "" && cs.Rule != tt.rule || cs.Open() == closed {
				t.Errorf("%s: %s by %q in %v, want %s in %v", tt.name, cs.Owner.Unit, cs.Rule, cs.Place.Areas, tt.want, tt.areas)
			}
			if again, created, err := a.d.Import(t.Context(), rec); err != nil || created || again.ID != cs.ID {
				t.Errorf("%s: again it is %v, %v", tt.name, created, err)
			}
			f := view.Filter{Text: "unlocated", Keep: func(f view.Attributes) bool { return f.Unlocated && f.Points == nil && f.Sections == nil }}
			for _, open := range []bool{true, false} {
				page, err := a.d.List(t.Context(), mayor, view.Query{Scope: cs.Owner.Unit, Open: open, Filter: f})
				if err != nil || len(page.Cases) != 1 && !(open && closed) {
					t.Errorf("%s: listed %d, %v", tt.name, len(page.Cases), err)
				}
			}
			sound(t, a.d)
		}
	}
	a, clock := river(t, riverTown())
	rec := unlocated("1", "", clock.now.Add(-time.Hour))
	if _, _, err := a.d.Import(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	rec.Report.Position = grid.Position{Lat: 30.001, Lng: 120.0005, Datum: grid.WGS84}
	var reused *ledger.ReusedIDError
	if _, _, err := a.d.Import(t.Context(), rec); !errors.As(err, &reused) || !slices.Equal(reused.Differs, []string{"position"}) {
		t.Errorf("the same id with a position = %v, want it refused", err)
	}
	var bad *grid.PositionError
	if _, _, err := a.d.File(t.Context(), watchman, dispatch.Report{ClientID: "new", Source: dispatch.SourceInspector, Category: "E2"}); !errors.As(err, &bad) {
		t.Errorf("a new report without a position = %v, want a *PositionError", err)
	}
}

// A case without a position goes the whole way, and nothing that asks for a place takes it for one at 0, 0.
func TestUnlocated_WholeLife(t *testing.T) {
	t.Parallel()
	a, clock := river(t, riverTown())
	at := clock.now.Add(-time.Hour)
	first, _, err := a.d.Import(t.Context(), unlocated("1", "", at))
	if err != nil {
		t.Fatal(err)
	}
	rec := unlocated("2", "", at)
	rec.Area = "b1"
	cs, _, err := a.d.Import(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	near := reportAt("E2", 30.001, 120.0005, dispatch.SourceInspector)
	near.Joins = cs.ID
	located := a.file(watchman, near)
	if located.Stage == dispatch.Merged || located.Proposed != cs.ID {
		t.Errorf("a report that joins it is %s, proposed of %s; want a case of its own with a proposal", located.Stage, located.Proposed)
	}
	for _, pair := range [][2]*dispatch.Case{{located, cs}, {cs, first}} { // the later follows the earlier
		_, err := a.d.Act(t.Context(), "acceptor-area-c", pair[0].ID, 0, "", dispatch.Command{Act: dispatch.ActMerge, Target: pair[1].ID, Note: "same"})
		if err == nil || !strings.Contains(err.Error(), "no position") {
			t.Errorf("merge of %s into %s = %v, want it refused because of the position", pair[0].ID, pair[1].ID, err)
		}
	}
	if found, err := a.d.Duplicates(t.Context(), watchman, near.Position, "E2", clock.now, 0); err != nil || slices.ContainsFunc(found, func(c desk.Candidate) bool { return !c.Case.Place.Located() }) {
		t.Errorf("Duplicates = %+v, %v", found, err)
	}
	// Handed back twice, ruled on: the ruling is for this case alone.
	cs = a.do("owner-area-b1", cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine})
	cs = a.do("dispatcher-area-c", cs, dispatch.Command{Act: dispatch.ActDispatch, Owner: &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitArea, ID: "b2"}}})
	cs = a.do("owner-area-b2", cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine})
	works := &dispatch.Owner{Unit: roster.Unit{Kind: roster.UnitDepartment, ID: "WORKS"}}
	judge := roster.PersonID("leader-area-w1")
	if _, err := a.d.Act(t.Context(), judge, cs.ID, 0, "", dispatch.Command{Act: dispatch.ActArbitrate, Owner: works, RadiusM: 50, Note: "so ruled"}); err == nil || !strings.Contains(err.Error(), "no position") {
		t.Errorf("a ruling with a radius = %v, want it refused because of the position", err)
	}
	cs = a.do(judge, cs, dispatch.Command{Act: dispatch.ActArbitrate, Owner: works})
	if cs.Owner.Unit != works.Unit || cs.Rule != dispatch.ByHand || len(a.d.City().Precedents) != 0 {
		t.Errorf("ruled for %s by %q with %d precedents", cs.Owner.Unit, cs.Rule, len(a.d.City().Precedents))
	}
	cs = a.do("owner-department-WORKS", cs, dispatch.Command{Act: dispatch.ActStart})
	cs = a.do("owner-department-WORKS", cs, dispatch.Command{Act: dispatch.ActResolve})
	cs = a.do(watchman, cs, dispatch.Command{Act: dispatch.ActCheck, Passed: true}) // from the other end of the country
	cs = a.do("acceptor-area-c", cs, dispatch.Command{Act: dispatch.ActClose, Closing: "done", Outcome: dispatch.OutcomeFixed})
	cs = a.do("duty_chief-area-c", cs, dispatch.Command{Act: dispatch.ActReopen})
	again, err := a.d.Case(t.Context(), mayor, cs.ReopenedAs)
	if err != nil || again.Place.Located() || again.Owner.Unit != works.Unit || !slices.Equal(again.Place.Areas, cs.Place.Areas) {
		t.Errorf("reopened as %+v, %v", again, err)
	}
	sound(t, a.d)
}

// A revision of the city leaves a case without a position to its unit, or gives it to somebody when the unit or its
// areas are gone; no revision finds it outside the city.
func TestUnlocated_Revision(t *testing.T) {
	t.Parallel()
	for _, policy := range []revision.Policy{revision.Keep, revision.Move, revision.Reroute} {
		a, clock := river(t, riverTown())
		rec := unlocated("1", "", clock.now.Add(-time.Hour))
		rec.Area, rec.Owner = "b4", roster.Unit{Kind: roster.UnitDepartment, ID: "WORKS"}
		cs, _, err := a.d.Import(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		clock.add(time.Minute)
		is := swap(riverTown(), "categories.csv", "占道,Stall,B,8", "占道,Stall,B,4")
		if _, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: riverTown().Revision(), Policy: policy, Waive: "so decided"}); err != nil {
			t.Fatal(err)
		}
		after := findable(t, a.d, cs.ID)
		if after.Place.Located() || after.Owner.Unit != cs.Owner.Unit || after.Rule != dispatch.Recorded || !slices.Equal(after.Place.Areas, cs.Place.Areas) {
			t.Errorf("policy %v: %s by %q in %v", policy, after.Owner.Unit, after.Rule, after.Place.Areas)
		}
		sound(t, a.d)
	}
	was := riverTown()
	is := merged(was) // b4 is a part of b3
	a, clock := river(t, was)
	rec := unlocated("1", "", clock.now.Add(-time.Hour))
	rec.Area = "b4"
	cs, _, err := a.d.Import(t.Context(), rec)
	if err != nil {
		t.Fatal(err)
	}
	clock.add(time.Minute)
	if _, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Move, Waive: "so decided"}); err != nil {
		t.Fatal(err)
	}
	if after := findable(t, a.d, cs.ID); after.Place.Located() || !slices.Equal(after.Place.Areas, []grid.AreaID{"c", "w2"}) || after.Owner.Unit.ID != "w2" {
		t.Errorf("without its block it is of %s in %v", after.Owner.Unit, after.Place.Areas)
	}
	sound(t, a.d)
}

// Cases without a position outlive a restart, beside a store that was written before there were any.
func TestUnlocated_Restart(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	dir := riverTown()
	a, clock := riverOn(t, dir, store)
	a.file(watchman, reportAt("E2", 30.001, 120.0005, dispatch.SourceInspector))
	cs, _, err := a.d.Import(t.Context(), unlocated("1", "", clock.now.Add(-time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	cs = a.do(mayor, cs, dispatch.Command{Act: dispatch.ActComment})
	a.d.Close()
	b, _ := riverOn(t, dir, store)
	got, err := b.d.Case(t.Context(), mayor, cs.ID)
	if err != nil || got.Place.Located() || got.Report.Position != (grid.Position{}) || got.Seq != cs.Seq {
		t.Errorf("after the restart it is %+v, %v", got, err)
	}
	sound(t, b.d)
}
