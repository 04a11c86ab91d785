package desk_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// Cases are kept where they are when the proposal names who takes over from whom: unit from unit, person from person,
// category from category. A choice that is missing is named, and so is one that cannot be.
func TestApply_KeepsCasesWithNamedSuccessors(t *testing.T) {
	t.Parallel()
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	start := dispatch.Command{Act: dispatch.ActStart}
	was := riverTown()
	noTeam := losings()[0].dir(was)
	is := swap(cut(noTeam, "E2,event"), "rules.csv", "15,E4", "14,E3,line:WORKS,,,\n15,E4")
	a, clock := river(t, was)
	dug := a.at("handler-department-TEAM", a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector)), start)
	stall := a.file(watchman, reportAt("E2", 30.001, 120.0015, dispatch.SourceInspector))
	fence := a.file(watchman, reportAt("E4", 30.001, 120.0025, dispatch.SourceInspector))
	clock.add(time.Minute)
	p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided"}
	plan, err := a.d.Plan(t.Context(), mayor, p)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		unit             roster.Unit
		code             catalog.Code
		name             string
		cases, undecided int
	}
	var rows []row
	for _, r := range plan.Removed {
		rows = append(rows, row{r.Unit, r.Category, r.Name.Zh, r.Cases, r.Undecided})
	}
	if want := []row{{dep("TEAM"), "", "抢修队", 2, 2}, {roster.Unit{}, "E2", "占道", 1, 1}}; !slices.Equal(rows, want) {
		t.Errorf("the plan removes %v, want %v", rows, want)
	}
	p.Successors = city.Successors{Units: map[roster.Unit]roster.Unit{dep("TEAM"): {Kind: roster.UnitArea, ID: "b4"}}}
	var lost *rollout.LostError
	if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &lost) || lost.Count != 1 || lost.Cases[0].Case != stall.ID {
		t.Fatalf("Apply without a successor of the category = %v, %+v", err, lost)
	}
	p.Successors.Categories = map[catalog.Code]catalog.Code{"E2": "E3"}
	var bad *rollout.ProposalError
	wrong := p
	wrong.Successors = city.Successors{
		Units:      map[roster.Unit]roster.Unit{dep("WORKS"): dep("TEAM"), dep("NONE"): dep("WORKS")},
		Categories: map[catalog.Code]catalog.Code{"E1": "E9"}, People: map[roster.PersonID]roster.PersonID{"nobody": "nobody"},
	}
	if _, err := a.d.Apply(t.Context(), mayor, wrong); !errors.As(err, &bad) || len(bad.Faults) != 7 {
		t.Errorf("wrong successors: %v; want every fault at once", err)
	}
	if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		cs       *dispatch.Case
		owner    string
		category catalog.Code
		co       string
	}{{dug, "area:b4", "E1", ""}, {stall, "area:b2", "E3", ""}, {fence, "department:WORKS", "E4", "area:b4"}} {
		after := findable(t, a.d, want.cs.ID)
		co := ""
		for _, o := range after.CoOwners {
			co = o.Unit.String() + " " + o.Duty
		}
		if after.Owner.Unit.String() != want.owner || after.Category != want.category || after.Stage != dispatch.Dispatched || co != strings.TrimSpace(want.co+" fence") && want.co != "" {
			t.Errorf("%s is %s of %s with %q, category %s; want %+v", after.ID, after.Stage, after.Owner.Unit, co, after.Category, want)
		}
		if after.Severity > want.cs.Severity || !after.Clock.Due.Equal(want.cs.Clock.Due) && after.Owner.Unit == want.cs.Owner.Unit {
			t.Errorf("%s: the severity became less or the deadline moved", after.ID)
		}
	}
	sound(t, a.d)
}

