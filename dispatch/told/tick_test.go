package told_test

import (
	"slices"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/told"
)

// A handler leaves and, found together after an outage, a milestone is overdue: the owner is told of both. An act and a step
// that fires with the act, at 0 % of its clock, are told once.
func TestTell_WhatFellDueTogetherIsEachTold(t *testing.T) {
	t.Parallel()
	c := casetest.Boston(t, nil)
	cs := casetest.Opened(t, c)
	owner, _ := c.Roster.OnDuty(cs.Owner.Post, cs.UpdatedAt)
	both := func(first dispatch.EventKind, actor roster.PersonID) []dispatch.Event {
		to := []roster.PersonID{owner}
		return []dispatch.Event{
			{Kind: first, Seq: cs.Seq + 1, At: cs.UpdatedAt, Actor: actor, Owner: cs.Owner, Notified: to, NotifiedPosts: []roster.PostID{cs.Owner.Post}, NotifiedAs: []dispatch.NotifiedAs{dispatch.AsOwner}},
			{Kind: dispatch.EventEscalated, Seq: cs.Seq + 2, At: cs.UpdatedAt, Milestone: "safe", Notified: to, NotifiedPosts: []roster.PostID{cs.Owner.Post}, NotifiedAs: []dispatch.NotifiedAs{dispatch.AsRecipient}},
		}
	}
	fallDue := both(dispatch.EventHandedOver, "")
	told.Tell(cs, fallDue, nil, c)
	if !slices.Contains(fallDue[0].Notified, owner) || !slices.Contains(fallDue[1].Notified, owner) {
		t.Errorf("of the handler who leaves %v are told, of the milestone %v; want the owner %s of both", fallDue[0].Notified, fallDue[1].Notified, owner)
	}
	act := both(dispatch.EventHandedOver, "b-leader")
	told.Tell(cs, act, nil, c)
	if slices.Contains(act[1].Notified, owner) {
		t.Errorf("the owner is told of an act and of a step that fires with the act: %v", act[1].Notified)
	}
}
