package lifecycle

import (
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
	"wangge/dispatch/routing"
	"wangge/dispatch/sla"
)

// decideMilestone completes a milestone and starts those that follow it. A milestone that several parties have is that of
// the unit for which the actor speaks.
func decideMilestone(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	i := milestoneOf(c, cs, &cmd)
	if i < 0 {
		var under []i18n.Text
		for i := range cs.Milestones {
			if m := &cs.Milestones[i]; m.Clock.Running() && speaksFor(c, cs, m, cmd.Actor, cmd.At) {
				under = append(under, i18n.Text{En: m.ID, Zh: m.ID + m.Name})
			}
		}
		return nil, refuse(cs, cmd.Act, dispatch.JoinTexts(i18n.F("%q is not under way; these are: ", "%q 不在进行中；进行中的节点：", cmd.Milestone), under))
	}
	ms := slices.Clone(cs.Milestones)
	m := &ms[i]
	m.Clock = sla.Pause(m.Clock, sla.CalendarFor(c, cs, m), cmd.At, m.Clock.Step)
	m.Reached, m.ReachedBy = cmd.At, cmd.Actor
	for n := range ms {
		if next := &ms[n]; next.After == m.ID && next.Clock.Due.IsZero() {
			k, err := sla.StartClock(sla.CalendarFor(c, cs, next), next.Clock.Limit, cmd.At)
			if err != nil {
				return nil, err
			}
			next.Clock = k
		}
	}
	return []dispatch.Event{{Kind: dispatch.EventMilestoneCompleted, Milestone: m.ID, Party: m.Unit, Photos: cmd.Photos, Milestones: ms}}, nil
}

// milestoneOf is the index of the running milestone that a command names and whose party the actor speaks for: by its id, else by
// its kind, and then first one of a unit at which the actor holds a post; -1 = there is none.
func milestoneOf(c *city.City, cs *dispatch.Case, cmd *dispatch.Command) int {
	first := -1
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		if !m.Clock.Running() || m.Kind() != cmd.Milestone && m.ID != cmd.Milestone || !speaksFor(c, cs, m, cmd.Actor, cmd.At) {
			continue
		}
		if m.ID == cmd.Milestone && m.Party != catalog.PartyOwner {
			return i
		}
		at := func(h roster.Holding) bool { return h.Unit == m.UnitOf(cs) && milestoneRole(m, h.Role) }
		if slices.ContainsFunc(c.Roster.PostsOf(cmd.Actor, cmd.At), at) {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// milestoneRole reports whether a role completes a milestone: an inspector that of the inspector who was sent, the owner's
// people all others; a leader both.
func milestoneRole(m *dispatch.Milestone, r roster.Role) bool {
	if m.Party == catalog.PartyInspector {
		return r == roster.Inspector || r == roster.Leader
	}
	return slices.Contains(rights.OwnersPeople, r)
}

// speaksFor reports whether a person completes a milestone, from a post at its unit or above.
func speaksFor(c *city.City, cs *dispatch.Case, m *dispatch.Milestone, person roster.PersonID, at time.Time) bool {
	return slices.ContainsFunc(c.Roster.PostsOf(person, at), func(h roster.Holding) bool {
		return milestoneRole(m, h.Role) && routing.Above(c, h.Unit, m.UnitOf(cs))
	})
}

// hasMilestone: a milestone must be under way, and be one of the actor's.
func hasMilestone(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	running := func(m dispatch.Milestone) bool { return m.Clock.Running() }
	if !slices.ContainsFunc(cs.Milestones, running) {
		return i18n.F("no milestone is under way", "没有进行中的节点")
	}
	mine := func(m dispatch.Milestone) bool { return running(m) && speaksFor(c, cs, &m, actor, at) }
	if actor != "" && !slices.ContainsFunc(cs.Milestones, mine) {
		return i18n.F("none of the milestones under way is yours", "进行中的节点均不属于您的单位")
	}
	return none
}

// milestonesReached: the owner reports the work done when the owner's milestones are complete.
func milestonesReached(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if left := milestonesLeft(cs, roster.Unit{}); len(left) > 0 {
		return dispatch.JoinTexts(i18n.F("milestones still to be reached: ", "尚未完成的节点："), left)
	}
	return none
}

// milestonesLeft lists the milestones of a co-owner that are not complete; of the owner for the zero unit.
func milestonesLeft(cs *dispatch.Case, of roster.Unit) []i18n.Text {
	var left []i18n.Text
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		if m.Reached.IsZero() && m.Unit == of && m.Party != catalog.PartyInspector {
			left = append(left, i18n.Text{En: m.Kind(), Zh: m.Name})
		}
	}
	return left
}
