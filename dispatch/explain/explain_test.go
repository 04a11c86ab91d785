package explain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/grid"
)

const bicycle catalog.Code = "abandoned-bicycle/abandoned-bicycle"

func monday(c *city.City) time.Time { return time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location) }

func placeOf(t *testing.T, c *city.City) dispatch.Place {
	t.Helper()
	p, err := routing.PlaceOf(c, casetest.SmallAt)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is explained is what a report filed at that instant becomes.
func TestExplain_SameAsFiling(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	at, place := monday(c), placeOf(t, c)
	e, err := explain.Case(c, place, bicycle, "", at)
	if err != nil {
		t.Fatal(err)
	}
	r := &dispatch.Report{ClientID: "r", Reporter: "b-leader", Source: dispatch.SourceInspector, Category: bicycle, ReceivedAt: at, CapturedAt: at}
	cs := casetest.Filed(t, c, 1, "b-leader", r, &place)
	if cs.Owner != e.Owner || cs.Rule != e.Rule || !cs.Clock.Due.Equal(e.Due.At) || cs.EscalationPolicy != e.EscalationPolicy || len(cs.CoOwners) != len(e.CoOwners) {
		t.Errorf("filed: %+v by %s due %s on %s; explained: %+v by %s due %s on %s", cs.Owner, cs.Rule, cs.Clock.Due, cs.EscalationPolicy, e.Owner, e.Rule, e.Due.At, e.EscalationPolicy)
	}
	_, fired := casetest.Wait(t, c, cs, at.AddDate(1, 0, 0))
	if len(fired) == 0 || len(fired) != len(e.Steps) {
		t.Fatalf("%d steps fired, %d explained", len(fired), len(e.Steps))
	}
	alarmed := map[dispatch.Alarm]bool{}
	for i, step := range e.Steps {
		var want []roster.PersonID // nobody is notified of the same light twice
		for _, p := range step.People {
			if a := (dispatch.Alarm{Light: step.Light, Person: p.Person}); !alarmed[a] {
				alarmed[a] = true
				want = append(want, p.Person)
			}
		}
		if !step.At.Equal(fired[i].At) || len(step.People) == 0 || !slices.Equal(want, fired[i].Notified) {
			t.Errorf("step %d: explained %+v, fired at %s for %v, want %v", i, step, fired[i].At, fired[i].Notified, want)
		}
	}
	if len(e.Considered) == 0 || len(e.Duty) == 0 || len(e.Superiors) == 0 || e.OnCall.Person == "" || len(e.Due.Counted) == 0 {
		t.Errorf("reasons are missing: %+v", e)
	}
}

func TestExplain_Errors(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	place := placeOf(t, c)
	var category *dispatch.UnknownCategoryError
	if _, err := explain.Case(c, place, "none", "", monday(c)); !errors.As(err, &category) {
		t.Errorf("an unknown category: %v", err)
	}
	var condition *dispatch.UnknownConditionError
	if _, err := explain.Case(c, place, bicycle, "none", monday(c)); !errors.As(err, &condition) {
		t.Errorf("an unknown condition: %v", err)
	}
	if _, _, _, err := explain.OnDuty(c, place, "none", monday(c)); !errors.As(err, &category) {
		t.Errorf("on duty for an unknown category: %v", err)
	}
}

// An expectation differs in exactly the cells that say something else.
func TestExpectations_NameWhatDiffers(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	want := city.Expectation{Position: casetest.SmallAt, Category: bicycle, At: monday(c)}
	first := explain.RunExpectations(c, []city.Expectation{want})
	if first.Failed != 0 || first.Fallback != 0 || len(first.Results) != 1 {
		t.Fatalf("an expectation without cells fails: %+v", first)
	}
	good := first.Results[0].Got
	wrong := good
	wrong.Owner, wrong.Due = "department:PARK", good.Due.Add(time.Hour)
	outside := good
	outside.Position = grid.Position{Lat: 0, Lng: 0, Datum: grid.WGS84}
	checks := explain.RunExpectations(c, []city.Expectation{good, wrong, outside})
	if checks.Failed != 2 || len(checks.Results[0].Differs) != 0 || len(checks.Results[1].Differs) != 2 || !checks.Results[2].Unroutable {
		t.Errorf("checks %+v", checks)
	}
}

// A replay counts whose matters move and whose deadlines; what one unit loses another one gains.
func TestReplay_CountsWhatMoves(t *testing.T) {
	t.Parallel()
	was := casetest.Small(t)
	park := roster.Unit{Kind: roster.UnitDepartment, ID: "PARK"}
	is := was.WithPrecedents([]city.Precedent{{
		ID: "pr-1", Unit: park, Kind: catalog.OwnerLine, Categories: []string{string(bicycle)}, Area: was.Root,
		From: monday(was).AddDate(-1, 0, 0), Decider: "b-leader", DecidedAt: monday(was), Text: "parks take bicycles",
	}}, 1)
	r := explain.Replay{Was: was, Is: is}
	for range 3 {
		r.Add(casetest.SmallAt, bicycle, "", monday(was))
	}
	r.Add(casetest.SmallAt, "none", "", monday(was))
	if r.Records != 4 || r.Refused != 1 || r.Owners != 3 || r.Grounds != 0 || r.Deadlines != 0 {
		t.Errorf("replay %+v", r)
	}
	shifts := r.OwnerShifts()
	if len(shifts) != 1 || shifts[0].To != park || shifts[0].Cases != 3 {
		t.Fatalf("shifts %+v, want three to %s", shifts, park)
	}
	gained, lost := 0, 0
	for _, b := range explain.Balances(shifts) {
		gained, lost = gained+b.Gained, lost+b.Lost
	}
	if gained != 3 || lost != 3 {
		t.Errorf("%d gained, %d lost, want 3 each", gained, lost)
	}
}

// A dispatched case answers to the person who is on duty at its owner's post.
func TestOnDuty_IsThePersonAtTheOwnersPost(t *testing.T) {
	t.Parallel()
	c := casetest.Small(t)
	d, s, ok, err := explain.OnDuty(c, placeOf(t, c), bicycle, monday(c))
	if err != nil || !ok || s.Post != d.Owner.Post || s.Person == "" {
		t.Errorf("OnDuty = %+v, %+v, %t, %v", d, s, ok, err)
	}
	cs := &dispatch.Case{Stage: dispatch.Dispatched, Owner: d.Owner, Place: placeOf(t, c)}
	if !rights.MayRead(c, s.Person, cs, monday(c)) {
		t.Errorf("%s is on duty and can't read the case", s.Person)
	}
}
