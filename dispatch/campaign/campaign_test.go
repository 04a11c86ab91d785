package campaign_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/campaign"
	"wangge/dispatch/casetest"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/escalation"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/revise"
	"wangge/dispatch/sla"
)

const litter catalog.Code = "abandoned-bicycle/abandoned-bicycle"

// running is the small city while a campaign over the bicycles runs, since or until an instant.
func running(t *testing.T, c *city.City, change uint64, from, to time.Time) *city.City {
	t.Helper()
	p, err := catalog.ParsePattern(string(litter))
	if err != nil {
		t.Fatal(err)
	}
	k := city.Campaign{ID: "snow", Name: "降雪", Categories: p, AfterDays: 10}
	return c.WithRuns([]city.CampaignRun{{Campaign: k, Run: 1, Change: change, StartedAt: from, StoppedAt: to}}, change)
}

// do decides an act of a person who may do anything in these tests.
func do(t *testing.T, c *city.City, cs *dispatch.Case, at time.Time, cmd dispatch.Command) *dispatch.Case {
	t.Helper()
	cmd.Actor, cmd.At = "b-leader", at
	if cmd.Act == dispatch.ActStart {
		cmd.Handler, _ = c.Roster.OnDuty(cs.Owner.Post, at)
	}
	return casetest.Apply(t, cs, cmd, c)
}

// While the campaign is under way the clock stands still: nothing is due, no timer of the ladder is armed, and work that is
// reported done is not late however long the snow falls.
func TestFollow_ClockIsPausedAndWorkIsNotLate(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	snow := running(t, calm, 1, began.Add(2*time.Hour), time.Time{})
	cs = do(t, snow, cs, began.Add(3*time.Hour), dispatch.Command{Act: dispatch.ActStart})
	if !cs.Campaign.Held || cs.Clock.Running() || !cs.Clock.Due.IsZero() || cs.Clock.Consumed != 2*time.Hour {
		t.Fatalf("held is %+v with %+v, want the two hours before the snow", cs.Campaign, cs.Clock)
	}
	later := began.AddDate(0, 2, 0)
	if cs.Overdue(later) {
		t.Error("a paused case is overdue")
	}
	if _, ok, err := campaign.Follow(snow, cs, cs, later); ok || err != nil {
		t.Errorf("a case that follows follows again: %t, %v", ok, err)
	}
	cs = do(t, snow, cs, later, dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"x"}})
	if cs.Stage != dispatch.Checking || cs.Late() != 0 || cs.Campaign.Held {
		t.Errorf("done in the snow: stage %v, late %v, mark %+v", cs.Stage, cs.Late(), cs.Campaign)
	}
}

