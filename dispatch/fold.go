package dispatch

import (
	"slices"
	"time"
	"wangge/dispatch/city/roster"
)

// Fold applies one event and returns the new case; cs itself does not change. The first event of a case is folded into
// &Case{ID: id}. Fold never fails on an event that Decide made.
func Fold(cs *Case, e Event) *Case { return FoldAll(cs, []Event{e}) }

// FoldAll applies the events of one act, in order, as Fold does.
func FoldAll(cs *Case, events []Event) *Case {
	n := *cs
	for i := range events {
		n.Fold(&events[i])
	}
	return &n
}

// Fold applies one event to the case itself.
func (c *Case) Fold(e *Event) {
	clock, step := c.Clock, c.NextStep
	c.Seq, c.UpdatedAt = e.Seq, e.At
	if e.Revision != "" {
		c.CityRevision = e.Revision
	}
	if !e.Clock.Since.IsZero() {
		c.Clock, c.NextStep = e.Clock, e.Clock.Step
		goesOn := e.Kind == EventReclassified && e.Clock.Limit.N == 0 // the office's own clock
		if c.Clock.Step = 0; c.NextStep == 0 && !goesOn {             // the present clock's step is NextStep
			c.Stands = nil
		}
	}
	if e.Ladder != "" {
		c.Ladder = e.Ladder
	}
	if e.Actor != "" && e.Kind != EventRaised {
		c.QuietSince, c.Nudges = e.At, 0
	}
	if e.CoOwners != nil {
		c.CoOwners = e.CoOwners
	}
	if e.Milestones != nil {
		c.Milestones = e.Milestones
	}
	if e.Aside > 0 {
		c.Disposal.Step, c.Disposal.Passed = e.Aside-1, e.AsidePassed
	}
	if e.AsideClock.Limit.N > 0 {
		c.Disposal = e.AsideClock
	}
	c.NextAt = e.NextAt
	switch e.Kind {
	case EventReported:
		c.Stage, c.Report, c.Place = Reported, *e.Report, *e.Place
		c.Category, c.Condition, c.Severity, c.Reopens = e.Report.Category, e.Condition, e.Severity, e.Other
	case EventVerifying:
		c.Stage = Verifying
	case EventVerified:
		c.Stage, c.Verified = Reported, NotFound
		if e.Granted {
			c.Stage, c.Verified = Accepted, Confirmed
		}
	case EventProposed:
		c.Proposed = e.Other
	case EventAccepted: // the office takes it as a matter of its own
		c.Stage, c.Proposed = Accepted, 0
	case EventFiled:
		c.Stage, c.Condition, c.Severity, c.FiledAt = Filed, e.Condition, e.Severity, e.At
	case EventDispatched:
		c.Stage, c.Owner, c.CoOwners, c.Rule, c.LimitRule = Dispatched, e.Owner, e.CoOwners, e.Rule, e.LimitRule
		c.Milestones, c.Judge, c.Handler, c.Disposal, c.Asked, c.ReroutedAt = e.Milestones, roster.Unit{}, "", Clock{}, Asked{}, time.Time{}
	case EventRerouted:
		c.Stage, c.Owner, c.Rule, c.Handler, c.Asked, c.ReroutedAt = Dispatched, e.Owner, e.Rule, "", Asked{}, e.At
		c.CoOwners = slices.DeleteFunc(slices.Clone(c.CoOwners), func(o CoOwner) bool { return o.Unit == e.Owner.Unit })
	case EventReturned:
		if e.Party != (roster.Unit{}) { // the first versions did not write it
			c.Refused, c.Disposal = append(slices.Clip(c.Refused), e.Party), clock
			c.Disposal.Step = step
		}
		c.Stage, c.Owner, c.CoOwners, c.Milestones, c.Rule, c.Asked = Returned, Owner{}, nil, nil, "", Asked{}
		c.Returns++
	case EventReferred:
		c.Stage, c.Judge = Arbitration, e.Party
	case EventStarted:
		c.Stage, c.Handler = Handling, e.Handler
	case EventAsked:
		c.Asked = Asked{Kind: e.Ask, By: e.Actor, Post: e.Post, At: e.At, Until: e.Until}
		if e.Ask == AskAppeal {
			c.Appeal = AppealFiled
		}
	case EventGranted:
		c.Asked.Level++
		c.Asked.GrantedBy = e.Actor
	case EventDenied, EventExtended:
		c.Asked = Asked{}
	case EventSuspended:
		c.Stage, c.Disposal, c.ResumeAt, c.Asked = Suspended, e.Clock, e.Until, Asked{}
		c.Clock, c.NextStep, c.Stands = Clock{}, 0, nil
		c.Suspensions++
	case EventResumed:
		c.Stage, c.ResumeAt, c.Disposal = Handling, time.Time{}, Clock{}
	case EventResolved:
		c.Stage, c.FixedBy, c.ResolvedAt, c.Disposal, c.CheckedBy, c.Asked = Checking, e.Actor, e.At, clock, "", Asked{}
		c.Disposal.Step = e.Step
	case EventCheckPassed:
		c.CheckedBy = e.Actor
	case EventCheckFailed:
		c.Stage, c.NextStep, c.CheckedBy = Handling, e.Step, ""
		c.Reworks++
	case EventClosed, EventForceClosed:
		c.Stage, c.Closing, c.Outcome, c.ClosedAt = Closed, e.Closing, e.Outcome, e.At
		c.end()
	case EventRejected:
		c.Stage, c.ClosedAt = Rejected, e.At
		c.end()
	case EventVoided:
		c.Stage, c.ClosedAt = Voided, e.At
		c.end()
	case EventSelfResolved:
		c.Stage, c.ClosedAt, c.ResolvedAt, c.FixedBy, c.Outcome = SelfResolved, e.At, e.At, e.Actor, OutcomeFixed
		c.end()
	case EventImported:
		c.Stage, c.Outcome, c.ClosedAt, c.ResolvedAt = Closed, e.Outcome, e.At, e.At
		c.end()
	case EventMerged:
		c.MergedInto, c.Before, c.Held, c.Asked = e.Other, c.Stage, e.Clock, Asked{}
		c.Stage, c.Clock, c.NextStep, c.Stands, c.Proposed = Merged, Clock{}, 0, nil, 0
	case EventUnmerged:
		if c.Stage == Merged {
			c.Stage, c.Before, c.Held, c.MergedInto = c.Before, StageUnknown, Clock{}, 0
		}
	case EventReclassified:
		c.Category, c.Condition, c.Severity, c.LimitRule = e.Category, e.Condition, e.Severity, e.LimitRule
		if e.Clock.Limit.N > 0 {
			c.Milestones = e.Milestones
			if c.Stage == Suspended {
				c.Disposal = e.Clock
			}
		}
	case EventSupervised:
		c.Unanswered = true
		c.Supervisions++
	case EventAnswered:
		c.Unanswered = false
	case EventAppealDecided:
		c.Asked, c.Appeal = Asked{}, AppealUpheld
		if e.Granted {
			c.Appeal = Exempted
		}
	case EventReopened:
		c.ReopenedAs = e.Other
	case EventAttached:
		c.Group = e.Other
	case EventDetached:
		c.Group = 0
	case EventReplied:
		c.Satisfaction = e.Satisfied
	case EventEscalated, EventStepSkipped:
		c.stepFired(e)
	case EventRaised:
		c.notified(e)
	case EventNudged:
		c.QuietSince = e.At
		c.Nudges++
	case EventRevised:
		c.revised(e)
	case EventArbitrated, EventReached, EventAssisted, EventCommented, EventReprojected, EventUnknown:
	}
}