// The unit that is to rule on a case is named as its arbiter when it is gone, and when nobody there rules any more. Without a choice the
// proposal is refused; a successor rules in its place, and the people there are told.
func TestApply_NamesTheArbiterThatIsGone(t *testing.T) {
	t.Parallel()
	area := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: id} }
	was := riverTown()
	for name, is := range map[string]city.Directory{
		"the unit": withoutWard(was),
		"the post": swap(was, "posts.csv", "area:w1,leader,", "area:w1,owner,"),
	} {
		t.Run(name, func(t *testing.T) {
			a, clock := river(t, was)
			cs := a.file(watchman, reportAt("E2", 30.001, 120.0005, dispatch.SourceInspector))
			back := dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine}
			cs = a.at("owner-area-b1", cs, back)
			cs = a.at("dispatcher-area-c", cs, dispatch.Command{Act: dispatch.ActDispatch, Owner: &dispatch.Owner{Unit: area("b2")}})
			if cs = a.at("owner-area-b2", cs, back); cs.Arbiter != area("w1") {
				t.Fatalf("%s is to rule", cs.Arbiter)
			}
			clock.add(time.Minute)
			p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided"}
			plan, err := a.d.Plan(t.Context(), mayor, p)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(plan.Removed, func(r rollout.Removal) bool { return r.Unit == area("w1") && r.Arbiter })
			if i < 0 || plan.Removed[i].Undecided != 1 || !strings.Contains(plan.Removed[i].Why.Zh, "裁定单位w1") || plan.Removed[i].Fix.Zh == "" {
				t.Fatalf("the plan removes %+v, want the arbiter", plan.Removed)
			}
			var lost *rollout.LostError
			if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &lost) || !strings.Contains(lost.Cases[0].Why[0].En, "its arbiter w1") {
				t.Errorf("Apply without a choice = %v, %+v", err, lost)
			}
			p.Successors.Units = map[roster.Unit]roster.Unit{area("w1"): area("w2")}
			if plan, err = a.d.Plan(t.Context(), mayor, p); err != nil || plan.UndecidedCount > 0 && name == "the post" {
				t.Fatalf("with a successor: %v, %+v", err, plan.Undecided)
			}
			for _, r := range plan.Removed {
				if r.Cases == 0 {
					t.Errorf("the successor decides nothing: %+v", r)
				}
			}
			if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
				t.Fatal(err)
			}
			after := findable(t, a.d, cs.ID)
			events, err := a.d.Events(t.Context(), mayor, cs.ID, 0, 100)
			if last := events[len(events)-1]; err != nil || after.Arbiter != area("w2") || !slices.Contains(last.Notified, "leader-area-w2") {
				t.Errorf("%s rules, %v are told, %v", after.Arbiter, last.Notified, err)
			}
			sound(t, a.d)
		})
	}
}

// No revision moves a case that is merged. When the case goes on as a matter of its own, its owner is the successor who was chosen
// meanwhile, by way of every revision in turn; a choice that was withdrawn, or made before the merge, counts for nothing.
func TestUnmerge_GoesToTheChosenSuccessor(t *testing.T) {
	t.Parallel()
	area := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: id} }
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	to := func(gone, next roster.Unit) city.Successors {
		return city.Successors{Units: map[roster.Unit]roster.Unit{gone: next}}
	}
	town := riverTown()
	noTeam := losings()[0].dir(town)
	a, clock := river(t, town)
	apply := func(is city.Directory, s city.Successors, from time.Time) *revision.Revision {
		t.Helper()
		clock.add(time.Minute)
		p := rollout.Proposal{Directory: is, Against: a.d.City().Base(), Policy: revision.Keep, Waive: "so decided", Successors: s, From: from}
		r, err := a.d.Apply(t.Context(), mayor, p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	apply(noTeam, to(dep("TEAM"), area("b2")), time.Time{}) // and back: the team is there again
	apply(town, city.Successors{}, time.Time{})
	clock.add(time.Minute)
	first := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
	r := reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector)
	r.ClientID = "again"
	second := a.file(watchman, r)
	a.at("dispatcher-area-c", second, dispatch.Command{Act: dispatch.ActMerge, Target: first.ID})
	waits := apply(noTeam, to(dep("TEAM"), dep("WORKS")), clock.Now().Add(time.Hour))
	if _, err := a.d.Withdraw(t.Context(), mayor, waits.Number); err != nil {
		t.Fatal(err)
	}
	apply(noTeam, to(dep("TEAM"), area("b4")), time.Time{})
	apply(merged(noTeam), to(area("b4"), area("b3")), time.Time{})
	clock.add(time.Minute)
	after := a.at("dispatcher-area-c", second, dispatch.Command{Act: dispatch.ActUnmerge})
	if after.Owner.Unit != area("b3") || after.Rule != dispatch.BySuccessor {
		t.Errorf("it goes on with %s by %q, want area:b3 as the successor", after.Owner.Unit, after.Rule)
	}
	if moved := findable(t, a.d, first.ID); moved.Owner.Unit != area("b3") {
		t.Errorf("the case into which it was merged is with %s", moved.Owner.Unit)
	}
	findable(t, a.d, second.ID)
	sound(t, a.d)
}

// A handler who leaves hands the work to the successor who is named and holds a post there; without one it goes back to the post.
func TestApply_HandlerLeavesWithNamedSuccessor(t *testing.T) {
	t.Parallel()
	was := riverTown()
	is := cut(was, "handler-department-TEAM")
	for _, tt := range []struct {
		next  roster.PersonID
		stage dispatch.Stage
	}{{"owner-department-TEAM", dispatch.Handling}, {"owner-area-b1", 0}} {
		a, clock := river(t, was)
		cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
		a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActStart})
		clock.add(time.Minute)
		p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided"}
		p.Successors.People = map[roster.PersonID]roster.PersonID{"handler-department-TEAM": tt.next}
		_, err := a.d.Apply(t.Context(), mayor, p)
		if tt.stage == 0 {
			if lost := (*rollout.LostError)(nil); !errors.As(err, &lost) {
				t.Errorf("a successor without a post there: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if after := findable(t, a.d, cs.ID); after.Stage != tt.stage || after.Handler != tt.next {
			t.Errorf("it is %s by %q", after.Stage, after.Handler)
		}
		sound(t, a.d)
	}
}

