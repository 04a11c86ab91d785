package dispatch

import (
	"slices"
	"strings"
	"time"

	"wangge/dispatch/city/catalog"
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

// FoldNew applies the events of a new case, from its first.
func FoldNew(id CaseID, events []Event) *Case {
	c := &Case{ID: id}
	for i := range events {
		c.Fold(&events[i])
	}
	return c
}

// Fold applies one event to the case itself.
func (c *Case) Fold(e *Event) {
	clock, step := c.Clock, c.NextStep
	c.Seq, c.UpdatedAt = e.Seq, e.At
	if e.Revision != "" {
		c.CityRevision = e.Revision
	}
	if !e.Clock.Since.IsZero() {
		if !sameAlarms(&clock, &e.Clock) {
			c.Alarms = nil
		}
		c.Clock, c.NextStep = e.Clock, e.Clock.Step
		goesOn := e.Kind == EventReclassified && e.Clock.Limit.N == 0 // the office's own clock
		if c.Clock.Step = 0; c.NextStep == 0 && !goesOn {             // the present clock's step is NextStep
			c.NotifiedPosts = nil
		}
	}
	if e.EscalationPolicy != "" {
		c.EscalationPolicy = e.EscalationPolicy
	}
	if e.Actor != "" && e.Kind != EventEscalatedByHand {
		c.LastActivity, c.Reminders = e.At, 0
	}
	if e.CoOwners != nil {
		c.CoOwners = e.CoOwners
	}
	if e.Milestones != nil {
		c.Milestones = e.Milestones
	}
	if e.PausedStep > 0 {
		c.Disposal.Step, c.Disposal.Fired = e.PausedStep-1, e.PausedFired
	}
	if e.PausedClock != nil {
		c.Disposal = *e.PausedClock
	}
	if e.Chain != nil {
		c.Chain = e.Chain
	}
	c.NextAt = e.NextAt
	c.receipts(e)
	c.campaign(e)
	switch e.Kind {
	case EventReported:
		c.Stage, c.Report, c.Place = Reported, *e.Report, *e.Place
		c.Category, c.Condition, c.Severity, c.Reopens = e.Report.Category, e.Condition, e.Severity, e.Other
		c.Platform = e.Party
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
		c.Stage, c.Condition, c.Severity, c.Judged, c.FiledAt = Filed, e.Condition, e.Severity, e.Judged, e.At
	case EventDispatched:
		c.Stage, c.Owner, c.CoOwners, c.Rule, c.LimitRule = Dispatched, e.Owner, e.CoOwners, e.Rule, e.LimitRule
		c.Milestones, c.Arbiter, c.Handler = e.Milestones, roster.Unit{}, ""
		c.Disposal, c.Request, c.ReroutedAt = Clock{}, ApprovalRequest{}, time.Time{}
	case EventRerouted:
		c.Stage, c.Owner, c.Rule, c.Handler, c.Request, c.ReroutedAt = Dispatched, e.Owner, e.Rule, "", ApprovalRequest{}, e.At
		c.dropCoOwner(e.Owner.Unit)
	case EventSecondDispatched:
		c.Stage, c.Owner, c.Rule, c.Handler, c.Request, c.ReroutedAt = Dispatched, e.Owner, e.Rule, "", ApprovalRequest{}, e.At
		c.Disposal, c.Arbiter = Clock{}, roster.Unit{}
		c.dropCoOwner(e.Owner.Unit)
	case EventPassedUp:
		c.Platform = e.Party
	case EventReturned:
		if e.Party != (roster.Unit{}) { // the first versions did not write it
			c.refuse(e.Party)
			if c.Stage != Returned { // a platform that returns what was returned to it has had no clock of the work
				c.Disposal = clock
				c.Disposal.Step = step
			}
		}
		c.Stage, c.Owner, c.CoOwners, c.Milestones, c.Rule, c.Request = Returned, Owner{}, nil, nil, "", ApprovalRequest{}
		c.Returns++
	case EventReferred:
		c.Stage, c.Arbiter = Arbitration, e.Party
	case EventStarted:
		c.Stage, c.Handler = Handling, e.Handler
	case EventHandedOver:
		c.handedOver(e)
	case EventRequested:
		c.Request = ApprovalRequest{Kind: e.Request, By: e.Actor, Post: e.Post, At: e.At, Until: e.Until}
		if e.Request == RequestAppeal {
			c.Appeal = AppealFiled
		}
	case EventGranted:
		c.Request.Level++
		c.Request.GrantedBy = e.Actor
	case EventDenied, EventExtended:
		c.Request = ApprovalRequest{}
	case EventSuspended:
		c.Stage, c.Disposal, c.ResumeAt, c.Request = Suspended, e.Clock, e.Until, ApprovalRequest{}
		c.Clock, c.NextStep, c.NotifiedPosts = Clock{}, 0, nil
		c.Suspensions++
	case EventResumed:
		c.Stage, c.ResumeAt, c.Disposal = Handling, time.Time{}, Clock{}
		c.free(e)
	case EventResolved:
		c.Stage, c.FixedBy, c.ResolvedAt, c.Disposal, c.CheckedBy, c.Request = Checking, e.Actor, e.At, clock, "", ApprovalRequest{}
		c.Disposal.Step = e.Step
	case EventCheckPassed:
		c.CheckedBy = e.Actor
	case EventCheckFailed:
		c.Stage, c.NextStep, c.CheckedBy = Handling, e.Step, ""
		c.Reworks++
		c.free(e)
	case EventClosed, EventForceClosed:
		c.Stage, c.Closing, c.Outcome, c.ClosedAt = Closed, e.Closing, e.Outcome, e.At
		c.end()
	case EventRejected:
		c.Stage, c.ClosedAt = Rejected, e.At
		c.end()
	case EventVoided:
		c.Stage, c.ClosedAt, c.Outcome = Voided, e.At, e.Outcome
		c.end()
	case EventSelfResolved:
		c.Stage, c.ClosedAt, c.ResolvedAt, c.FixedBy, c.Outcome = SelfResolved, e.At, e.At, e.Actor, OutcomeFixed
		c.end()
	case EventImported:
		c.Stage, c.Outcome, c.ClosedAt, c.ResolvedAt = Closed, e.Outcome, e.At, e.At
		c.end()
	case EventMerged:
		c.MergedInto, c.StageBefore, c.MergedClock, c.Request = e.Other, c.Stage, e.Clock, ApprovalRequest{}
		c.Stage, c.Clock, c.NextStep, c.NotifiedPosts, c.Proposed = Merged, Clock{}, 0, nil, 0
	case EventUnmerged:
		if c.Stage == Merged {
			c.Stage, c.StageBefore, c.MergedClock, c.MergedInto = c.StageBefore, StageUnknown, Clock{}, 0
		}
	case EventReclassified:
		c.Category, c.Condition, c.Severity, c.Judged, c.LimitRule = e.Category, e.Condition, e.Severity, e.Judged, e.LimitRule
		if e.Clock.Limit.N > 0 {
			c.Milestones = e.Milestones
			if c.Stage == Suspended {
				c.Disposal = e.Clock
			}
		}
	case EventSupervised:
		c.supervised(e)
	case EventAnswered:
		c.Unanswered, c.Supervised = false, nil
	case EventAppealDecided:
		c.Request, c.Appeal = ApprovalRequest{}, AppealUpheld
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
	case EventEscalatedByHand:
		c.notified(e)
	case EventReminded:
		c.LastActivity = e.At
		c.Reminders++
	case EventRevised:
		c.revised(e)
	case EventArbitrated:
		c.Rulings++
	case EventSecondDispatchMissed: // the chain says so, or the co-owners
	case EventMilestoneCompleted, EventAssisted, EventCommented, EventReprojected, EventAcknowledged,
		EventReceiptMissed, EventPartDispatched, EventLimitSuspended, EventLimitStarted, EventLimitResumed, EventUnknown:
	}
	for _, p := range e.Former {
		c.addFormer(p)
	}
}

// supervised notes who demands an answer, beside those who have demanded one that nobody has given.
func (c *Case) supervised(e *Event) {
	c.Supervised = slices.Clone(c.Supervised)
	if e.Granted && c.Supervisor != "" {
		c.Supervised = append(c.Supervised, Supervision{c.Supervisor, c.SupervisedAt})
	}
	c.Supervised = slices.DeleteFunc(c.Supervised, func(s Supervision) bool { return s.Person == e.Actor })
	c.Unanswered, c.Supervisor, c.SupervisedAt = true, e.Actor, e.Post
	c.Supervisions++
}

// receipts applies what an event says of receipts: who acts on the work has acknowledged it.
func (c *Case) receipts(e *Event) {
	// Not exhaustive: other events neither give nor miss a receipt.
	//exhaustive:ignore
	switch e.Kind {
	case EventAcknowledged, EventAssisted:
		c.changeReceipt(e.Party, func(r Receipt) Receipt { return r.given(e.Actor, e.At) })
	case EventReceiptMissed:
		c.changeReceipt(e.Party, Receipt.missed)
	case EventMilestoneCompleted:
		i := slices.IndexFunc(e.Milestones, func(m Milestone) bool { return m.ID == e.Milestone })
		if i < 0 || e.Milestones[i].Party != catalog.PartyInspector {
			c.changeReceipt(e.Party, func(r Receipt) Receipt { return r.given(e.Actor, e.At) })
		}
	case EventStarted, EventHandedOver, EventResolved:
		c.Receipt = c.Receipt.given(e.Actor, e.At)
	case EventRequested:
		if e.Request == RequestExtension || e.Request == RequestSuspension {
			c.Receipt = c.Receipt.given(e.Actor, e.At)
		}
	}
	if e.Receipt != nil {
		c.Receipt = *e.Receipt
	}
}

// changeReceipt changes the receipt of a co-owner; of the owner for the zero unit.
func (c *Case) changeReceipt(of roster.Unit, change func(Receipt) Receipt) {
	if of == (roster.Unit{}) {
		c.Receipt = change(c.Receipt)
		return
	}
	c.CoOwners = slices.Clone(c.CoOwners)
	for i := range c.CoOwners {
		if o := &c.CoOwners[i]; o.Unit == of {
			o.Receipt = change(o.Receipt)
		}
	}
}

// handedOver gives the work to another person, or back to the post when the handler has left.
func (c *Case) handedOver(e *Event) {
	if was := c.Handler; was != "" {
		c.FormerHandlers = slices.DeleteFunc(slices.Clone(c.FormerHandlers), func(p roster.PersonID) bool { return p == e.Handler })
		c.addFormer(was)
	}
	if c.Handler = e.Handler; c.Handler == "" && c.Stage == Handling {
		c.Stage = Dispatched
	}
}

// replacesWorkers reports whether an event of a kind may take from the case the name of a person who did some of the work.
func replacesWorkers(k EventKind) bool {
	// Not exhaustive: other events leave the names as they are.
	//exhaustive:ignore
	switch k {
	case EventDispatched, EventSecondDispatched, EventRerouted, EventReturned, EventStarted, EventResolved, EventReclassified,
		EventRevised, EventResumed, EventCheckFailed: // the last three may free the case of a handler who is gone
		return true
	default:
		return false
	}
}

// workers lists the people who did some of the work, as far as the case names them in another place than FormerHandlers.
func (c *Case) workers() []roster.PersonID {
	var out []roster.PersonID
	add := func(p roster.PersonID) {
		if p != "" {
			out = append(out, p)
		}
	}
	add(c.Handler)
	add(c.FixedBy)
	for i := range c.CoOwners {
		add(c.CoOwners[i].DoneBy)
	}
	for i := range c.Milestones {
		add(c.Milestones[i].ReachedBy)
	}
	return out
}

// KeepWorkers puts into an event, and into the case after the event, who did some of the work on the case before and is named
// by the case no longer: such a person never checks the work.
func KeepWorkers(before, after *Case, e *Event) {
	if !replacesWorkers(e.Kind) {
		return
	}
	for _, p := range before.workers() {
		if !after.WorkedOn(p) {
			e.Former = append(e.Former, p)
			after.addFormer(p)
		}
	}
}

// addFormer notes a person as the last one who did some of the work before.
func (c *Case) addFormer(person roster.PersonID) {
	former := slices.DeleteFunc(slices.Clone(c.FormerHandlers), func(p roster.PersonID) bool { return p == person })
	former = append(former, person)
	c.FormerHandlers = former[max(0, len(former)-MaxFormerHandlers):]
}

// sameAlarms reports whether a clock goes on as it was, so that nobody is alarmed again of the same light. An extension
// and another limit are news.
func sameAlarms(was, is *Clock) bool {
	return was.Since.Equal(is.Since) && was.Limit == is.Limit && was.Extended == is.Extended
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
		c.NextStep, c.Clock.Fired = e.Step+1, ""
		c.notified(e)
		c.Alarms = slices.Clip(c.Alarms)
		for _, person := range e.Notified {
			if a := (Alarm{e.Light, person}); !slices.Contains(c.Alarms, a) {
				c.Alarms = append(c.Alarms, a)
			}
		}
	}
}

