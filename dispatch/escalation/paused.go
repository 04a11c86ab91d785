package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// ResumeStep is the step at which the owner's clock goes on, on the ladder of the revision c, once the case is
// the owner's again, and what it has passed: it stands aside while somebody else must move the case on, or
// while it is put off. false when both are what they were.
func ResumeStep(was, c *city.City, cs *dispatch.Case, at time.Time) (step int, passed dispatch.Rungs, moved bool) {
	k := cs.Disposal
	if k.Step == 0 && k.Passed == "" || !Paused(cs) {
		return 0, "", false
	}
	back := WhenResumed(cs)
	cal := sla.OwnersCalendar(c, back)
	if !k.Running() {
		var err error
		if k, err = sla.Resume(k, cal, at); err != nil {
			return 0, "", false
		}
	}
	step, passed = SameRung(cal, k, Fired(k, was.Ladders[LadderFor(was, back)].Steps, k.Step), c.Ladders[LadderFor(c, back)].Steps)
	return step, passed, step != k.Step || passed != k.Passed
}

// Paused reports whether somebody else must move the owner's work on, or it is put off.
func Paused(c *dispatch.Case) bool {
	return slices.Contains([]dispatch.Stage{dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended}, c.Stage)
}

// WhenResumed is a case whose owner's clock stands aside as it will be when it goes on.
func WhenResumed(cs *dispatch.Case) *dispatch.Case {
	back := *cs
	back.Stage = dispatch.Dispatched
	if n := len(cs.Refused); cs.Owner.Unit == (roster.Unit{}) && n > 0 {
		back.Owner = dispatch.Owner{Unit: cs.Refused[n-1], Kind: routing.KindOf(cs.Refused[n-1])}
	}
	return &back
}
