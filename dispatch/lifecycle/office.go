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
var officeActs = []dispatch.Act{
	dispatch.ActPlan, dispatch.ActApply, dispatch.ActRule, dispatch.ActDirectory, dispatch.ActTokens, dispatch.ActReview,
}

// Roles at the city itself.
var (
	keepers = []roster.Role{roster.GridOffice}                               // keep the directory and the tokens
	runners = []roster.Role{roster.Leader, roster.DutyChief}                 // run the service
	makers  = []roster.Role{roster.Leader, roster.DutyChief, roster.Arbiter} // make and revoke precedents
)

// Govern returns the post from which a person does an act that concerns the city as a whole. ActReview needs any post.
// ActRule needs the role leader, duty_chief or arbiter at the city itself. Every other act needs the role grid_office at the
// city itself; while nobody holds that role, the leader and the duty chief of the city may do those acts, so that a
// small city is not locked out. An absence does not end a holding. A person without a post today may do no act at all.
// Errors: *dispatch.NotAllowedError.
func Govern(c *city.City, person roster.PersonID, act dispatch.Act, at time.Time) (roster.PostID, error) {
	held := c.Roster.PostsOf(person, at)
	if len(held) == 0 {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: noPost(person)}
	}
	roles := rolesFor(c, act, at)
	if post, ok := postAtCity(c, held, roles); ok {
		return post, nil
	}
	if act == dispatch.ActReview {
		return held[0].Post, nil
	}
	root, words := routing.Root(c), roster.RolesText(roles)
	why := i18n.F("the grid office keeps the city: it needs one of the roles %[1]s at %[2]s", "此操作属网格办：需要 %[2]s 的下列岗位之一：%[3]s", words.En, root, words.Zh)
	if act == dispatch.ActRule {
		why = i18n.F("a ruling needs one of the roles %[1]s at %[2]s", "权属认定需要 %[2]s 的下列岗位之一：%[3]s", words.En, root, words.Zh)
	}
	return "", &dispatch.NotAllowedError{Person: person, Act: act, Roles: roles, Why: why}
}

// rolesFor returns the roles that give the right to an act, at the city itself.
func rolesFor(c *city.City, act dispatch.Act, at time.Time) []roster.Role {
	switch {
	case act == dispatch.ActReview: // the post of the highest right is named first
		return slices.Concat(keepers, makers)
	case act == dispatch.ActRule:
		return makers
	case !hasGridOffice(c, at):
		return runners
	}
	return keepers
}

// hasGridOffice reports whether an active person holds the role grid_office at the city itself.
func hasGridOffice(c *city.City, at time.Time) bool {
	post, ok := c.Roster.Post(routing.Root(c), roster.GridOffice)
	return ok && slices.ContainsFunc(c.Roster.Holdings(post), func(h roster.Holding) bool {
		_, holds := postAtCity(c, c.Roster.PostsOf(h.Person, at), keepers)
		return holds
	})
}

// postAtCity finds the first of some holdings at the city itself with one of the roles, in the order of the roles.
func postAtCity(c *city.City, held []roster.Holding, roles []roster.Role) (roster.PostID, bool) {
	root := routing.Root(c)
	for _, role := range roles {
		for _, h := range held {
			if h.Unit == root && h.Role == role {
				return h.Post, true
			}
		}
	}
	return "", false
}

// CityActs lists the acts that concern the city as a whole and that a person may do; see Govern.
func CityActs(c *city.City, person roster.PersonID, at time.Time) []dispatch.Act {
	var out []dispatch.Act
	for _, act := range officeActs {
		if _, err := Govern(c, person, act, at); err == nil {
			out = append(out, act)
		}
	}
	return out
}

// noPost says that a person holds no post.
func noPost(person roster.PersonID) i18n.Text {
	return i18n.F("%s holds no post today", "%s 当前没有任何岗位", person)
}

// Runs reports whether a person runs the service: its store, its audit log, the notices that were given up. The leader
// and the duty chief of the city do.
func Runs(c *city.City, person roster.PersonID, at time.Time) bool {
	_, ok := postAtCity(c, c.Roster.PostsOf(person, at), runners)
	return ok
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
