package lifecycle_test

import (
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
	"wangge/dispatch/rights"
	"wangge/dispatch/waits"
)

// dispatchesNow asserts that the post for which the case waits may dispatch, and that one of its people was told.
func (d *desk) dispatchesNow(stage dispatch.Stage, post roster.PostID, person roster.PersonID) {
	d.t.Helper()
	d.is(stage, waits.Dispatch, post, person)
	if _, err := lifecycle.Authorize(d.c, person, dispatch.ActDispatch, d.cs, d.at); err != nil {
		d.t.Errorf("%s is told to dispatch, and may not: %v", person, err)
	}
}

// W accepts what its people report, and has no dispatcher: the city's dispatcher dispatches what W has filed.
func TestPlatforms_OfficeWithoutDispatcher(t *testing.T) {
	t.Parallel()
	c := platformsWith(t, func(files map[string]string) {
		files["posts.csv"] = strings.Join(slices.DeleteFunc(strings.Split(files["posts.csv"], "\n"), func(l string) bool {
			return strings.Contains(l, "area:W,dispatcher")
		}), "\n")
		files["city.yaml"] = strings.Replace(files["city.yaml"], "sources: [inspector]", "sources: [hotline]", 1)
		files["rules.csv"] = strings.NewReplacer("platform:district(疏导交通)", "block:district(疏导交通)", `50,"E0301,E0401",,,`, `50,"E0301,E0401",E,,`).Replace(files["rules.csv"])
	})
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.is(dispatch.Reported, waits.Accept, "acceptor@area:W")
	d.do(dispatch.ActAccept, citytest.AcceptorW, nil)
	d.dispatchesNow(dispatch.Filed, "dispatcher@area:TOY", citytest.Dispatcher)
}

// A case comes back to W, whose dispatcher is absent: the city's dispatcher is told, who may dispatch; the city's own dispatcher
// absent, too, it is the duty chief.
func TestPlatforms_ReturnedWhileTheDispatcherIsAbsent(t *testing.T) {
	t.Parallel()
	for absent, told := range map[string]roster.PersonID{
		"dispatcher-w,2026-04-08,2026-04-10,休假,\n":                                             citytest.Dispatcher,
		"dispatcher-w,2026-04-08,2026-04-10,休假,\ndispatcher,2026-04-08 09:30,2026-04-10,休假,\n": "chief",
	} {
		c := platformsWith(t, func(files map[string]string) { files["absences.csv"] += absent })
		d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
		d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceInspector, d.at)
		d.later(60)
		d.do(dispatch.ActReturn, citytest.GreenWest, notOurs)
		d.dispatchesNow(dispatch.Returned, "dispatcher@area:W", told)
	}
}

// The city gives a tree in W to the platform of E, which gives it to the parks department. E may read the case all the time, also
// when the department has returned it, and dispatch it again.
func TestPlatforms_OfAnotherDistrictReadsWhatItDispatched(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, at)
	})
	reads := func(want bool) {
		t.Helper()
		if got := rights.MayRead(d.c, citytest.DispatcherE, d.cs, d.at); got != want {
			t.Errorf("E's dispatcher reads the case that is %s with %s: %t, want %t", d.cs.Stage, d.cs.Owner.Unit, got, want)
		}
	}
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	reads(false)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, byHand("area:E"))
	reads(true)
	d.do(dispatch.ActDispatch, citytest.DispatcherE, nil)
	reads(true)
	owner, _ := d.c.Roster.OnDuty(d.cs.Owner.Post, d.at)
	d.do(dispatch.ActReturn, owner, notOurs)
	d.dispatchesNow(dispatch.Returned, "dispatcher@area:E", citytest.DispatcherE)
	reads(true)
	d.do(dispatch.ActReturn, citytest.DispatcherE, notOurs)
	reads(false)
}

// A case is dispatched to W, whose dispatcher is absent: W's duty chief is told, without one on duty the leader of W, never the mayor.
func TestPlatforms_AbsentDispatcherIsStoodInForInTheDistrict(t *testing.T) {
	t.Parallel()
	for posts, want := range map[string]roster.PersonID{"": citytest.LeaderW, ",area:W,duty_chief,acceptor-w,1,,,\n": citytest.AcceptorW} {
		c := platformsWith(t, func(files map[string]string) {
			files["absences.csv"] += "dispatcher-w,2026-04-08,2026-04-10,休假,\n"
			files["posts.csv"] += posts
		})
		d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
		d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
		d.do(dispatch.ActAccept, citytest.Acceptor, nil)
		d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
		d.is(dispatch.Dispatched, waits.Dispatch, "dispatcher@area:W", want)
		if slices.ContainsFunc(d.ev, func(e dispatch.Event) bool { return slices.Contains(e.Notified, citytest.Mayor) }) {
			t.Error("the mayor is told of a second dispatch")
		}
	}
}

// A unit to which W has given a case asks for a suspension: W's dispatcher decides.
func TestPlatforms_RequestIsDecidedWhereTheCaseWasDispatched(t *testing.T) {
	t.Parallel()
	d := atDesk(t, func(c *city.City, at time.Time) *dispatch.Case {
		return casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceInspector, at)
	})
	d.do(dispatch.ActStart, citytest.GreenWest, nil)
	d.do(dispatch.ActSuspend, citytest.GreenWest, func(cmd *dispatch.Command) { cmd.Until = d.at.AddDate(0, 0, 20) })
	w := waits.For(d.c, d.cs)
	if i := slices.IndexFunc(w, func(w waits.Wait) bool { return w.What == waits.Decision }); i < 0 || w[i].Post != "dispatcher@area:W" {
		t.Errorf("the case waits for %+v, want a decision from dispatcher@area:W", w)
	}
	if told := d.ev[len(d.ev)-1].Notified; !slices.Equal(told, []roster.PersonID{citytest.DispatcherW}) {
		t.Errorf("told are %v, want W's dispatcher", told)
	}
	d.do(dispatch.ActDecideSuspension, citytest.DispatcherW, func(cmd *dispatch.Command) { cmd.Passed = true })
	if d.cs.Stage != dispatch.Suspended {
		t.Errorf("the case is %s, want suspended", d.cs.Stage)
	}
}
