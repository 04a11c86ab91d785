package lifecycle

import (
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle/guard"
	"wangge/dispatch/sla"
)

// decideMilestone completes a milestone and starts those that follow it. A milestone that several parties have is that of
// the unit for which the actor speaks.
func decideMilestone(cs *dispatch.Case, cmd dispatch.Command, _ Facts, c *city.City) ([]dispatch.Event, error) {
	i := guard.MilestoneOf(c, cs, &cmd)
	if i < 0 {
		var under []i18n.Text
		for _, one := range guard.MilestoneChoices(c, cs, cmd.Actor, cmd.At) {
			under = append(under, i18n.F("%[1]s (%[2]s)", "%[1]s（%[2]s）", one.Value, one.Text))
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
