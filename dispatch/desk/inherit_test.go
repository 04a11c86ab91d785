package desk_test

import (
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// lastEvent is the last event of a case.
func lastEvent(t *testing.T, a *acts, id dispatch.CaseID) dispatch.Event {
	t.Helper()
	events, err := a.d.Events(t.Context(), mayor, id, 0, 500)
	if err != nil {
		t.Fatal(err)
	}
	return events[len(events)-1]
}

// toldAs is why a person is told of an event; false when the person is not.
func toldAs(e *dispatch.Event, who roster.PersonID) (dispatch.NotifiedAs, bool) {
	i := slices.Index(e.Notified, who)
	if i < 0 {
		return 0, false
	}
	return e.AsOf(i), true
}

// A request of the former owner lapses with a notice to those who asked and who had to decide; where the same person goes on at the
// successor, the request goes on with the work, and the leader there is told.
func TestApply_RequestOfAFormerOwner(t *testing.T) {
	t.Parallel()
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	was := riverTown()
	gone := losings()[0].dir(was)
	asker := roster.PersonID("owner-department-TEAM")
	staying := swap(gone, "posts.csv", "unit,role,person\n", "unit,role,person\narea:b2,handler,owner-department-TEAM\n")
	renamed := swap(withCrew(was), "posts.csv", "owner-department-CREW", "owner-department-TEAM\ndepartment:CREW,leader,leader-area-w1")
	until := time.Date(2026, 3, 6, 9, 0, 0, 0, time.UTC)
	extend, suspend := dispatch.Command{Act: dispatch.ActExtend}, dispatch.Command{Act: dispatch.ActSuspend, Until: until}
	for name, tt := range map[string]struct {
		is     city.Directory
		policy revision.Policy
		heir   roster.Unit
		ask    dispatch.Command
		by     roster.PersonID
		goesOn bool
		told   map[roster.PersonID]dispatch.NotifiedAs
		post   roster.PostID
	}{
		"an extension, to another unit by rule":  {is: staying, policy: revision.Move, ask: extend, by: asker, told: map[roster.PersonID]dispatch.NotifiedAs{asker: dispatch.AsAsker}},
		"a suspension, to another unit by rule":  {is: staying, policy: revision.Reroute, ask: suspend, by: asker, told: map[roster.PersonID]dispatch.NotifiedAs{asker: dispatch.AsAsker, "dispatcher-area-c": dispatch.AsDecider}},
		"an extension, to a successor of others": {is: staying, policy: revision.Keep, heir: dep("WORKS"), ask: extend, by: asker, told: map[roster.PersonID]dispatch.NotifiedAs{asker: dispatch.AsAsker}},
		"an extension, the asker is gone":        {is: cut(gone, "owner-department-TEAM"), policy: revision.Move, ask: extend, by: asker},
		"an extension, under another name":       {is: renamed, policy: revision.Keep, heir: dep("CREW"), ask: extend, by: asker, goesOn: true, post: "owner@department:CREW", told: map[roster.PersonID]dispatch.NotifiedAs{"leader-area-w1": dispatch.AsDecider}},
		"closing by force":                       {is: gone, policy: revision.Move, ask: dispatch.Command{Act: dispatch.ActForceClose}, by: "duty_chief-area-c", goesOn: true, post: "duty_chief@area:c"},
		"closing by force, by a leader of the former owner": {is: gone, policy: revision.Keep, heir: roster.Unit{Kind: roster.UnitArea, ID: "b4"}, ask: dispatch.Command{Act: dispatch.ActForceClose}, by: "leader-department-WORKS", told: map[roster.PersonID]dispatch.NotifiedAs{
			"leader-department-WORKS": dispatch.AsAsker,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, clock := river(t, was)
			cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
			a.at("handler-department-TEAM", cs, dispatch.Command{Act: dispatch.ActStart})
			cs = a.at(tt.by, cs, tt.ask)
			if cs.Request.Kind == dispatch.NoRequest {
				t.Fatal("nothing is asked")
			}
			clock.add(time.Minute)
			p := rollout.Proposal{Directory: tt.is, Against: was.Revision(), Policy: tt.policy, Waive: "so decided"}
			if tt.heir != (roster.Unit{}) {
				p.Successors.Units = map[roster.Unit]roster.Unit{dep("TEAM"): tt.heir}
			}
			if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
				t.Fatal(err)
			}
			after := findable(t, a.d, cs.ID)
			if tt.goesOn != (after.Request.Kind == cs.Request.Kind) || after.Request.Post != tt.post {
				t.Errorf("the request is %+v of %s, want it to go on: %t, by %q", after.Request, after.Owner.Unit, tt.goesOn, tt.post)
			}
			e := lastEvent(t, a, cs.ID)
			for who, as := range tt.told {
				if got, ok := toldAs(&e, who); !ok || got != as {
					t.Errorf("%s is told as %v (%t), want as %v; told are %v as %v", who, got, ok, as, e.Notified, e.NotifiedAs)
				}
			}
			sound(t, a.d)
		})
	}
}

