package escalation

import (
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/platform"
	"wangge/dispatch/routing"
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