// From the stop the limit counts anew; a correction counts from the second instant, with extensions that were granted.
func TestFollow_CorrectionKeepsExtensions(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	snow := running(t, calm, 1, began.Add(time.Hour), time.Time{})
	follow := func(c *city.City, at time.Time) {
		t.Helper()
		e, ok, err := campaign.Follow(c, cs, cs, at)
		if err != nil || !ok {
			t.Fatalf("follow: %t, %v", ok, err)
		}
		cs = dispatch.Fold(cs, e)
	}
	follow(snow, began.Add(time.Hour))
	first, second := began.AddDate(0, 0, 1), began.AddDate(0, 0, 2)
	follow(running(t, calm, 2, began.Add(time.Hour), first), first)
	want, err := sla.StartClock(sla.OwnerCalendar(calm, cs), cs.Clock.Limit, first)
	if err != nil || !cs.Clock.Since.Equal(first) || !cs.Clock.Due.Equal(want.Due) || cs.Clock.Consumed != 0 {
		t.Fatalf("started: %+v, want due %v (%v)", cs.Clock, want.Due, err)
	}
	extended, _, err := sla.Extended(cs.Clock, sla.OwnerCalendar(calm, cs), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cs.Clock = extended
	follow(running(t, calm, 3, began.Add(time.Hour), second), second)
	if cs.Clock.Extended != 1 || !cs.Clock.Since.Equal(second) || !cs.Clock.Due.After(extended.Due) {
		t.Errorf("corrected: %+v, want from %v with the extension", cs.Clock, second)
	}
}

// Work that was overdue before the snow stays overdue, through the snow and after it; so does the limit of a case that is
// dispatched after the days in which cases count from the stop.
func TestFollow_WhatKeepsItsLimit(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	due := cs.Clock.Due
	for change, to := range []time.Time{{}, due.Add(48 * time.Hour)} {
		c := running(t, calm, uint64(change)+1, due.Add(time.Hour), to)
		if e, ok, err := campaign.Follow(c, cs, cs, due.Add(72*time.Hour)); ok || err != nil {
			t.Errorf("overdue work follows change %d: %+v, %v", change+1, e.Clock, err)
		}
	}
	stop := cs.Clock.Since.AddDate(0, 0, -10)
	c := running(t, calm, 2, stop.Add(-time.Hour), stop)
	if e, ok, err := campaign.Follow(c, cs, cs, cs.Clock.Since); ok || err != nil {
		t.Errorf("work after ten days follows: %+v, %v", e.Clock, err)
	}
}

// Another category takes the case out of the campaign: the clock goes on with what it had used. The next revision of the
// city may have no such campaign; the run goes on as it was started.
func TestFollow_CategoryOutsideTheCampaign(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	snow := running(t, calm, 1, began.Add(time.Hour), time.Time{})
	cs = do(t, snow, cs, began.Add(2*time.Hour), dispatch.Command{Act: dispatch.ActStart})
	if !cs.Campaign.Held {
		t.Fatal("the case is not paused")
	}
	at := began.Add(26 * time.Hour)
	cs = do(t, snow, cs, at, dispatch.Command{Act: dispatch.ActReclassify, Category: "building/ada", Note: "x"})
	if cs.Campaign != (dispatch.CampaignMark{}) || !cs.Clock.Running() || cs.Clock.Due.IsZero() {
		t.Errorf("of another category: %+v, %+v", cs.Campaign, cs.Clock)
	}
	used := sla.ConsumedAt(cs.Clock, sla.OwnerCalendar(calm, cs), at)
	if used != time.Hour {
		t.Errorf("the clock has used %v, want the hour before the snow", used)
	}
}

// Nobody is reminded of work that the snow pauses; from the stop on, reminders count again.
func TestFollow_NoReminderWhileTheSnowFalls(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t).WithRuns(nil, 0) // a city of this test alone
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	policies := maps.Clone(calm.Policies)
	p := policies[cs.EscalationPolicy]
	p.Reminder = city.Reminder{After: city.Delay{Wall: time.Hour}, AtMost: 9, Recipients: []string{"owner"}}
	policies[cs.EscalationPolicy] = p
	calm.Policies = policies
	if !escalation.NextTimer(calm, cs).At.Equal(began.Add(time.Hour)) {
		t.Fatalf("before the snow %v is next, want the reminder after an hour", escalation.NextTimer(calm, cs).At)
	}
	snow := running(t, calm, 1, began.Add(30*time.Minute), time.Time{})
	cs = do(t, snow, cs, began.Add(40*time.Minute), dispatch.Command{Act: dispatch.ActStart})
	if !cs.Campaign.Held || !cs.NextAt.IsZero() {
		t.Errorf("in the snow: %+v, next at %v; want paused, and nothing next", cs.Campaign, cs.NextAt)
	}
	stop := began.Add(24 * time.Hour)
	events, err := lifecycle.FollowCampaign(cs, stop, running(t, calm, 2, began.Add(30*time.Minute), stop))
	if err != nil {
		t.Fatal(err)
	}
	if cs = dispatch.FoldAll(cs, events); !cs.NextAt.Equal(stop.Add(time.Hour)) {
		t.Errorf("after the stop at %v next is %v, want a reminder after an hour", stop, cs.NextAt)
	}
}

