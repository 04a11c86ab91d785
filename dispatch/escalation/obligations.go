package escalation

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// Obligation is a part of the work of an open case with a clock of its own beside the stage's: a milestone, which its unit
// must complete, or the duty of a co-owner.
type Obligation struct {
	Milestone, Name string         // the milestone's id and name; "" = a duty of a co-owner
	Owner           dispatch.Owner // who must do it, a co-owner with its duty, an inspector who was sent
	Due             time.Time
}

// Obligations lists the parts whose clocks run, milestones first. A case that has ended has none.
func Obligations(cs *dispatch.Case) []Obligation {
	if !cs.Open() {
		return nil
	}
	var out []Obligation
	for _, m := range cs.Milestones {
		if m.Reached.IsZero() && m.Clock.Running() {
			o := cs.Owner
			if m.Unit != (roster.Unit{}) {
				o = dispatch.Owner{Kind: city.OwnerKindOf(m.Unit), Unit: m.Unit, Post: m.Post}
			}
			out = append(out, Obligation{Milestone: m.ID, Name: m.Name, Owner: o, Due: m.Clock.Due})
		}
	}
	for _, o := range cs.CoOwners {
		if o.Open() && o.Clock.Running() {
			out = append(out, Obligation{Owner: o.Owner, Due: o.Clock.Due})
		}
	}
	return out
}

// EarliestDue is the earliest deadline of a case, of its stage or of a part of its work; zero when no clock runs.
func EarliestDue(c *dispatch.Case) time.Time {
	first := c.Clock.Due
	for _, d := range Obligations(c) {
		if first.IsZero() || d.Due.Before(first) {
			first = d.Due
		}
	}
	return first
}
