package guard

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
	"wangge/dispatch/waits"
)

// MilestoneOf is the index of the running milestone that a command names and whose party the actor speaks for: by its id, else by
// its kind or its name, and then first one of a unit at which the actor holds a post; -1 = there is none.
func MilestoneOf(c *city.City, cs *dispatch.Case, cmd *dispatch.Command) int {
	first := -1
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		named := m.Kind() == cmd.Milestone || m.ID == cmd.Milestone || m.Name == cmd.Milestone
		if !named || !cs.UnderWay(m) || !SpeaksFor(c, cs, m, cmd.Actor, cmd.At) {
			continue
		}
		if m.ID == cmd.Milestone && m.Party != catalog.PartyOwner {
			return i
		}
		at := func(h roster.Holding) bool { return h.Unit == m.UnitOf(cs) && milestoneRole(m, h.Role) }
		if slices.ContainsFunc(waits.Held(c, cs, cmd.Actor, cmd.At), at) {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// MilestoneText names a milestone of a case and the party that must reach it. Example: "到场，道里区 监督员".
func MilestoneText(c *city.City, cs *dispatch.Case, m *dispatch.Milestone) i18n.Text {
	unit := c.UnitName(m.UnitOf(cs))
	if m.Party == catalog.PartyInspector {
		unit = i18n.F("%s %s", "%s %s", unit, roster.Inspector.Text())
	}
	return i18n.F("%s, %s", "%s，%s", m.Name, unit)
}

// MilestoneChoices are the milestones under way of a case for whose party a person speaks, by their ids.
func MilestoneChoices(c *city.City, cs *dispatch.Case, person roster.PersonID, at time.Time) []dispatch.Choice {
	var out []dispatch.Choice
	for i := range cs.Milestones {
		if m := &cs.Milestones[i]; cs.UnderWay(m) && SpeaksFor(c, cs, m, person, at) {
			out = append(out, dispatch.Choice{Value: m.ID, Text: MilestoneText(c, cs, m)})
		}
	}
	return out
}

// milestoneRole reports whether a role completes a milestone: an inspector that of the inspector who was sent, the owner's
// people all others; a leader both.
func milestoneRole(m *dispatch.Milestone, r roster.Role) bool {
	if m.Party == catalog.PartyInspector {
		return r == roster.Inspector || r == roster.Leader
	}
	return slices.Contains(rights.OwnersPeople, r)
}

// SpeaksFor reports whether a person completes a milestone, from a post at its unit or above.
func SpeaksFor(c *city.City, cs *dispatch.Case, m *dispatch.Milestone, person roster.PersonID, at time.Time) bool {
	return slices.ContainsFunc(waits.Held(c, cs, person, at), func(h roster.Holding) bool {
		return milestoneRole(m, h.Role) && routing.Above(c, h.Unit, m.UnitOf(cs))
	})
}

// HasMilestone is a guard: a milestone must be under way, and be one of the actor's.
func HasMilestone(c *city.City, cs *dispatch.Case, actor roster.PersonID, at time.Time) i18n.Text {
	running := func(m dispatch.Milestone) bool { return cs.UnderWay(&m) }
	if !slices.ContainsFunc(cs.Milestones, running) {
		return i18n.F("no milestone is under way", "没有进行中的节点")
	}
	mine := func(m dispatch.Milestone) bool { return running(m) && SpeaksFor(c, cs, &m, actor, at) }
	if actor != "" && !slices.ContainsFunc(cs.Milestones, mine) {
		return i18n.F("none of the milestones under way is yours", "进行中的节点均不属于您的单位")
	}
	return None
}

// MilestonesReached is a guard: the owner reports the work done when the owner's milestones are complete.
func MilestonesReached(_ *city.City, cs *dispatch.Case, _ roster.PersonID, _ time.Time) i18n.Text {
	if left := MilestonesLeft(cs, roster.Unit{}); len(left) > 0 {
		return dispatch.JoinTexts(i18n.F("milestones still to be reached: ", "尚未完成的节点："), left)
	}
	return None
}

// MilestonesLeft lists the milestones of a co-owner that are not complete; of the owner for the zero unit.
func MilestonesLeft(cs *dispatch.Case, of roster.Unit) []i18n.Text {
	var left []i18n.Text
	for i := range cs.Milestones {
		m := &cs.Milestones[i]
		if m.Reached.IsZero() && m.Unit == of && m.Party != catalog.PartyInspector {
			left = append(left, i18n.Text{En: m.Kind(), Zh: m.Name})
		}
	}
	return left
}
