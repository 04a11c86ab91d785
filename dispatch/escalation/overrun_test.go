package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

// A co-owner who is twice as late as the limit is long, of a unit without deputy and patron on duty: somebody else hears of
// the overrun, and never the leader of the city.
func TestTick_AnOverrunIsNeverToldToNobody(t *testing.T) {
	t.Parallel()
	var posts strings.Builder
	for row := range strings.Lines(string(citytest.ToyDirectory()["posts.csv"])) {
		if !strings.Contains(row, ",deputy,") && !strings.Contains(row, ",patron,") {
			posts.WriteString(row)
		}
	}
	c := citytest.Varied(t, map[string]string{"posts.csv": posts.String()})
	day := time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)
	cs := casetest.FileToyAt(t, c, citytest.Rubbish, dispatch.SourceInspector, citytest.InW1A, citytest.Inspector, day)
	for id := range c.Areas {
		u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
		post, ok := c.Roster.Post(u, roster.Owner)
		if !ok {
			continue
		}
		n := *cs
		n.CoOwners = []dispatch.CoOwner{{
			Owner: dispatch.Owner{Unit: u, Post: post, Duty: "fence"},
			Clock: dispatch.Clock{Limit: calendar.Limit{N: 1, Unit: calendar.Hours}, Since: day, Due: day.Add(time.Hour), Step: 1},
		}}
		n.Milestones, n.NextAt = nil, day.Add(2*time.Hour)
		events, err := escalation.Tick(&n, dispatch.Command{Act: dispatch.ActTick, At: day.Add(2 * time.Hour)}, c)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range events {
			if e.Party != u || e.Milestone != "" || e.Kind != dispatch.EventEscalated {
				continue
			}
			found = len(e.Notified) > 0
			for _, p := range e.NotifiedPosts {
				if p == roster.PostAt(roster.Unit{Kind: roster.UnitArea, ID: "TOY"}, roster.Leader) {
					t.Errorf("%s: the leader of the city hears of the overrun", u)
				}
			}
		}
		if !found {
			t.Errorf("%s: nobody hears of the overrun: %+v", u, events)
		}
	}
}

// A revision makes the working day begin earlier, so that twice the limit of a co-owner ends before the deadline, which stays.
// The second step is not due before the first. (Found by wangge sim --seed 1001 --days 365.)
func TestNextTimer_SecondStepOfAnOverrunIsNotDueBeforeTheFirst(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	begin := casetest.At(c, "2026-11-17 09:00")
	cs := casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceInspector, begin)
	due := begin.Add(5 * time.Hour) // by the hours of an earlier revision
	cs.CoOwners = slices.Clone(cs.CoOwners[:1])
	cs.CoOwners[0].Receipt = dispatch.Receipt{}
	cs.Receipt, cs.Clock, cs.Milestones = dispatch.Receipt{}, dispatch.Clock{}, nil
	cs.CoOwners[0].Clock = dispatch.Clock{Limit: calendar.Limit{N: 1, Unit: calendar.Hours}, Since: begin, Due: due, Step: 1}
	if got := escalation.NextTimer(c, cs).At; got.Before(due) {
		t.Errorf("the second step is due at %s, before the first at %s", got, due)
	}
}
