package lifecycle_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/waits"
)

// desk plays the people of the toy city with platforms on one case.
type desk struct {
	t  *testing.T
	c  *city.City
	cs *dispatch.Case
	at time.Time
	ev []dispatch.Event // of the last act
}

func atDesk(t *testing.T, cs func(c *city.City, at time.Time) *dispatch.Case) *desk {
	t.Helper()
	c := citytest.Platforms(t)
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")} // a Wednesday
	d.cs = cs(c, d.at)
	return d
}

// later lets minutes pass.
func (d *desk) later(minutes int) { d.at = d.at.Add(time.Duration(minutes) * time.Minute) }

// try does an act as a person, with the post that the act's rights give.
func (d *desk) try(act dispatch.Act, actor roster.PersonID, change func(*dispatch.Command)) error {
	post, err := lifecycle.Authorize(d.c, actor, act, d.cs, d.at)
	if err != nil {
		return err
	}
	cmd := dispatch.Command{Act: act, Actor: actor, Post: post, At: d.at, Note: "说明", Photos: []string{"photo"}}
	if change != nil {
		change(&cmd)
	}
	d.ev, err = lifecycle.Decide(d.cs, cmd, lifecycle.Facts{}, d.c)
	if err == nil {
		d.cs = casetest.Stored(d.t, d.cs, d.ev)
	}
	return err
}

func (d *desk) do(act dispatch.Act, actor roster.PersonID, change func(*dispatch.Command)) {
	d.t.Helper()
	if err := d.try(act, actor, change); err != nil {
		d.t.Fatalf("%s by %s: %v", act, actor, err)
	}
}

func (d *desk) no(act dispatch.Act, actor roster.PersonID) {
	d.t.Helper()
	if err := d.try(act, actor, nil); err == nil {
		d.t.Errorf("%s by %s on a case that is %s: done, want it refused", act, actor, d.cs.Stage)
	}
}

// is asserts the stage, the post that must act and what for, and who was told in the last act.
func (d *desk) is(stage dispatch.Stage, waitsFor waits.Kind, post roster.PostID, told ...roster.PersonID) {
	d.t.Helper()
	w := waits.For(d.c, d.cs)
	if d.cs.Stage != stage || len(w) == 0 || w[0].What != waitsFor || w[0].Post != post {
		d.t.Errorf("the case is %s and waits for %+v, want %s and %s from %s", d.cs.Stage, w, stage, waitsFor.Text().En, post)
	}
	var got []roster.PersonID
	for _, e := range d.ev {
		got = append(got, e.Notified...)
	}
	for _, p := range told {
		if !slices.Contains(got, p) {
			d.t.Errorf("told are %v, want %s among them", got, p)
		}
	}
}

func byHand(u string) func(*dispatch.Command) {
	return func(cmd *dispatch.Command) {
		unit, _ := roster.ParseUnit(u)
		cmd.Owner = &dispatch.Owner{Unit: unit}
	}
}

func notOurs(cmd *dispatch.Command) { cmd.Reason = dispatch.NotMyArea }

