package sla

import (
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/catalog"
)

// ChangedMilestones are the milestones of another condition for work that is under way. A milestone that starts with
// the dispatch has used what the work has used.
func ChangedMilestones(
	c *city.City, cond *catalog.Condition, cal *calendar.Calendar, lead dispatch.Clock, cmd dispatch.Command,
) ([]dispatch.Milestone, error) {
	var ms []dispatch.Milestone
	for _, m := range cond.Milestones {
		k := dispatch.Clock{Limit: UrgentLimit(c, cond.Severity, m.Limit)}
		if m.After == "" {
			lead.Extended, lead.Chosen, lead.Granted, lead.Step, lead.Fired = 0, 0, 0, 0, ""
			var err error
			if k, err = WithLimit(lead, cal, k.Limit, cmd.At); err != nil {
				return nil, err
			}
		}
		ms = append(ms, dispatch.Milestone{ID: m.ID, Name: m.Name, After: m.After, Closing: m.Closing, Clock: k})
	}
	return ms, nil
}
