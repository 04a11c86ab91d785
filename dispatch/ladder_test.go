package dispatch_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// plainBoston is Boston as it stands, loaded once.
var plainBoston = sync.OnceValues(func() (*city.City, error) {
	fsys, err := cities.FS("boston")
	if err != nil {
		return nil, err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return nil, errors.New(faults[0].String())
	}
	return c, nil
})

// withFiles is Boston with some of its files written anew.
func withFiles(t testing.TB, files map[string]string) *city.City {
	t.Helper()
	if len(files) == 0 {
		c, err := plainBoston()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	fsys, err := cities.FS("boston")
	if err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(p, "events/") {
			return err
		}
		data, err := fs.ReadFile(fsys, p)
		m[p] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, faults := compile.FS(m)
	for _, f := range faults {
		t.Fatal(f)
	}
	return c
}

// tester is a test, or a property in one.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// opened is a case of Boston that its ladder is for, dispatched to a department on a Monday at nine.
func opened(t tester, c *city.City) *dispatch.Case {
	t.Helper()
	start := time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)
	place, err := routing.PlaceOf(c, grid.Position{Lat: 42.36, Lng: -71.06, Datum: grid.WGS84})
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{ClientID: "r", Reporter: "b-leader", Source: dispatch.SourceInspector, Category: "abandoned-bicycle/abandoned-bicycle", ReceivedAt: start, CapturedAt: start}
	events, err := lifecycle.Decide(nil, dispatch.Command{Act: dispatch.ActFile, At: start, Actor: "b-leader", Report: r, Place: &place}, c)
	if err != nil {
		t.Fatal(err)
	}
	return dispatch.FoldAll(&dispatch.Case{ID: 1}, events)
}

// does folds what an act decides.
func does(t tester, c *city.City, cs *dispatch.Case, cmd dispatch.Command) (*dispatch.Case, []dispatch.Event) {
	t.Helper()
	events, err := lifecycle.Decide(cs, cmd, c)
	if err != nil {
		t.Fatalf("Decide(%s) = %v", cmd.Act, err)
	}
	return dispatch.FoldAll(cs, events), events
}

