package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
)

// Who may be told, as ladders name them, and that nobody is told twice.
func TestRecipients_ByTarget(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, nil)
	cs := casetest.Opened(t, c)
	district := string(cs.Place.Areas[len(cs.Place.Areas)-1])
	lower := strings.ToLower(district)
	for whom, want := range map[string]string{
		"owner": "b-pwdx-owner", "superior": "b-pwdx-leader|b-leader", "superior_9": "b-leader", "city_leader": "b-leader",
		"level:district": "b-" + lower + "-leader", "level:city": "b-leader", "dispatcher": "b-dispatcher", "inspector": "b-" + lower + "-inspector",
		"co_owners": "b-" + lower + "-owner", "post:checker@area:BOS": "b-checker", "handler": "b-pwdx-owner",
	} {
		to := escalation.Recipients(c, cs, []string{whom, whom}, cs.FiledAt)
		if len(to) != 1 || !slices.Contains(strings.Split(want, "|"), string(to[0].Person)) {
			t.Errorf("%s is %v, want %s once", whom, to, want)
			continue
		}
		if on, ok := c.Roster.OnDuty(to[0].Post, cs.FiledAt); !ok || on != to[0].Person {
			t.Errorf("%s is said to stand at %s, where %s does", to[0].Person, to[0].Post, on)
		}
	}
}

func texts(people []roster.PersonID) (out []string) {
	for _, p := range people {
		out = append(out, string(p))
	}
	return out
}

// Whoever answers for the present stage is told, and above the city's own office its leader: of the same light once,
// although two steps of the ladder name superiors.
func TestRecipients_AccountableForTheStage(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	start := casetest.At(c, "2026-03-04 09:00")
	told := func(cs *dispatch.Case) (out []string) {
		events, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: cs.Clock.Due.AddDate(0, 1, 0)}, lifecycle.Facts{}, c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind != dispatch.EventEscalated {
				t.Errorf("stage %s: step %d is %v, want somebody told", cs.Stage, e.Step, e.Kind)
				continue
			}
			out = append(out, strings.Join(texts(e.Notified), " "))
		}
		return out
	}
	hotline := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, start)
	if got := told(hotline); !strings.HasPrefix(got[0], "acceptor") || !slices.Equal(got[1:], []string{string(citytest.Mayor), ""}) {
		t.Errorf("not accepted: %q told, want the acceptor, then the leader, then nobody again", got)
	}
	done := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, start)
	owner, _ := c.Roster.OnDuty(done.Owner.Post, start)
	done = casetest.Apply(t, done, dispatch.Command{Act: dispatch.ActStart, Actor: owner, At: start}, c)
	done = casetest.Apply(t, done, dispatch.Command{Act: dispatch.ActResolve, Actor: owner, At: start, Photos: []string{"after"}}, c)
	if got := told(done); !slices.Equal(got, []string{string(citytest.InspectorW1A), string(citytest.Mayor), ""}) {
		t.Errorf("not checked: %q told, want the inspector of the grid, then the leader, then nobody again", got)
	}
}

