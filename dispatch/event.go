package dispatch

import (
	"time"
	"wangge/dispatch/catalog"
	"wangge/dispatch/roster"
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
	EventStepSkipped // a ladder step found nobody and was skipped at once
	EventImported    // a past record's end, as another system wrote it down
)

// EventRevised is a case that another revision of the city moved. Its number leaves room for the
// kinds of the process.
const EventRevised EventKind = 64

// Event kinds of the ladder beside its steps. Their numbers leave room for the kinds of the process.
const (
	EventRaised EventKind = iota + 80 // somebody escalated it by hand
	EventNudged                       // its owner was reminded: nobody has touched it
)

// Known reports whether a kind is one that this program writes or reads.
func (k EventKind) Known() bool {
	return k > EventUnknown && k <= EventImported || k == EventRevised || k == EventRaised || k == EventNudged
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

	Condition string           // Filed
	Severity  catalog.Severity // Filed
	Owner     Owner            // Dispatched
	CoOwners  []Owner          // Dispatched
	Rule      string           // Dispatched
	Ladder    string           // of the clock that this event begins

	Clock  Clock     // the clock of the stage that this event begins; zero = unchanged
	NextAt time.Time // timer armed after this event; zero = none

	Handler roster.PersonID // Started
	Closing string          // Closed
	Outcome Outcome         // Closed, Imported

	Step  int               // Escalated, StepSkipped
	Light string            // Escalated: green, yellow, red
	Told  []roster.PersonID // Escalated, Raised, Nudged: the named people

	ToldPosts []roster.PostID // the posts at which they stood, one for each
	Late      time.Duration   // Escalated: how long after its instant it fired
	Photos    []string        // Resolved, CheckPassed, CheckFailed
}

// ReturnReason is why a department hands a case back. Values are stored.
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