// waits lets time pass until nothing is armed any more, or until an instant, and returns what fired.
func waits(t tester, c *city.City, cs *dispatch.Case, until time.Time) (*dispatch.Case, []dispatch.Event) {
	t.Helper()
	var all []dispatch.Event
	for !cs.NextAt.IsZero() && !cs.NextAt.After(until) {
		var events []dispatch.Event
		cs, events = does(t, c, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
		all = append(all, events...)
		if len(all) > 100 {
			t.Fatal("the ladder has no end")
		}
	}
	return cs, all
}

// ladders is a ladders.yaml whose default ladder has these steps and a rest.
func ladders(steps, rest string) map[string]string {
	return map[string]string{"ladders.yaml": "ladders:\n  - name: default\n    steps:\n      - " + strings.ReplaceAll(steps, "\n", "\n      - ") + "\n" + rest}
}

// A step comes at a share of the limit, so long after the clock began, after the deadline, or again
// and again up to a bound; in the city's time, and never before the one below it. What follows the
// last step is stated: nothing more, and the case stays where it stands.
func TestStepsComeWhenTheirLadderSays(t *testing.T) {
	c := withFiles(t, ladders(`{after: 90m, light: green, whom: owner}
{after: 1 work_days, light: green, whom: owner}
{at_percent: 50, light: yellow, whom: owner}
{after: 2h, light: yellow, whom: owner}
{overdue_by: 36h, light: red, whom: superior, repeat: {every: 1 work_days, at_most: 2}}`, ""))
	cs, fired := waits(t, c, opened(t, c), time.Date(2030, 1, 1, 0, 0, 0, 0, c.Location))
	var at []string
	for _, e := range fired {
		at = append(at, e.At.In(c.Location).Format("Mon 02 15:04"))
	}
	// Ten work days from Monday 11 July at nine; half of it is the next Monday.
	want := []string{"Mon 11 10:30", "Tue 12 09:00", "Mon 18 09:00", "Mon 18 09:00", "Tue 26 21:00", "Thu 28 08:30", "Fri 29 08:30"}
	if !slices.Equal(at, want) {
		t.Errorf("due %s, steps came at\n%q, want\n%q", cs.Clock.Due.Format("Mon 02 15:04"), at, want)
	}
	if !cs.NextAt.IsZero() || !cs.Open() || !slices.Equal(escalation.StandsAt(c, cs), []roster.PostID{"leader@area:BOS"}) {
		t.Errorf("after the last step the case waits for %v and stands at %v", cs.NextAt, escalation.StandsAt(c, cs))
	}
}

// The ladder is chosen where a clock begins, by what the case is and whose.
func TestLadderIsChosenByCase(t *testing.T) {
	one := "\n    steps: [{at_percent: 50, light: red, whom: owner}]\n"
	c := withFiles(t, map[string]string{"ladders.yaml": "ladders:" +
		"\n  - name: elsewhere\n    for: {owners: [\"department:PARK\"]}" + one +
		"\n  - name: severe\n    for: {severities: [A]}" + one +
		"\n  - name: checks\n    for: {stages: [checking]}" + one +
		"\n  - name: bicycles\n    for: {categories: [\"abandoned-bicycle/*\"], owners: [line], severities: [B, C]}" + one})
	cs := opened(t, c)
	if cs.Ladder != "bicycles" {
		t.Errorf("ladder %q, want bicycles", cs.Ladder)
	}
	owner, _ := c.Roster.OnDuty(cs.Owner.Post, cs.FiledAt)
	cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActStart, Actor: owner, At: cs.FiledAt.Add(time.Hour)})
	if cs.Ladder != "bicycles" {
		t.Errorf("ladder %q of work that goes on, want bicycles", cs.Ladder)
	}
	cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}, Actor: owner, At: cs.FiledAt.Add(2 * time.Hour)})
	if cs.Ladder != "checks" {
		t.Errorf("ladder %q of a check, want checks", cs.Ladder)
	}
	cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActCheck, Position: &grid.Position{Lat: cs.Place.Point.Lat, Lng: cs.Place.Point.Lng, Datum: grid.WGS84}, Actor: "b-checker", At: cs.FiledAt.Add(3 * time.Hour)})
	if cs.Ladder != "bicycles" || cs.NextStep != 0 {
		t.Errorf("rework is on ladder %q at step %d, want bicycles where it was", cs.Ladder, cs.NextStep)
	}
}

// Who may be told, as ladders name them, and that nobody is told twice.
func TestWhomAStepTells(t *testing.T) {
	c := withFiles(t, nil)
	cs := opened(t, c)
	district := string(cs.Place.Areas[len(cs.Place.Areas)-1])
	lower := strings.ToLower(district)
	for whom, want := range map[string]string{
		"owner": "b-pwdx-owner", "superior": "b-pwdx-leader|b-leader", "superior_9": "b-leader", "city_leader": "b-leader",
		"level:district": "b-" + lower + "-leader", "level:city": "b-leader", "dispatcher": "b-dispatcher", "inspector": "b-" + lower + "-inspector",
		"co_owners": "b-" + lower + "-owner", "post:checker@area:BOS": "b-checker", "handler": "b-pwdx-owner",
	} {
		to := escalation.Addressees(c, cs, []string{whom, whom}, cs.FiledAt)
		if len(to) != 1 || !slices.Contains(strings.Split(want, "|"), string(to[0].Person)) {
			t.Errorf("%s is %v, want %s once", whom, to, want)
			continue
		}
		if on, ok := c.Roster.OnDuty(to[0].Post, cs.FiledAt); !ok || on != to[0].Person {
			t.Errorf("%s is said to stand at %s, where %s does", to[0].Person, to[0].Post, on)
		}
	}
}

