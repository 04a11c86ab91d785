// Package fsck says whether a store is consistent with itself, and rebuilds what is derived.
package fsck

import (
	"sync/atomic"

	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
)

// Checks checks a store, and remembers the last report. It is safe for concurrent use.
type Checks struct {
	tx        *tx.Store
	revisions *revision.Revisions

	checked atomic.Pointer[CheckReport]
}

// New returns the checker of a store.
func New(store *tx.Store, revisions *revision.Revisions) *Checks {
	return &Checks{tx: store, revisions: revisions}
}
