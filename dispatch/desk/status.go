package desk

import (
	"context"
	"time"

	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/outbox"
	"wangge/storage"
)

// Status is the state of a desk, for operators.
type Status struct {
	Revision                     storage.Revision // of the store
	Open, Armed                  int              // open cases, and those with a timer armed
	Owned, Fallback              int              // open cases with an owner, and those owned by the catch-all rule
	Lag                          time.Duration    // how long the oldest due timer has waited; 0 = none is due
	Escalated, Skipped, Reminded int64            // since the desk was opened
	ReceiptsMissed               int64            // alarms of receipts since then
	Stuck                        int              // timers that failed and are retried
	Outbox                       outbox.State
	Tries                        map[string]outbox.Tries // by channel, since the desk was opened
	Audit                        auditlog.AuditState
}

// Behind is the lag above which the scheduler is either not running or overloaded. A working scheduler stays below.
const Behind = 2 * time.Minute

// Status reads the desk's state. The call takes some milliseconds.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	var s Status
	if err := d.view.CaughtUp(ctx); err != nil {
		return s, err
	}
	open := d.view.Stats()
	s.Revision, s.Open, s.Armed, s.Owned, s.Fallback = open.Revision, open.Open, open.Armed, open.Owned, open.Fallback
	timers, err := d.timers.Stats(ctx)
	if err != nil {
		return s, err
	}
	s.ReceiptsMissed = timers.ReceiptsMissed
	s.Escalated, s.Skipped, s.Reminded, s.Stuck, s.Lag = timers.Escalated, timers.Skipped, timers.Reminded, timers.Stuck, timers.Lag
	if s.Outbox, err = d.outbox.State(ctx); err != nil {
		return s, err
	}
	s.Tries = d.outbox.Tries()
	s.Audit, err = d.audit.AuditNow(ctx)
	return s, err
}