// A revision puts a case on the rung after those that have fired, whatever they are counted by: none
// comes back, and none is left out.
func TestARevisionKeepsTheRung(t *testing.T) {
	const four = `{after: 90m, light: green, whom: owner}
{at_percent: 50, light: yellow, whom: owner}
{at_percent: 100, light: red, whom: superior}
{overdue_by: 36h, light: red, whom: superior, repeat: {every: 1 work_days, at_most: 2}}`
	was := withFiles(t, ladders(four, ""))
	for _, tt := range []struct {
		name  string
		steps string
		want  []int // after so many that fired
	}{
		{"others are told", strings.ReplaceAll(four, "whom: superior", "whom: city_leader"), []int{0, 1, 2, 3, 4, 5, 6}},
		{"a rung comes between", strings.Replace(four, "{at_percent: 100", "{at_percent: 80, light: red, whom: owner}\n{at_percent: 100", 1), []int{0, 1, 2, 4, 5, 6, 7}},
		{"a rung goes", strings.Replace(four, "{at_percent: 50, light: yellow, whom: owner}\n", "", 1), []int{0, 1, 1, 2, 3, 4, 5}},
	} {
		is := withFiles(t, ladders(tt.steps, ""))
		cs := opened(t, was)
		for fired, want := range tt.want {
			if fired > 0 {
				cs, _ = does(t, was, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
			}
			if cs.NextStep != fired {
				t.Fatalf("%d steps have fired, want %d", cs.NextStep, fired)
			}
			m, _ := lifecycle.Compare(was, is, cs, cs.UpdatedAt)
			e := lifecycle.Revise(was, is, cs, m, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(cs, e); after.NextStep != want || after.NextAt.Before(cs.UpdatedAt) && !after.NextAt.IsZero() {
				t.Errorf("%s: after %d steps the next is %d at %s, want %d", tt.name, fired, after.NextStep, after.NextAt, want)
			}
			kept, moved := lifecycle.Reladder(was, is, cs, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(cs, kept); moved != (tt.name != "others are told") || after.NextStep != want || !after.Clock.Due.Equal(cs.Clock.Due) || after.Owner != cs.Owner {
				t.Errorf("%s: kept after %d steps the next is %d of %s due %s (%t), want %d and nothing else changed", tt.name, fired, after.NextStep, after.Owner.Unit, after.Clock.Due, moved, want)
			}
			onIs := dispatch.Fold(cs, kept)
			back, _ := lifecycle.Reladder(is, was, onIs, "b-leader", "", "", cs.UpdatedAt)
			if after := dispatch.Fold(onIs, back); after.NextStep != fired || after.Clock.Passed != "" || !after.NextAt.Equal(cs.NextAt) {
				t.Errorf("%s: rolled back after %d steps the next is %d at %s, passed %q; want %d at %s", tt.name, fired, after.NextStep, after.NextAt, after.Clock.Passed, fired, cs.NextAt)
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
			cs, _ = does(t, c, cs, cmd)
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
			goes: dispatch.Command{Act: dispatch.ActCheck, Position: here, Actor: "b-checker", At: at},
		},
		{
			name: "put off", aside: acts(was, started, dispatch.Command{Act: dispatch.ActSuspend, Until: at.AddDate(0, 0, 3), Note: "rain", Actor: owner}, dispatch.Command{Act: dispatch.ActDecideSuspension, Passed: true, Actor: "b-leader"}),
			goes: dispatch.Command{Act: dispatch.ActResume, Actor: owner, At: at},
		},
	} {
		e, _ := lifecycle.Reladder(was, is, road.aside, "b-leader", "", "", at)
		revised := dispatch.Fold(road.aside, e)
		if revised.Stage != road.aside.Stage || revised.Disposal.Step != want {
			t.Errorf("%s: the revised case is %s and its work at step %d, want %s and %d", road.name, revised.Stage, revised.Disposal.Step, road.aside.Stage, want)
		}
		if on := acts(is, revised, road.goes); on.NextStep != want {
			t.Errorf("%s: the work goes on at step %d, want %d", road.name, on.NextStep, want)
		}
		e, _ = lifecycle.Reladder(is, was, revised, "b-leader", "", "", at)
		if back := acts(was, dispatch.Fold(revised, e), road.goes); back.NextStep != cs.NextStep || back.Clock.Passed != "" {
			t.Errorf("%s: rolled back, the work goes on at step %d, passed %q; want %d", road.name, back.NextStep, back.Clock.Passed, cs.NextStep)
		}
	}
}

// Work that is put off, or was handed back to who has it after all, and turns out to be another matter, with
// a limit and a ladder of its own, goes on at the rung after those that have fired, and knows them should it
// be the first matter after all. Meanwhile the office's own stage climbs the other matter's ladder.
func TestAnotherMatterKeepsTheRungOfWorkThatStandsAside(t *testing.T) {
	c := withFiles(t, ladders("{at_percent: 50, light: green, whom: owner}\n{at_percent: 80, light: yellow, whom: owner}\n{at_percent: 100, light: red, whom: superior}", `  - name: buildings
    for: {categories: [building/ada]}
    steps:
      - {at_percent: 25, light: green, whom: owner}
      - {at_percent: 50, light: green, whom: owner}
      - {at_percent: 80, light: yellow, whom: owner}
      - {at_percent: 90, light: red, whom: superior}
`))
	c.Defaults.ReturnHours = 0 // nobody is too late to hand it back
	cs := opened(t, c)
	bicycle, unit := cs.Category, cs.Owner.Unit
	owner, _ := c.Roster.OnDuty(cs.Owner.Post, cs.UpdatedAt)
	for range 2 {
		cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActTick, At: cs.NextAt})
	}
	at := cs.UpdatedAt
	acts := func(cs *dispatch.Case, cmds ...dispatch.Command) *dispatch.Case {
		for _, cmd := range cmds {
			cmd.At = at
			cs, _ = does(t, c, cs, cmd)
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
				t.Errorf("%s: the work of %s goes on at step %d of ladder %s, its limit is %s; want %d, %s", tt.name, cs.Category, on.NextStep, on.Ladder, on.Clock.Limit, step, limit)
			}
		}
		ramp := acts(tt.aside, dispatch.Command{Act: dispatch.ActReclassify, Category: "building/ada", Note: "a ramp", Actor: "b-leader"})
		goesOn(ramp, 3)
		if ramp.Clock.Running() && ramp.Ladder != "buildings" {
			t.Errorf("%s: the office's stage is on ladder %s", tt.name, ramp.Ladder)
		}
		goesOn(acts(ramp, dispatch.Command{Act: dispatch.ActReclassify, Category: bicycle, Note: "no ramp", Actor: "b-leader"}), 2)
	}
}

// Work that was put off on the weekend on which it was given out has used nothing on a working clock; a
// revision that counts by the wall clock from then on finds the hours that it lay about.
func TestARevisionCountsWhatTheOldClockDidNot(t *testing.T) {
	steps := ladders("{at_percent: 100, light: red, whom: owner}", "")
	was, is := withFiles(t, steps), withFiles(t, steps)
	cs := opened(t, was)
	monday := cs.Clock.Since
	cs.Clock.Spent = dispatch.Spent{Hours: 10 * time.Hour, Days: 10 * time.Hour}
	is.Categories[cs.Category].Conditions[0].Limit = calendar.Limit{N: 30, Unit: calendar.Hours}
	m, _ := lifecycle.Compare(was, is, cs, monday)
	if want := monday.Add(20 * time.Hour); !m.DueIs.Equal(want) {
		t.Errorf("due %s, want %s: ten of thirty hours are used", m.DueIs, want)
	}
}

// A step that finds nobody is skipped at once and recorded; the next one doesn't wait for it.
func TestAStepThatFindsNobodyIsSkipped(t *testing.T) {
	c := withFiles(t, map[string]string{
		"absences.csv": "person,from,to,reason\nb-dispatcher,2011-01-01,2012-01-01,away\n",
		"ladders.yaml": ladders("{at_percent: 50, light: yellow, whom: dispatcher}\n{at_percent: 80, light: red, whom: \"dispatcher, city_leader\"}", "")["ladders.yaml"],
	})
	_, fired := waits(t, c, opened(t, c), time.Date(2030, 1, 1, 0, 0, 0, 0, c.Location))
	if len(fired) != 2 || fired[0].Kind != dispatch.EventStepSkipped || fired[1].Kind != dispatch.EventEscalated || !slices.Equal(fired[1].Told, []roster.PersonID{"b-leader"}) {
		t.Errorf("fired %+v, want the first step skipped and the leader told by the second", fired)
	}
}

// A case that its owner has and nobody touches is nudged, a bounded number of times; whoever acts
// on it begins the silence anew, who escalates it does not; and the clock is never touched.
func TestAnUntouchedCaseIsNudged(t *testing.T) {
	c := withFiles(t, ladders("{at_percent: 1000, light: red, whom: superior}", "    nudge: {after: 2 work_days, whom: handler, at_most: 2}\n"))
	cs := opened(t, c)
	due := cs.Clock.Due
	day := func(d int) time.Time { return time.Date(2011, 7, d, 9, 0, 0, 0, c.Location) }
	cs, fired := waits(t, c, cs, day(14))
	if len(fired) != 1 || fired[0].Kind != dispatch.EventNudged || !fired[0].At.Equal(day(13)) || len(fired[0].Told) != 1 {
		t.Fatalf("fired %+v, want one nudge on Wednesday", fired)
	}
	cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActStart, Actor: fired[0].Told[0], At: day(14)})
	cs, _ = does(t, c, cs, dispatch.Command{Act: dispatch.ActEscalate, Actor: "b-leader", To: "city_leader", Note: "press", At: day(15)})
	cs, fired = waits(t, c, cs, day(31))
	if len(fired) != 2 || !fired[0].At.Equal(day(18)) || !fired[1].At.Equal(day(20)) {
		t.Errorf("fired %+v, want two nudges, on Monday and Wednesday, and then none", fired)
	}
	if !cs.Clock.Due.Equal(due) || cs.NextAt.IsZero() || cs.NextStep != 0 {
		t.Errorf("due %v, next step %d at %v; want the clock and the ladder untouched", cs.Clock.Due, cs.NextStep, cs.NextAt)
	}
	// An outage of many nudges is made up for by one, stamped late.
	_, events := does(t, c, opened(t, c), dispatch.Command{Act: dispatch.ActTick, At: day(31)})
	if len(events) != 1 || events[0].Late <= 0 {
		t.Errorf("after an outage %+v, want one late nudge", events)
	}
}

