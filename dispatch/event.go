package dispatch

import (
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/grid"
)

// EventKind says what happened. Values are stored; never renumber.
type EventKind int

// Event kinds; zero is unset and refused when decoded.
const (
	EventUnknown EventKind = iota
	EventReported
	EventAccepted
	EventFiled
	EventDispatched
	EventReturned
	EventStarted
	EventResolved
	EventCheckPassed
	EventCheckFailed
	EventClosed
	EventEscalated   // a ladder step fired
	EventStepSkipped // a ladder step had no recipient and was skipped at once
	EventImported    // how a past record ended, as another system wrote it

	EventVerifying          // sent to be verified at the place
	EventVerified           // the result of that
	EventRejected           // not a matter for this desk
	EventVoided             // a mistake, a test, a duplicate
	EventSelfResolved       // put right on the spot by the person who found it
	EventRerouted           // another owner on the same clock
	EventReferred           // ownership is disputed: a superior rules
	EventArbitrated         // the ruling; a precedent from now on
	EventRequested          // a request waits for a decision
	EventGranted            // the first of two people granted it
	EventDenied             // it was denied
	EventExtended           // the limit was granted once more
	EventSuspended          // until a date; every clock is paused
	EventResumed            // the work continues
	EventMilestoneCompleted // a milestone
	EventAssisted           // a co-owner has done its part
	EventSupervised         // 督办
	EventAnswered           // the answer to a supervision
	EventAppealDecided      // the overtime counts, or is exempted
	EventReopened           // a new case takes the matter up again
	EventMerged             // it repeats another case
	EventUnmerged           // it does not after all
	EventAttached           // part of a mass event
	EventDetached           // no longer
	EventReplied            // the reporter was called back
	EventCommented          // a remark; changes nothing
	EventReclassified       // another category or condition, on the same clock
	EventForceClosed        // closed by the duty chief and a leader together
	EventReprojected        // the calendar changed under an open deadline

	lastEvent = EventReprojected
)

// EventRevised is a migration: another revision of the city changed the case. Its number leaves room for the kinds of
// the process.
const EventRevised EventKind = 64

// Event kinds of the ladder beside its steps. Their numbers leave room for the kinds of the process.
const (
	EventEscalatedByHand EventKind = iota + 80 // a person escalated it by hand
	EventReminded                              // its owner was reminded, because nobody had acted
)

// EventProposed is a report that names a case as the same matter and was not merged into it: the office decides.
const EventProposed EventKind = 96

// Event kinds of receipts and handlers.
const (
	EventAcknowledged  EventKind = iota + 97 // a unit has signed for the work that it was given
	EventReceiptMissed                       // nobody signed in time: the owner is told again, and a superior
	EventHandedOver                          // another person does the work, or the handler has left and the post has it again
)

// Event kinds of platforms.
const (
	EventSecondDispatched     EventKind = iota + 104 // a platform has given the case on, on the clock of the first dispatch (二次派遣)
	EventSecondDispatchMissed                        // a platform has not done so in time
	EventPassedUp                                    // the platform at which the case arrived has passed it to the one above
	EventPartDispatched                              // a platform that is a co-owner has given its part on to a unit of its area
)

// Known reports whether this program reads and writes the kind.
func (k EventKind) Known() bool {
	return k > EventUnknown && k <= lastEvent || k == EventRevised || k == EventEscalatedByHand || k == EventReminded ||
		k >= EventProposed && k <= EventHandedOver || k >= EventSecondDispatched && k <= EventPartDispatched ||
		k >= EventLimitSuspended && k <= EventLimitResumed
}

