package rights

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
)

// MaySeeContacts reports whether a person may see another person's contact details and the reason and end of absences:
// everybody their own, the grid office everybody's.
func MaySeeContacts(c *city.City, person, about roster.PersonID, at time.Time) bool {
	if person == about && c.Roster.Active(person, at) {
		return true
	}
	_, err := Govern(c, person, dispatch.ActDirectory, at)
	return err == nil
}

// WorksOn reports whether a person works on a case: acceptors, dispatchers and duty chiefs of an area around the place; while the
// case is open also the handler, the owner's own people, and those of a co-owner with an open duty. People of units above the
// owner do not work on the case.
func WorksOn(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) bool {
	held := c.Roster.PostsOf(person, at)
	switch {
	case HoldsAround(held, WholeOffice, &cs.Place):
		return true
	case !cs.Open():
		return false
	case cs.Handler == person && c.Roster.Active(person, at):
		return true
	}
	return slices.ContainsFunc(held, func(h roster.Holding) bool {
		return slices.Contains(OwnersPeople, h.Role) && (h.Unit == cs.Owner.Unit ||
			slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() && o.Unit == h.Unit }))
	})
}

// MaySeeReporter reports whether a person may see the phone of a case's reporter: one who works on the case, or on the case
// into which it was merged, main; nil = none.
func MaySeeReporter(c *city.City, person roster.PersonID, cs, main *dispatch.Case, at time.Time) bool {
	return WorksOn(c, person, cs, at) || main != nil && WorksOn(c, person, main, at)
}

// MaySeeCaller is MaySeeReporter for the caller. A confidential caller is for acceptors and duty chiefs of an area around
// the place.
func MaySeeCaller(c *city.City, person roster.PersonID, cs, main *dispatch.Case, at time.Time) bool {
	if cs.Report.Caller.Confidential {
		return HoldsAround(c.Roster.PostsOf(person, at), Receivers, &cs.Place)
	}
	return MaySeeReporter(c, person, cs, main, at)
}

// confidential are the files of a city directory with phones, addresses and absences.
var confidential = []string{"people.csv", "absences.csv", "departments.csv"}

// Confidential reports whether a file of a city directory holds phones, addresses or absences: only the grid office may
// read its rows.
func Confidential(file string) bool { return slices.Contains(confidential, file) }
