// Package tally counts the queues of an invented city.
package tally

import "wangge/dispatch"

// Queues, in the words of the trade.
const (
	ToVerify   = "a report to be verified at the place"
	ToCheck    = "work to be checked at the place"
	ToDecide   = "a request or a dispute to be decided"
	ToAccept   = "a report to be accepted"
	ToFile     = "an accepted report to be filed"
	ToDispatch = "a case without an owner, or with work that a platform has to give on"
	ToClose    = "a checked case to be closed"
	Supervised = "a supervision without an answer"
	Returned   = "a case that its owner returned"
	Disputed   = "a dispute"
	Rework     = "work that failed its check"
	MassEvents = "a mass event: a part, or a main case with parts"
	InHand     = "work in the hands of a person"
)

// Case is what decides in which queues a case is.
type Case struct {
	Stage        dispatch.Stage
	Ended        bool
	WithPlatform bool // a platform has to dispatch the case again
	PartToGive   bool // a platform has to give on the part that it has as a co-owner
	Asked        bool // a request waits for a decision
	Checked      bool // the check has passed
	InHand       bool // the work has a handler
	Reworked     bool // a check has failed
	Unanswered   bool // a supervision waits for its answer
	Part         bool // of a mass event
}

// Count adds the case to the queues in which it is, once each, but for the mass event that it leads.
func (c Case) Count(n map[string]int) {
	if c.Asked || !c.Ended && c.Stage == dispatch.Arbitration {
		n[ToDecide]++
	}
	if c.Ended {
		return
	}
	queue := ofStage[c.Stage]
	if c.WithPlatform {
		queue = ToDispatch
	}
	if queue != "" {
		n[queue]++
	}
	if c.PartToGive && queue != ToDispatch {
		n[ToDispatch]++
	}
	// The other stages have the queue of the stage alone.
	//exhaustive:ignore
	switch c.Stage {
	case dispatch.Checking:
		if c.Checked {
			n[ToClose]++
		} else {
			n[ToCheck]++
		}
	case dispatch.Returned:
		n[Returned]++
	case dispatch.Dispatched, dispatch.Handling, dispatch.Suspended:
		if c.InHand {
			n[InHand]++
		}
		if c.Reworked && !c.WithPlatform {
			n[Rework]++
		}
	}
	if c.Unanswered {
		n[Supervised]++
	}
	if c.Part {
		n[MassEvents]++
	}
}

var ofStage = map[dispatch.Stage]string{
	dispatch.Verifying: ToVerify, dispatch.Reported: ToAccept, dispatch.Accepted: ToFile, dispatch.Filed: ToDispatch,
	dispatch.Returned: ToDispatch, dispatch.Arbitration: Disputed,
}
