package told_test

import (
	"slices"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/told"
)

// District W directs the traffic around a flood. The district is told when its part ends: the case is void, the owner returns it.
func TestTell_CoOwnersWhosePartEnds(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	start := casetest.At(c, "2026-11-17 09:00")
	for _, cmd := range []dispatch.Command{
		{Act: dispatch.ActVoid, Actor: citytest.DutyChief, Note: "test"},
		{Act: dispatch.ActReturn, Actor: citytest.WaterOwner, Reason: dispatch.NotMyLine, Note: "not ours"},
	} {
		cs := casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceInspector, start)
		if len(cs.CoOwners) == 0 {
			t.Fatal("a flood has no co-owner")
		}
		district, ok := c.OnCall(cs.CoOwners[0].Unit, cs.CoOwners[0].Post, start)
		cmd.At = start.Add(60e9)
		_, events := casetest.Do(t, c, cs, cmd)
		var as []dispatch.NotifiedAs
		for i := range events {
			if n := slices.Index(events[i].Notified, district.Person); n >= 0 {
				as = append(as, events[i].AsOf(n))
			}
		}
		if !ok || !slices.Equal(as, []dispatch.NotifiedAs{dispatch.AsFormer}) {
			t.Errorf("%s: %s of %s is notified as %v, want as former, once", cmd.Act, district.Person, cs.CoOwners[0].Unit, as)
		}
	}
}

// A person asked for an extension, and a revision has given the case to another unit since. The denial is told to the person
// while the person may read the case, and to nobody of the former unit after that.
func TestTell_AskerWhoMayReadTheCase(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-11-17 09:00")
	for _, asker := range []roster.PersonID{citytest.WaterLeader, citytest.GreenLeader} {
		cs := casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceInspector, at)
		post := c.Roster.PostsOf(asker, at)[0].Post
		cs.Request = dispatch.ApprovalRequest{Kind: dispatch.RequestExtension, By: asker, Post: post, At: at}
		events := []dispatch.Event{{Kind: dispatch.EventDenied, Seq: cs.Seq + 1, At: at, Actor: citytest.Dispatcher, Request: dispatch.RequestExtension}}
		told.Tell(cs, events, nil, c)
		if got, want := slices.Contains(events[0].Notified, asker), asker == citytest.WaterLeader; got != want {
			t.Errorf("%s asked for an extension of the work of %s: told %v, want %v", asker, cs.Owner.Unit, got, want)
		}
	}
}

// A leader supervised the work of a unit, and a revision has given the case to another unit since. The answer is told to the
// leader while the leader may read the case, else to the office. (Found by wangge sim --seed 5 --days 365.)
func TestTell_SupervisorWhoMayReadTheCase(t *testing.T) {
	t.Parallel()
	c := citytest.Toy(t)
	at := casetest.At(c, "2026-11-17 09:00")
	for _, supervisor := range []roster.PersonID{citytest.WaterLeader, citytest.GreenLeader} {
		cs := casetest.FileToy(t, c, citytest.Flooding, dispatch.SourceInspector, at)
		cs.Unanswered, cs.Supervisor, cs.SupervisedAt = true, supervisor, c.Roster.PostsOf(supervisor, at)[0].Post
		events := []dispatch.Event{{Kind: dispatch.EventAnswered, Seq: cs.Seq + 1, At: at, Actor: citytest.WaterOwner}}
		told.Tell(cs, events, nil, c)
		if got, want := slices.Contains(events[0].Notified, supervisor), supervisor == citytest.WaterLeader; got != want || len(events[0].Notified) == 0 {
			t.Errorf("%s supervised the work of %s: told %v, want %v; told are %v", supervisor, cs.Owner.Unit, got, want, events[0].Notified)
		}
	}
}
