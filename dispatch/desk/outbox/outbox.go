package outbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// QueuedIn wakes the postman for the notices that a batch queues.
func (d *Outbox) QueuedIn(b storage.Batch, _ time.Time) {
	if slices.ContainsFunc(b.Ops, func(op storage.Op) bool { return op.Key[0] == ledger.QueuePrefix[0] && !op.Delete }) {
		select {
		case d.Post <- struct{}{}:
		default:
		}
	}
}

// Delivery is a notice and how far it has come.
type Delivery struct {
	ledger.NoticeID
	record.Notice
}

// MaxDeliveries bounds the notices that are listed of one case, and a page of those that are parked.
const MaxDeliveries = 1000

// Deliveries lists the notices of a case in the order of its events. ErrNoCase as for Case.
func (d *Outbox) Deliveries(ctx context.Context, person roster.PersonID, id dispatch.CaseID) ([]Delivery, error) {
	var out []Delivery
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if _, err := d.view.Readable(snap, person, id); err != nil {
			return err
		}
		for it, err := range snap.Scan(storage.Prefix(ledger.U64([]byte("d/"), uint64(id)))) {
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
	id, ok := ledger.ParseNotice(it.Key[2:])
	if !ok {
		return Delivery{}, fmt.Errorf("notice %q: %w", it.Key, record.ErrCorrupt)
	}
	n, err := record.DecodeNotice(it.Value)
	return Delivery{id, n}, err
}

// Parked lists notices that were given up, by case; after is the last one of the page before, zero to
// begin. At most 1,000.
func (d *Outbox) Parked(ctx context.Context, after ledger.NoticeID) ([]Delivery, error) {
	var out []Delivery
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		r := storage.Prefix(ledger.ParkedPrefix)
		if after != (ledger.NoticeID{}) {
			r.Start = append(after.Parked(), 0)
		}
		for it, err := range snap.Scan(r) {
			if err != nil {
				return err
			}
			id, ok := ledger.ParseNotice(it.Key[2:])
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

// Replay queues parked notices again, as if they had never been tried: those of one case, or, with
// case 0, all. It returns how many. A notice that was sent is never replayed.
func (d *Outbox) Replay(ctx context.Context, id dispatch.CaseID) (n int, err error) {
	var after ledger.NoticeID
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
			p.State, p.At, p.Attempts, p.Error = record.NoticeQueued, d.revisions.Now(), 0, ""
			switch err := d.moveNotice(ctx, p.NoticeID, was, p.Notice); {
			case err == nil:
				n++
			case !tx.IsConflict(err):
				return n, err
			}
		}
	}
}

// moveNotice is the one-notice form of moveNotices, guarded by what the store holds now.
func (d *Outbox) moveNotice(ctx context.Context, id ledger.NoticeID, was, is record.Notice) error {
	var rev storage.Revision
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		it, err := snap.Get(id.Key())
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
	return d.tx.Commit(ctx, *b, time.Time{})
}

// moved adds to a batch what takes a notice from one state to another.
func moved(b *storage.Batch, id ledger.NoticeID, rev storage.Revision, was, is record.Notice) (*storage.Batch, error) {
	if b == nil {
		b = &storage.Batch{}
	}
	val, err := record.EncodeNotice(is)
	if err != nil {
		return nil, err
	}
	b.Guards = append(b.Guards, storage.Guard{Key: id.Key(), Revision: rev})
	b.Ops = append(b.Ops, storage.Op{Key: id.Key(), Value: val})
	old, fresh := ledger.NoticeEntry(id, was), ledger.NoticeEntry(id, is)
	if old != nil && !bytes.Equal(old, fresh) {
		b.Ops = append(b.Ops, storage.Op{Key: old, Delete: true})
	}
	if fresh != nil && !bytes.Equal(old, fresh) {
		b.Ops = append(b.Ops, storage.Op{Key: fresh})
	}
	return b, nil
}

// OutboxState is what an operator looks at.
type OutboxState struct {
	Queued, Due, Parked int           // counted up to 100,000 each
	Oldest              time.Duration // how long the oldest due notice has waited since it was due
}

// maxCounted bounds what is counted for a look at the outbox.
const maxCounted = 100_000

// Outbox counts the outbox.
func (d *Outbox) Outbox(ctx context.Context) (o OutboxState, err error) {
	now := d.revisions.Now()
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Prefix(ledger.QueuePrefix)) {
			if err != nil {
				return err
			}
			if due := binary.BigEndian.Uint64(it.Key[2:]); due <= ledger.SortTime(now) {
				if o.Due++; o.Due == 1 {
					o.Oldest = time.Duration(ledger.SortTime(now) - due)
				}
			}
			if o.Queued++; o.Queued == maxCounted {
				break
			}
		}
		for _, err := range snap.Scan(storage.Prefix(ledger.ParkedPrefix)) {
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
func eventAt(snap storage.Snapshot, l ledger.Loaded, seq uint64) (dispatch.Event, error) {
	if l.Filing == nil { // most acts are one event, which is then found by its key
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
