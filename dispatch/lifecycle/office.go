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

// officeRoles govern the city, at the city itself.
var officeRoles = []roster.Role{roster.GridOffice, roster.Leader, roster.DutyChief}

// Govern returns the post from which a person does an act that concerns the city as a whole, or a
// *NotAllowedError. ActReview needs any post; every other act needs one of the roles grid_office,
// leader and duty_chief at the city itself. Who holds no post, has left or is not in people.csv may
// do none of them.
func Govern(c *city.City, person roster.PersonID, act dispatch.Act, at time.Time) (roster.PostID, error) {
	held := c.Roster.PostsOf(person, at)
	if len(held) == 0 {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: noPost(person)}
	}
	root := routing.RootOf(c)
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

func noPost(person roster.PersonID) i18n.Text {
	return i18n.F("%s holds no post today", "%s 当前没有任何岗位", person)
}

// MayKnow reports whether a person may know why and until when somebody is absent, and how to reach
// them: about themselves, and the grid office about everybody.
func MayKnow(c *city.City, person, about roster.PersonID, at time.Time) bool {
	if person == about && c.Roster.Active(person, at) {
		return true
	}
	_, err := Govern(c, person, dispatch.ActDirectory, at)
	return err == nil
}

// discreet are the files of a city directory that hold phones, addresses and absences.
var discreet = []string{"people.csv", "absences.csv", "departments.csv"}

// Discreet reports whether a file of a city directory holds phones, addresses or absences: only the
// grid office reads its rows.
func Discreet(file string) bool { return slices.Contains(discreet, file) }
