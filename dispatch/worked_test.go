package dispatch_test

import (
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
)

// A person who did some of the work never checks the work, whatever becomes of the part that names the person.
func TestCase_WorkedOnKeepsEveryWorker(t *testing.T) {
	t.Parallel()
	water, light := roster.Unit{Kind: roster.UnitDepartment, ID: "WATER"}, roster.Unit{Kind: roster.UnitDepartment, ID: "LIGHT"}
	safe := dispatch.Milestone{ID: "safe", ReachedBy: "worker"}
	helper := dispatch.CoOwner{Owner: dispatch.Owner{Unit: light, Duty: "power off"}, DoneBy: "worker"}
	runs := dispatch.Clock{Since: time.Unix(1, 0), Due: time.Unix(2, 0), Limit: calendar.Limit{N: 1, Unit: calendar.Hours}}
	given := dispatch.Event{Kind: dispatch.EventDispatched, Owner: dispatch.Owner{Unit: water}, Clock: runs}
	started := dispatch.Event{Kind: dispatch.EventStarted, Actor: "worker", Handler: "worker"}
	other := dispatch.Event{Kind: dispatch.EventStarted, Actor: "other", Handler: "other"}
	done := dispatch.Event{Kind: dispatch.EventResolved, Actor: "worker"}
	reached := dispatch.Event{Kind: dispatch.EventMilestoneCompleted, Milestones: []dispatch.Milestone{safe}}
	assisted := dispatch.Event{Kind: dispatch.EventAssisted, Party: light, CoOwners: []dispatch.CoOwner{helper}}
	revised := dispatch.Event{Kind: dispatch.EventRevised, Place: &dispatch.Place{}, Owner: given.Owner, Freed: true}
	for name, events := range map[string][]dispatch.Event{
		"a milestone":                           {reached},
		"a milestone, and the category changes": {reached, {Kind: dispatch.EventReclassified, Clock: runs}},
		"a milestone, and the case comes back":  {reached, {Kind: dispatch.EventReturned, Party: water}, given},
		"a co-owner's part":                     {assisted},
		"a part, and the co-owner is the owner": {assisted, {Kind: dispatch.EventRerouted, Owner: dispatch.Owner{Unit: light}}},
		"a part, and a revision drops it":       {assisted, revised},
		"a handler whom a revision frees":       {started, revised},
		"a handler who is gone after a pause":   {started, {Kind: dispatch.EventResumed, Clock: runs, Freed: true}},
		"a handler who is gone after a check": {
			started, {Kind: dispatch.EventResolved, Actor: "other"}, {Kind: dispatch.EventCheckFailed, Actor: "checker", Clock: runs, Freed: true},
		},
		"a handler, and a platform dispatches anew": {started, {Kind: dispatch.EventSecondDispatched, Owner: dispatch.Owner{Unit: light}}},
		"a handler who left and another started":    {started, other},
		"a handler, and another unit has it":        {started, {Kind: dispatch.EventRerouted, Owner: dispatch.Owner{Unit: light}}},
		"work that failed its check, done anew":     {done, {Kind: dispatch.EventCheckFailed, Actor: "checker"}, {Kind: dispatch.EventResolved, Actor: "other"}},
		"a handler who handed the work over":        {started, {Kind: dispatch.EventHandedOver, Actor: "boss", Handler: "other"}},
	} {
		cs := &dispatch.Case{ID: 1, Stage: dispatch.Filed}
		kept := append([]dispatch.Event{given}, events...)
		for i := range kept {
			after := dispatch.Fold(cs, kept[i])
			dispatch.KeepWorkers(cs, after, &kept[i])
			cs = after
		}
		if again := dispatch.FoldAll(&dispatch.Case{ID: 1, Stage: dispatch.Filed}, kept); !slices.Equal(again.FormerHandlers, cs.FormerHandlers) {
			t.Errorf("%s: former workers %v; the events say %v", name, cs.FormerHandlers, again.FormerHandlers)
		}
		if !cs.WorkedOn("worker") || cs.WorkedOn("checker") {
			t.Errorf("%s: the worker counts as one: %v, the checker: %v; former workers %v", name, cs.WorkedOn("worker"), cs.WorkedOn("checker"), cs.FormerHandlers)
		}
	}
}
