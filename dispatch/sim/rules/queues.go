package rules

import "wangge/dispatch"

// Queues, in the words of the trade.
const (
	ToVerify   = "a report to be verified at the place"
	ToCheck    = "work to be checked at the place"
	ToDecide   = "a request or a dispute to be decided"
	ToAccept   = "a report to be accepted"
	ToFile     = "an accepted report to be filed"
	ToDispatch = "a case without an owner"
	ToClose    = "a checked case to be closed"
	Supervised = "a supervision without an answer"
	Returned   = "a case that its owner returned"
	Disputed   = "a dispute"
	Rework     = "work that failed its check"
	MassEvents = "a mass event: a part, or a main case with parts"
	InHand     = "work in the hands of a person"
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
	if h.asked.kind != dispatch.NoRequest || !h.Ended && h.Stage == dispatch.Arbitration {
		n[ToDecide]++
	}
	if h.Ended {
		return
	}
	if h.withPlatform() {
		n[ToDispatch]++
	} else if queue, ok := queueOfStage[h.Stage]; ok {
		n[queue]++
	}
	// The other stages have the queue of the stage alone.
	//exhaustive:ignore
	switch h.Stage {
	case dispatch.Checking:
		if h.checker == "" {
			n[ToCheck]++
		} else {
			n[ToClose]++
		}
	case dispatch.Returned:
		n[Returned]++
	case dispatch.Dispatched, dispatch.Handling, dispatch.Suspended:
		if h.handler != "" {
			n[InHand]++
		}
		if h.reworks > 0 && !h.withPlatform() {
			n[Rework]++
		}
	}
	if h.unanswered {
		n[Supervised]++
	}
	if h.group != 0 {
		n[MassEvents]++
	}
}

var queueOfStage = map[dispatch.Stage]string{
	dispatch.Verifying: ToVerify, dispatch.Reported: ToAccept, dispatch.Accepted: ToFile, dispatch.Filed: ToDispatch,
	dispatch.Returned: ToDispatch, dispatch.Arbitration: Disputed,
}
