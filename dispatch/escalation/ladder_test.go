package escalation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/grid"
)

// A step comes at a share of the limit, so long after the clock began, after the deadline, or again
// and again up to a bound; in the city's time, and never before the one below it. What follows the
// last step is stated: nothing more, and the case stays where it stands.
func TestLadder_StepsFireAtTheirTimes(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, casetest.Ladders(`{after: 90m, light: green, whom: owner}
{after: 1 work_days, light: green, whom: owner}
{at_percent: 50, light: yellow, whom: owner}
{after: 2h, light: yellow, whom: owner}
{overdue_by: 36h, light: red, whom: superior, repeat: {every: 1 work_days, at_most: 2}}`, ""))
	cs, fired := casetest.Wait(t, c, casetest.Opened(t, c), time.Date(2030, 1, 1, 0, 0, 0, 0, c.Location))
	var at []string
	for _, e := range fired {
		at = append(at, e.At.In(c.Location).Format("Mon 02 15:04"))
	}
	// Ten work days from Monday 11 July at nine; half of it is the next Monday.
	want := []string{"Mon 11 10:30", "Tue 12 09:00", "Mon 18 09:00", "Mon 18 09:00", "Tue 26 21:00", "Thu 28 08:30", "Fri 29 08:30"}
	if !slices.Equal(at, want) {
		t.Errorf("due %s, steps came at\n%q, want\n%q", cs.Clock.Due.Format("Mon 02 15:04"), at, want)
	}
	if !cs.NextAt.IsZero() || !cs.Open() || !slices.Equal(escalation.NotifiedPosts(c, cs), []roster.PostID{"leader@area:BOS"}) {
		t.Errorf("after the last step the case waits for %v and stands at %v", cs.NextAt, escalation.NotifiedPosts(c, cs))
	}
}

// The ladder is chosen where a clock begins, by what the case is and whose.
func TestLadder_ChosenByCase(t *testing.T) {
	t.Parallel()
	one := "\n    steps: [{at_percent: 50, light: red, whom: owner}]\n"
	c := casetest.Boston(t, map[string]string{"ladders.yaml": "ladders:" +
		"\n  - name: elsewhere\n    for: {owners: [\"department:PARK\"]}" + one +
		"\n  - name: severe\n    for: {severities: [A]}" + one +
		"\n  - name: checks\n    for: {stages: [checking]}" + one +
		"\n  - name: bicycles\n    for: {categories: [\"abandoned-bicycle/*\"], owners: [line], severities: [B, C]}" + one})
	cs := casetest.Opened(t, c)
	if cs.EscalationPolicy != "bicycles" {
		t.Errorf("ladder %q, want bicycles", cs.EscalationPolicy)
	}
	owner, _ := c.Roster.OnDuty(cs.Owner.Post, cs.FiledAt)
	cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActStart, Actor: owner, At: cs.FiledAt.Add(time.Hour)})
	if cs.EscalationPolicy != "bicycles" {
		t.Errorf("ladder %q of work that goes on, want bicycles", cs.EscalationPolicy)
	}
	cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}, Actor: owner, At: cs.FiledAt.Add(2 * time.Hour)})
	if cs.EscalationPolicy != "checks" {
		t.Errorf("ladder %q of a check, want checks", cs.EscalationPolicy)
	}
	cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActCheck, Position: &grid.Position{Lat: cs.Place.Point.Lat, Lng: cs.Place.Point.Lng, Datum: grid.WGS84}, Actor: "b-checker", Note: "still there", At: cs.FiledAt.Add(3 * time.Hour)})
	if cs.EscalationPolicy != "bicycles" || cs.NextStep != 0 {
		t.Errorf("rework is on ladder %q at step %d, want bicycles where it was", cs.EscalationPolicy, cs.NextStep)
	}
}

