package timer

import (
	"sync"
	"sync/atomic"

	"wangge/dispatch"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/tx"
)

// Scheduler fires what is due, once, the oldest first. It is safe for concurrent use.
type Scheduler struct {
	tx        *tx.Store
	revisions *revision.Revisions
	rollouts  *rollout.Rollouts

	Wake    chan struct{} // size 1: a timer may have become the earliest
	looksAt atomic.Int64  // when the keeper looks again, unix nanoseconds; never when none runs
	Floor   Floor

	Mu     sync.Mutex
	Stuck  map[dispatch.CaseID]StuckTimer // timers that failed
	Claims map[dispatch.CaseID]bool       // timers that a keeper over this desk is firing
	Steps  Steps                          // fired since the desk was opened
}

// New returns the scheduler of a store, and adds its hook there: a commit that arms a timer wakes it.
func New(store *tx.Store) *Scheduler {
	s := &Scheduler{tx: store, Wake: make(chan struct{}, 1), Stuck: map[dispatch.CaseID]StuckTimer{}, Claims: map[dispatch.CaseID]bool{}}
	store.Hooks = append(store.Hooks, s.ArmedIn)
	return s
}

// Use hands in what cases are decided by, before the first timer fires.
func (d *Scheduler) Use(revisions *revision.Revisions, rollouts *rollout.Rollouts) {
	d.revisions, d.rollouts = revisions, rollouts
}