// Event is one fact about a case. Only the fields of its kind are set. Events are never edited.
type Event struct {
	Seq      uint64 // 1, 2, 3 … within the case
	Kind     EventKind
	At       time.Time
	Actor    roster.PersonID // "" = the service itself
	Post     roster.PostID   // the post the actor acted from
	Revision string          // city revision that decided
	Reason   ReturnReason    // Returned
	Note     string

	Report *Report // Reported
	Place  *Place  // Reported

	Condition        string           // Filed, Reclassified; Revised: of Category
	Severity         catalog.Severity // Filed, Reclassified; Revised: of Category
	Judged           bool             // Filed, Reclassified: a person has judged Severity, in place of that of the condition
	Owner            Owner            // Dispatched, Rerouted, Arbitrated; PartDispatched: the unit that has the part now
	CoOwners         []CoOwner        // Dispatched; whenever one of them or its clock changes, all of them
	Rule             string           // Dispatched; Proposed: why it was not merged. Example: "category,distance"
	EscalationPolicy string           // of the clock that this event starts

	Clock  Clock     // the clock of the stage that this event starts; zero = unchanged
	NextAt time.Time // timer armed after this event; zero = none

	Handler roster.PersonID // Started; HandedOver: "" = the handler has left; Revised: the successor of one who is gone
	Closing string          // Closed
	Outcome Outcome         // Closed, Imported; Voided after dispatch

	LimitRule  string       // Dispatched, Reclassified
	Milestones []Milestone  // Dispatched; whenever one changes, all of them
	Category   catalog.Code // Reclassified; Revised: the successor of a category that is gone; "" = unchanged
	// Party is, for Escalated, StepSkipped and ReceiptMissed, the co-owner whose clock it is; for Assisted and Acknowledged, the
	// co-owner; for Referred and Revised, the unit that rules; for Reported, the platform at which the case arrives; for PassedUp,
	// the platform to which it passes, zero = the city's own; for SecondDispatchMissed and PartDispatched, the platform. Of a
	// SecondDispatchMissed without Chain, the platform is a co-owner, and what it is late with is its part.
	Party     roster.Unit
	Milestone string      // Escalated, StepSkipped, Reached
	Request   RequestKind // Asked, Granted, Denied; Revised: of the former owner, which lapses unless Granted; zero = it stands as it is
	Until     time.Time   // Asked, Suspended
	// Granted is for Verified and AppealDecided; of Supervised, another supervision is unanswered, which old events do not say;
	// of Revised, the new owner goes on with Request.
	Granted   bool
	Other     CaseID       // Merged, Proposed, Attached, Reopened; Reported: the case that it reopens
	Satisfied Satisfaction // Replied
	Position  *grid.Point  // CheckPassed, CheckFailed: where the checker was
	Ruling    *Ruling      // Arbitrated

	Step          int               // Escalated, StepSkipped; ReceiptMissed: alarms before this one
	Light         string            // Escalated: green, yellow, red
	Notified      []roster.PersonID // the recipients of a notice about the event, each once
	NotifiedPosts []roster.PostID   // the post of each recipient; "" = a reporter, who has none. Shorter in old events
	NotifiedAs    []NotifiedAs      // why each recipient is notified; shorter in old events

	Fired       FiredSteps // Revised: of the running clock
	PausedStep  int        // Revised, Merged, Unmerged: the next step of the owner's paused clock (Case.Disposal) plus one; 0 = unchanged
	PausedFired FiredSteps // of the paused clock
	PausedClock *Clock     // Reclassified: the paused clock under the new limit; nil = unchanged

	Freed bool // Revised, Resumed, CheckFailed: the handler is gone, the work goes back to the post

	GoneUnits []roster.Unit // Revised: units of the case that the revision no longer has

	Former []roster.PersonID // who did some of the work and whom the case names in no other place after the event; see KeepWorkers

	Campaign CampaignMark // Dispatched, Reclassified; of the events of campaigns

	Receipt *Receipt // of the owner, whenever the work is given or given again; nil = unchanged

	Chain []ChainLink // whenever one of its links changes, all of them; nil = unchanged

	Platform *roster.Unit // Revised: in place of the platform at which the case arrived; the zero Unit is the city's own, nil = unchanged

	Late   time.Duration // Escalated, ReceiptMissed: how long after it was due
	Photos []string      // Resolved, CheckPassed, CheckFailed
}

// Ruling is the scope of a ruling on the accountable unit. The person, the time and the words are in its event.
type Ruling struct {
	Categories []string // patterns
	RadiusM    float64  // around the case's place
	Until      time.Time
}

// Precedent is the precedent that an Arbitrated event makes for later cases; false for any other event. cs is its
// case.
func (e *Event) Precedent(cs *Case) (city.Precedent, bool) {
	if e.Ruling == nil {
		return city.Precedent{}, false
	}
	return city.Precedent{
		ID: "pr-" + cs.ID.String(), Unit: e.Owner.Unit, Kind: e.Owner.Kind,
		Categories: e.Ruling.Categories, Point: cs.Place.Point, RadiusM: e.Ruling.RadiusM,
		From: e.At, To: e.Ruling.Until, Decider: e.Actor, DecidedAt: e.At, Text: e.Note, Case: cs.ID.String(),
	}, true
}

// ReturnReason is why a unit returns a case. Values are stored.
type ReturnReason int

// Return reasons; zero is unset.
const (
	ReasonNone ReturnReason = iota
	NotMyArea
	NotMyLine
	NoJurisdiction
	NeedInformation
	Duplicate
)
