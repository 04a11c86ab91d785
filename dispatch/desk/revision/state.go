package revision

import (
	"sync"
	"sync/atomic"

	"wangge/dispatch/desk/tx"
)

// Revisions holds the city that decides now, and what the rollouts under way mean for a case. It is safe for
// concurrent use.
type Revisions struct {
	tx *tx.Store

	turning  sync.Mutex // while Force changes
	Force    atomic.Pointer[InForce]
	Compiled Compiled
	passages Passages
}

// New returns the revisions of a store. Start must be called before anything else.
func New(store *tx.Store) *Revisions { return &Revisions{tx: store} }