// A tree has fallen in W: the city dispatches to the platform of W, W to the station of the parks department. The station returns
// the case to W, W gives the case to its squad, on the first clock; the city checks and closes.
func TestPlatforms_SecondDispatchInsideTheFirstClock(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	d.is(dispatch.Reported, waits.Accept, "acceptor@area:TOY")
	d.no(dispatch.ActAccept, citytest.AcceptorW) // the case arrived at the city
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.is(dispatch.Filed, waits.Dispatch, "dispatcher@area:TOY", citytest.Dispatcher)
	d.no(dispatch.ActDispatch, citytest.DispatcherW)
	d.later(5)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	due := d.cs.Clock.Due
	d.no(dispatch.ActStart, citytest.DispatcherW)
	d.no(dispatch.ActDispatch, citytest.Dispatcher) // W's own affair
	d.no(dispatch.ActDispatch, citytest.DispatcherE)
	d.later(20)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	d.is(dispatch.Dispatched, waits.Work, "owner@department:GREEN-W", citytest.GreenWest)
	if !d.cs.Clock.Due.Equal(due) || d.ev[0].Kind != dispatch.EventSecondDispatched || d.cs.Rule != "rules.csv:7" {
		t.Errorf("the second dispatch: %s due %s by %s, want the first deadline %s by rules.csv:7", d.ev[0].Kind, d.cs.Clock.Due, d.cs.Rule, due)
	}
	d.later(30)
	d.do(dispatch.ActReturn, citytest.GreenWest, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	d.no(dispatch.ActDispatch, citytest.DispatcherE)
	d.later(10)
	if err := d.try(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:WATER")); err == nil {
		t.Error("W dispatches to a department of the city that its rules do not name")
	}
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:SQUAD-W"))
	d.is(dispatch.Dispatched, waits.Work, "owner@department:SQUAD-W", citytest.GreenSquad)
	if !d.cs.Clock.Due.Equal(due) {
		t.Errorf("after the return the work is due %s, want %s", d.cs.Clock.Due, due)
	}
	d.do(dispatch.ActStart, citytest.GreenSquad, nil)
	d.later(60)
	d.do(dispatch.ActResolve, citytest.GreenSquad, nil)
	d.do(dispatch.ActCheck, citytest.InspectorW1A, func(cmd *dispatch.Command) { cmd.Passed, cmd.Position = true, &d.cs.Report.Position })
	d.is(dispatch.Checking, waits.Close, "acceptor@area:TOY", citytest.Acceptor)
	d.no(dispatch.ActClose, citytest.AcceptorW)
	d.do(dispatch.ActClose, citytest.Acceptor, func(cmd *dispatch.Command) { cmd.Closing, cmd.Outcome = "清除", dispatch.OutcomeFixed })
	if got := d.cs.Chain; len(got) != 3 || !got[1].Ended.Equal(casetest.At(d.c, "2026-04-08 09:55")) || got[0].On.IsZero() || !got[2].Ended.IsZero() {
		t.Errorf("the chain is %+v", got)
	}
}

// An inspector's report of a fallen tree in W arrives at W's platform, which dispatches at once and closes.
func TestPlatforms_ArrivesAtTheDistrict(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceInspector, at)
	})
	w := roster.Unit{Kind: roster.UnitArea, ID: "W"}
	d.is(dispatch.Dispatched, waits.Work, "owner@department:GREEN-W")
	if d.cs.Platform != w || d.cs.Rule != "rules.csv:7" || len(d.cs.Chain) != 1 || d.cs.Chain[0].Platform != w {
		t.Fatalf("the case arrived at %s, dispatched by %s, chain %+v", d.cs.Platform, d.cs.Rule, d.cs.Chain)
	}
	d.do(dispatch.ActReturn, citytest.GreenWest, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	d.do(dispatch.ActReturn, citytest.DispatcherW, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:TOY", citytest.Dispatcher)
	if d.cs.Platform != (roster.Unit{}) || d.cs.Returns != 1 {
		t.Errorf("passed up: platform %s, %d returns", d.cs.Platform, d.cs.Returns)
	}
}

// A stall goes from the city to the district, from the district to the community and from there to the grid.
func TestPlatforms_ThreeLevels(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.Stall, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	due := d.cs.Clock.Due
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W1", citytest.DispatcherW1)
	d.no(dispatch.ActDispatch, citytest.DispatcherW)
	d.do(dispatch.ActDispatch, citytest.DispatcherW1, nil)
	d.is(dispatch.Dispatched, waits.Work, "owner@area:W1A", citytest.GridW1A)
	d.do(dispatch.ActReturn, citytest.GridW1A, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:W1", citytest.DispatcherW1)
	d.do(dispatch.ActReturn, citytest.DispatcherW1, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:SQUAD-W"))
	d.is(dispatch.Dispatched, waits.Work, "owner@department:SQUAD-W")
	if !d.cs.Clock.Due.Equal(due) {
		t.Errorf("due %s, want the first deadline %s", d.cs.Clock.Due, due)
	}
}

// W has not dispatched within 30 minutes: its dispatcher and the leader of W are told; the work's clock runs on.
func TestPlatforms_LateSecondDispatchIsTold(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.Stall, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.cs, d.ev = casetest.Wait(t, d.c, d.cs, d.at.Add(31*time.Minute))
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW, citytest.LeaderW)
	if len(d.ev) != 1 || d.ev[0].Kind != dispatch.EventSecondDispatchMissed {
		t.Fatalf("fired %+v", d.ev)
	}
	d.later(45)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	if late := d.cs.Chain[0].LateOn(d.at.AddDate(0, 0, 1)); late != 15*time.Minute {
		t.Errorf("late by %s, want 15 min", late)
	}
}

// W says that the stall is not its own, the city gives the case to the platform of E, and E returns, too: the arbiter of the
// city rules between the districts, here that W's squad has to do the work.
func TestPlatforms_DisputeBetweenDistricts(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.Stall, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:SQUAD-W"))
	d.do(dispatch.ActReturn, citytest.GreenSquad, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:W")
	d.do(dispatch.ActReturn, citytest.DispatcherW, notOurs)
	d.is(dispatch.Returned, waits.Dispatch, "dispatcher@area:TOY", citytest.Dispatcher)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, byHand("area:E"))
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:E", citytest.DispatcherE)
	d.do(dispatch.ActReturn, citytest.DispatcherE, notOurs)
	d.is(dispatch.Arbitration, waits.Ruling, "arbiter@area:TOY", citytest.Arbiter)
	if want := []roster.Unit{{Kind: roster.UnitArea, ID: "W"}, {Kind: roster.UnitArea, ID: "E"}}; !slices.Equal(d.cs.Refused, want) {
		t.Errorf("in dispute are %v, want %v", d.cs.Refused, want)
	}
	d.do(dispatch.ActArbitrate, citytest.Arbiter, byHand("area:W"))
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W", citytest.DispatcherW)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:SQUAD-W"))
	d.is(dispatch.Dispatched, waits.Work, "owner@department:SQUAD-W")
}

