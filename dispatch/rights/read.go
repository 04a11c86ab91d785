package rights

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// MayRead reports whether a person may see a case: the reporter and the handler while they are active, and every
// holder of a post whose unit lies above the place, above a section that holds it, above the owner, above a co-owner
// or above a platform that has to do with the case from elsewhere: see dispatch.Case.PlatformsElsewhere. While a
// dispute waits for a ruling, an arbiter or leader of the unit that rules, or of one above, may see the case, too.
func MayRead(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) bool {
	if (cs.Report.Reporter == person || cs.Handler == person) && c.Roster.Active(person, at) {
		return true
	}
	elsewhere := cs.PlatformsElsewhere()
	for _, h := range c.Roster.PostsOf(person, at) {
		if Within(c, h.Unit, ScopePlace, cs) {
			return true
		}
		if cs.Stage == dispatch.Arbitration && Rules(h.Role) && Within(c, h.Unit, ScopeArbiter, cs) {
			return true
		}
		for _, co := range cs.CoOwners {
			if routing.Above(c, h.Unit, co.Unit) {
				return true
			}
		}
		for _, u := range elsewhere {
			if routing.Above(c, h.Unit, u) {
				return true
			}
		}
		for _, id := range cs.Place.Sections {
			if routing.Above(c, h.Unit, roster.Unit{Kind: roster.UnitSection, ID: string(id)}) {
				return true
			}
		}
	}
	return false
}

// Rules reports whether a role may rule in a dispute.
func Rules(r roster.Role) bool { return slices.Contains(Rulers, r) }

// MayReadScope reports whether a person may list the cases of a unit: one of the person's posts is at that unit or
// above it.
func MayReadScope(c *city.City, person roster.PersonID, unit roster.Unit, at time.Time) bool {
	for _, h := range c.Roster.PostsOf(person, at) {
		if routing.Above(c, h.Unit, unit) {
			return true
		}
	}
	return false
}