// notified notes which posts were notified last. A reminder to the owner changes nothing.
func (c *Case) notified(e *Event) {
	if len(e.NotifiedPosts) > 0 {
		c.NotifiedPosts = e.NotifiedPosts
	}
}

// end stops the clocks and disarms the timer: an ended case never escalates.
func (c *Case) end() {
	if c.Clock.Limit.N > 0 {
		c.Disposal = c.Clock
	}
	c.Clock, c.NextAt, c.NotifiedPosts, c.Alarms, c.Request, c.ResumeAt = Clock{}, time.Time{}, nil, nil, ApprovalRequest{}, time.Time{}
}

// dropCoOwner ends the part of a co-owner that becomes the owner, and the milestones of that part.
func (c *Case) dropCoOwner(u roster.Unit) {
	c.CoOwners = slices.DeleteFunc(slices.Clone(c.CoOwners), func(o CoOwner) bool { return o.Unit == u })
	c.dropMilestones()
}

// dropMilestones takes out the milestones of co-owners that work on the case no more.
func (c *Case) dropMilestones() {
	gone := func(m Milestone) bool {
		return m.Party == catalog.PartyCoOwner && !slices.ContainsFunc(c.CoOwners, func(o CoOwner) bool { return o.Unit == m.Unit })
	}
	if slices.ContainsFunc(c.Milestones, gone) {
		c.Milestones = slices.DeleteFunc(slices.Clone(c.Milestones), gone)
	}
}

