package escalation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// Recipient is a person who is notified, with the post at which the person is on duty.
type Recipient struct {
	Unit   roster.Unit
	Post   roster.PostID
	Person roster.PersonID
}

// Recipients finds the recipients of a step, each person once. The result is empty when none of them is on duty. The words
// of city.RecipientForms:
//
//   - "owner": the post that is accountable for the present stage; "handler": the person who does the work, or the post while
//     that person is absent or has left
//   - "superior", "superior_2" …: the posts above, each with the patron (包保) of the unit below; above the office of a platform
//     the first is the leader of its area
//   - "unit_leader": the leader of the accountable unit itself
//   - "deputy" (分管), "patron": the nearest such post from the accountable unit upwards, else from the place upwards
//   - "level:…": the leader of the area of that level in which the case lies
//   - another role: the nearest post of the role from the place upwards
//   - "city_leader": the leader of the city, who is also the superior of the city's own office and of the people who verify
//     or check for that office on the ground: the units above that ground may be those that did the work
func Recipients(c *city.City, cs *dispatch.Case, whoms []string, at time.Time) []Recipient {
	var out []Recipient
	for _, who := range whoms {
		for _, a := range recipientsOf(c, cs, who, at) {
			if !slices.ContainsFunc(out, func(b Recipient) bool { return b.Person == a.Person }) {
				out = append(out, a)
			}
		}
	}
	return out
}

// recipientsOf finds the recipients that one word names.
func recipientsOf(c *city.City, cs *dispatch.Case, who string, at time.Time) []Recipient {
	root := routing.Root(c)
	unit, post := Accountable(c, cs)
	if cs.Stage == dispatch.Verifying || cs.Stage == dispatch.Checking {
		unit, post = AccountableAt(c, cs, at)
	}
	switch {
	case who == "owner":
		return onDuty(c, unit, post, at)
	case who == "handler":
		if _, stays := PostAtOwner(c, cs, cs.Handler, at); stays && !c.Roster.Absent(cs.Handler, at) {
			return []Recipient{{cs.Owner.Unit, cs.Owner.Post, cs.Handler}}
		}
		return onDuty(c, unit, post, at)
	case who == "co_owners":
		var out []Recipient
		for _, o := range cs.CoOwners {
			out = append(out, onDuty(c, o.Unit, o.Post, at)...)
		}
		return out
	case who == "city_leader":
		return onDutyAs(c, root, roster.Leader, at)
	case strings.HasPrefix(who, "level:"):
		for _, id := range slices.Backward(cs.Place.Areas) {
			u := roster.Unit{Kind: roster.UnitArea, ID: string(id)}
			if a := c.Areas[id]; a != nil && c.Levels[a.Level] == strings.TrimPrefix(who, "level:") {
				if to := onDutyAs(c, u, roster.Leader, at); len(to) > 0 {
					return to
				}
				return onDutyAs(c, u, roster.Owner, at)
			}
		}
		return nil
	case strings.HasPrefix(who, "post:"):
		post := roster.PostID(strings.TrimPrefix(who, "post:"))
		for _, h := range c.Roster.Holdings(post) {
			return onDuty(c, h.Unit, post, at)
		}
		return nil
	case who == "unit_leader":
		return onDutyAs(c, unit, roster.Leader, at)
	case who == string(roster.Deputy) || who == string(roster.Patron):
		return nearestAbove(c, unit, roster.Role(who), cs, at)
	case slices.Contains(roster.Roles, roster.Role(who)):
		for _, id := range slices.Backward(cs.Place.Areas) {
			if to := onDutyAs(c, roster.Unit{Kind: roster.UnitArea, ID: string(id)}, roster.Role(who), at); len(to) > 0 {
				return to
			}
		}
		return nil
	case unit == root, cs.Stage == dispatch.Verifying, cs.Stage == dispatch.Checking && !atPlatform(c, cs, unit):
		// above the city's own office
		return onDutyAs(c, root, roster.Leader, at)
	default:
		n := 1
		if _, digits, ok := strings.Cut(who, "_"); ok {
			n, _ = strconv.Atoi(digits)
		}
		if atPlatform(c, cs, unit) {
			return superiorOfPlatform(c, unit, n, at)
		}
		return superiorOf(c, unit, n, at)
	}
}

// superiorOf is the n-th superior of a unit who is on duty, with the patron of the unit below.
func superiorOf(c *city.City, unit roster.Unit, n int, at time.Time) []Recipient {
	s, ok := c.Roster.Superior(unit, n, at)
	if !ok {
		return nil
	}
	out := []Recipient{{s.Unit, s.Post, s.Person}}
	if post := roster.PostAt(s.Below, roster.Patron); post != s.Post { // beside the leader, never instead
		if p, ok := c.Roster.OnDuty(post, at); ok {
			out = append(out, Recipient{s.Below, post, p})
		}
	}
	return out
}

// nearestAbove is the person on duty at the nearest post of a role from a unit upwards; when the chain of the unit has no
// such post on duty, from the smallest area of the case upwards.
func nearestAbove(c *city.City, unit roster.Unit, role roster.Role, cs *dispatch.Case, at time.Time) []Recipient {
	for u, ok := unit, true; ok; u, ok = c.Parent(u) {
		if to := onDutyAs(c, u, role, at); len(to) > 0 {
			return to
		}
	}
	for _, id := range slices.Backward(cs.Place.Areas) {
		if to := onDutyAs(c, roster.Unit{Kind: roster.UnitArea, ID: string(id)}, role, at); len(to) > 0 {
			return to
		}
	}
	return nil
}

// onDuty is the person on duty at a post, or whom an off-hours rule names; empty when there is none.
func onDuty(c *city.City, u roster.Unit, post roster.PostID, at time.Time) []Recipient {
	if s, ok := c.OnCall(u, post, at); ok {
		return []Recipient{{s.Unit, s.Post, s.Person}}
	}
	return nil
}

// onDutyAs is the person on duty at the post of a role at a unit.
func onDutyAs(c *city.City, u roster.Unit, role roster.Role, at time.Time) []Recipient {
	post, ok := c.Roster.Post(u, role)
	if !ok {
		return nil
	}
	return onDuty(c, u, post, at)
}

// FirstRecipient is the first recipient of a step; false when it has none.
func FirstRecipient(c *city.City, cs *dispatch.Case, whoms []string, at time.Time) (roster.PersonID, bool) {
	if to := Recipients(c, cs, whoms, at); len(to) > 0 {
		return to[0].Person, true
	}
	return "", false
}
