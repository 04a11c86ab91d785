// Package rollout plans, applies and withdraws revisions of the city and rulings, and moves open cases to them.
package rollout

import (
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
)

// Rollouts plans, applies and withdraws revisions of the city, and moves open cases to them. It is safe for
// concurrent use.
type Rollouts struct {
	tx        *tx.Store
	revisions *revision.Revisions
	view      *view.View
}

// New returns the rollouts of a store.
func New(store *tx.Store, revisions *revision.Revisions, v *view.View) *Rollouts {
	return &Rollouts{tx: store, revisions: revisions, view: v}
}
