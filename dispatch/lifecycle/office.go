package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
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

// MaySeeContacts reports whether a person may see another person's contact details and the reason and end of absences:
// everybody their own, the grid office everybody's.
func MaySeeContacts(c *city.City, person, about roster.PersonID, at time.Time) bool {
	if person == about && c.Roster.Active(person, at) {
		return true
	}
	_, err := Govern(c, person, dispatch.ActDirectory, at)
	return err == nil
}

// confidential are the files of a city directory with phones, addresses and absences.
var confidential = []string{"people.csv", "absences.csv", "departments.csv"}

// Confidential reports whether a file of a city directory holds phones, addresses or absences: only the grid office may
// read its rows.
func Confidential(file string) bool { return slices.Contains(confidential, file) }
