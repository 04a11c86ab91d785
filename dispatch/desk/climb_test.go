package desk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage/mem"
)

// climber is an open case whose steps a test lets fire, one by one, while the ladder changes.
type climber struct {
	t     *testing.T
	d     *desk.Desk
	clock *fakeClock
	cs    *dispatch.Case
}

func climbs(t *testing.T) (climber, city.Directory) {
	t.Helper()
	d, clock := kept(t, mem.Open())
	was := directory(t)
	return climber{t, d, clock, filed(t, d, "r-1")}, was
}

func (c *climber) fire() {
	c.t.Helper()
	c.clock.add(c.cs.NextAt.Sub(c.clock.Now()))
	if n, _, err := c.d.FireDue(c.t.Context(), c.clock.Now()); n != 1 || err != nil {
		c.t.Fatalf("FireDue = %d, %v", n, err)
	}
	c.look()
}

func (c *climber) look() {
	c.t.Helper()
	var err error
	if c.cs, err = c.d.Case(c.t.Context(), chief, c.cs.ID); err != nil {
		c.t.Fatal(err)
	}
}

// change applies another ladder, and leaves open cases where they are.
func (c *climber) change(is, was city.Directory) {
	c.t.Helper()
	a, err := c.d.Apply(c.t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep})
	if err != nil || a.Backfill.Moved != 0 {
		c.t.Fatalf("Apply = %+v, %v", a, err)
	}
	c.look()
}

