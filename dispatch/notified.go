package dispatch

// NotifiedAs is why a person is notified of an event: what the case is to the person. Values are stored; never renumber.
type NotifiedAs uint8

// Reasons; zero is that of a ladder's step, of a reminder, and of every event that was written before there was another.
const (
	AsRecipient  NotifiedAs = iota
	AsOwner                 // the work is theirs now: on call at the owner's post
	AsCoOwner               // on call at the post of a co-owner (协办)
	AsHandler               // the person who does the work
	AsFormer                // the work was theirs and is no longer
	AsNext                  // the office or inspector that brings the case on: accepts, dispatches, verifies, checks, closes, rules
	AsDecider               // decides a request
	AsAsker                 // has asked for what was decided
	AsReporter              // has reported the matter
	AsSupervisor            // has demanded an answer (督办)
	AsSent                  // the inspector who is sent to the place (到场)
)

var notifiedAsNames = [...]string{
	"recipient", "owner", "co_owner", "handler", "former", "next", "decider", "asker", "reporter", "supervisor", "sent",
}

// String is the stable text form.
func (a NotifiedAs) String() string {
	if int(a) >= len(notifiedAsNames) {
		return notifiedAsNames[0]
	}
	return notifiedAsNames[a]
}

// AsOf is why the n-th recipient of an event is notified.
func (e *Event) AsOf(n int) NotifiedAs {
	if n < len(e.NotifiedAs) {
		return e.NotifiedAs[n]
	}
	return AsRecipient
}
