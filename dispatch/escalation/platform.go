package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// secondDue is when the limit of the second dispatch by the platform that has the case is exceeded; zero when there is none,
// or people were notified already.
func secondDue(cs *dispatch.Case) time.Time {
	if l := cs.PresentLink(); cs.AtPlatform() && l != nil && l.To.Unit == cs.Owner.Unit && !l.Missed {
		return l.Due
	}
	return time.Time{}
}

// secondMissed is the alarm of a second dispatch that is late: the dispatcher on duty is told, and the superior.
func secondMissed(c *city.City, cs *dispatch.Case, now time.Time) dispatch.Event {
	e := dispatch.Event{Kind: dispatch.EventSecondDispatchMissed, Party: cs.Owner.Unit, Chain: platform.Alarmed(cs)}
	Notify(&e, dispatch.AsRecipient, Recipients(c, cs, []string{"owner", "superior"}, now)...)
	return e
}

// limitParts puts into an event, and into the case after the event, the limit of the second dispatch of each part that the event
// gives to a platform: of the same length as that of a whole case, in time of any kind. A limit that has not been exceeded when the
// work goes on (resumed, unmerged) begins anew: it runs only while the platform may give the part on.
func limitParts(c *city.City, before, after *dispatch.Case, e *dispatch.Event) {
	within := sla.Minutes(c.Defaults.SecondDispatchMinutes)
	if within == 0 {
		return
	}
	goesOn := e.Kind == dispatch.EventResumed || e.Kind == dispatch.EventUnmerged
	for i := range after.CoOwners {
		o := &after.CoOwners[i]
		if !o.Open() || !o.IsPlatform() {
			continue
		}
		had := func(was dispatch.CoOwner) bool {
			return was.Unit == o.Unit && was.Duty == o.Duty && was.Open() && was.IsPlatform()
		}
		given := e.Kind == dispatch.EventDispatched || !slices.ContainsFunc(before.CoOwners, had)
		if !given && (!goesOn || o.SecondDue.IsZero() || o.SecondMissed) {
			continue
		}
		co := slices.Clone(after.CoOwners)
		co[i].SecondDue, co[i].SecondMissed = e.At.Add(within), false
		e.CoOwners, after.CoOwners = co, co
	}
}

// partDue is when the limit of the second dispatch of a part is exceeded that a platform has as a co-owner; zero when there is none,
// people were notified already, or the platform may not give the part on now.
func partDue(cs *dispatch.Case, o *dispatch.CoOwner) time.Time {
	if cs.PartToGive(o) && !o.SecondMissed {
		return o.SecondDue
	}
	return time.Time{}
}

// partMissed is the alarm of a part whose second dispatch is late: the dispatcher on duty is told, and the superior.
func partMissed(c *city.City, cs *dispatch.Case, index int, now time.Time) dispatch.Event {
	co := slices.Clone(cs.CoOwners)
	co[index].SecondMissed = true
	e := dispatch.Event{Kind: dispatch.EventSecondDispatchMissed, Party: co[index].Unit, CoOwners: co}
	about := *cs
	about.Stage, about.Owner = dispatch.Dispatched, co[index].Owner
	Notify(&e, dispatch.AsRecipient, Recipients(c, &about, []string{"owner", "superior"}, now)...)
	return e
}

// atPlatform reports whether the post that must move a case on is that of a platform below the city's own.
func atPlatform(c *city.City, cs *dispatch.Case, unit roster.Unit) bool {
	if cs.AtPlatform() {
		return true
	}
	// Not exhaustive: the post of the other stages is the owner's, or on the ground.
	//exhaustive:ignore
	switch cs.Stage {
	case dispatch.Reported, dispatch.Accepted, dispatch.Filed, dispatch.Returned:
	case dispatch.Checking:
		if cs.CheckedBy == "" {
			return false
		}
	default:
		return false
	}
	return unit != routing.Root(c) && c.IsPlatform(unit)
}

// superiorOfPlatform is the n-th superior on duty above the posts of a platform: first the leader of its area, then the superiors of
// the area.
func superiorOfPlatform(c *city.City, u roster.Unit, n int, at time.Time) []Recipient {
	if to := onDutyAs(c, u, roster.Leader, at); len(to) > 0 {
		if n == 1 {
			return to
		}
		n--
	}
	return superiorOf(c, u, n, at)
}
