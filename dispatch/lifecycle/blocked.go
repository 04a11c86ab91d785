package lifecycle

import (
	"cmp"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/revise"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
)

// BlockedAct is an act that would block a case under another revision of the city: the case can't go on without it, somebody
// can do it now, and nobody could then. "" when there is none. Example: a check, when the last post of an inspector
// above the place is gone.
func BlockedAct(was, is *city.City, cs *dispatch.Case, at time.Time) dispatch.Act {
	after := *cs
	if m, l := revise.Preserve(was, is, cs, at); l.Any() {
		after.Place, after.Owner = m.Place, m.Is
		after.Arbiter = cmp.Or(m.Arbiter, cs.Arbiter)
	}
	for _, act := range actsOnward(cs) {
		if !someHolder(is, &after, act) && someHolder(was, cs, act) {
			return act
		}
	}
	return ""
}

// actsOnward lists the acts that bring a case on from its stage.
func actsOnward(cs *dispatch.Case) []dispatch.Act {
	switch cs.Stage {
	case dispatch.Reported, dispatch.Accepted:
		return []dispatch.Act{dispatch.ActAccept}
	case dispatch.Verifying:
		return []dispatch.Act{dispatch.ActConfirm}
	case dispatch.Filed, dispatch.Returned:
		return []dispatch.Act{dispatch.ActDispatch}
	case dispatch.Dispatched:
		if cs.AtPlatform() {
			return []dispatch.Act{dispatch.ActDispatch}
		}
		return []dispatch.Act{dispatch.ActStart, dispatch.ActResolve}
	case dispatch.Handling:
		return []dispatch.Act{dispatch.ActResolve}
	case dispatch.Suspended:
		return []dispatch.Act{dispatch.ActResume}
	case dispatch.Arbitration:
		return []dispatch.Act{dispatch.ActArbitrate}
	case dispatch.Checking:
		if cs.CheckedBy != "" {
			return []dispatch.Act{dispatch.ActClose}
		}
		return []dispatch.Act{dispatch.ActCheck, dispatch.ActClose}
	case dispatch.Closed, dispatch.Rejected, dispatch.Voided, dispatch.Merged, dispatch.SelfResolved, dispatch.StageUnknown:
	}
	return nil
}

// someHolder reports whether somebody holds a post from which the act may be done on the case.
func someHolder(c *city.City, cs *dispatch.Case, act dispatch.Act) bool {
	row, _ := rowOf(act)
	power := row.power(cs)
	units := []roster.Unit{routing.Root(c)}
	for _, id := range cs.Place.Areas {
		units = append(units, roster.Unit{Kind: roster.UnitArea, ID: string(id)})
	}
	for _, u := range []roster.Unit{cs.Owner.Unit, cs.Arbiter} {
		for range roster.MaxTreeDepth {
			units = append(units, u)
			up, ok := c.Parent(u)
			if !ok {
				break
			}
			u = up
		}
	}
	for _, u := range units {
		for _, role := range power.Roles {
			if _, held := c.Roster.Post(u, role); held && rights.Within(c, u, power.Scope, cs) {
				return true
			}
		}
	}
	return false
}
