package desk

import (
	"context"
	"time"
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
	Outbox                     OutboxState
	Audit                      AuditState
}

// Behind is a lag of which a keeper at work never knows: who is above it has no working keeper, or
// too much to do.
const Behind = 2 * time.Minute

// Status reads the desk's state; it costs some milliseconds.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	var s Status
	if err := d.caughtUp(ctx); err != nil {
		return s, err
	}
	d.board.mu.RLock()
	s.Revision, s.Open = d.board.rev, len(d.board.cards)
	s.Armed, s.Owned, s.Fallback = d.board.tally.armed, d.board.tally.owned, d.board.tally.fallback
	d.board.mu.RUnlock()
	d.mu.Lock()
	s.Escalated, s.Skipped, s.Nudged, s.Stuck = d.steps.escalated, d.steps.skipped, d.steps.nudged, len(d.stuck)
	d.mu.Unlock()
	var err error
	if s.Lag, err = d.lag(ctx); err != nil {
		return s, err
	}
	if s.Outbox, err = d.Outbox(ctx); err != nil {
		return s, err
	}
	s.Audit, err = d.auditNow(ctx)
	return s, err
}

// lag is how long the oldest due timer that has not failed has waited.
func (d *Desk) lag(ctx context.Context) (lag time.Duration, err error) {
	now := d.now()
	l := d.floor.begin()
	defer d.floor.end(l, "")
	end := timerKey(now, 0)
	if l.from >= string(end) {
		return 0, nil
	}
	err = d.read(ctx, func(snap storage.Snapshot) error {
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.from), End: end}) {
			if err != nil {
				return err
			}
			due := timerDue(it.Key)
			if _, stuck := d.stuckUntil(tailID(it.Key), due); stuck && scanned < stuckScan {
				scanned++
				continue
			}
			lag = time.Duration(sortTime(now) - due)
			break
		}
		return nil
	})
	return lag, err
}
