package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

// Delivery is a notice with its state of delivery.
type Delivery struct {
	ledger.NoticeID
	record.Notice
}

// MaxDeliveries bounds a page of notices.
const MaxDeliveries = 1000

// Deliveries lists the notices of a case in the order of its events; after is the last one of the page before, zero to
// begin. At most 1,000. ErrNoCase as for Case.
func (d *Outbox) Deliveries(
	ctx context.Context, person roster.PersonID, id dispatch.CaseID, after ledger.NoticeID,
) ([]Delivery, error) {
	var out []Delivery
	a := d.revisions.Active()
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if _, err := view.Readable(snap, a.City, person, id, a.Now()); err != nil {
			return err
		}
		r := storage.Prefix(ledger.NoticesOf(id))
		if after != (ledger.NoticeID{}) {
			r.Start = append(after.Key(), 0)
		}
		for it, err := range snap.Scan(r) {
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
	id, ok := ledger.ParseNotice(it.Key)
	if !ok {
		return Delivery{}, fmt.Errorf("notice %q: %w", it.Key, record.ErrCorrupt)
	}
	n, err := record.DecodeNotice(it.Value)
	return Delivery{id, n}, err
}

// DeadLetters lists the notices that were given up, by case, at most 1,000. after is the last notice of the previous
// page, or zero.
func (d *Outbox) DeadLetters(ctx context.Context, after ledger.NoticeID) ([]Delivery, error) {
	var out []Delivery
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		r := storage.Prefix(ledger.DeadLetterPrefix)
		if after != (ledger.NoticeID{}) {
			r.Start = append(after.DeadLetter(), 0)
		}
		for it, err := range snap.Scan(r) {
			if err != nil {
				return err
			}
			id, ok := ledger.ParseNotice(it.Key)
			if !ok {
				continue
			}
			val, err := snap.Get(id.Key())
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

// Replay queues dead letters again with a new count of attempts: those of one case, or all if id is 0. It returns how
// many. A notice that was sent is never replayed. A dead letter for want of an address goes by every channel that reaches the
// person by now, and stays while there is none.
func (d *Outbox) Replay(ctx context.Context, id dispatch.CaseID) (n int, err error) {
	var after ledger.NoticeID
	for {
		page, err := d.DeadLetters(ctx, after)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for _, p := range page {
			after = p.NoticeID
			if id != 0 && p.Case != id {
				continue
			}
			again, err := d.requeue(ctx, p.NoticeID)
			if err != nil {
				return n, err
			}
			if again {
				n++
			}
		}
	}
}

// requeue queues a dead letter; false if the notice is no longer one, if no channel reaches the person, or after too many lost
// races.
func (d *Outbox) requeue(ctx context.Context, id ledger.NoticeID) (queued bool, err error) {
	err = d.tx.Do(ctx, "replay a notice", func(_ context.Context, t *tx.Txn) error {
		queued = false
		it, err := t.Snap.Get(id.Key())
		if errors.Is(err, storage.ErrNotFound) { // another replay has addressed it
			return nil
		}
		if err != nil {
			return err
		}
		was, err := record.DecodeNotice(it.Value)
		if err != nil || was.State != record.NoticeDeadLetter {
			return err
		}
		is := was
		is.State, is.At, is.Attempts, is.Error = record.NoticeQueued, d.revisions.Now(), 0, ""
		if id.Channel == city.ChannelNone {
			queued, err = d.address(t, id, it.Revision, is)
			return err
		}
		guard, ops, err := moved(id, it.Revision, was, is)
		if err != nil {
			return err
		}
		queued = true
		t.Guard(guard.Key, guard.Revision)
		t.Write(ops...)
		return nil
	})
	if tx.IsConflict(err) {
		return false, nil
	}
	return queued && err == nil, err
}

// address replaces a notice without an address by one for each channel that reaches the person by now; false if none does.
func (d *Outbox) address(t *tx.Txn, id ledger.NoticeID, rev storage.Revision, is record.Notice) (bool, error) {
	p, ok := d.revisions.City().Roster.Person(id.Person)
	ways := city.Ways(city.Telling(d.tx.Channels()), nil, p)
	if !ok || len(ways) == 0 {
		return false, nil
	}
	t.Guard(id.Key(), rev)
	t.Write(storage.Op{Key: id.Key(), Delete: true}, storage.Op{Key: id.DeadLetter(), Delete: true})
	val, err := record.EncodeNotice(is)
	for _, ch := range ways {
		by := id
		if by.Channel = ch; ch == city.ChannelWebhook {
			by.Person = ""
		}
		t.Guard(by.Key(), 0)
		t.Write(storage.Op{Key: by.Key(), Value: val}, storage.Op{Key: by.Queued(is.At)})
	}
	return true, err
}

// Why says why a notice was given up or not sent yet; the zero Text when it went, or was not tried. public reports whether everybody
// who reads the notice may read the reason: the words of a channel may quote an address.
func (d *Delivery) Why() (why i18n.Text, public bool) {
	if d.Channel == city.ChannelNone {
		return i18n.F("no address: none of the service's channels reaches the person", "无通知地址：本服务的渠道均无法通知该人员"), true
	}
	return i18n.Text{En: d.Error, Zh: d.Error}, false
}

// moved returns the guard and the ops that change the state of a notice written at a revision.
func moved(id ledger.NoticeID, rev storage.Revision, was, is record.Notice) (storage.Guard, []storage.Op, error) {
	val, err := record.EncodeNotice(is)
	ops := []storage.Op{{Key: id.Key(), Value: val}}
	old, fresh := ledger.NoticeEntry(id, was), ledger.NoticeEntry(id, is)
	if old != nil && !bytes.Equal(old, fresh) {
		ops = append(ops, storage.Op{Key: old, Delete: true})
	}
	if fresh != nil && !bytes.Equal(old, fresh) {
		ops = append(ops, storage.Op{Key: fresh})
	}
	return storage.Guard{Key: id.Key(), Revision: rev}, ops, err
}

// State counts the notices of the outbox, for operators.
type State struct {
	Queued, Due, DeadLetters int           // counted up to 100,000 each
	NoAddress                int           // of the dead letters: to people of the city of whom no channel has an address, still
	Oldest                   time.Duration // how long the oldest due notice has waited
}

// maxCounted bounds what State counts.
const maxCounted = 100_000

// State counts the outbox.
func (d *Outbox) State(ctx context.Context) (o State, err error) {
	now := d.revisions.Now()
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Prefix(ledger.QueuePrefix)) {
			if err != nil {
				return err
			}
			if due, ok := ledger.QueuedFor(it.Key); ok && due <= ledger.SortTime(now) {
				if o.Due++; o.Due == 1 {
					o.Oldest = time.Duration(ledger.SortTime(now) - due)
				}
			}
			if o.Queued++; o.Queued == maxCounted {
				break
			}
		}
		for it, err := range snap.Scan(storage.Prefix(ledger.DeadLetterPrefix)) {
			if err != nil {
				return err
			}
			if id, ok := ledger.ParseNotice(it.Key); ok && id.Channel == city.ChannelNone {
				if p, found := d.revisions.City().Roster.Person(id.Person); found && city.Untold(d.tx.Channels(), p) {
					o.NoAddress++
				}
			}
			if o.DeadLetters++; o.DeadLetters == maxCounted {
				break
			}
		}
		return nil
	})
	return o, err
}

// eventAt reads one event of a case.
func eventAt(snap storage.Snapshot, l ledger.Loaded, seq uint64) (dispatch.Event, error) {
	if l.Filing == nil { // most acts are one event, found directly by its key
		it, err := snap.Get(ledger.EventKey(l.Cs.ID, seq))
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
	for group, err := range ledger.EventsFrom(snap, l, seq) {
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
