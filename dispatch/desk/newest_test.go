package desk_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
)

// chosen is a revision that waits, with what becomes of open cases.
type chosen struct {
	is     city.Directory
	policy revision.Policy
	heirs  city.Successors
	back   bool // it is withdrawn before its instant
}

// Several revisions fall due together, before any has moved a case: the choice of the last one holds, in every order. A choice that is
// withdrawn counts for nothing, and so does one for what the city had again meanwhile. A case is in the lists of the unit that is gone and
// of the unit that took over. The same holds for a case that somebody acts on before the cases are moved.
func TestApply_TheNewestChoiceHolds(t *testing.T) {
	t.Parallel()
	area := func(id string) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: id} }
	team := roster.Unit{Kind: roster.UnitDepartment, ID: "TEAM"}
	to := func(next roster.Unit) city.Successors {
		return city.Successors{Units: map[roster.Unit]roster.Unit{team: next}}
	}
	town := riverTown()
	toWorks := swap(town, "rules.csv", "10,E1,line:TEAM", "10,E1,line:WORKS")
	phones := swap(toWorks, "people.csv", "13800000000", "13800000001")
	noTeam := losings()[0].dir(town)
	noTeamPhones := swap(noTeam, "people.csv", "13800000000", "13800000002")
	for name, tt := range map[string]struct {
		choices []chosen
		owner   string
	}{
		"reroute, then keep":                     {[]chosen{{is: toWorks, policy: revision.Reroute}, {is: phones, policy: revision.Keep}}, "department:TEAM"},
		"keep, then reroute":                     {[]chosen{{is: toWorks, policy: revision.Keep}, {is: phones, policy: revision.Reroute}}, "department:WORKS"},
		"keep, then reroute that is withdrawn":   {[]chosen{{is: toWorks, policy: revision.Keep}, {is: phones, policy: revision.Reroute, back: true}}, "department:TEAM"},
		"reroute, then keep that is withdrawn":   {[]chosen{{is: toWorks, policy: revision.Reroute}, {is: phones, policy: revision.Keep, back: true}}, "department:WORKS"},
		"reroute, then back with keep":           {[]chosen{{is: toWorks, policy: revision.Reroute}, {is: town, policy: revision.Keep}}, "department:TEAM"},
		"reroute, then back with reroute":        {[]chosen{{is: toWorks, policy: revision.Reroute}, {is: town, policy: revision.Reroute}}, "department:TEAM"},
		"a successor, then reroute":              {[]chosen{{is: noTeam, policy: revision.Keep, heirs: to(area("b4"))}, {is: noTeamPhones, policy: revision.Reroute}}, "area:b4"},
		"a successor, then back":                 {[]chosen{{is: noTeam, policy: revision.Keep, heirs: to(area("b4"))}, {is: town, policy: revision.Keep}}, "department:TEAM"},
		"a successor that is withdrawn, another": {[]chosen{{is: noTeam, policy: revision.Keep, heirs: to(area("b4")), back: true}, {is: noTeam, policy: revision.Keep, heirs: to(area("b3"))}}, "area:b3"},
		"a successor, back, another": {[]chosen{
			{is: noTeam, policy: revision.Keep, heirs: to(area("b4"))}, {is: town, policy: revision.Keep}, {is: noTeam, policy: revision.Keep, heirs: to(area("b3"))},
		}, "area:b3"},
		"a successor, back, then by the rules": {[]chosen{
			{is: noTeam, policy: revision.Keep, heirs: to(area("b4"))}, {is: town, policy: revision.Keep}, {is: noTeam, policy: revision.Move},
		}, "department:WORKS"},
	} {
		for _, acted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				a, clock := river(t, town)
				cs := a.file(watchman, reportAt("E1", 30.001, 120.0005, dispatch.SourceInspector))
				last := town.Revision()
				for i, ch := range tt.choices {
					clock.add(time.Second)
					p := rollout.Proposal{
						Directory: ch.is, Against: last, Policy: ch.policy, Successors: ch.heirs, Waive: "so decided",
						From: clock.Now().Add(time.Duration(i+1) * time.Minute),
					}
					r, err := a.d.Apply(t.Context(), mayor, p)
					if err != nil {
						t.Fatal(err)
					}
					if !ch.back {
						last = r.Base
					} else if _, err := a.d.Withdraw(t.Context(), mayor, r.Number); err != nil {
						t.Fatal(err)
					}
				}
				clock.add(time.Hour)
				advance := func() bool {
					more, err := a.d.AdvanceRollout(t.Context(), clock.Now())
					if err != nil {
						t.Fatal(err)
					}
					return more
				}
				for i := range tt.choices { // all take effect, none has moved a case
					if acted && !tt.choices[i].back {
						advance()
					}
				}
				if acted {
					a.at(mayor, cs, dispatch.Command{Act: dispatch.ActComment})
				}
				for advance() {
				}
				after := findable(t, a.d, cs.ID)
				if got := after.Owner.Unit.String(); got != tt.owner {
					t.Errorf("the case is with %s, want %s", got, tt.owner)
				}
				formerly(t, a.d, cs, after)
				sound(t, a.d)
			})
		}
	}
}
