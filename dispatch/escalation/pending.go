package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// pendingStep is a step of a ladder that has not fired, and the first person whom it would notify.
type pendingStep struct {
	percent int
	light   string
	person  roster.PersonID
}

func pending(c *city.City, cs *dispatch.Case, at time.Time) []pendingStep {
	var out []pendingStep
	steps := c.Policies[cs.EscalationPolicy].Steps
	for _, s := range steps[min(cs.NextStep, len(steps)):] {
		person, _ := FirstRecipient(c, cs, s.Recipients, at)
		out = append(out, pendingStep{s.AtPercent, s.Light, person})
	}
	return out
}

// SamePending reports whether the steps to come are the same, and notify the same people, for the case before under
// the city was and for the case after under the city is.
func SamePending(was, is *city.City, before, after *dispatch.Case, at time.Time) bool {
	return slices.Equal(pending(was, before, at), pending(is, after, at))
}
