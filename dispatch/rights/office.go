package rights

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
)

// OfficeActs concern no case but the city itself: Govern says who may do them. Read only.
var OfficeActs = []dispatch.Act{
	dispatch.ActPlan, dispatch.ActApply, dispatch.ActRule, dispatch.ActDirectory, dispatch.ActTokens, dispatch.ActCampaign,
	dispatch.ActReview,
}

// Roles at the city itself.
var (
	keepers = []roster.Role{roster.GridOffice}                                  // keep the directory and the tokens
	runners = []roster.Role{roster.Leader, roster.DutyChief}                    // run the service
	callers = []roster.Role{roster.GridOffice, roster.DutyChief, roster.Leader} // start and stop campaigns
	makers  = []roster.Role{roster.Leader, roster.DutyChief, roster.Arbiter}    // make and revoke precedents
)

// Govern returns the post from which a person does an act that concerns the city as a whole. ActReview needs any post.
// ActRule needs the role leader, duty_chief or arbiter at the city itself, ActCampaign grid_office, duty_chief or leader.
// Every other act needs the role grid_office at the city itself; while nobody holds that role, the leader and the duty
// chief of the city may do those acts, so that a small city is not locked out. An absence does not end a holding. A
// person without a post today may do no act at all.
// Errors: *dispatch.NotAllowedError.
func Govern(c *city.City, person roster.PersonID, act dispatch.Act, at time.Time) (roster.PostID, error) {
	held := c.Roster.PostsOf(person, at)
	if len(held) == 0 {
		return "", &dispatch.NotAllowedError{Person: person, Act: act, Why: NoPost(person)}
	}
	roles := rolesFor(c, act, at)
	if post, ok := postAtCity(c, held, roles); ok {
		return post, nil
	}
	if act == dispatch.ActReview {
		return held[0].Post, nil
	}
	root, words := c.UnitName(routing.Root(c)), roster.RoleWords(roles)
	why := i18n.F("the grid office keeps the city: it needs one of the roles %[1]s at %[2]s", "此操作属网格办：需要%[2]s的下列岗位之一：%[1]s", words, root)
	if act == dispatch.ActCampaign {
		why = i18n.F("a campaign needs one of the roles %[1]s at %[2]s", "启停专项行动需要%[2]s的下列岗位之一：%[1]s", words, root)
	}
	if act == dispatch.ActRule {
		why = i18n.F("a ruling needs one of the roles %[1]s at %[2]s", "权属认定需要%[2]s的下列岗位之一：%[1]s", words, root)
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
	case act == dispatch.ActCampaign:
		return callers
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
	for _, act := range OfficeActs {
		if _, err := Govern(c, person, act, at); err == nil {
			out = append(out, act)
		}
	}
	return out
}

// NoPost says to people that a person holds no post today.
func NoPost(person roster.PersonID) i18n.Text {
	return i18n.F("%s holds no post today", "%s 当前没有任何岗位", person)
}

// Runs reports whether a person runs the service: its store, its audit log, the notices that were given up. The leader
// and the duty chief of the city do.
func Runs(c *city.City, person roster.PersonID, at time.Time) bool {
	_, ok := postAtCity(c, c.Roster.PostsOf(person, at), runners)
	return ok
}
