package outbox

import (
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
)

// Outbox lists the notices that acts queue, and delivers them at least once. It is safe for concurrent use.
type Outbox struct {
	tx        *tx.Store
	revisions *revision.Revisions
	view      *view.View

	Post chan struct{} // size 1: a notice was queued
}

// New returns the outbox of a store, and adds its hook there: a commit that queues a notice wakes the postman.
func New(store *tx.Store) *Outbox {
	o := &Outbox{tx: store, Post: make(chan struct{}, 1)}
	store.Hooks = append(store.Hooks, o.QueuedIn)
	return o
}

// Use hands in who may read what.
func (d *Outbox) Use(revisions *revision.Revisions, v *view.View) { d.revisions, d.view = revisions, v }
