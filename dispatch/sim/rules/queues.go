package rules

import (
	"wangge/dispatch"
	"wangge/dispatch/sim/rules/tally"
)

// PartOf is the main case of the mass event of which the case is a part; 0 = none. A case that is void, rejected or merged is no
// part.
func (h *History) PartOf() dispatch.CaseID {
	if h.Ended && h.Stage != dispatch.Closed && h.Stage != dispatch.SelfResolved {
		return 0
	}
	return h.group
}

// CountQueues adds a case to the queues in which it is, but for the mass event that it leads.
func (h *History) CountQueues(n map[string]int) {
	tally.Case{
		Stage: h.Stage, Ended: h.Ended, WithPlatform: h.withPlatform(), PartToGive: h.partToGive(), Asked: h.asked.kind != dispatch.NoRequest,
		Checked: h.checker != "", InHand: h.handler != "", Reworked: h.reworks > 0, Unanswered: h.unanswered, Part: h.group != 0,
	}.Count(n)
}
