package desk

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/escalation"
	"wangge/storage"
)

// NoticeID names a notice: the event it tells of, by which channel, to whom. Its text is stable.
type NoticeID struct {
	Case    dispatch.CaseID
	Seq     uint64
	Channel string
	Person  roster.PersonID // "" = to no person: a webhook
}

// Item is the id of what is told, the same for each person and channel. Example: "20261123-000417-5".
func (n NoticeID) Item() string { return fmt.Sprintf("%s-%d", n.Case, n.Seq) }

// String is the id as a token: opaque, and read by ParseNoticeID.
func (n NoticeID) String() string { return base64.RawURLEncoding.EncodeToString(n.tail(nil)) }

// ParseNoticeID reads what String wrote.
func ParseNoticeID(s string) (NoticeID, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if n, ok := parseNotice(b); ok && err == nil {
		return n, nil
	}
	return NoticeID{}, fmt.Errorf("%q is no notice", s)
}

// NoticeOf reads the key of a notice's record.
func NoticeOf(key []byte) (NoticeID, error) {
	if n, ok := parseNotice(bytes.TrimPrefix(key, noticePrefix)); ok && bytes.HasPrefix(key, noticePrefix) {
		return n, nil
	}
	return NoticeID{}, fmt.Errorf("%q is no notice", key)
}

func (n NoticeID) tail(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(u64(b, uint64(n.Case)), uint32(n.Seq))
	return append(append(append(b, n.Channel...), 0), n.Person...)
}

func (n NoticeID) key() []byte    { return n.tail([]byte("d/")) }
func (n NoticeID) parked() []byte { return n.tail([]byte("x/")) }

func (n NoticeID) queued(due time.Time) []byte {
	return n.tail(u64([]byte("n/"), sortTime(due)))
}

var (
	noticePrefix = []byte("d/")
	queuePrefix  = []byte("n/")
	parkedPrefix = []byte("x/")
)

// parseNotice reads what tail wrote.
func parseNotice(b []byte) (NoticeID, bool) {
	if len(b) < 13 {
		return NoticeID{}, false
	}
	channel, person, ok := bytes.Cut(b[12:], []byte{0})
	return NoticeID{
		Case: dispatch.CaseID(binary.BigEndian.Uint64(b)), Seq: uint64(binary.BigEndian.Uint32(b[8:])), Channel: string(channel), Person: roster.PersonID(person),
	}, ok
}

// notices are the messages that the events of an act cause, for the same commit: one for each person
// told and each channel, or, by a webhook, one for each event. What may not disturb waits.
func notices(channels []string, c *city.City, cs *dispatch.Case, events []dispatch.Event) ([]storage.Op, error) {
	var ops []storage.Op
	for i := range events {
		e := &events[i]
		if len(e.Told) == 0 {
			continue
		}
		by, hold := channels, false
		switch e.Kind {
		case dispatch.EventEscalated:
			if s, ok := escalation.StepOf(c, cs, e.Step); ok && e.Milestone == "" && e.Party == (roster.Unit{}) {
				hold = s.Hold
				if len(s.By) > 0 {
					by = s.By
				}
			}
		case dispatch.EventNudged:
			hold = c.Ladders[cs.Ladder].Nudge.Hold
		}
		for _, channel := range by {
			if !slices.Contains(channels, channel) {
				continue
			}
			due := e.At
			if until := escalation.Held(c, cs, hold, e.At); !until.IsZero() {
				due = until
			}
			to := e.Told
			if channel == "webhook" {
				to = []roster.PersonID{""}
			}
			for _, person := range to {
				if p, _ := c.Roster.Person(person); channel == "email" && p.Email == "" {
					continue
				}
				id := NoticeID{cs.ID, e.Seq, channel, person}
				val, err := record.EncodeNotice(record.Notice{State: record.NoticeQueued, At: due, Since: e.At, Urgent: escalation.Urgent(cs)})
				if err != nil {
					return nil, err
				}
				ops = append(ops, storage.Op{Key: id.key(), Value: val}, storage.Op{Key: id.queued(due)})
			}
		}
	}
	return ops, nil
}

// queuedIn wakes the postman for the notices that a batch queues.
func (d *Desk) queuedIn(b storage.Batch, _ time.Time) {
	if slices.ContainsFunc(b.Ops, func(op storage.Op) bool { return op.Key[0] == queuePrefix[0] && !op.Delete }) {
		select {
		case d.post <- struct{}{}:
		default:
		}
	}
}

// Delivery is a notice and how far it has come.
type Delivery struct {
	NoticeID
	record.Notice
}

// MaxDeliveries bounds the notices that are listed of one case, and a page of those that are parked.
const MaxDeliveries = 1000

// Deliveries lists the notices of a case in the order of its events. ErrNoCase as for Case.
func (d *Desk) Deliveries(ctx context.Context, person roster.PersonID, id dispatch.CaseID) ([]Delivery, error) {
	var out []Delivery
	err := d.read(ctx, func(snap storage.Snapshot) error {
		if _, err := d.readable(snap, person, id); err != nil {
			return err
		}
		for it, err := range snap.Scan(storage.Prefix(u64([]byte("d/"), uint64(id)))) {
			if err != nil {
				return err
			}
			n, err := deliveryOf(it)
			if err != nil {
				return err
			}
			if out = append(out, n); len(out) == MaxDeliveries {
				break
			}
		}
		return nil
	})
	return out, err
}

func deliveryOf(it storage.Item) (Delivery, error) {
	id, ok := parseNotice(it.Key[2:])
	if !ok {
		return Delivery{}, fmt.Errorf("notice %q: %w", it.Key, record.ErrCorrupt)
	}
	n, err := record.DecodeNotice(it.Value)
	return Delivery{id, n}, err
}

