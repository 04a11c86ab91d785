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
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/waits"
)

// platformsWith is the toy city with platforms and some changed files.
func platformsWith(t *testing.T, change func(files map[string]string)) *city.City {
	t.Helper()
	files := map[string]string{city.ExpectationsFile: ""}
	for name, data := range citytest.PlatformsDirectory() {
		files[name] = string(data)
	}
	change(files)
	return citytest.Varied(t, files)
}

// The city makes the parks department of W the only co-owner of the platform of W, with a milestone of its own: when the platform
// gives the case to that department, its part and its milestone end, also in the case that the stored events make.
func TestPlatforms_OnlyCoOwnerBecomesOwner(t *testing.T) {
	t.Parallel()
	c := platformsWith(t, func(files map[string]string) {
		files["conditions.csv"] = "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
			"E0301,1,倒伏,B,1,work_days,清除,,,\nE0301,1,到场,B,2,work_hours,已到场,arrive,,owner co_owners\n"
		files["rules.csv"] = strings.Replace(files["rules.csv"], `50,"E0301,E0401",,,,,,,,platform:district,,,`,
			"45,E0301,,,,,,,,platform:district,line:GREEN(协助),,\n50,E0401,,,,,,,,platform:district,,,", 1)
	})
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, func(cmd *dispatch.Command) { cmd.Condition = "1" })
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	green := roster.Unit{Kind: roster.UnitDepartment, ID: "GREEN-W"}
	hasMilestone := func(m dispatch.Milestone) bool { return m.Unit == green }
	if len(d.cs.CoOwners) != 1 || d.cs.CoOwners[0].Unit != green || !slices.ContainsFunc(d.cs.Milestones, hasMilestone) {
		t.Fatalf("after the first dispatch: co-owners %+v, milestones %+v; want %s with a milestone", d.cs.CoOwners, d.cs.Milestones, green)
	}
	d.later(10)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	if d.cs.Owner.Unit != green || len(d.cs.CoOwners) > 0 {
		t.Errorf("owner %s, co-owners %+v; want %s alone", d.cs.Owner.Unit, d.cs.CoOwners, green)
	}
	if slices.ContainsFunc(d.cs.Milestones, hasMilestone) {
		t.Errorf("the milestones are %+v; want none of the former co-owner", d.cs.Milestones)
	}
}

// A part that a platform got before parts had a limit of the second dispatch has none: nobody is told that it is late, whatever happens to
// the case later.
func TestPlatforms_OlderPartHasNoLimit(t *testing.T) {
	t.Parallel()
	c := citytest.Platforms(t)
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	if o := d.cs.CoOwners[0]; !o.SecondDue.Equal(d.at.Add(30 * time.Minute)) {
		t.Fatalf("the part is to be given on by %s, want 09:30", o.SecondDue)
	}
	older := *d.cs
	older.CoOwners = slices.Clone(older.CoOwners)
	older.CoOwners[0].SecondDue = time.Time{}
	older.NextAt = escalation.NextTimer(c, &older).At
	d.cs = &older
	d.later(10)
	d.do(dispatch.ActComment, citytest.Dispatcher, nil)
	for range 12 {
		d.later(10)
		events, err := lifecycle.Decide(d.cs, dispatch.Command{Act: dispatch.ActTick, At: d.at}, lifecycle.Facts{}, c)
		if errors.Is(err, dispatch.ErrNothingDue) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == dispatch.EventSecondDispatchMissed {
				t.Errorf("%v are told at %s", e.Notified, e.At)
			}
		}
		d.cs = dispatch.FoldAll(d.cs, events)
	}
}

