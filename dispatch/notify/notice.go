// Package notify holds the messages about cases, in two languages, and the channels that send the messages: email,
// webhook and the log. A channel keeps nothing and retries nothing. The outbox of the desk does, and may hand over a
// message again after a crash, under the same id.
package notify

import (
	"context"
	"errors"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Item is one thing to be told of: what happened to a case.
type Item struct {
	ID       string // stable: case, number of the event. Example: "20261123-000417-5"
	Case     string // case number
	Kind     string // "escalated", "raised" or "nudged"
	Step     int    // of the ladder, from 1; 0 when none is meant
	Light    string
	Category i18n.Text
	Place    i18n.Text
	Owner    i18n.Text
	Stage    i18n.Text
	Severity string
	At       time.Time // in the city's zone
	Due      time.Time // in the city's zone; zero when no clock runs
	Late     time.Duration
	Told     []string // persons
	Posts    []string // at which they stood
	Reason   string   // of an escalation by hand
}

// Message is what a channel sends: one item, or the digest of many.
type Message struct {
	ID    string // stable: the same items, the same id
	City  string // code
	To    roster.Person
	At    time.Time // when it is sent
	Items []Item    // the first ones
	Count int       // in all
	Text  Text
}

// Text is a message for a person.
type Text struct{ Subject, Body string }

// Channel sends messages. Send returns nil when the other side has taken the message. An error that is
// Permanent will not go away by trying again.
type Channel interface {
	Name() string
	Send(ctx context.Context, m Message) error
	// Digests reports whether many items for one person may be one message.
	Digests() bool
}

// permanent is an error that trying again does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error as one that trying again does not mend.
func Permanent(err error) error { return permanent{err} }

// IsPermanent reports whether an error was marked so.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}
