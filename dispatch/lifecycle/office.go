package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
	"wangge/grid"
)

// officeActs concern no case but the city itself: Govern says who may do them.
var officeActs = []dispatch.Act{dispatch.ActPlan, dispatch.ActApply, dispatch.ActRule, dispatch.ActDirectory, dispatch.ActReview}

// officeRoles may govern the city, at the city itself.
var officeRoles = []roster.Role{roster.GridOffice, roster.Leader, roster.DutyChief}

// Govern returns the post from which a person does an act that concerns the city as a whole. ActReview needs any post;
// every other act needs one of the roles grid_office, leader and duty_chief at the city itself. A person without a
// post today may do none of them. Errors: *dispatch.NotAllowedError.
func Govern(c *city.City, person roster.PersonID, act dispatch.Act, at time.Time) (roster.PostID, error) {
	held := c.Roster.PostsOf(person, at)
	if len(held) == 0 {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: noPost(person)}
	}
	root := routing.Root(c)
	for _, role := range officeRoles {
		for _, h := range held {
			if h.Unit == root && h.Role == role {
				return h.Post, nil
			}
		}
	}
	if act == dispatch.ActReview {
		return held[0].Post, nil
	}
	roles := roster.RolesText(officeRoles)
	return "", &dispatch.NotAllowedError{
		Person: person, Act: act, Roles: officeRoles,
		Why: i18n.F("the grid office governs the city: it needs one of the roles %[1]s at %[2]s", "此操作属网格办：需要 %[2]s 的下列岗位之一：%[3]s", roles.En, root, roles.Zh),
	}
}

// noPost says that a person holds no post.
func noPost(person roster.PersonID) i18n.Text {
	return i18n.F("%s holds no post today", "%s 当前没有任何岗位", person)
}

// MaySeeContacts reports whether a person may see another person's contact details and the reason and end of absences:
// everybody their own, the grid office everybody's.
func MaySeeContacts(c *city.City, person, about roster.PersonID, at time.Time) bool {
	if person == about && c.Roster.Active(person, at) {
		return true
	}
	_, err := Govern(c, person, dispatch.ActDirectory, at)
	return err == nil
}

// MaySeeReporter reports whether a person works on a case, and so may see the reporter's name and phone: acceptors,
// dispatchers and duty chiefs of an area around the place; while the case is open also the handler, the owner's own people,
// and those of a co-owner with an open duty. People of units above the owner do not work on the case.
func MaySeeReporter(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) bool {
	held := c.Roster.PostsOf(person, at)
	switch {
	case holdsAround(held, wholeOffice, &cs.Place):
		return true
	case !cs.Open():
		return false
	case cs.Handler == person && c.Roster.Active(person, at):
		return true
	}
	return slices.ContainsFunc(held, func(h roster.Holding) bool {
		return slices.Contains(ownersPeople, h.Role) && (h.Unit == cs.Owner.Unit ||
			slices.ContainsFunc(cs.CoOwners, func(o dispatch.CoOwner) bool { return o.Open() && o.Unit == h.Unit }))
	})
}

// MaySeeCaller is MaySeeReporter for the caller. A confidential caller is for acceptors and duty chiefs of an area around
// the place.
func MaySeeCaller(c *city.City, person roster.PersonID, cs *dispatch.Case, at time.Time) bool {
	if cs.Report.Caller.Confidential {
		return holdsAround(c.Roster.PostsOf(person, at), receivers, &cs.Place)
	}
	return MaySeeReporter(c, person, cs, at)
}

// holdsAround reports whether one of the posts has one of the roles at an area around a place.
func holdsAround(held []roster.Holding, roles []roster.Role, place *dispatch.Place) bool {
	return slices.ContainsFunc(held, func(h roster.Holding) bool {
		return slices.Contains(roles, h.Role) && h.Unit.Kind == roster.UnitArea && routing.InAreas(place.Areas, grid.AreaID(h.Unit.ID))
	})
}

// confidential are the files of a city directory with phones, addresses and absences.
var confidential = []string{"people.csv", "absences.csv", "departments.csv"}

// Confidential reports whether a file of a city directory holds phones, addresses or absences: only the grid office may
// read its rows.
func Confidential(file string) bool { return slices.Contains(confidential, file) }