// stepFired moves the clock whose step fired on to the next step.
func (c *Case) stepFired(e *Event) {
	switch {
	case e.Milestone != "":
		c.Milestones = slices.Clone(c.Milestones)
		for i := range c.Milestones {
			if c.Milestones[i].ID == e.Milestone {
				c.Milestones[i].Clock.Step = e.Step + 1
			}
		}
	case e.Party != (roster.Unit{}):
		c.CoOwners = slices.Clone(c.CoOwners)
		for i := range c.CoOwners {
			if c.CoOwners[i].Unit == e.Party {
				c.CoOwners[i].Clock.Step = e.Step + 1
			}
		}
	default:
		c.NextStep, c.Clock.Passed = e.Step+1, ""
		c.notified(e)
	}
}

// notified notes which posts were notified last. A reminder to the owner changes nothing.
func (c *Case) notified(e *Event) {
	if len(e.ToldPosts) > 0 {
		c.Stands = e.ToldPosts
	}
}

// end stops the clocks and disarms the timer: an ended case never escalates.
func (c *Case) end() {
	if c.Clock.Limit.N > 0 {
		c.Disposal = c.Clock
	}
	c.Clock, c.NextAt, c.Stands, c.Asked, c.ResumeAt = Clock{}, time.Time{}, nil, Asked{}, time.Time{}
}

// revised applies a migration to another revision of the city.
func (c *Case) revised(e *Event) {
	if c.Stage == Handling && e.Owner.Unit != c.Owner.Unit {
		c.Stage, c.Handler = Dispatched, ""
	}
	c.Place, c.Owner, c.CoOwners, c.Rule, c.Ladder, c.NextStep = *e.Place, e.Owner, e.CoOwners, e.Rule, e.Ladder, e.Step
	c.Clock.Passed = e.Passed
	if e.Party != (roster.Unit{}) {
		c.Judge = e.Party
	}
	if e.Freed {
		c.Handler = ""
		if c.Stage == Handling {
			c.Stage = Dispatched
		}
	}
}
