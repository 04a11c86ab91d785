package revision

import (
	"sync/atomic"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/tx"
)

// Revisions holds the city that decides now, and what the rollouts in progress mean for a case. It is safe for
// concurrent use. It holds no lock while it reads the store or compiles a city: what was read is published by
// compare-and-swap, and of several that want the same city compiled one compiles it.
type Revisions struct {
	tx *tx.Store

	active     atomic.Pointer[Active]
	unreadable atomic.Pointer[Active] // the last one of which it was logged that another city should decide, and can't be read
	backfills  atomic.Pointer[backfills]
	compiled   compiled
	compiling  flight[string, *city.City]
}

// New returns the revisions of a store, and tells the store how a transaction catches up. Start is called before
// anything else.
func New(store *tx.Store) *Revisions {
	r := &Revisions{tx: store}
	store.OnStale(r.CatchUp)
	return r
}
