// Package timer fires the timers of open cases as they fall due, each once, the oldest first.
package timer

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
)

const (
	backoff      = time.Second // how long a scheduler pauses after another one won the race
	longestSleep = time.Minute // a scheduler scans at least this often: a clock may have been set forward
)

// Scheduler fires what is due. It is safe for concurrent use.
type Scheduler struct {
	tx        *tx.Store
	revisions *revision.Revisions
	rollouts  *rollout.Rollouts
	campaigns *campaigns.Campaigns

	wake     chan struct{} // size 1: a timer may have become the earliest
	nextWake atomic.Int64  // when Run scans again, unix nanoseconds; 0 when it does not run
	low      lowWater

	mu     sync.Mutex
	stuck  map[dispatch.CaseID]stuckTimer // timers that failed
	claims map[dispatch.CaseID]bool       // timers that a scheduler over this desk is firing
	steps  Steps                          // fired since the desk was opened
}

// New returns the scheduler of a store and registers its commit hook: a commit that arms a timer wakes the scheduler.
func New(store *tx.Store, revisions *revision.Revisions, rollouts *rollout.Rollouts, k *campaigns.Campaigns) *Scheduler {
	s := &Scheduler{
		tx: store, revisions: revisions, rollouts: rollouts, campaigns: k,
		wake: make(chan struct{}, 1), stuck: map[dispatch.CaseID]stuckTimer{}, claims: map[dispatch.CaseID]bool{},
	}
	store.OnCommit(s.Committed)
	return s
}

// Committed lowers the low-water mark to the timers that a batch arms. It wakes Run if the first of these timers, or
// of the rollouts in the batch, is due before the next scan.
func (d *Scheduler) Committed(b storage.Batch) {
	first := uint64(math.MaxUint64)
	for _, op := range b.Ops {
		if op.Delete {
			continue
		}
		if due, _, ok := ledger.ParseTimer(op.Key); ok {
			d.low.armed(op.Key)
			first = min(first, due)
		} else if from, _, ok := ledger.ParseWait(op.Key); ok {
			first = min(first, ledger.SortTime(from))
		} else if _, ok := ledger.ParseBackfill(op.Key); ok {
			first = 0
		} else if _, ok := ledger.ParseSweep(op.Key); ok {
			first = 0
		}
	}
	if first > math.MaxInt64 || int64(first) >= d.nextWake.Load() {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Lost notes that Committed will no longer be called for commits of other processes.
func (d *Scheduler) Lost() { d.low.lose() }

// Run fires timers as they fall due, advances the rollouts of the city and the sweeps of campaigns, until ctx ends; it returns the error of
// ctx. Temporary failures of the store are retried. Several schedulers over one store are safe: one that loses a race
// pauses for a second.
func (d *Scheduler) Run(ctx context.Context) error {
	for {
		now := d.revisions.Now()
		turned, err := d.rollouts.Advance(ctx, now)
		if err != nil && ctx.Err() == nil { // an unreadable city does not delay timers
			d.tx.Failed("scheduler: the rollout did not advance; trying again", err)
		}
		swept, err := d.campaigns.Sweep(ctx, now)
		if err != nil && ctx.Err() == nil {
			d.tx.Failed("scheduler: the sweep of a campaign did not advance; trying again", err)
		}
		fired, more, err := d.FireDue(ctx, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sleep := tx.StoreRetry
		switch {
		case err == nil && (turned || swept || more && fired > 0):
			continue
		case err == nil && more:
			sleep = backoff
		case err == nil:
			sleep, err = d.untilNext(ctx)
		}
		if err != nil {
			sleep = d.tx.Failed("scheduler: the store failed; trying again", err)
		}
		d.nextWake.Store(now.Add(sleep).UnixNano())
		if again, failing := d.untilNext(ctx); failing == nil && again < sleep && err == nil && !more { // armed while nextWake was older
			sleep = again
		}
		if err := d.tx.Sleep(ctx, sleep, d.wake); err != nil {
			return err
		}
	}
}

// untilNext returns how long nothing is due.
func (d *Scheduler) untilNext(ctx context.Context) (time.Duration, error) {
	now := d.revisions.Now()
	sleep := longestSleep
	s := d.low.begin()
	defer d.low.end(s, "")
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if wait, waits, err := rollout.Next(snap, now); err != nil {
			return err
		} else if waits {
			sleep = min(sleep, wait)
		}
		if waits, err := campaigns.Waits(snap); err != nil {
			return err
		} else if waits {
			sleep = min(sleep, tx.StoreRetry)
		}
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(s.from), End: storage.Prefix(ledger.TimerPrefix).End}) {
			if err != nil {
				return err
			}
			due, id, _ := ledger.ParseTimer(it.Key)
			wait := longestSleep
			if at := ledger.TimeOf(due); !at.IsZero() {
				wait = at.Sub(now)
			}
			retry, isStuck := d.stuckUntil(id, due)
			if isStuck {
				wait = max(wait, retry.Sub(now))
			}
			sleep = min(sleep, wait)
			if scanned++; !isStuck || scanned == maxScan {
				break
			}
		}
		return nil
	})
	return max(sleep, tx.Shortest), err
}

// Steps counts fired steps, reminders and alarms of receipts.
type Steps struct{ Escalated, Skipped, Reminded, ReceiptsMissed int64 }

func (s *Steps) add(o Steps) {
	s.Escalated += o.Escalated
	s.Skipped += o.Skipped
	s.Reminded += o.Reminded
	s.ReceiptsMissed += o.ReceiptsMissed
}

// stepsOf counts the events of a tick.
func stepsOf(events []dispatch.Event) (s Steps) {
	for i := range events {
		// Only steps are counted.
		//exhaustive:ignore
		switch events[i].Kind {
		case dispatch.EventEscalated:
			s.Escalated++
		case dispatch.EventStepSkipped:
			s.Skipped++
		case dispatch.EventReminded:
			s.Reminded++
		case dispatch.EventReceiptMissed:
			s.ReceiptsMissed++
		}
	}
	return s
}

// Stats holds figures of the timers for operators.
type Stats struct {
	Steps               // fired since the desk was opened
	Stuck int           // timers that failed and are retried
	Lag   time.Duration // how long the oldest due timer, without failed ones, has waited; 0 = none is due
}

// Stats returns the figures.
func (d *Scheduler) Stats(ctx context.Context) (out Stats, err error) {
	d.mu.Lock()
	out.Steps, out.Stuck = d.steps, len(d.stuck)
	d.mu.Unlock()
	now := d.revisions.Now()
	s := d.low.begin()
	defer d.low.end(s, "")
	end := ledger.TimerKey(now, 0)
	if s.from >= string(end) {
		return out, nil
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(s.from), End: end}) {
			if err != nil {
				return err
			}
			due, id, _ := ledger.ParseTimer(it.Key)
			if _, stuck := d.stuckUntil(id, due); stuck && scanned < maxScan {
				scanned++
				continue
			}
			out.Lag = time.Duration(ledger.SortTime(now) - due)
			break
		}
		return nil
	})
	return out, err
}