// Nobody acts: the ladder climbs to named people, each step once, also when all were missed.
func TestLadder_CatchesUpInOrder(t *testing.T) {
	t.Parallel()
	ladders, nudge, _ := strings.Cut(string(citytest.ToyDirectory()["ladders.yaml"]), "    nudge:")
	if nudge == "" {
		t.Fatal("the toy city nudges nobody")
	}
	c := citytest.Varied(t, map[string]string{"ladders.yaml": ladders})
	start := casetest.At(c, "2026-03-04 09:00")
	slow := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, start)
	for !slow.NextAt.IsZero() {
		slow = casetest.Apply(t, slow, dispatch.Command{Act: dispatch.ActTick, At: slow.NextAt}, c)
	}
	cs := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, start)
	events, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: start.AddDate(0, 3, 0)}, lifecycle.Facts{}, c)
	if err != nil {
		t.Fatal(err)
	}
	steps := c.Policies[cs.EscalationPolicy].Steps
	if len(events) != len(steps) || slow.NextStep != len(steps) {
		t.Fatalf("%d steps at once and %d one by one, want %d each", len(events), slow.NextStep, len(steps))
	}
	for i, e := range events {
		if e.Step != i || e.Late <= 0 {
			t.Errorf("step %d fired as %d, late %v", i, e.Step, e.Late)
		}
		if e.Kind == dispatch.EventEscalated && (len(e.Notified) == 0 || len(e.Notified) != len(e.NotifiedPosts)) {
			t.Errorf("step %d told %v at %v, want named people", i, e.Notified, e.NotifiedPosts)
		}
	}
}

// A step that finds nobody is skipped at once and recorded; the next one doesn't wait for it.
func TestLadder_StepWithoutRecipientIsSkipped(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, map[string]string{
		"absences.csv": "person,from,to,reason\nb-dispatcher,2011-01-01,2012-01-01,away\n",
		"ladders.yaml": casetest.Ladders("{at_percent: 50, light: yellow, whom: dispatcher}\n{at_percent: 80, light: red, whom: \"dispatcher, city_leader\"}", "")["ladders.yaml"],
	})
	_, fired := casetest.Wait(t, c, casetest.Opened(t, c), time.Date(2030, 1, 1, 0, 0, 0, 0, c.Location))
	if len(fired) != 2 || fired[0].Kind != dispatch.EventStepSkipped || fired[1].Kind != dispatch.EventEscalated || !slices.Equal(fired[1].Notified, []roster.PersonID{"b-leader"}) {
		t.Errorf("fired %+v, want the first step skipped and the leader told by the second", fired)
	}
}

// Whatever the ladder: its steps come once each and in order, one by one or all at once after an
// outage, and a case that is closed in between hears of none.
func TestLadder_EachStepFiresOnceInOrder(t *testing.T) {
	t.Parallel()
	base := casetest.Boston(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		c := *base
		var steps []city.Step
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			s := city.Step{Light: "red", Recipients: []string{rapid.SampledFrom([]string{"owner", "superior", "dispatcher", "co_owners"}).Draw(t, "whom")}}
			span := city.Delay{Wall: time.Duration(rapid.IntRange(1, 400).Draw(t, "hours")) * time.Hour}
			if limit, err := city.ParseDelay(fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "n"), " ", rapid.SampledFrom([]string{"hours", "work_hours", "work_days", "days"}).Draw(t, "unit"))); err == nil && rapid.Bool().Draw(t, "limit") {
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
		c.Policies, c.PolicyOrder = map[string]city.EscalationPolicy{"default": {Name: "default", Steps: steps}}, nil
		cs := casetest.Opened(t, &c)
		end, one := casetest.Wait(t, &c, cs, cs.FiledAt.AddDate(5, 0, 0))
		after, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: cs.FiledAt.AddDate(5, 0, 0)}, lifecycle.Facts{}, &c)
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
func TestLadder_StageNamesExist(t *testing.T) {
	t.Parallel()
	var want []string
	for s := dispatch.Reported; s <= dispatch.SelfResolved; s++ {
		if cs := (dispatch.Case{Stage: s}); cs.Open() && s != dispatch.Handling && s != dispatch.Suspended {
			want = append(want, s.String())
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(city.PolicyStages)); !slices.Equal(got, want) {
		t.Errorf("LadderStages = %v, want %v", got, want)
	}
}