// revised applies a migration to another revision of the city.
func (c *Case) revised(e *Event) {
	if c.Stage == Handling && e.Owner.Unit != c.Owner.Unit {
		c.Stage, c.Handler = Dispatched, ""
	}
	c.reviseRequest(e)
	c.Place, c.Owner, c.CoOwners, c.Rule, c.EscalationPolicy, c.NextStep = *e.Place, e.Owner, e.CoOwners, e.Rule, e.EscalationPolicy, e.Step
	c.dropMilestones()
	c.Clock.Fired = e.Fired
	if e.Party != (roster.Unit{}) {
		c.Arbiter = e.Party
	}
	if e.Category != "" {
		c.Category, c.Condition, c.Severity = e.Category, e.Condition, e.Severity
	}
	if e.Handler != "" {
		c.Handler = e.Handler
	}
	if e.Platform != nil {
		c.Platform = *e.Platform
	}
	if len(e.GoneUnits) > 0 {
		gone := slices.Clone(c.GoneUnits)
		for _, u := range e.GoneUnits {
			if !slices.Contains(gone, u) {
				gone = append(gone, u)
			}
		}
		c.GoneUnits = gone[max(0, len(gone)-MaxGoneUnits):]
	}
	c.free(e)
}

// reviseRequest ends the open request that a revision names, or gives it to the new owner: it is then that of the post of the same role
// there.
func (c *Case) reviseRequest(e *Event) {
	switch {
	case e.Request == NoRequest || e.Request != c.Request.Kind:
	case !e.Granted:
		c.Request = ApprovalRequest{}
	default:
		if role, ok := strings.CutSuffix(string(c.Request.Post), "@"+c.Owner.Unit.String()); ok {
			c.Request.Post = roster.PostAt(e.Owner.Unit, roster.Role(role))
		}
	}
}

// free gives the work back to the post when its handler is gone.
func (c *Case) free(e *Event) {
	if !e.Freed {
		return
	}
	c.Handler = ""
	if c.Stage == Handling {
		c.Stage = Dispatched
	}
}
