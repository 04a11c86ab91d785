// Package outbox holds the notices that acts queue in their own commit, and delivers each at least once.
package outbox

import (
	"slices"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

// Outbox lists the notices that acts queue. It is safe for concurrent use.
type Outbox struct {
	tx        *tx.Store
	revisions *revision.Revisions

	wake chan struct{} // size 1: a notice was queued
}

// New returns the outbox of a store and registers its commit hook: a commit that queues a notice wakes the relay.
func New(store *tx.Store, revisions *revision.Revisions) *Outbox {
	o := &Outbox{tx: store, revisions: revisions, wake: make(chan struct{}, 1)}
	store.OnCommit(o.committed)
	return o
}

// committed wakes the relay for the notices that a batch queues.
func (d *Outbox) committed(b storage.Batch) {
	if slices.ContainsFunc(b.Ops, func(op storage.Op) bool { return !op.Delete && ledger.KindOf(op.Key) == ledger.KindQueued }) {
		select {
		case d.wake <- struct{}{}:
		default:
		}
	}
}