// wants lets every step that is left fire, and compares the lights of all that have fired.
func (c *climber) wants(want ...string) {
	c.t.Helper()
	for n := 0; !c.cs.NextAt.IsZero() && n < 20; n++ {
		c.fire()
	}
	events, err := c.d.Events(c.t.Context(), chief, c.cs.ID, 0, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	var lights []string
	for _, e := range events {
		if e.Kind == dispatch.EventEscalated || e.Kind == dispatch.EventStepSkipped {
			lights = append(lights, e.Light)
		}
	}
	if !slices.Equal(lights, want) {
		c.t.Errorf("the steps that fired are %q, want %q", lights, want)
	}
	if r := checked(c.t, c.d, fsck.CheckOptions{}); !r.Whole() {
		c.t.Errorf("the store is not whole: %+v", r.Findings)
	}
}

// The first steps of the built-in default ladder, and what revisions make of them.
const (
	greenYellow = "    steps:\n      - {at_percent: 50, light: green, whom: owner}\n      - {at_percent: 80, light: yellow, whom: owner}\n"
	greenAlone  = "    steps:\n      - {at_percent: 50, light: green, whom: owner}\n"
	yellowAlone = "    steps:\n      - {at_percent: 80, light: yellow, whom: owner}\n"
)

// Open cases that a revision leaves where they are climb on: the step that it takes away has fired, the
// others fire once each.
func TestRevision_KeptCaseGoesOnOnAChangedLadder(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	c.fire()
	c.change(edit(t, was, "ladders.yaml", greenYellow, yellowAlone), was)
	c.wants("green", "yellow", "red", "red", "red")
}

// A step that has fired, that a revision takes away, and that a roll-back brings back does not fire again.
func TestRevision_RollBackFiresNothingAgain(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	c.fire()
	c.fire()
	is := edit(t, was, "ladders.yaml", greenYellow, greenAlone)
	c.change(is, was)
	c.change(was, is)
	if c.cs.NextStep != 2 || c.cs.Clock.Fired != "" {
		t.Errorf("the next step is %d, passed %q; want 2 of the ladder itself", c.cs.NextStep, c.cs.Clock.Fired)
	}
	c.wants("green", "yellow", "red", "red", "red")
}

// A case that was merged while the ladder changed, and turns out to be another matter, goes on at its step.
func TestRevision_MergedCaseKeepsItsStep(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	first := c.cs
	c.cs = filed(t, c.d, "r-2")
	c.clock.add(c.cs.NextAt.Sub(c.clock.Now()))
	if n, _, err := c.d.FireDue(t.Context(), c.clock.Now()); n != 2 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	built := town(t)
	post, _ := built.Roster.Post(roster.Unit{Kind: roster.UnitArea, ID: string(built.Root)}, roster.Dispatcher)
	who, _ := built.Roster.OnDuty(post, c.clock.Now())
	act := func(cmd dispatch.Command) {
		t.Helper()
		var err error
		if c.cs, err = c.d.Act(t.Context(), who, c.cs.ID, 0, "", cmd); err != nil {
			t.Fatal(err)
		}
	}
	act(dispatch.Command{Act: dispatch.ActMerge, Target: first.ID})
	is := edit(t, was, "ladders.yaml", greenYellow, yellowAlone)
	c.change(is, was)
	act(dispatch.Command{Act: dispatch.ActUnmerge, Note: "another matter after all"})
	if c.cs.NextStep != 0 || c.cs.Clock.Fired != "50%" {
		t.Errorf("the next step is %d, passed %q; want 0 after 50%%", c.cs.NextStep, c.cs.Clock.Fired)
	}
	for n := 0; !c.cs.NextAt.IsZero() && n < 20; n++ { // the first case fires beside it
		c.clock.add(c.cs.NextAt.Sub(c.clock.Now()))
		if _, _, err := c.d.FireDue(t.Context(), c.clock.Now()); err != nil {
			t.Fatal(err)
		}
		c.look()
	}
	c.wants("green", "yellow", "red", "red", "red")
}

// Whoever acts between a revision and its look at the case, a person or the scheduler, decides on the ladder as
// it now is: the look is committed with the act, and comes once.
func TestBackfill_ActBeforeItUsesTheNewLadder(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(c *climber){
		"an act": func(c *climber) {
			if _, err := c.d.Act(c.t.Context(), chief, c.cs.ID, c.cs.Seq, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"}); err != nil {
				c.t.Fatal(err)
			}
			c.look()
		},
		"a timer": func(c *climber) { c.fire() },
		"a calendar": func(c *climber) {
			if _, err := c.d.Reproject(c.t.Context(), keeper, "nothing new", 0, 0); err != nil {
				c.t.Fatal(err)
			}
			c.look()
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, was := climbs(t)
			c.fire()
			is := edit(t, was, "ladders.yaml", greenYellow, yellowAlone)
			p := rollout.Proposal{Directory: is, Against: was.Revision(), From: c.clock.Now().Add(time.Minute), Policy: revision.Reroute}
			if _, err := c.d.Apply(t.Context(), keeper, p); err != nil {
				t.Fatal(err)
			}
			c.clock.add(time.Minute)
			if more, err := c.d.AdvanceRollout(t.Context(), c.clock.Now()); !more || err != nil || c.d.City().Base() != is.Revision() {
				t.Fatalf("AdvanceRollout = %t, %v", more, err)
			}
			decide(&c)
			c.backfill()
			events, err := c.d.Events(t.Context(), chief, c.cs.ID, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			looks := slices.DeleteFunc(events, func(e dispatch.Event) bool { return e.Kind != dispatch.EventRevised })
			if len(looks) != 1 || looks[0].Step != 0 {
				t.Errorf("the case was looked at by %d events, want one, to step 0", len(looks))
			}
			c.wants("green", "yellow", "red", "red", "red")
		})
	}
}

// Three revisions overtake each other before any has looked at the case, on which a step fires under the
// second: no look goes back behind that.
func TestBackfill_OvertakenRevisionsKeepFiredSteps(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	c.fire()
	earlier := strings.Replace(greenYellow, "at_percent: 50", "at_percent: 40", 1)
	one := edit(t, was, "ladders.yaml", greenYellow, earlier)
	two := edit(t, one, "ladders.yaml", earlier, yellowAlone)
	for i, dirs := range [][2]city.Directory{{one, was}, {two, one}, {was, two}} {
		p := rollout.Proposal{Directory: dirs[0], Against: dirs[1].Revision(), From: c.clock.Now().Add(time.Duration(i+1) * time.Minute), Policy: revision.Keep}
		if _, err := c.d.Apply(t.Context(), keeper, p); err != nil {
			t.Fatal(err)
		}
	}
	turn := func(to city.Directory) {
		t.Helper()
		c.clock.add(time.Minute)
		if _, err := c.d.AdvanceRollout(t.Context(), c.clock.Now()); err != nil || c.d.City().Base() != to.Revision() {
			t.Fatalf("AdvanceRollout = %v; %s decides", err, c.d.City().Base())
		}
	}
	turn(one)
	turn(two)
	c.fire() // yellow, on a ladder on which it is the first
	if c.cs.NextStep != 1 {
		t.Fatalf("the next step is %d, want 1", c.cs.NextStep)
	}
	turn(was)
	c.backfill()
	c.wants("green", "yellow", "red", "red", "red")
}

// turnsTo lets a revision take effect in a minute, without a look at any case.
func (c *climber) turnsTo(is, was city.Directory) {
	c.t.Helper()
	if _, err := c.d.Apply(c.t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), From: c.clock.Now().Add(time.Minute), Policy: revision.Keep}); err != nil {
		c.t.Fatal(err)
	}
	c.clock.add(time.Minute)
	if more, err := c.d.AdvanceRollout(c.t.Context(), c.clock.Now()); !more || err != nil || c.d.City().Base() != is.Revision() {
		c.t.Fatalf("AdvanceRollout = %t, %v; %s decides", more, err, c.d.City().Base())
	}
}

