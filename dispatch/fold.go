package dispatch

import "time"

// Fold applies one event and returns the new case; cs itself is left as it was. The first event
// is folded into &Case{ID: id}. It is total: an event that Decide made never fails to fold.
func Fold(cs *Case, e Event) *Case { return FoldAll(cs, []Event{e}) }

// FoldAll applies the events of one act, in order, as Fold does.
func FoldAll(cs *Case, events []Event) *Case {
	n := *cs
	for i := range events {
		n.fold(&events[i])
	}
	return &n
}

func (n *Case) fold(e *Event) {
	clock := n.Clock
	n.Seq, n.UpdatedAt = e.Seq, e.At
	if e.Revision != "" {
		n.CityRevision = e.Revision
	}
	if !e.Clock.Since.IsZero() {
		n.Clock, n.NextStep = e.Clock, 0
	}
	n.NextAt = e.NextAt
	switch e.Kind {
	case EventReported:
		n.Stage, n.Report, n.Place = Reported, *e.Report, *e.Place
		n.Category, n.Condition, n.Severity, n.Ladder = e.Report.Category, e.Condition, e.Severity, e.Ladder
	case EventAccepted:
		n.Stage = Accepted
	case EventFiled:
		n.Stage, n.Condition, n.Severity, n.Ladder, n.FiledAt = Filed, e.Condition, e.Severity, e.Ladder, e.At
	case EventDispatched:
		n.Stage, n.Owner, n.CoOwners, n.Rule, n.Ladder = Dispatched, e.Owner, e.CoOwners, e.Rule, e.Ladder
		n.Handler = ""
	case EventReturned:
		n.Stage, n.Owner, n.CoOwners, n.Rule = Returned, Owner{}, nil, ""
		n.Returns++
	case EventStarted:
		n.Stage, n.Handler = Handling, e.Handler
	case EventResolved:
		n.Stage, n.FixedBy, n.ResolvedAt, n.Disposal, n.CheckedBy = Checking, e.Actor, e.At, clock, ""
	case EventCheckPassed:
		n.CheckedBy = e.Actor
	case EventCheckFailed:
		n.Stage, n.NextStep, n.CheckedBy = Handling, e.Step, ""
		n.Reworks++
	case EventClosed:
		n.Stage, n.Closing, n.Outcome, n.ClosedAt = Closed, e.Closing, e.Outcome, e.At
		n.end()
	case EventImported:
		n.Stage, n.Outcome, n.ClosedAt, n.ResolvedAt = Closed, e.Outcome, e.At, e.At
		n.end()
	case EventEscalated, EventStepSkipped:
		n.NextStep = e.Step + 1
	case EventUnknown:
	}
}

// end stops the clock and disarms the timer: an ended case never escalates.
func (c *Case) end() {
	if c.Disposal.Since.IsZero() {
		c.Disposal = c.Clock
	}
	c.Clock, c.NextAt = Clock{}, time.Time{}
}