// While the work is suspended nobody may give the part on: nothing waits for the dispatcher of W to be dispatched, and nobody is told. When
// the work goes on, the thirty minutes begin anew.
func TestPlatforms_PartOfSuspendedWork(t *testing.T) {
	t.Parallel()
	c := citytest.Platforms(t)
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	part := func(want waits.Kind) {
		t.Helper()
		got := waits.None
		for _, w := range waits.For(c, d.cs) {
			if w.Post == "dispatcher@area:W" {
				got = w.What
			}
		}
		if got != want {
			t.Errorf("%s: %s waits for the dispatcher of W, want %s", d.cs.Stage, got.Text().En, want.Text().En)
		}
	}
	part(waits.PartDispatch)
	d.later(10)
	d.do(dispatch.ActStart, citytest.WaterOwner, nil)
	d.do(dispatch.ActSuspend, citytest.WaterOwner, func(cmd *dispatch.Command) { cmd.Until = d.at.AddDate(0, 0, 2) })
	part(waits.PartDispatch)
	d.do(dispatch.ActDecideSuspension, citytest.Dispatcher, func(cmd *dispatch.Command) { cmd.Passed = true })
	part(waits.None)
	for _, act := range []dispatch.Act{dispatch.ActDispatch, dispatch.ActAssist} {
		var refused *dispatch.RefusedError
		if err := d.try(act, citytest.DispatcherW, nil); !errors.As(err, &refused) || !strings.Contains(refused.Why.Zh, "案件处于「挂账」") {
			t.Errorf("%s of the part while the work is suspended: %v, want refused for the stage", act, err)
		}
	}
	d.later(120)
	if _, err := lifecycle.Decide(d.cs, dispatch.Command{Act: dispatch.ActTick, At: d.at}, lifecycle.Facts{}, c); !errors.Is(err, dispatch.ErrNothingDue) {
		t.Errorf("something is due while the work is suspended: %v", err)
	}
	d.do(dispatch.ActResume, citytest.Dispatcher, nil)
	part(waits.PartDispatch)
	if o := d.cs.CoOwners[0]; !o.SecondDue.Equal(d.at.Add(30*time.Minute)) || o.SecondMissed {
		t.Errorf("the part is to be given on by %s, missed %v; want thirty minutes from %s", o.SecondDue, o.SecondMissed, d.at)
	}
}

// The city's rule names water beside the platform of W; two units of W return the case, and the leader of W rules: water goes on, as
// after every dispatch within W.
func TestPlatforms_RulingKeepsTheCoOwnersOfTheRulesAbove(t *testing.T) {
	t.Parallel()
	c := platformsWith(t, func(files map[string]string) {
		files["rules.csv"] = strings.Replace(files["rules.csv"], `50,"E0301,E0401",,,,,,,,platform:district,,,`,
			"45,E0301,,,,,,,,platform:district,line:WATER(停水),,\n50,E0401,,,,,,,,platform:district,,,", 1)
	})
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.FallenTree, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	water := func(after string) {
		t.Helper()
		if co := d.cs.CoOwners; len(co) != 1 || co[0].Unit.ID != "WATER" || !co[0].Open() {
			t.Errorf("after %s the co-owners are %+v, want WATER", after, co)
		}
	}
	water("the first dispatch")
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:GREEN-W"))
	water("the second dispatch")
	d.do(dispatch.ActReturn, citytest.GreenWest, notOurs)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, byHand("department:SQUAD-W"))
	water("another second dispatch")
	d.do(dispatch.ActReturn, citytest.GreenSquad, notOurs)
	d.is(dispatch.Arbitration, waits.Ruling, "leader@area:W")
	d.do(dispatch.ActArbitrate, citytest.LeaderW, byHand("department:GREEN-W"))
	water("the ruling")
}

// A platform leaves its part to its own people: the milestones of the part are theirs from then on, and no more the dispatcher's.
func TestPlatforms_OwnPeopleReachTheMilestonesOfThePart(t *testing.T) {
	t.Parallel()
	c := platformsWith(t, func(files map[string]string) {
		files["conditions.csv"] = "code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
			"E0201,1,积水,A,2,hours,已排水,,,\nE0201,1,到场,A,30,minutes,已到场,arrive,,owner co_owners\n"
	})
	d := &desk{t: t, c: c, at: casetest.At(c, "2026-04-08 09:00")}
	d.cs = casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceHotline, d.at)
	d.do(dispatch.ActAccept, citytest.Acceptor, nil)
	d.do(dispatch.ActDispatch, citytest.Dispatcher, nil)
	w := roster.Unit{Kind: roster.UnitArea, ID: "W"}
	post := func() roster.PostID {
		i := slices.IndexFunc(d.cs.Milestones, func(m dispatch.Milestone) bool { return m.Unit == w })
		return d.cs.Milestones[i].Post
	}
	if post() != "dispatcher@area:W" {
		t.Fatalf("before, the milestone is that of %s", post())
	}
	d.later(1)
	d.do(dispatch.ActDispatch, citytest.DispatcherW, nil)
	i := slices.IndexFunc(d.cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Unit == w })
	if got, want := post(), d.cs.CoOwners[i].Post; got != want || got == "dispatcher@area:W" {
		t.Errorf("the milestone is that of %s, the part that of %s", got, want)
	}
}