// backfill lets all looks come to their end.
func (c *climber) backfill() {
	c.t.Helper()
	for more := true; more; {
		var err error
		if more, err = c.d.AdvanceRollout(c.t.Context(), c.clock.Now()); err != nil {
			c.t.Fatal(err)
		}
	}
	c.look()
}

// manyGreen has steps at 50, 60 and 70 percent before the yellow one.
const manyGreen = "    steps:\n      - {at_percent: 50, light: green, whom: owner}\n      - {at_percent: 60, light: green, whom: owner}\n      - {at_percent: 70, light: green, whom: owner}\n      - {at_percent: 80, light: yellow, whom: owner}\n"

// A scheduler that took the time before a revision's turn decides by that revision, and an earlier one whose
// look is yet to come leaves the case where it is.
func TestBackfill_StepOlderThanTheActivation(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	one, two := edit(t, was, "ladders.yaml", greenYellow, yellowAlone), edit(t, was, "ladders.yaml", greenYellow, manyGreen)
	c.clock.add(c.cs.NextAt.Sub(c.clock.Now()) + 4*time.Hour) // beyond 60 percent
	c.turnsTo(one, was)
	now := c.clock.Now().Add(30 * time.Second)
	c.turnsTo(two, one)
	if n, _, err := c.d.FireDue(t.Context(), now); n != 1 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	c.backfill()
	if c.cs.NextStep != 2 || c.cs.Clock.Fired != "" {
		t.Errorf("the next step is %d, passed %q; want 2 of the ladder itself", c.cs.NextStep, c.cs.Clock.Fired)
	}
	c.wants("green", "green", "green", "yellow", "red", "red", "red")
}

// A desk that has read how a city came to decide reads it anew when that city comes again.
func TestRevision_SameCityAgain(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, clock := kept(t, store)
	was := directory(t)
	c := climber{t, d, clock, filed(t, d, "r-1")}
	other := filed(t, d, "r-2")
	second, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	remarks := func(id dispatch.CaseID) {
		if _, err := second.Act(t.Context(), chief, id, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"}); err != nil {
			t.Fatal(err)
		}
	}
	one, two := edit(t, was, "ladders.yaml", greenYellow, yellowAlone), edit(t, was, "ladders.yaml", greenYellow, manyGreen)
	clock.add(c.cs.NextAt.Sub(clock.Now()) + 4*time.Hour)
	c.turnsTo(one, was)
	remarks(other.ID)
	c.turnsTo(two, one)
	if n, _, err := d.FireDue(t.Context(), clock.Now()); n != 1 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	c.turnsTo(one, two)
	remarks(c.cs.ID)
	c.backfill()
	if c.cs.NextStep != 0 || c.cs.Clock.Fired != "50%, 60%" {
		t.Errorf("the next step is %d, passed %q; want the yellow one, 0, with both behind it", c.cs.NextStep, c.cs.Clock.Fired)
	}
}

// Apply returns when open cases have been looked at for it, and not before, say because the look of the
// revision before has just ended.
func TestApply_WaitsForItsOwnBackfill(t *testing.T) {
	t.Parallel()
	c, was := climbs(t)
	one, two := edit(t, was, "ladders.yaml", greenYellow, yellowAlone), edit(t, was, "ladders.yaml", greenYellow, manyGreen)
	c.turnsTo(one, was)
	a, err := c.d.Apply(t.Context(), keeper, rollout.Proposal{Directory: two, Against: one.Revision(), Policy: revision.Keep})
	if err != nil || !a.Backfill.Done || a.Backfill.Seen != 1 {
		t.Errorf("Apply = %+v, %v; want one case looked at", a, err)
	}
}
