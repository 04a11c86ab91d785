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

func (c *Case) fold(e *Event) {
	clock := c.Clock
	c.Seq, c.UpdatedAt = e.Seq, e.At
	if e.Revision != "" {
		c.CityRevision = e.Revision
	}
	if !e.Clock.Since.IsZero() {
		c.Clock, c.NextStep, c.Stands = e.Clock, 0, nil
	}
	if e.Ladder != "" {
		c.Ladder = e.Ladder
	}
	if e.Actor != "" && e.Kind != EventRaised {
		c.QuietSince, c.Nudges = e.At, 0
	}
	c.NextAt = e.NextAt
	switch e.Kind {
	case EventReported:
		c.Stage, c.Report, c.Place = Reported, *e.Report, *e.Place
		c.Category, c.Condition, c.Severity = e.Report.Category, e.Condition, e.Severity
	case EventAccepted:
		c.Stage = Accepted
	case EventFiled:
		c.Stage, c.Condition, c.Severity, c.FiledAt = Filed, e.Condition, e.Severity, e.At
	case EventDispatched:
		c.Stage, c.Owner, c.CoOwners, c.Rule = Dispatched, e.Owner, e.CoOwners, e.Rule
		c.Handler = ""
	case EventReturned:
		c.Stage, c.Owner, c.CoOwners, c.Rule = Returned, Owner{}, nil, ""
		c.Returns++
	case EventStarted:
		c.Stage, c.Handler = Handling, e.Handler
	case EventResolved:
		c.Stage, c.FixedBy, c.ResolvedAt, c.Disposal, c.CheckedBy = Checking, e.Actor, e.At, clock, ""
	case EventCheckPassed:
		c.CheckedBy = e.Actor
	case EventCheckFailed:
		c.Stage, c.NextStep, c.CheckedBy = Handling, e.Step, ""
		c.Reworks++
	case EventClosed:
		c.Stage, c.Closing, c.Outcome, c.ClosedAt = Closed, e.Closing, e.Outcome, e.At
		c.end()
	case EventImported:
		c.Stage, c.Outcome, c.ClosedAt, c.ResolvedAt = Closed, e.Outcome, e.At, e.At
		c.end()
	case EventEscalated, EventStepSkipped:
		c.NextStep = e.Step + 1
		c.stands(e)
	case EventRaised:
		c.stands(e)
	case EventNudged:
		c.QuietSince = e.At
		c.Nudges++
	case EventRevised:
		c.revised(e)
	case EventUnknown:
	}
}

// stands notes on whose step a case stands. Who reminds an owner of his own case takes it from nobody.
func (c *Case) stands(e *Event) {
	if len(e.ToldPosts) > 0 {
		c.Stands = e.ToldPosts
	}
}

// end stops the clock and disarms the timer: an ended case never escalates.
func (c *Case) end() {
	if c.Disposal.Since.IsZero() {
		c.Disposal = c.Clock
	}
	c.Clock, c.NextAt, c.Stands = Clock{}, time.Time{}, nil
}
