// Package auditlog is the transparency log over all acts on cases and changes of campaigns, and the proof that nothing
// in the record was changed since.
package auditlog

import (
	"sync/atomic"

	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
)

// Log is the transparency log over all acts. It is safe for concurrent use.
type Log struct {
	tx        *tx.Store
	revisions *revision.Revisions

	verified atomic.Pointer[Verification]
}

// New returns the audit log of a store.
func New(store *tx.Store, revisions *revision.Revisions) *Log {
	return &Log{tx: store, revisions: revisions}
}
