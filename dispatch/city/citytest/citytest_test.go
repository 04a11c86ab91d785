package citytest_test

import (
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/lint"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// The toy city compiles without diagnostics and warnings, and every place, category and minute has somebody.
func TestToy_IsWhole(t *testing.T) {
	t.Parallel()
	c, list := compile.Directory(citytest.ToyDirectory())
	if c == nil {
		t.Fatalf("diagnostics %v", list)
	}
	if w := lint.Warnings(c); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, c.Location)
	p, err := coverage.Prove(c, from, from.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range p.Gaps {
		t.Errorf("gap: %s %v %s; add %s", g.Reason, g.Areas, g.Why, g.Add())
	}
	if l := p.Lists; len(l.BareCells)+len(l.LostPoints)+len(l.OpenMatters) > 0 || p.Counts.Proved() != p.Counts.Combinations {
		t.Errorf("lists %+v, proved %d of %d", l, p.Counts.Proved(), p.Counts.Combinations)
	}
}

// The constants are what the directory says.
func TestToy_WhoIsWho(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	roles := map[roster.Role]bool{}
	for _, p := range c.Roster.People() {
		for _, h := range c.Roster.HeldBy(p.ID) {
			roles[h.Role] = true
		}
	}
	for _, role := range roster.Roles {
		if !roles[role] {
			t.Errorf("nobody is a %s", role)
		}
	}
	for _, tt := range []struct {
		at    grid.Point
		leaf  grid.AreaID
		code  catalog.Code
		names roster.Unit
	}{
		{citytest.InW1A, "W1A", citytest.Rubbish, roster.Unit{Kind: roster.UnitArea, ID: "W1A"}},
		{citytest.InW1B, "W1B", citytest.Stall, roster.Unit{Kind: roster.UnitArea, ID: "W1B"}},
		{citytest.InE1A, "E1A", citytest.Flooding, roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}},
		{citytest.InE1B, "E1B", citytest.FallenTree, roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN-E"}},
		{citytest.InPark, "E1B", citytest.FallenTree, roster.Unit{Kind: roster.UnitSection, ID: "PARK"}},
		{citytest.OnRiver, "W1A", citytest.Flooding, roster.Unit{Kind: roster.UnitSection, ID: "RIVER"}},
		{citytest.AtSchool, "W1B", citytest.Stall, roster.Unit{Kind: roster.UnitPoint, ID: "SCHOOL"}},
		{citytest.AtCover, "E1A", citytest.WaterCover, roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}},
		{citytest.OnBorder, "W1A", citytest.Rubbish, roster.Unit{Kind: roster.UnitArea, ID: "W1A"}},
	} {
		place, err := c.Index.Locate(tt.at)
		if err != nil {
			t.Errorf("%v: %v", tt.at, err)
			continue
		}
		if got := place.Areas[len(place.Areas)-1]; got != tt.leaf {
			t.Errorf("%v lies in %s, want %s", tt.at, got, tt.leaf)
		}
		g := city.Ground{Point: tt.at, Areas: place.Areas, Sections: c.SectionsAt(tt.at)}
		at := time.Date(2026, 6, 1, 9, 0, 0, 0, c.Location)
		for _, r := range c.RulesFor(tt.code) {
			if near, v := c.Try(r, g, c.Categories[tt.code], at); v == city.Matched {
				if got := c.Named(r.Owner, g, near); got != tt.names {
					t.Errorf("%s at %v: %s names %s, want %s", tt.code, tt.at, r.ID, got, tt.names)
				}
				break
			}
		}
	}
	if _, err := c.Index.Locate(citytest.Outside); err == nil {
		t.Error("Outside lies in the city")
	}
	for post, want := range map[roster.PostID]roster.PersonID{
		"leader@area:TOY": citytest.Mayor, "owner@area:TOY": citytest.CityOwner, "duty_chief@area:TOY": citytest.DutyChief, "acceptor@area:TOY": citytest.Acceptor,
		"dispatcher@area:TOY": citytest.Dispatcher, "checker@area:TOY": citytest.Checker, "inspector@area:TOY": citytest.Inspector, "grid_office@area:TOY": citytest.GridOffice,
		"leader@area:W": citytest.LeaderW, "leader@area:E": citytest.LeaderE, "dispatcher@area:W": citytest.DispatcherW, "owner@area:W1": citytest.OwnerW1, "owner@area:E1": citytest.OwnerE1,
		"owner@area:W1A": citytest.GridW1A, "owner@area:W1B": citytest.GridW1BDeputy, "owner@area:E1A": citytest.GridE1A, "owner@area:E1B": citytest.GridE1A,
		"handler@area:W1A": citytest.HandlerW1A, "inspector@area:W1A": citytest.InspectorW1A, "patron@area:E1A": citytest.PatronE1A, "owner@point:SCHOOL": citytest.Headmaster,
		"leader@department:WATER": citytest.WaterLeader, "owner@department:WATER": citytest.WaterOwner, "handler@department:WATER": citytest.WaterCrew, "dispatcher@department:WATER": citytest.WaterDispatcher,
		"leader@department:GREEN": citytest.GreenLeader, "owner@department:GREEN": citytest.GreenOwner, "owner@department:GREEN-E": citytest.GreenEast,
		"owner@section:PARK": citytest.ParkKeeper, "owner@section:RIVER": citytest.RiverKeeper,
	} {
		if got, _ := c.Roster.OnDuty(post, time.Date(2026, 11, 24, 10, 0, 0, 0, c.Location)); got != want {
			t.Errorf("%s is %q on 2026-11-24, want %q", post, got, want)
		}
	}
	if got, _ := c.Roster.OnDuty("owner@area:W1B", time.Date(2026, 11, 20, 10, 0, 0, 0, c.Location)); got != citytest.GridW1B {
		t.Errorf("owner@area:W1B is %q before the absence", got)
	}
	if got, _ := c.Roster.OnDuty("acceptor@area:TOY", time.Date(2026, 11, 24, 20, 0, 0, 0, c.Location)); got != citytest.AcceptorDeputy {
		t.Errorf("acceptor@area:TOY is %q at night", got)
	}
}

func BenchmarkToy(b *testing.B) {
	dir := citytest.ToyDirectory()
	for b.Loop() {
		if c, list := compile.Directory(dir); c == nil {
			b.Fatal(list)
		}
	}
}
