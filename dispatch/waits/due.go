package waits

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/escalation"
)

// Due is the deadline of a wait of For: that of the milestone, of the co-owner's part or of the second dispatch, else that of the stage;
// zero for none. A decision and an answer have none.
func Due(cs *dispatch.Case, w Wait) time.Time {
	//exhaustive:ignore
	switch w.What {
	case Decision, Answer:
		return time.Time{}
	case Duty, PartDispatch:
		return partDue(cs, w)
	case Dispatch:
		if n := len(cs.Chain); cs.AtPlatform() && n > 0 && !cs.Chain[n-1].Due.IsZero() {
			return cs.Chain[n-1].Due
		}
	}
	return cs.Clock.Due
}

// partDue is the deadline of a milestone of the inspector or of the part of a co-owner.
func partDue(cs *dispatch.Case, w Wait) time.Time {
	for i := range cs.Milestones {
		if m := &cs.Milestones[i]; w.Milestone != "" && m.ID == w.Milestone {
			return m.Clock.Due
		}
	}
	for i := range cs.CoOwners {
		o := &cs.CoOwners[i]
		if w.Milestone != "" || o.Unit != w.Unit || o.Post != w.Post || !o.Open() {
			continue
		}
		if w.What == PartDispatch && !o.SecondDue.IsZero() {
			return o.SecondDue
		}
		return o.Clock.Due
	}
	return time.Time{}
}

// ComesTo reports whether a wait of For waits for a person at an instant: for the person on duty, for a holder of the nearest post whatever
// the shift, and for the handler of the work. A verification and a check wait for those on duty, where there is anybody.
func ComesTo(c *city.City, cs *dispatch.Case, w Wait, person roster.PersonID, at time.Time) bool {
	if w.What == Work && cs.Handler != "" {
		if cs.Handler == person {
			return true
		}
	}
	l := LineOf(c, cs, w)
	if l.Bars(person) {
		return false
	}
	on := l.Answerers(c, at)
	if slices.ContainsFunc(on, func(r escalation.Recipient) bool { return r.Person == person }) {
		return true
	}
	if (w.What == Verify || w.What == Check) && len(on) > 0 {
		return false
	}
	return slices.ContainsFunc(c.Roster.PostsOf(person, at), func(h roster.Holding) bool { return h.Post == l.Posts[0] })
}
