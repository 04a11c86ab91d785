package escalation

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/routing"
)

// Rings reports whether an event is an alarm that must reach somebody: a step of a ladder, a reminder, a receipt or a second
// dispatch that is missing.
func Rings(e *dispatch.Event) bool {
	// Not exhaustive: every other event is news.
	//exhaustive:ignore
	switch e.Kind {
	case dispatch.EventEscalated, dispatch.EventReminded, dispatch.EventReceiptMissed, dispatch.EventSecondDispatchMissed:
		return true
	default:
		return false
	}
}

// StandIns lists the people who are told of an alarm in place of a recipient who has no address, in the order of duty: the
// others on duty at the post, those present there, the leader of the unit and its superiors on duty, of the office of a platform
// its duty chief and the leaders above; last the duty chief of the city, also off duty. The city leader is not among them, unless
// the post is the city leader's: that takes a rule of the city.
func StandIns(c *city.City, of Recipient, at time.Time) []Recipient {
	root := routing.Root(c)
	leader := roster.PostAt(root, roster.Leader)
	var out []Recipient
	add := func(u roster.Unit, post roster.PostID, p roster.PersonID) {
		leads := post != of.Post && slices.ContainsFunc(c.Roster.Holdings(leader), func(h roster.Holding) bool { return h.Person == p })
		known := func(r Recipient) bool { return r.Person == p }
		if p != of.Person && !leads && !slices.ContainsFunc(out, known) {
			out = append(out, Recipient{u, post, p})
		}
	}
	for _, p := range c.Roster.AllOnDuty(of.Post, at) {
		add(of.Unit, of.Post, p)
	}
	for _, h := range c.Roster.Holdings(of.Post) {
		if c.Roster.Holds(h, at) && !c.Roster.Absent(h.Person, at) {
			add(of.Unit, of.Post, h.Person)
		}
	}
	roles := []roster.Role{roster.Leader}
	if officeOfPlatform(c, of.Unit, of.Post) {
		roles = []roster.Role{roster.DutyChief, roster.Leader}
	}
	for _, role := range roles {
		for _, r := range onDutyAs(c, of.Unit, role, at) {
			add(r.Unit, r.Post, r.Person)
		}
	}
	for _, s := range c.Roster.Superiors(of.Unit, at) {
		add(s.Unit, s.Post, s.Person)
	}
	chief, _ := c.Roster.Post(root, roster.DutyChief)
	if to, ok := At(c, root, chief, at); ok {
		add(to.Unit, to.Post, to.Person)
	}
	return out
}
