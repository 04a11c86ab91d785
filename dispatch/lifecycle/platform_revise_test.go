package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/revise"
)

// ruled is the toy city with platforms under other rules: each first text is replaced by the next.
func ruled(t *testing.T, texts ...string) *city.City {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range citytest.PlatformsDirectory() {
		files[name] = string(data)
	}
	before := files["rules.csv"]
	if files["rules.csv"] = strings.NewReplacer(texts...).Replace(before); files["rules.csv"] == before {
		t.Fatal("the rules stay as they are")
	}
	return citytest.Varied(t, files)
}

// The same city again moves no case, at whatever stage: at a platform by rule or by hand, at a unit to which a platform gave the
// case by rule or by hand, under way, suspended, or back at the platform.
func TestRevise_SameCityMovesNoCaseOfAPlatform(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	stays := func(what string) {
		t.Helper()
		if m, moves := revise.Compare(d.c, d.c, d.cs, city.Successors{}, d.at); moves || m.Is != d.cs.Owner {
			t.Errorf("%s: the case moves (%t) from %+v to %+v, want no move", what, moves, d.cs.Owner, m.Is)
		}
	}
	stays("reported")
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	stays("filed")
	filed := d.cs
	for _, first := range []string{"", "area:W"} {
		d.cs = filed
		change := byHand(first)
		if first == "" {
			change = nil
		}
		d.do(dispatch.ActDispatch, citytest.Dispatcher, change)
		if !d.cs.AtPlatform() {
			t.Fatalf("dispatched to %+v, want a platform", d.cs.Owner)
		}
		stays("at the platform, " + d.cs.Rule)
		atPlatform := d.cs
		for _, second := range []string{"", "area:W1"} {
			d.cs = atPlatform
			change := byHand(second)
			if second == "" {
				change = nil
			}
			d.do(dispatch.ActDispatch, citytest.DispatcherW, change)
			stays("given on, " + d.cs.Rule)
		}
		d.cs = atPlatform
		d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
		given := d.cs
		d.do(dispatch.ActStart, citytest.GreenWest, nil)
		stays("under way, " + d.cs.Rule)
		d.cs = given
		d.do(dispatch.ActReturn, citytest.GreenWest, notOurs)
		stays("back at the platform, " + d.cs.Rule)
	}
}

// A city introduces platforms. Work that a unit has in hand, and that the platform would give to the same unit, stays with the
// unit, under way. Other work goes to the platform, by a dispatch in the chain that has the limit of the second dispatch.
func TestRevise_PlatformsIntroduced(t *testing.T) {
	t.Parallel()
	is := citytest.Platforms(t)
	was := ruled(t, "50,\"E0301,E0401\",", "45,E0301,,,,,,,,line:GREEN,,,\n50,E0401,")
	d := &desk{t: t, c: was, at: casetest.At(was, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, was, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	who, _ := was.Roster.OnDuty(d.cs.Owner.Post, d.at)
	d.do(dispatch.ActStart, who, nil)
	m, _ := revise.Compare(was, is, d.cs, city.Successors{}, d.at)
	n := dispatch.Fold(d.cs, revise.EventOf(was, is, d.cs, m, "grid", "p", "n", d.at))
	if m.Owner() || n.Stage != dispatch.Handling || n.Handler != who || n.Owner != d.cs.Owner || len(n.Chain) != 0 {
		t.Errorf("after the revision: %s by %s at %+v, chain %v; want under way by %s", n.Stage, n.Handler, n.Owner, n.Chain, who)
	}
	again, moves := revise.Compare(is, is, n, city.Successors{}, d.at)
	if moves {
		t.Errorf("the same city moves the work to %+v", again.Is)
	}

	other := *d.cs // a unit that no platform would name
	other.Owner, _ = platform.Owner(was, roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"})
	m, _ = revise.Compare(was, is, &other, city.Successors{}, d.at)
	n = dispatch.Fold(&other, revise.EventOf(was, is, &other, m, "grid", "p", "n", d.at))
	if !n.AtPlatform() || n.Handler != "" {
		t.Fatalf("after the revision the case is %s at %+v, want at the platform", n.Stage, n.Owner)
	}
	link := n.PresentLink()
	if link == nil || link.To.Unit != n.Owner.Unit || !link.Due.Equal(d.at.Add(30*time.Minute)) || n.NextAt.IsZero() || n.NextAt.After(link.Due) {
		t.Errorf("the dispatch to the platform is %+v, next at %v; want 30 minutes for the second dispatch", link, n.NextAt)
	}
}

// A revision gives the work of a unit to another unit: the dispatch to the first unit has ended, that of the platform stands.
func TestRevise_UnitLosesTheCaseOnTheChain(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	was := d.cs.Owner.Unit
	is := ruled(t, "110,E0301,,,,,,,,line:GREEN,", "110,E0301,,,,,,,,line:WATER,")
	m, moves := revise.Compare(d.c, is, d.cs, city.Successors{}, d.at)
	n := dispatch.Fold(d.cs, revise.EventOf(d.c, is, d.cs, m, "grid", "p", "n", d.at))
	if !moves || n.Owner.Unit == was || n.Dispatching().ID != "W" {
		t.Fatalf("the case is at %+v, dispatched by %v; want another unit, by W", n.Owner, n.Dispatching())
	}
	for i := range n.Chain {
		if l := &n.Chain[i]; l.Ended.IsZero() == (l.To.Unit == was) {
			t.Errorf("link %d to %s ended %v, want that to %s ended and no other", i, l.To.Unit, l.Ended, was)
		}
	}
	if l := n.PresentLink(); l == nil || l.To != n.Owner || l.Platform.ID != "W" {
		t.Errorf("the present dispatch is %+v, want by W to %+v", l, n.Owner)
	}
}
