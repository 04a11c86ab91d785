package desk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// withCrew is the town in which the crew has the team's place, by no rule.
func withCrew(was city.Directory) city.Directory {
	is := losings()[0].dir(was)
	is = swap(is, "departments.csv", "WORKS,市政处,Works,,0577-1000001\n", "WORKS,市政处,Works,,0577-1000001\nCREW,养护队,Crew,WORKS,0577-1000003\n")
	is = swap(is, "people.csv", "owner-department-WORKS,owner-department-WORKS,13800000000\n", "owner-department-WORKS,owner-department-WORKS,13800000000\nowner-department-CREW,owner-department-CREW,13800000000\n")
	return swap(is, "posts.csv", "department:WORKS,owner,owner-department-WORKS\n", "department:WORKS,owner,owner-department-WORKS\ndepartment:CREW,owner,owner-department-CREW\n")
}

// Two revisions fall due together: the second one takes effect before the first one has moved a case. What the first one chose in place
// of the team, and the second one in place of that, holds for the cases of the team; a choice that is missing is refused at the plan.
func TestApply_SuccessorsChainWhileCasesMove(t *testing.T) {
	t.Parallel()
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	b4 := roster.Unit{Kind: roster.UnitArea, ID: "b4"}
	was := riverTown()
	first, second := withCrew(was), losings()[0].dir(was)
	for _, policy := range []revision.Policy{revision.Keep, revision.Move, revision.Reroute} {
		for _, started := range []bool{false, true} {
			a, clock := river(t, was)
			cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
			if started {
				a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActStart})
			}
			p := rollout.Proposal{Directory: first, Against: was.Revision(), Policy: policy, Waive: "so decided", From: clock.Now().Add(time.Minute)}
			p.Successors.Units = map[roster.Unit]roster.Unit{dep("TEAM"): dep("CREW")}
			if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
				t.Fatal(err)
			}
			p = rollout.Proposal{Directory: second, Against: first.Revision(), Policy: policy, Waive: "so decided", From: clock.Now().Add(2 * time.Minute)}
			var lost *rollout.LostError
			if policy == revision.Keep {
				if _, err := a.d.Apply(t.Context(), mayor, p); !errors.As(err, &lost) || lost.Count != 1 || !strings.Contains(lost.Cases[0].Why[0].Zh, "养护队") {
					t.Fatalf("a plan without a successor of the crew, to which the case goes: %v, %+v", err, lost)
				}
			}
			p.Successors.Units = map[roster.Unit]roster.Unit{dep("CREW"): b4}
			plan, err := a.d.Plan(t.Context(), mayor, p)
			if err != nil || plan.UndecidedCount != 0 || len(plan.Removed) != 1 || plan.Removed[0].Unit != dep("CREW") || plan.Removed[0].Cases != 1 {
				t.Errorf("the second plan removes %+v, undecided %d, %v", plan.Removed, plan.UndecidedCount, err)
			}
			for m, err := range a.d.Moves(t.Context(), plan, 0) {
				if err != nil || m.Was.Unit != dep("CREW") || m.Is.Unit != b4 {
					t.Errorf("the second plan moves the case from %s to %s, %v", m.Was.Unit, m.Is.Unit, err)
				}
			}
			if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
				t.Fatal(err)
			}
			clock.add(3 * time.Minute)
			for more := true; more; {
				if more, err = a.d.AdvanceRollout(t.Context(), clock.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if after := findable(t, a.d, cs.ID); after.Owner.Unit != b4 || after.Stage != dispatch.Dispatched {
				t.Errorf("policy %v: the case is %s of %s, want dispatched to the successor of the successor", policy, after.Stage, after.Owner.Unit)
			}
			formerly(t, a.d, cs, cs)
			sound(t, a.d)
		}
	}
}

// Units that succeed each other in a circle are refused, in words.
func TestApply_CircleOfSuccessorsIsRefused(t *testing.T) {
	t.Parallel()
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	was := withCrew(riverTown())
	is := losings()[0].dir(riverTown())
	both := swap(swap(was, "departments.csv", "WORKS,市政处", "CREW2,二队,Crew2,,0577-1000004\nWORKS,市政处"), "posts.csv", "department:CREW,owner", "department:CREW2,owner,owner-department-CREW\ndepartment:CREW,owner")
	a, _ := river(t, both)
	p := rollout.Proposal{Directory: is, Against: both.Revision(), Policy: revision.Keep, Waive: "so decided"}
	for _, units := range []map[roster.Unit]roster.Unit{
		{dep("CREW"): dep("CREW2"), dep("CREW2"): dep("CREW")},
		{dep("CREW"): dep("CREW")},
	} {
		p.Successors.Units = units
		var bad *rollout.ProposalError
		if _, err := a.d.Plan(t.Context(), mayor, p); !errors.As(err, &bad) || !strings.Contains(bad.Faults[0].Zh, "循环") || !strings.Contains(bad.Faults[0].En, "circle") {
			t.Errorf("%v: %v", units, err)
		}
	}
}
