package dispatch

import (
	"time"
	"wangge/dispatch/city"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"
)

// Acts of the grid office: they concern no case but the city itself.
const (
	ActPlan   Act = "plan"   // see what a city directory would change
	ActApply  Act = "apply"  // let another revision decide
	ActRule   Act = "rule"   // make or revoke a precedent
	ActReview Act = "review" // read revisions and precedents
)

// officeRoles may govern the city, at the city itself: its leader and its duty chief.
var officeRoles = []roster.Role{roster.Leader, roster.DutyChief}

// Govern returns the post from which a person may do an act of the grid office, or a
// *NotAllowedError. Reviewing needs any post; the other acts need the city's leader or duty chief.
func Govern(c *city.City, person roster.PersonID, act Act, at time.Time) (roster.PostID, error) {
	held := c.Roster.PostsOf(person, at)
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	for _, role := range officeRoles {
		for _, h := range held {
			if h.Unit == root && h.Role == role {
				return h.Post, nil
			}
		}
	}
	if act == ActReview && len(held) > 0 {
		return held[0].Post, nil
	}
	return "", &NotAllowedError{
		Person: person, Act: act, Roles: officeRoles,
		Why: say.F("the grid office governs the city: it needs the role leader or duty_chief at area:%s", "此操作属网格办：需要 area:%s 的 leader 或 duty_chief 岗位", c.Root),
	}
}
