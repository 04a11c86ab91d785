// Package fsck checks whether a store is consistent with itself, and rebuilds derived entries.
package fsck

import (
	"sync/atomic"

	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
)

// Checks checks a store and keeps the last report. Checks is safe for concurrent use.
type Checks struct {
	tx        *tx.Store
	revisions *revision.Revisions

	checked atomic.Pointer[CheckReport]
}

// New returns the checker of a store.
func New(store *tx.Store, revisions *revision.Revisions) *Checks {
	return &Checks{tx: store, revisions: revisions}
}