// A step of the ladder that fell due before the snow, and that nobody has fired, is not lost when the work is done in the
// snow: the act lifts the pause, and the step fires before the work ends. (Found by wangge sim --seed 17 --days 365.)
func TestLift_StepThatWasDueFiresBeforeTheWorkEnds(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	due := escalation.StepTime(calm, sla.OwnerCalendar(calm, cs), cs.EscalationPolicy, cs.Clock, cs.NextStep)
	if due.IsZero() || !due.Before(cs.Clock.Due) {
		t.Fatalf("the first step is due at %v, the work at %v", due, cs.Clock.Due)
	}
	snow := running(t, calm, 1, due, time.Time{})
	cs = do(t, snow, cs, due, dispatch.Command{Act: dispatch.ActStart})
	if !cs.Campaign.Held || cs.NextStep != 0 {
		t.Fatalf("held is %+v at step %d", cs.Campaign, cs.NextStep)
	}
	cmd := dispatch.Command{Act: dispatch.ActResolve, Actor: cs.Handler, At: due.Add(48 * time.Hour), Photos: []string{"x"}}
	events, err := lifecycle.Decide(cs, cmd, lifecycle.Facts{}, snow)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []dispatch.EventKind
	for i := range events {
		kinds = append(kinds, events[i].Kind)
	}
	fired := slices.IndexFunc(kinds, func(k dispatch.EventKind) bool { return k == dispatch.EventEscalated || k == dispatch.EventStepSkipped })
	if done := slices.Index(kinds, dispatch.EventResolved); fired < 0 || fired > done || kinds[0] != dispatch.EventLimitResumed {
		t.Errorf("the act causes %v, want the step between the lifted pause and the end of the work", kinds)
	}
}

// While the snow falls the owner may complete a milestone, and so report the work done. (Found by wangge sim --seed 1 --days 40:
// no work with milestones could end before the snow did.)
func TestFollow_MilestoneCanBeCompletedInTheSnow(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t)
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	cs.Milestones = []dispatch.Milestone{{ID: "safe", Clock: cs.Clock}, {ID: "repair", After: "safe"}}
	snow := running(t, calm, 1, began.Add(time.Hour), time.Time{})
	at := began.Add(2 * time.Hour)
	cs = do(t, snow, cs, at, dispatch.Command{Act: dispatch.ActStart})
	if !cs.Campaign.Held || cs.Milestones[0].Clock.Running() || cs.UnderWay(&cs.Milestones[1]) {
		t.Fatalf("held is %+v with %+v", cs.Campaign, cs.Milestones)
	}
	if acts := lifecycle.Acts(snow, cs.Handler, cs, at); !slices.Contains(acts, dispatch.ActCompleteMilestone) {
		t.Errorf("the handler may %v, want to complete a milestone, too", acts)
	}
}

// A revision changes the ladder of work that a campaign pauses: a step that fired does not fire again when the pause is lifted,
// and none is left out. (Found by wangge sim --seed 1 --days 90.)
func TestFollow_RevisedLadderOfPausedWork(t *testing.T) {
	t.Parallel()
	calm := casetest.Small(t).WithRuns(nil, 0)
	cs := casetest.Opened(t, calm)
	began := cs.Clock.Since
	ladder := func(percents ...int) map[string]city.EscalationPolicy {
		out := maps.Clone(calm.Policies)
		p := out[cs.EscalationPolicy]
		p.Steps = nil
		for _, n := range percents {
			p.Steps = append(p.Steps, city.Step{AtPercent: n, Light: "red", Recipients: []string{"owner"}})
		}
		out[cs.EscalationPolicy] = p
		return out
	}
	is := calm.WithRuns(nil, 0)
	calm.Policies, is.Policies = ladder(50, 80, 100), ladder(40, 50, 60, 100)
	cs.NextStep = 2 // 80 % has fired
	from := cs.Clock.Due.Add(-time.Minute)
	snow := running(t, calm, 1, from, time.Time{})
	at := from.Add(time.Hour)
	e, ok, err := campaign.Follow(snow, cs, cs, at)
	if !ok || err != nil || cs.Clock.Since != began {
		t.Fatalf("follow: %t, %v", ok, err)
	}
	cs = dispatch.Fold(cs, e)
	next := running(t, is, 1, from, time.Time{})
	event, moves := revise.LadderEvent(snow, next, cs, "grid", "p", "n", at)
	if !moves || event.Step != 3 {
		t.Errorf("the ladder changes: %v, and the work goes on at step %d, want 3: the step at 100 %%", moves, event.Step)
	}
}
