package escalation_test

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
	"wangge/grid"
)

// A check is the task of the inspector on duty on that ground. When nobody is on duty there, or the person on duty did the
// work, the next post upwards has the task.
func TestAccountable_CheckByGroundAndDuty(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 4, 9, 0, 0, 0, citytest.Toy(t).Location)
	checking := func(c *city.City, at grid.Point) *dispatch.Case {
		cs := casetest.FileToyAt(t, c, citytest.Rubbish, dispatch.SourceInspector, at, citytest.Inspector, day)
		owner, ok := c.Roster.OnDuty(cs.Owner.Post, day)
		if !ok {
			t.Fatalf("nobody at %s", cs.Owner.Post)
		}
		cs = casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActStart, Actor: owner, At: day}, c)
		return casetest.Apply(t, cs, dispatch.Command{Act: dispatch.ActResolve, Actor: owner, At: day, Photos: []string{"after"}}, c)
	}
	toy, posts := citytest.Toy(t), func(rows string) *city.City {
		return citytest.Varied(t, map[string]string{"posts.csv": string(citytest.ToyDirectory()["posts.csv"]) + rows})
	}
	fixer := checking(toy, citytest.InW1A)
	fixer.FixedBy = citytest.InspectorW1A
	districts := posts(",area:W,checker,dispatcher-w,1,,,\n,area:E1,inspector,owner-e1,1,day,,\n")
	for _, tt := range []struct {
		name      string
		c         *city.City
		cs        *dispatch.Case
		at        time.Time
		post, now roster.PostID
	}{
		{"the grid has an inspector", toy, checking(toy, citytest.InW1A), day, "inspector@area:W1A", "inspector@area:W1A"},
		{"the grid has none: the city's", toy, checking(toy, citytest.InE1A), day, "checker@area:TOY", "checker@area:TOY"},
		{"the inspector did the work", toy, fixer, day, "checker@area:TOY", "checker@area:TOY"},
		{"the district has a checker", districts, checking(districts, citytest.InW1B), day, "checker@area:W", "checker@area:W"},
		{"the inspector is off duty", districts, checking(districts, citytest.InE1A), day.Add(12 * time.Hour), "inspector@area:E1", "checker@area:TOY"},
	} {
		if _, post := escalation.Accountable(tt.c, tt.cs); post != tt.post {
			t.Errorf("%s: Accountable = %s, want %s", tt.name, post, tt.post)
		}
		_, now := escalation.AccountableAt(tt.c, tt.cs, tt.at)
		if on := escalation.OnDuty(tt.c, tt.c.UnitOf(now), now, tt.at); now != tt.now || len(on) == 0 || on[0].Post != tt.now {
			t.Errorf("%s: AccountableAt = %s, on duty are %v, want %s", tt.name, now, on, tt.now)
		}
	}
}
