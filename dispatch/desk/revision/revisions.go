package revision

import (
	"sync/atomic"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/tx"
)

// Revisions holds the active city and the backfills of the rollouts in progress. Revisions is safe for concurrent use. It
// holds no lock while it reads the store or compiles a city: what was read is published by compare-and-swap, and
// concurrent callers that need the same city share one compilation.
type Revisions struct {
	tx *tx.Store

	active     atomic.Pointer[Active]
	unreadable atomic.Pointer[Active] // the last Active for which an unreadable successor was logged
	backfills  atomic.Pointer[backfills]
	compiled   compiled
	compiling  flight[string, *city.City]
}

// New returns the revisions of a store, and registers CatchUp with the store. Call Start before any other method.
func New(store *tx.Store) *Revisions {
	r := &Revisions{tx: store}
	store.OnStale(r.CatchUp)
	return r
}
