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
// city.Ways, or, by a webhook, one for each event. An alarm that must not disturb waits: see escalation.NotBefore.
func Notices(channels []string, c *city.City, cs *dispatch.Case, events []dispatch.Event) ([]storage.Op, error) {
	var ops []storage.Op
	for i := range events {
		e := &events[i]
		if len(e.Notified) == 0 {
			continue
		}
		var named []string
		hold := false
		// Every other message goes by all channels, at once.
		//exhaustive:ignore
		switch e.Kind {
		case dispatch.EventEscalated:
			if s, ok := escalation.StepOf(c, cs, e.Step); ok && e.Milestone == "" && e.Party == (roster.Unit{}) {
				hold, named = s.WorkingTimeOnly, s.Channels
			}
		case dispatch.EventReminded:
			hold = c.Policies[cs.EscalationPolicy].Reminder.WorkingTimeOnly
		}
		due, urgent := e.At, escalation.Urgent(cs)
		if until := escalation.NotBefore(c, cs, e, hold); !until.IsZero() {
			due = until
		}
		ways := make([][]string, len(e.Notified)) // by person
		for n, person := range e.Notified {
			p, _ := c.Roster.Person(person)
			ways[n] = city.Ways(channels, named, p)
		}
		for _, channel := range channels {
			for n, person := range e.Notified {
				if !slices.Contains(ways[n], channel) {
					continue
				}
				if channel == city.ChannelWebhook {
					person = "" // one notice for all
				}
				id := NoticeID{cs.ID, e.Seq, channel, person}
				val, err := record.EncodeNotice(record.Notice{
					State: record.NoticeQueued, At: due, Since: e.At, Urgent: urgent, Quiet: !urgent && escalation.Alarm(e),
				})
				if err != nil {
					return nil, err
				}
				ops = append(ops, storage.Op{Key: id.Key(), Value: val}, storage.Op{Key: id.Queued(due)})
				if channel == city.ChannelWebhook {
					break
				}
			}
		}
	}
	return ops, nil
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