// By hand, to a level, with a reason; the ladder's own steps all still come.
func TestEscalateByHand(t *testing.T) {
	c := withFiles(t, nil)
	cs := opened(t, c)
	steps := len(c.Ladders[cs.Ladder].Steps)
	at := cs.FiledAt.Add(time.Hour)
	var refused *dispatch.RefusedError
	for _, cmd := range []dispatch.Command{{To: "city_leader"}, {To: "somebody", Note: "why"}, {Note: "why"}} {
		cmd.Act, cmd.At = dispatch.ActEscalate, at
		if _, err := lifecycle.Decide(cs, cmd, c); !errors.As(err, &refused) {
			t.Errorf("escalate to %q because of %q: %v, want refused", cmd.To, cmd.Note, err)
		}
	}
	was := cs.NextAt
	cs, events := does(t, c, cs, dispatch.Command{Act: dispatch.ActEscalate, Actor: "b-dispatcher", At: at, To: "city_leader", Note: "the mayor asks"})
	if e := events[0]; e.Kind != dispatch.EventRaised || e.Told[0] != "b-leader" || e.Note == "" || !cs.NextAt.Equal(was) {
		t.Errorf("escalated %+v, next %v; want the leader told and the ladder as it was", e, cs.NextAt)
	}
	if got := escalation.StandsAt(c, cs); !slices.Equal(got, []roster.PostID{"leader@area:BOS"}) {
		t.Errorf("it stands at %v, want the city's leader", got)
	}
	if _, fired := waits(t, c, cs, at.AddDate(1, 0, 0)); len(fired) != steps {
		t.Errorf("%d steps after it, want all %d", len(fired), steps)
	}
}

