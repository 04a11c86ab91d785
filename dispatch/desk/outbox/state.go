// Package outbox holds the notices that acts queue in their own commit, and delivers each at least once.
package outbox

import (
	"bytes"
	"maps"
	"sync"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// Outbox lists the notices that acts queue. It is safe for concurrent use.
type Outbox struct {
	tx        *tx.Store
	revisions *revision.Revisions

	wake chan struct{} // size 1: a notice was queued

	mu    sync.Mutex
	first []byte           // the first key of those that were queued since first was taken; nil = none were
	tries map[string]Tries // by channel
}

// Tries counts the notices that the relays have tried to send by one channel since the desk was opened, by result. A
// digest of several notices counts each of them.
type Tries struct{ Sent, Failed, GivenUp int64 }

// tried counts a notice that was tried, by what became of it.
func (d *Outbox) tried(channel string, state record.NoticeState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.tries[channel]
	switch state {
	case record.NoticeSent:
		n.Sent++
	case record.NoticeDeadLetter:
		n.GivenUp++
	case record.NoticeQueued, record.NoticeUnknown:
		n.Failed++
	}
	d.tries[channel] = n
}

// Tries returns the counts of each channel that was used.
func (d *Outbox) Tries() map[string]Tries {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.tries)
}

// New returns the outbox of a store and registers its commit hook: a commit that queues a notice wakes the relay.
func New(store *tx.Store, revisions *revision.Revisions) *Outbox {
	o := &Outbox{tx: store, revisions: revisions, wake: make(chan struct{}, 1), tries: map[string]Tries{}}
	store.OnCommit(o.committed)
	return o
}

// committed wakes the relay for the notices that a batch queues.
func (d *Outbox) committed(b storage.Batch) {
	var first []byte
	for _, op := range b.Ops {
		if !op.Delete && ledger.KindOf(op.Key) == ledger.KindQueued && (first == nil || bytes.Compare(op.Key, first) < 0) {
			first = op.Key
		}
	}
	if first == nil {
		return
	}
	d.mu.Lock()
	if d.first == nil || bytes.Compare(first, d.first) < 0 {
		d.first = bytes.Clone(first)
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// takeFirst returns the first key of those that were queued since the last call, nil if none were. A key is queued under
// the instant at which its notice is due.
func (d *Outbox) takeFirst() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.first
	d.first = nil
	return first
}
