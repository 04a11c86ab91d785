package escalation_test

import (
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// A vendor without a licence at 02:00, whom nobody sees to: the leader of the community's street, the deputy and the
// district hear of it in the night at most. The city leader does so by the city's own rule, two work days late and in office hours.
func TestCityLeader_IsNotToldOfAVendorAtNight(t *testing.T) {
	t.Parallel()
	c := casetest.Harbin(t)
	leader := leaderOf(t, c)
	at := casetest.At(c, "2026-11-24 02:00")
	cs := casetest.File(t, c, "E0401", dispatch.SourceInspector, at)
	_, fired := casetest.Wait(t, c, cs, at.AddDate(0, 0, 30))
	told := false
	for _, e := range fired {
		if !slices.Contains(e.Notified, leader) {
			continue
		}
		told = true
		if e.At.Before(cs.Clock.Due.Add(24*time.Hour)) || !c.Calendar.IsWorking(e.At.Add(-time.Second)) && !c.Calendar.IsWorking(e.At) {
			t.Errorf("step %d tells the city leader at %s, due %s", e.Step, e.At, cs.Clock.Due)
		}
		if e.Light != "red" {
			t.Errorf("step %d tells the city leader with a %s light", e.Step, e.Light)
		}
	}
	if !told {
		t.Error("a case that nobody sees to for a month never reaches the city leader")
	}
}

// A city that wrote no ladder of its own: the unit's leader and the district hear of late work, the duty chief of what the
// office leaves, the city leader of nothing, at whatever stage the case stays.
func TestCityLeader_IsNotToldByTheBuiltInLadders(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, map[string]string{"ladders.yaml": "ladders: []\n"})
	leader := leaderOf(t, c)
	inspected := casetest.Opened(t, c)
	byPhone := inspected.Report
	byPhone.Source = dispatch.SourceHotline
	for name, cs := range map[string]*dispatch.Case{
		"dispatched": inspected,
		"reported":   casetest.Filed(t, c, 2, "b-acceptor", &byPhone, &inspected.Place),
	} {
		_, fired := casetest.Wait(t, c, cs, inspected.FiledAt.AddDate(1, 0, 0))
		told := map[roster.PersonID]bool{}
		for _, e := range fired {
			for _, p := range e.Notified {
				told[p] = true
			}
		}
		if len(fired) < 3 || told[leader] {
			t.Errorf("%s: %d steps told %v, want steps without the city leader %s", name, len(fired), told, leader)
		}
		if chief := roster.PersonID("b-duty-chief"); told[chief] != (name == "reported") {
			t.Errorf("%s: told %v, want the duty chief of what the office leaves and of nothing else", name, told)
		}
	}
}

func leaderOf(t *testing.T, c *city.City) roster.PersonID {
	t.Helper()
	h := c.Roster.Holdings(roster.PostAt(routing.Root(c), roster.Leader))
	if len(h) == 0 {
		t.Fatal("the city has no leader")
	}
	return h[0].Person
}
