package ledger

import (
	"encoding/base64"
	"fmt"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/escalation"
	"wangge/storage"
)

// NoticeID names a notice: its event, channel and recipient. Its text is stable.
type NoticeID struct {
	Case    dispatch.CaseID
	Seq     uint64
	Channel string
	Person  roster.PersonID // "" = to no person: a webhook
}

// Item is the id of the event, the same for each recipient and channel. Example: "20261123-000417-5".
func (n NoticeID) Item() string { return fmt.Sprintf("%s-%d", n.Case, n.Seq) }

// String is the id as a token: opaque, and read by ParseNoticeID.
func (n NoticeID) String() string { return base64.RawURLEncoding.EncodeToString(n.tail(nil)) }

// ParseNoticeID reads what String wrote.
func ParseNoticeID(s string) (NoticeID, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if n, ok := parseNoticeTail(b); ok && err == nil {
		return n, nil
	}
	return NoticeID{}, fmt.Errorf("%q is no notice", s)
}

// NoticeOf reads the key of a notice's record.
func NoticeOf(key []byte) (NoticeID, error) {
	if n, ok := ParseNotice(key); ok && KindOf(key) == KindNotice {
		return n, nil
	}
	return NoticeID{}, fmt.Errorf("%q is no notice", key)
}

// Notices are the messages that the events of an act cause, for the same commit: one for each recipient and channel by
// city.Ways, or, by a webhook, one for each event. What must not disturb waits: see escalation.NotBefore and NewsNotBefore.
// A recipient of whom no channel has an address gets a dead letter at once, by city.ChannelNone; of an alarm that rings, the first
// of escalation.StandIns whom a channel reaches is told, too.
func Notices(channels []string, c *city.City, cs *dispatch.Case, events []dispatch.Event) ([]storage.Op, error) {
	if len(channels) == 0 {
		return nil, nil
	}
	var ops []storage.Op
	add := func(id NoticeID, n record.Notice) error {
		val, err := record.EncodeNotice(n)
		ops = append(ops, storage.Op{Key: id.Key(), Value: val}, storage.Op{Key: NoticeEntry(id, n)})
		return err
	}
	for i := range events {
		e := &events[i]
		if len(e.Notified) == 0 {
			continue
		}
		n := newNotice(c, cs, e)
		told, untold := recipients(channels, c, e)
		for _, person := range untold {
			dead := record.Notice{State: record.NoticeDeadLetter, At: e.At, Since: e.At, Error: NoAddress, Urgent: n.Urgent}
			if err := add(NoticeID{cs.ID, e.Seq, city.ChannelNone, person}, dead); err != nil {
				return nil, err
			}
		}
		ways := make([][]string, len(told)) // by person
		for n, person := range told {
			p, _ := c.Roster.Person(person)
			ways[n] = city.Ways(channels, namedChannels(c, cs, e), p)
		}
		for _, channel := range channels {
			for i, person := range told {
				if !slices.Contains(ways[i], channel) {
					continue
				}
				to := told[i : i+1]
				if channel == city.ChannelWebhook {
					person, to = "", told // one notice for all
				}
				if err := add(NoticeID{cs.ID, e.Seq, channel, person}, newsTo(c, cs, e, n, person, to)); err != nil {
					return nil, err
				}
				if channel == city.ChannelWebhook {
					break
				}
			}
		}
	}
	return ops, nil
}

// NoAddress is the stored reason of a dead letter by city.ChannelNone.
const NoAddress = "no address"

// recipients are the people who are notified of an event, with the stand-ins of those who ring unheard; untold are those of
// whom no channel has an address.
func recipients(channels []string, c *city.City, e *dispatch.Event) (told, untold []roster.PersonID) {
	told = e.Notified
	unreached := func(person roster.PersonID) bool {
		p, _ := c.Roster.Person(person)
		return city.Untold(channels, p)
	}
	for n, person := range e.Notified {
		if !unreached(person) {
			continue
		}
		untold = append(untold, person)
		if !escalation.Rings(e) || n >= len(e.NotifiedPosts) {
			continue
		}
		post := e.NotifiedPosts[n]
		for _, s := range escalation.StandIns(c, escalation.Recipient{Unit: c.UnitOf(post), Post: post, Person: person}, e.At) {
			if unreached(s.Person) {
				continue
			}
			if !slices.Contains(told, s.Person) {
				told = append(slices.Clip(told), s.Person)
			}
			break
		}
	}
	return told, untold
}

// newNotice is the notice of an event to whomever, held as an alarm is.
func newNotice(c *city.City, cs *dispatch.Case, e *dispatch.Event) record.Notice {
	urgent := escalation.Urgent(cs)
	n := record.Notice{State: record.NoticeQueued, At: e.At, Since: e.At, Urgent: urgent, Quiet: !urgent}
	hold := false
	switch s, ok := ladderStep(c, cs, e); {
	case ok:
		hold = s.WorkingTimeOnly
	case e.Kind == dispatch.EventReminded:
		hold = c.Policies[cs.EscalationPolicy].Reminder.WorkingTimeOnly
	}
	if until := escalation.NotBefore(c, cs, e, hold); !until.IsZero() {
		n.At = until
	}
	return n
}

// newsTo is a notice to a person, or, by a webhook, to all: the news of an act, which goes at once to a person on shift.
func newsTo(
	c *city.City, cs *dispatch.Case, e *dispatch.Event, n record.Notice, person roster.PersonID, to []roster.PersonID,
) record.Notice {
	if escalation.Alarm(e) || n.Urgent {
		return n
	}
	if until := escalation.NewsNotBefore(c, cs, e, to...); !until.IsZero() {
		n.At = until
	}
	n.OnShift = person != "" || slices.ContainsFunc(to, func(p roster.PersonID) bool { return c.Roster.OnShift(p, e.At) })
	return n
}

// ladderStep is the step of the case's ladder that an event fires; false for every other event.
func ladderStep(c *city.City, cs *dispatch.Case, e *dispatch.Event) (city.Step, bool) {
	if e.Kind != dispatch.EventEscalated || e.Milestone != "" || e.Party != (roster.Unit{}) {
		return city.Step{}, false
	}
	return escalation.StepOf(c, cs, e.Step)
}

// namedChannels are the channels that the step of an event names; none for every other event, which goes by all.
func namedChannels(c *city.City, cs *dispatch.Case, e *dispatch.Event) []string {
	s, _ := ladderStep(c, cs, e)
	return s.Channels
}

// NoticeEntry is the index entry of a notice: in the queue, among the dead letters, or none once it is sent.
func NoticeEntry(id NoticeID, n record.Notice) []byte {
	switch n.State {
	case record.NoticeQueued:
		return id.Queued(n.At)
	case record.NoticeDeadLetter:
		return id.DeadLetter()
	case record.NoticeUnknown, record.NoticeSent:
	}
	return nil
}
