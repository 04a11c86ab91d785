package desk

import (
	"context"
	"time"

	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/timer"
	"wangge/storage"
)

// Status is what an operator looks at.
type Status struct {
	Revision                   storage.Revision // of the store
	Open, Armed                int              // open cases, and those with a timer armed
	Owned, Fallback            int              // open cases with an owner, and those that the last rule gave one
	Lag                        time.Duration    // how long the oldest due timer has waited; 0 = none is due
	Escalated, Skipped, Nudged int64            // since the desk was opened
	Stuck                      int              // timers that failed and are tried again
	Outbox                     outbox.OutboxState
	Audit                      auditlog.AuditState
}

// Behind is a lag of which a keeper at work never knows: who is above it has no working keeper, or
// too much to do.
const Behind = 2 * time.Minute

// Status reads the desk's state; it costs some milliseconds.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	var s Status
	if err := d.view.CaughtUp(ctx); err != nil {
		return s, err
	}
	d.view.Board.Mu.RLock()
	s.Revision, s.Open = d.view.Board.Rev, len(d.view.Board.Cards)
	s.Armed, s.Owned, s.Fallback = d.view.Board.Tally.Armed, d.view.Board.Tally.Owned, d.view.Board.Tally.Fallback
	d.view.Board.Mu.RUnlock()
	d.timers.Mu.Lock()
	s.Escalated, s.Skipped, s.Nudged, s.Stuck = d.timers.Steps.Escalated, d.timers.Steps.Skipped, d.timers.Steps.Nudged, len(d.timers.Stuck)
	d.timers.Mu.Unlock()
	var err error
	if s.Lag, err = d.lag(ctx); err != nil {
		return s, err
	}
	if s.Outbox, err = d.outbox.Outbox(ctx); err != nil {
		return s, err
	}
	s.Audit, err = d.audit.AuditNow(ctx)
	return s, err
}

// lag is how long the oldest due timer that has not failed has waited.
func (d *Desk) lag(ctx context.Context) (lag time.Duration, err error) {
	now := d.revisions.Now()
	l := d.timers.Floor.Begin()
	defer d.timers.Floor.End(l, "")
	end := ledger.TimerKey(now, 0)
	if l.From >= string(end) {
		return 0, nil
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.From), End: end}) {
			if err != nil {
				return err
			}
			due := ledger.TimerDue(it.Key)
			if _, stuck := d.timers.StuckUntil(ledger.TailID(it.Key), due); stuck && scanned < timer.StuckScan {
				scanned++
				continue
			}
			lag = time.Duration(ledger.SortTime(now) - due)
			break
		}
		return nil
	})
	return lag, err
}