// An alarm is held until the end of the quiet hours or, where the step asks for that, until working time. An alarm of
// severity A is not, nor is the news of what a person did.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, nil) // says nothing: quiet from 22:00 to 06:30
	cs := casetest.Opened(t, c)
	severe := *cs
	severe.Severity = catalog.SeverityA
	friday := time.Date(2011, 7, 15, 22, 0, 0, 0, c.Location)
	saturday, monday := time.Date(2011, 7, 16, 6, 30, 0, 0, c.Location), time.Date(2011, 7, 18, 8, 30, 0, 0, c.Location)
	for _, tt := range []struct {
		name  string
		cs    *dispatch.Case
		at    time.Time
		actor roster.PersonID
		hold  bool
		want  time.Time // zero = told at once
	}{
		{"in working time only, at night", cs, friday, "", true, monday},
		{"in working time only, in the evening", cs, friday.Add(-time.Hour), "", true, monday},
		{"at any hour, at night", cs, friday, "", false, saturday},
		{"at any hour, at night's end", cs, saturday, "", false, time.Time{}},
		{"at any hour, in the evening", cs, friday.Add(-time.Minute), "", false, time.Time{}},
		{"in working time only, by day", cs, cs.FiledAt, "", true, time.Time{}},
		{"severity A, at night", &severe, friday, "", true, time.Time{}},
		{"what a person did, at night", cs, friday, "b-dispatcher", false, time.Time{}},
	} {
		e := dispatch.Event{Kind: dispatch.EventEscalated, At: tt.at, Actor: tt.actor}
		if got := escalation.NotBefore(c, tt.cs, &e, tt.hold); !got.Equal(tt.want) {
			t.Errorf("%s: held until %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A case that its owner has and nobody touches is nudged, a bounded number of times; whoever acts
// on it begins the silence anew, who escalates it does not; and the clock is never touched.
func TestReminder_OfAnUntouchedCase(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, casetest.Ladders("{at_percent: 1000, light: red, whom: superior}", "    nudge: {after: 2 work_days, whom: handler, at_most: 2}\n"))
	cs := casetest.Opened(t, c)
	due := cs.Clock.Due
	day := func(d int) time.Time { return time.Date(2011, 7, d, 9, 0, 0, 0, c.Location) }
	cs, fired := casetest.Wait(t, c, cs, day(14))
	if len(fired) != 1 || fired[0].Kind != dispatch.EventReminded || !fired[0].At.Equal(day(13)) || len(fired[0].Notified) != 1 {
		t.Fatalf("fired %+v, want one reminder on Wednesday", fired)
	}
	cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActStart, Actor: fired[0].Notified[0], At: day(14)})
	cs, _ = casetest.Do(t, c, cs, dispatch.Command{Act: dispatch.ActEscalate, Actor: "b-leader", To: "city_leader", Note: "press", At: day(15)})
	cs, fired = casetest.Wait(t, c, cs, day(31))
	if len(fired) != 2 || !fired[0].At.Equal(day(18)) || !fired[1].At.Equal(day(20)) {
		t.Errorf("fired %+v, want two reminders, on Monday and Wednesday, and then none", fired)
	}
	if !cs.Clock.Due.Equal(due) || cs.NextAt.IsZero() || cs.NextStep != 0 {
		t.Errorf("due %v, next step %d at %v; want the clock and the ladder untouched", cs.Clock.Due, cs.NextStep, cs.NextAt)
	}
	// An outage of many reminders is made up for by one, stamped late.
	_, events := casetest.Do(t, c, casetest.Opened(t, c), dispatch.Command{Act: dispatch.ActTick, At: day(31)})
	if len(events) != 1 || events[0].Late <= 0 {
		t.Errorf("after an outage %+v, want one late reminder", events)
	}
}

// A step reaches the leader of the department that owns the case, the deputy in charge, and a patron beside the real
// leader, never in place of the leader.
func TestRecipients_LeaderDeputyAndPatron(t *testing.T) {
	t.Parallel()
	posts := string(citytest.ToyDirectory()["posts.csv"])
	c := citytest.Varied(t, map[string]string{"posts.csv": posts + ",department:WATER,deputy,chief,1,,,\n"})
	at := casetest.At(c, "2026-03-04 09:00")
	owned := func(unit roster.Unit) *dispatch.Case {
		cs := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceInspector, at)
		cs.Owner.Unit, cs.Owner.Post = unit, roster.PostAt(unit, roster.Owner)
		return cs
	}
	water := owned(roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"})
	east := owned(roster.Unit{Kind: roster.UnitArea, ID: "E1A"})
	atTop := owned(routing.Root(c))
	reported := casetest.FileToy(t, c, citytest.Rubbish, dispatch.SourceHotline, at)
	for _, tt := range []struct {
		cs   *dispatch.Case
		whom string
		want []string
	}{
		{water, "unit_leader", []string{"water-leader"}},
		{water, "deputy", []string{"chief"}},
		{water, "superior", []string{"mayor"}},
		{east, "superior", []string{"owner-e1", "patron-e1a"}},
		{east, "superior_2", []string{"leader-e"}},
		{east, "patron", []string{"patron-e1a"}},
		{east, "deputy", []string{string(citytest.DeputyE)}},
		{east, "unit_leader", []string{"leader-e"}},  // the nearest leader above a unit without one
		{reported, "unit_leader", []string{"chief"}}, // of the city's own office, never the city leader
		{atTop, "unit_leader", []string{"chief"}},
	} {
		var got []string
		for _, r := range escalation.Recipients(c, tt.cs, []string{tt.whom}, at) {
			got = append(got, string(r.Person))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s of a case of %s: %v, want %v", tt.whom, tt.cs.Owner.Unit, got, tt.want)
		}
	}
}
