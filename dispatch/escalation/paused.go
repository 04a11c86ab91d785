package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/sla"
)

// ResumeStep returns the step at which the owner's paused clock will continue under c, and the steps already fired.
// The clock is paused while another party must act or the case is suspended. moved is false when neither changes from
// what the case has noted under was.
func ResumeStep(was, c *city.City, cs *dispatch.Case, at time.Time) (step int, passed dispatch.FiredSteps, moved bool) {
	k := cs.Disposal
	if k.Step == 0 && k.Fired == "" || !Paused(cs) {
		return 0, "", false
	}
	back := WhenResumed(cs)
	cal := sla.OwnerCalendar(c, back)
	if !k.Running() {
		var err error
		if k, err = sla.Resume(k, cal, at); err != nil {
			return 0, "", false
		}
	}
	step, passed = NextStepOn(cal, k, FiredSteps(k, was.Policies[PolicyFor(was, back)].Steps, k.Step), c.Policies[PolicyFor(c, back)].Steps)
	return step, passed, step != k.Step || passed != k.Fired
}

// Paused reports whether the owner's clock is paused, because another party must act or the case is suspended.
func Paused(c *dispatch.Case) bool {
	return slices.Contains([]dispatch.Stage{dispatch.Checking, dispatch.Returned, dispatch.Arbitration, dispatch.Suspended}, c.Stage)
}

// WhenResumed returns a copy of the case as it will be when the owner's clock resumes. A case that was returned has no
// owner: the copy has the unit that returned it last.
func WhenResumed(cs *dispatch.Case) *dispatch.Case {
	back := *cs
	back.Stage = dispatch.Dispatched
	if n := len(cs.Refused); cs.Owner.Unit == (roster.Unit{}) && n > 0 {
		back.Owner = dispatch.Owner{Unit: cs.Refused[n-1], Kind: city.OwnerKindOf(cs.Refused[n-1])}
	}
	return &back
}
