package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/revise"
	"wangge/grid"
)

// A revision puts a case on the step after those that have fired, whatever they are counted by: none
// comes back, and none is left out.
func TestRevise_KeepsFiredSteps(t *testing.T) {
	t.Parallel()
	const four = `{after: 90m, light: green, whom: owner}
{at_percent: 50, light: yellow, whom: owner}
{at_percent: 100, light: red, whom: superior}
{overdue_by: 36h, light: red, whom: superior, repeat: {every: 1 work_days, at_most: 2}}`
	was := casetest.Boston(t, casetest.Ladders(four, ""))
	for _, tt := range []struct {
		name  string
		steps string
		want  []int // after so many that fired
	}{
		{"others are told", strings.ReplaceAll(four, "whom: superior", "whom: city_leader"), []int{0, 1, 2, 3, 4, 5, 6}},
		{"a step comes between", strings.Replace(four, "{at_percent: 100", "{at_percent: 80, light: red, whom: owner}\n{at_percent: 100", 1), []int{0, 1, 2, 4, 5, 6, 7}},
		{"a step goes", strings.Replace(four, "{at_percent: 50, light: yellow, whom: owner}\n", "", 1), []int{0, 1, 1, 2, 3, 4, 5}},
	} {
		is := casetest.Boston(t, casetest.Ladders(tt.steps, ""))
		cs := casetest.Opened(t, was)
		for fired, want := range tt.want {
			if fired > 0 {
				cs, _ = casetest.Do(t, was, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
			}
			if cs.NextStep != fired {
				t.Fatalf("%d steps have fired, want %d", cs.NextStep, fired)
			}
			m, _ := revise.Compare(was, is, cs, city.Successors{}, cs.UpdatedAt)
			e := revise.EventOf(was, is, cs, m, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(cs, e); after.NextStep != want || after.NextAt.Before(cs.UpdatedAt) && !after.NextAt.IsZero() {
				t.Errorf("%s: after %d steps the next is %d at %s, want %d", tt.name, fired, after.NextStep, after.NextAt, want)
			}
			kept, moved := revise.LadderEvent(was, is, cs, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(cs, kept); moved != (tt.name != "others are told") || after.NextStep != want || !after.Clock.Due.Equal(cs.Clock.Due) || after.Owner != cs.Owner {
				t.Errorf("%s: kept after %d steps the next is %d of %s due %s (%t), want %d and nothing else changed", tt.name, fired, after.NextStep, after.Owner.Unit, after.Clock.Due, moved, want)
			}
			onIs := dispatch.Fold(cs, kept)
			back, _ := revise.LadderEvent(is, was, onIs, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(onIs, back); after.NextStep != fired || after.Clock.Fired != "" || !after.NextAt.Equal(cs.NextAt) {
				t.Errorf("%s: rolled back after %d steps the next is %d at %s, passed %q; want %d at %s", tt.name, fired, after.NextStep, after.NextAt, after.Clock.Fired, fired, cs.NextAt)
			}
			goesOnAt(t, was, is, cs, want)
		}
	}
}

// goesOnAt wants work that stands aside while a revision changes the ladder to go on at a step: work that
// is checked and found wanting, and work that is put off.
func goesOnAt(t *testing.T, was, is *city.City, cs *dispatch.Case, want int) {
	t.Helper()
	at := cs.UpdatedAt
	owner, _ := was.Roster.OnDuty(cs.Owner.Post, at)
	acts := func(c *city.City, cs *dispatch.Case, cmds ...dispatch.Command) *dispatch.Case {
		t.Helper()
		for _, cmd := range cmds {
			cmd.At = at
			cs, _ = casetest.Do(t, c, cs, cmd)
		}
		return cs
	}
	started := acts(was, cs, dispatch.Command{Act: dispatch.ActStart, Actor: owner})
	here := &grid.Position{Lat: cs.Place.Point.Lat, Lng: cs.Place.Point.Lng, Datum: grid.WGS84}
	for _, road := range []struct {
		name  string
		aside *dispatch.Case
		goes  dispatch.Command
	}{
		{
			name: "checked", aside: acts(was, started, dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}, Actor: owner}),
			goes: dispatch.Command{Act: dispatch.ActCheck, Position: here, Actor: "b-checker", Note: "not yet", At: at},
		},
		{
			name: "put off", aside: acts(was, started, dispatch.Command{Act: dispatch.ActSuspend, Until: at.AddDate(0, 0, 3), Note: "rain", Actor: owner}, dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true, Actor: "b-leader"}),
			goes: dispatch.Command{Act: dispatch.ActResume, Actor: owner, At: at},
		},
	} {
		e, _ := revise.LadderEvent(was, is, road.aside, "b-leader", "", "", at)
		revised := dispatch.Fold(road.aside, e)
		if revised.Stage != road.aside.Stage || revised.Disposal.Step != want {
			t.Errorf("%s: the revised case is %s and its work at step %d, want %s and %d", road.name, revised.Stage, revised.Disposal.Step, road.aside.Stage, want)
		}
		if on := acts(is, revised, road.goes); on.NextStep != want {
			t.Errorf("%s: the work goes on at step %d, want %d", road.name, on.NextStep, want)
		}
		e, _ = revise.LadderEvent(is, was, revised, "b-leader", "", "", at)
		if back := acts(was, dispatch.Fold(revised, e), road.goes); back.NextStep != cs.NextStep || back.Clock.Fired != "" {
			t.Errorf("%s: rolled back, the work goes on at step %d, passed %q; want %d", road.name, back.NextStep, back.Clock.Fired, cs.NextStep)
		}
	}
}

// Work that is put off, or was handed back to who has it after all, and turns out to be another matter, with
// a limit and a ladder of its own, goes on at the step after those that have fired, and knows them should it
// be the first matter after all. Meanwhile the office's own stage climbs the other matter's ladder.
func TestReclassify_KeepsFiredStepsOfPausedWork(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, casetest.Ladders("{at_percent: 50, light: green, whom: owner}\n{at_percent: 80, light: yellow, whom: owner}\n{at_percent: 100, light: red, whom: superior}", `  - name: buildings
    for: {categories: [building/ada]}
    steps:
      - {at_percent: 25, light: green, whom: owner}
      - {at_percent: 50, light: green, whom: owner}
      - {at_percent: 80, light: yellow, whom: owner}
      - {at_percent: 90, light: red, whom: superior}
`))
	c.Defaults.ReturnHours = 0 // nobody is too late to hand it back
	cs := casetest.Opened(t, c)
	bicycle, unit := cs.Category, cs.Owner.Unit
	owner, _ := c.Roster.OnDuty(cs.Owner.Post, cs.UpdatedAt)
	for range 2 {
		cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
	}
	at := cs.UpdatedAt
	acts := func(cs *dispatch.Case, cmds ...dispatch.Command) *dispatch.Case {
		for _, cmd := range cmds {
			cmd.At = at
			cs, _ = casetest.Do(t, c, cs, cmd)
		}
		return cs
	}
	for _, tt := range []struct {
		name  string
		aside *dispatch.Case
		goes  dispatch.Command
	}{
		{
			"put off", acts(cs, dispatch.Command{Act: dispatch.ActStart, Actor: owner}, dispatch.Command{Act: dispatch.ActSuspend, Until: at.AddDate(0, 0, 3), Note: "rain", Actor: owner},
				dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true, Actor: "b-leader"}),
			dispatch.Command{Act: dispatch.ActResume, Actor: owner},
		},
		{
			"handed back", acts(cs, dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyArea, Note: "not ours", Actor: owner}),
			dispatch.Command{Act: dispatch.ActDispatch, Actor: "b-dispatcher", Owner: &dispatch.Owner{Unit: unit}},
		},
	} {
		goesOn := func(cs *dispatch.Case, step int) {
			t.Helper()
			on := acts(cs, tt.goes)
			limit := c.Categories[cs.Category].Conditions[0].Limit
			if on.NextStep != step || on.Clock.Limit != limit {
				t.Errorf("%s: the work of %s goes on at step %d of ladder %s, its limit is %s; want %d, %s", tt.name, cs.Category, on.NextStep, on.EscalationPolicy, on.Clock.Limit, step, limit)
			}
		}
		ramp := acts(tt.aside, dispatch.Command{Act: dispatch.ActReclassify, Category: "building/ada", Note: "a ramp", Actor: "b-leader"})
		goesOn(ramp, 3)
		if ramp.Clock.Running() && ramp.EscalationPolicy != "buildings" {
			t.Errorf("%s: the office's stage is on ladder %s", tt.name, ramp.EscalationPolicy)
		}
		goesOn(acts(ramp, dispatch.Command{Act: dispatch.ActReclassify, Category: bicycle, Note: "no ramp", Actor: "b-leader"}), 2)
	}
}

// Work that was put off on the weekend on which it was given out has used nothing on a working clock; a
// revision that counts by the wall clock from then on finds the hours that it lay about.
func TestRevise_CountsTimeInTheNewUnit(t *testing.T) {
	t.Parallel()
	steps := casetest.Ladders("{at_percent: 100, light: red, whom: owner}", "")
	was, is := casetest.Boston(t, steps), casetest.Boston(t, steps)
	cs := casetest.Opened(t, was)
	monday := cs.Clock.Since
	cs.Clock.Spent = dispatch.Spent{Hours: 10 * time.Hour, Days: 10 * time.Hour}
	is.Categories[cs.Category].Conditions[0].Limit = calendar.Limit{N: 30, Unit: calendar.Hours}
	m, _ := revise.Compare(was, is, cs, city.Successors{}, monday)
	if want := monday.Add(20 * time.Hour); !m.DueIs.Equal(want) {
		t.Errorf("due %s, want %s: ten of thirty hours are used", m.DueIs, want)
	}
}