// milestoneTown is the town in which a sinkhole has milestones of the owner, the co-owner and the inspector.
func milestoneTown() city.Directory {
	d := riverTown()
	d = swap(d, "posts.csv", "area:c,inspector,inspector-area-c\n", "area:c,inspector,inspector-area-c\narea:b1,inspector,handler-area-b1\n")
	d["conditions.csv"] = []byte("code,condition,name,severity,limit,limit_unit,closing,milestone,after,by\n" +
		"E4,1,塌陷,B,8,work_hours,done,,,\nE4,1,到场,B,2,hours,done,arrive,,owner co_owners inspector\nE4,1,围挡,B,4,hours,done,fence,arrive,co_owners\n")
	return d
}

// The milestones of a co-owner that is succeeded go on with the successor, on the same clocks; those of an inspector whose post is gone
// with the nearest inspector of the place. Without a choice the apply is refused.
func TestApply_MilestonesGoToTheSuccessor(t *testing.T) {
	t.Parallel()
	dep := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitDepartment, ID: id} }
	b4 := roster.Unit{Kind: roster.UnitArea, ID: "b4"}
	was := milestoneTown()
	is := swap(losings()[0].dir(was), "posts.csv", "area:b1,inspector,handler-area-b1\n", "")
	for _, arrived := range []bool{false, true} {
		a, clock := river(t, was)
		cs := a.file("acceptor-area-c", reportAt("E4", 30.001, 120.0005, dispatch.SourceHotline))
		a.at("acceptor-area-c", cs, dispatch.Command{Act: dispatch.ActAccept})
		cs = a.at("dispatcher-area-c", cs, dispatch.Command{Act: dispatch.ActDispatch})
		if arrived {
			cs = a.at("owner-department-TEAM", cs, dispatch.Command{Act: dispatch.ActCompleteMilestone, Milestone: "arrive"})
		}
		clock.add(time.Minute)
		p := rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep, Waive: "so decided"}
		if _, err := a.d.Apply(t.Context(), mayor, p); err == nil {
			t.Error("the co-owner is gone, and nobody has chosen")
		}
		p.Successors.Units = map[roster.Unit]roster.Unit{dep("TEAM"): b4}
		if _, err := a.d.Apply(t.Context(), mayor, p); err != nil {
			t.Fatal(err)
		}
		after := findable(t, a.d, cs.ID)
		if len(after.Milestones) != len(cs.Milestones) {
			t.Fatalf("the milestones are %+v, want as many as %+v", after.Milestones, cs.Milestones)
		}
		for i := range cs.Milestones {
			m, had := after.Milestones[i], cs.Milestones[i]
			id, after := had.Kind(), had.After
			switch m.Party {
			case catalog.PartyCoOwner:
				id += "@area:b4"
				if had.After != "" {
					after = "arrive@area:b4"
				}
			case catalog.PartyInspector:
				id += "@inspector@area:c"
			case catalog.PartyOwner:
			}
			if m.ID != id || m.After != after || !m.Clock.Since.Equal(had.Clock.Since) || !m.Clock.Due.Equal(had.Clock.Due) || m.Clock.Limit != had.Clock.Limit || !m.Reached.Equal(had.Reached) {
				t.Errorf("the milestone %s is %+v, want %s after %q on the same clock", had.ID, m, id, after)
			}
		}
		e := lastEvent(t, a, cs.ID)
		for who, as := range map[roster.PersonID]dispatch.NotifiedAs{"owner-area-b4": dispatch.AsCoOwner, watchman: dispatch.AsSent} {
			if got, ok := toldAs(&e, who); !ok || got != as {
				t.Errorf("%s is told as %v (%t), want as %v", who, got, ok, as)
			}
		}
		sound(t, a.d)
	}
}