// Work whose handler a revision removes is nobody's when it goes on after a suspension or a failed check: it goes back to the post,
// and the person there is told.
func TestHandler_RemovedWhileTheWorkRests(t *testing.T) {
	t.Parallel()
	was := riverTown()
	is := cut(was, "handler-department-TEAM")
	start := dispatch.Command{Act: dispatch.ActStart}
	until := time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		rest func(a *acts, cs *dispatch.Case)
		goOn func(a *acts, clock *fakeClock, cs *dispatch.Case)
	}{
		"suspended, until its date": {
			func(a *acts, cs *dispatch.Case) {
				a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActSuspend, Until: until})
				a.at("dispatcher-area-c", cs, dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true})
			},
			func(a *acts, clock *fakeClock, _ *dispatch.Case) {
				clock.add(until.Sub(clock.Now()))
				if _, _, err := a.d.FireDue(t.Context(), clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
		},
		"suspended, resumed by hand": {
			func(a *acts, cs *dispatch.Case) {
				a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActSuspend, Until: until})
				a.at("dispatcher-area-c", cs, dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true})
			},
			func(a *acts, _ *fakeClock, cs *dispatch.Case) {
				a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActResume})
			},
		},
		"reported done, and the check fails": {
			func(a *acts, cs *dispatch.Case) {
				a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActResolve})
			},
			func(a *acts, _ *fakeClock, cs *dispatch.Case) {
				a.at("inspector-area-c", cs, dispatch.Command{Act: dispatch.ActCheck, Passed: false, Note: "not yet"})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, clock := river(t, was)
			cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
			a.at("handler-department-TEAM", cs, start)
			tt.rest(a, cs)
			clock.add(time.Minute)
			if _, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Move, Waive: "so decided"}); err != nil {
				t.Fatal(err)
			}
			clock.add(time.Minute)
			tt.goOn(a, clock, cs)
			after := findable(t, a.d, cs.ID)
			if after.Stage != dispatch.Dispatched || after.Handler != "" {
				t.Errorf("it goes on as %s by %q, want dispatched to the post", after.Stage, after.Handler)
			}
			events, err := a.d.Events(t.Context(), mayor, cs.ID, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			if last := events[len(events)-1]; last.Actor != "owner-department-TEAM" && !slices.Contains(last.Notified, "owner-department-TEAM") {
				t.Errorf("%s tells %v, want the owner", last.Kind, last.Notified)
			}
			sound(t, a.d)
		})
	}
}

// A case that was filed after a revision without its category was planned keeps the category. The check of the store names the case, with
// a remedy: it is no damage.
func TestCheck_RemarksCasesOfWhatIsGone(t *testing.T) {
	t.Parallel()
	was := riverTown()
	is := swap(cut(was, "E1,event"), "rules.csv", "10,E1,line:TEAM,,,\n", "")
	a, clock := river(t, was)
	at := clock.Now().Add(time.Hour)
	if _, err := a.d.Apply(t.Context(), mayor, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Move, Waive: "so decided", From: at}); err != nil {
		t.Fatal(err)
	}
	cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
	if r, err := a.d.Check(t.Context(), fsck.CheckOptions{}); err != nil || r.Remarked != 0 {
		t.Errorf("before it takes effect: %+v, %v", r.Remarks, err)
	}
	clock.add(2 * time.Hour)
	for more := true; more; {
		var err error
		if more, err = a.d.AdvanceRollout(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r, err := a.d.Check(t.Context(), fsck.CheckOptions{})
	if err != nil || !r.Whole() || r.Remarked != 1 || len(r.Remarks) != 1 || r.Remarks[0].Case != cs.ID || r.Remarks[0].Kind != fsck.CaseOfGone ||
		!strings.Contains(r.Remarks[0].What.Zh, "类别“坑洼”（E1）") || !strings.Contains(r.Remarks[0].Mend.En, "reclassify") {
		t.Errorf("the check: %+v, %v", r, err)
	}
	p := rollout.Proposal{Directory: swap(is, "people.csv", "13800000000", "13800000001"), Against: is.Revision(), Policy: revision.Keep}
	p.Successors.Categories = map[catalog.Code]catalog.Code{"E1": "E4"}
	if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
		t.Fatal(err)
	}
	if after := findable(t, a.d, cs.ID); after.Category != "E4" {
		t.Errorf("it is of category %s after a successor was named", after.Category)
	}
	if r, err := a.d.Check(t.Context(), fsck.CheckOptions{}); err != nil || r.Remarked != 0 {
		t.Errorf("afterwards: %+v, %v", r.Remarks, err)
	}
}