// Parked lists notices that were given up, by case; after is the last one of the page before, zero to
// begin. At most 1,000.
func (d *Desk) Parked(ctx context.Context, after NoticeID) ([]Delivery, error) {
	var out []Delivery
	err := d.read(ctx, func(snap storage.Snapshot) error {
		r := storage.Prefix(parkedPrefix)
		if after != (NoticeID{}) {
			r.Start = append(after.parked(), 0)
		}
		for it, err := range snap.Scan(r) {
			if err != nil {
				return err
			}
			id, ok := parseNotice(it.Key[2:])
			if !ok {
				continue
			}
			val, err := snap.Get(id.key())
			if err != nil {
				return err
			}
			n, err := deliveryOf(val)
			if err != nil {
				return err
			}
			if out = append(out, n); len(out) == MaxDeliveries {
				break
			}
		}
		return nil
	})
	return out, err
}

// Replay queues parked notices again, as if they had never been tried: those of one case, or, with
// case 0, all. It returns how many. A notice that was sent is never replayed.
func (d *Desk) Replay(ctx context.Context, id dispatch.CaseID) (n int, err error) {
	var after NoticeID
	for {
		page, err := d.Parked(ctx, after)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for _, p := range page {
			after = p.NoticeID
			if id != 0 && p.Case != id {
				continue
			}
			was := p.Notice
			p.State, p.At, p.Attempts, p.Error = record.NoticeQueued, d.now(), 0, ""
			switch err := d.moveNotice(ctx, p.NoticeID, was, p.Notice); {
			case err == nil:
				n++
			case !isConflict(err):
				return n, err
			}
		}
	}
}

// moveNotice is the one-notice form of moveNotices, guarded by what the store holds now.
func (d *Desk) moveNotice(ctx context.Context, id NoticeID, was, is record.Notice) error {
	var rev storage.Revision
	err := d.read(ctx, func(snap storage.Snapshot) error {
		it, err := snap.Get(id.key())
		if err != nil {
			return err
		}
		have, err := record.DecodeNotice(it.Value)
		if err == nil && have.State != was.State {
			return storage.ErrConflict
		}
		rev = it.Revision
		return err
	})
	if err != nil {
		return err
	}
	b, err := moved(nil, id, rev, was, is)
	if err != nil {
		return err
	}
	return d.commit(ctx, *b, time.Time{})
}

// moved adds to a batch what takes a notice from one state to another.
func moved(b *storage.Batch, id NoticeID, rev storage.Revision, was, is record.Notice) (*storage.Batch, error) {
	if b == nil {
		b = &storage.Batch{}
	}
	val, err := record.EncodeNotice(is)
	if err != nil {
		return nil, err
	}
	b.Guards = append(b.Guards, storage.Guard{Key: id.key(), Revision: rev})
	b.Ops = append(b.Ops, storage.Op{Key: id.key(), Value: val})
	old, fresh := noticeEntry(id, was), noticeEntry(id, is)
	if old != nil && !bytes.Equal(old, fresh) {
		b.Ops = append(b.Ops, storage.Op{Key: old, Delete: true})
	}
	if fresh != nil && !bytes.Equal(old, fresh) {
		b.Ops = append(b.Ops, storage.Op{Key: fresh})
	}
	return b, nil
}

// noticeEntry is the index entry of a notice: in the queue, among the parked, or none once it is sent.
func noticeEntry(id NoticeID, n record.Notice) []byte {
	switch n.State {
	case record.NoticeQueued:
		return id.queued(n.At)
	case record.NoticeParked:
		return id.parked()
	default:
		return nil
	}
}

// OutboxState is what an operator looks at.
type OutboxState struct {
	Queued, Due, Parked int           // counted up to 100,000 each
	Oldest              time.Duration // how long the oldest due notice has waited since it was due
}

// maxCounted bounds what is counted for a look at the outbox.
const maxCounted = 100_000

// Outbox counts the outbox.
func (d *Desk) Outbox(ctx context.Context) (o OutboxState, err error) {
	now := d.now()
	err = d.read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Prefix(queuePrefix)) {
			if err != nil {
				return err
			}
			if due := binary.BigEndian.Uint64(it.Key[2:]); due <= sortTime(now) {
				if o.Due++; o.Due == 1 {
					o.Oldest = time.Duration(sortTime(now) - due)
				}
			}
			if o.Queued++; o.Queued == maxCounted {
				break
			}
		}
		for _, err := range snap.Scan(storage.Prefix(parkedPrefix)) {
			if err != nil {
				return err
			}
			if o.Parked++; o.Parked == maxCounted {
				break
			}
		}
		return nil
	})
	return o, err
}

// eventAt reads one event of a case.
func eventAt(snap storage.Snapshot, l loaded, seq uint64) (dispatch.Event, error) {
	if l.filing == nil { // most acts are one event, which is then found by its key
		it, err := snap.Get(eventKey(l.cs.ID, seq))
		if err == nil {
			group, err := record.DecodeEvents(it.Value)
			if err != nil {
				return dispatch.Event{}, err
			}
			return group[0], nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return dispatch.Event{}, err
		}
	}
	for group, err := range eventsFrom(snap, l, seq) {
		if err != nil {
			return dispatch.Event{}, err
		}
		for i := range group {
			if group[i].Seq == seq {
				return group[i], nil
			}
		}
		break
	}
	return dispatch.Event{}, errors.New("the event of the notice is not there")
}