// The city has dispatched to the platform of W: it can't dispatch once more, and is told that W must and that rerouting takes the case
// back. It does so, to the platform of E.
func TestPlatforms_TheCityTakesACaseBack(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	var no *dispatch.NotAllowedError
	if err := d.try(dispatch.ActDispatch, citytest.Dispatcher, nil); !errors.As(err, &no) || no.Why.Zh != "案件已在西区平台，由该平台二次派遣；要收回请改派" {
		t.Errorf("the city dispatches a case of W's platform: %v, want it to say that W must", err)
	}
	d.do(dispatch.ActReroute, citytest.Dispatcher, byHand("area:E"))
	d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:E", citytest.DispatcherE)
	d.no(dispatch.ActDispatch, citytest.DispatcherW)
}

// By hand a platform may name any unit that a row of its rules names for the category, also a row that does not decide: the department
// of a line whose station answers in W. A refusal names the units.
func TestPlatforms_ByHandToAUnitOfItsRules(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	var no *dispatch.RefusedError
	err := d.try(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:WATER"))
	if !errors.As(err, &no) || !strings.Contains(no.Why.Zh, "不属西区平台管辖") || !strings.Contains(no.Why.Zh, "规则所列的园林局西站、园林局") || strings.Contains(no.Why.Zh, ":") {
		t.Errorf("W dispatches to WATER: %v, want a refusal with the units of its rules by name", err)
	}
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:GREEN"))
	d.is(dispatch.Dispatched, waits.Work, "owner@department:GREEN", citytest.GreenOwner)
}
