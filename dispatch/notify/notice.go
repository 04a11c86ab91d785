// Package notify holds the messages about cases, in two languages, and the channels that send the messages: email,
// webhook, WeCom, short messages and the log. A channel keeps nothing and retries nothing. The outbox of the desk does, and may hand over a
// message again after a crash, under the same id.
package notify

import (
	"context"
	"errors"
	"strings"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// Item is one notice: what happened to a case, as one recipient needs to know. A field that is empty is left out of the
// message.
type Item struct {
	ID      string // stable: case, number of the event. Example: "20261123-000417-5"
	Case    string // case number
	Kind    string // the event's stable word. Example: "dispatched", "supervised"; ladder: "escalated", "raised", "nudged"
	As      string // why the person is notified: a word of dispatch.NotifiedAs. Example: "co_owner"
	Request string // of a request or its answer: "extension", "suspension", "force_close", "appeal"
	Granted bool   // of a verification or an appeal: the matter was found, the overtime is exempted
	Reopens string // the closed case that this one takes up again
	Other   string // the case into which it was merged, or that it may repeat

	Platform bool      // the owner, or the co-owner notified, is a platform, which dispatches its work to a unit (二次派遣)
	PassOn   time.Time // in the city's zone: until when it must; zero = it has no limit for that

	Sent  bool // of a former part: the person was sent to the place
	Freed bool // the handler has left, and the work is again that of the owner's post

	Unreached []i18n.Text // of an alarm: recipients of whom no channel has an address, so that somebody must pass the alarm on

	Step      int // of the escalation policy, from 1; 0 = none
	Light     string
	Category  i18n.Text
	Condition i18n.Text
	Place     i18n.Text
	Point     string // coordinates. Example: "45.75500, 126.60000 (WGS-84)"
	Address   string // of the place, in words
	Report    string // what the report says
	Owner     i18n.Text
	Duties    []Duty      // of the co-owners; for one of them, its own alone
	Steps     []Duty      // milestones under way that the person must complete, or the one that is late
	Unsigned  []i18n.Text // units whose receipt is overdue
	Stage     i18n.Text
	Severity  string
	At        time.Time // in the city's zone
	Due       time.Time // in the city's zone; zero when no clock runs
	Until     time.Time // in the city's zone: the end of a suspension that is asked for or granted
	Late      time.Duration
	Told      []string  // recipients: ids of persons
	Posts     []string  // the post of each recipient
	ToldAs    []string  // why each recipient is notified
	Reason    string    // the instruction or the reason, in the words of the person who acted
	Cause     i18n.Text // of a return
	Counts    i18n.Text // what a campaign of the city did to the limit. Example: "从 2026-12-01 06:00 降雪停止起算（大雪）"
	Closing   string    // the closing condition that was chosen
	Outcome   i18n.Text // of a closing
	Actor     string    // name of the person who acted
	ActorPost i18n.Text // the post from which. Example: "道里区 派遣员"
}

// Duty is the part of a unit in a case: of a co-owner, or a milestone.
type Duty struct {
	Unit i18n.Text
	Text string    // "" = the co-owner is informed and has no part
	Due  time.Time // in the city's zone; zero when no clock runs
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
	Link  string // page of the service about the message; "" = none
}

// Page returns the page of the service about a message: of its case, or of the overdue cases. link is where the pages of
// the service are; "" has none.
func Page(items []Item, count int, link string) string {
	switch {
	case link == "":
		return ""
	case count == 1:
		return strings.TrimRight(link, "/") + "/cases/" + items[0].Case
	default:
		return strings.TrimRight(link, "/") + "/overdue"
	}
}

// Text is a message for a person.
type Text struct{ Subject, Body string }

// Channel sends messages. Send returns nil when the receiver has taken the message. An error that is Permanent does not
// go away by trying again. A Channel is safe for concurrent use.
type Channel interface {
	Name() string
	Send(ctx context.Context, m Message) error
	// Digests reports whether many items for one person may be one message.
	Digests() bool
}

// permanent is an error that a retry does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error as one that a retry does not mend.
func Permanent(err error) error { return permanent{err} }

// IsPermanent reports whether an error was marked by Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}