// What may not disturb is held until working time, unless it is severe.
func TestHeldUntilWorkingTime(t *testing.T) {
	c := withFiles(t, nil)
	cs := opened(t, c)
	night := time.Date(2011, 7, 15, 22, 0, 0, 0, c.Location) // a Friday
	if got, want := escalation.Held(c, cs, true, night), time.Date(2011, 7, 18, 8, 30, 0, 0, c.Location); !got.Equal(want) {
		t.Errorf("held until %v, want Monday's opening %v", got, want)
	}
	severe := *cs
	severe.Severity = catalog.SeverityA
	for name, got := range map[string]time.Time{
		"severe": escalation.Held(c, &severe, true, night), "may disturb": escalation.Held(c, cs, false, night), "by day": escalation.Held(c, cs, true, cs.FiledAt),
	} {
		if !got.IsZero() {
			t.Errorf("%s is held until %v", name, got)
		}
	}
}

// Whatever the ladder: its steps come once each and in order, one by one or all at once after an
// outage, and a case that is closed in between hears of none.
func TestAnyLadderFiresEachStepOnceInOrder(t *testing.T) {
	base := withFiles(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		c := *base
		var steps []city.Step
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			s := city.Step{Light: "red", Whom: []string{rapid.SampledFrom([]string{"owner", "superior", "dispatcher", "co_owners"}).Draw(t, "whom")}}
			span := city.Span{Wall: time.Duration(rapid.IntRange(1, 400).Draw(t, "hours")) * time.Hour}
			if limit, err := city.ParseSpan(fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "n"), " ", rapid.SampledFrom([]string{"hours", "work_hours", "work_days", "days"}).Draw(t, "unit"))); err == nil && rapid.Bool().Draw(t, "limit") {
				span = limit
			}
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				s.AtPercent = rapid.IntRange(1, 400).Draw(t, "percent")
			case 1:
				s.After = span
			case 2:
				s.Overdue = span
			default:
				s.Every = span
			}
			steps = append(steps, s)
		}
		c.Ladders = map[string]city.Ladder{"default": {Name: "default", Steps: steps}}
		cs := opened(t, &c)
		end, one := waits(t, &c, cs, cs.FiledAt.AddDate(5, 0, 0))
		after, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: cs.FiledAt.AddDate(5, 0, 0)}, &c)
		if err != nil {
			t.Fatal(err)
		}
		if len(one) != len(steps) || len(after) != len(steps) || end.NextStep != len(steps) {
			t.Fatalf("%d steps one by one and %d after an outage, want %d", len(one), len(after), len(steps))
		}
		for i := range steps {
			if one[i].Step != i || after[i].Step != i || one[i].Late != 0 || after[i].Late <= 0 || i > 0 && one[i].At.Before(one[i-1].At) {
				t.Fatalf("step %d: %+v one by one, %+v after an outage", i, one[i], after[i])
			}
		}
	})
}

// The words of a ladder's stages are those of the stages.
func TestLadderStagesAreStages(t *testing.T) {
	var want []string
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		if cs := (dispatch.Case{Stage: s}); cs.Open() && s != dispatch.Handling && s != dispatch.Suspended {
			want = append(want, s.String())
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(city.LadderStages)); !slices.Equal(got, want) {
		t.Errorf("LadderStages = %v, want %v", got, want)
	}
}
