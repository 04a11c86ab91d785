package auditlog

import (
	"context"
	"time"

	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// mostUnlogged bounds the commits that AuditNow reads. Beyond it, Unlogged is a lower bound.
const mostUnlogged = 2000 // commits

// AuditState is the progress of the audit log, with the result of the last verification.
type AuditState struct {
	Size     int64         // leaves
	Unlogged int           // acts not yet in the log, counted over at most 2,000 commits
	Lag      time.Duration // how long the oldest of them has waited
	HeadAge  time.Duration // since the last act in the log; 0 = the log is empty

	Verified time.Time // when the last verification of this desk completed; zero = none has
	Found    int       // number of findings
	Whole    bool      // no findings, and consistent with the old head, if one was given
}

// AuditNow returns the current state.
func (d *Log) AuditNow(ctx context.Context) (s AuditState, err error) {
	now := d.revisions.Now()
	var at, head storage.Revision
	err = d.tx.Read(ctx, func(snap storage.Snapshot) (err error) {
		head = snap.Revision()
		if s.Size, at, _, err = auditState(snap); err != nil || s.Size == 0 {
			return err
		}
		it, err := snap.Get(ledger.LeafKey(s.Size - 1))
		l, ok := decodeLeaf(it.Value)
		if err != nil || !ok { // damaged: a verification reports it
			return err
		}
		a, err := actOfLeaf(snap, l)
		if err != nil || a == nil {
			return err
		}
		if a.id == 0 {
			read, ok := changeOf(a.change, a.record)
			if !ok {
				return nil
			}
			a = &read
		}
		s.HeadAge = max(0, now.Sub(a.when()))
		return nil
	})
	if err == nil && at < head {
		err = d.unlogged(ctx, at, head, now, &s)
	}
	if v := d.verified.Load(); v != nil {
		s.Verified, s.Found, s.Whole = v.at, v.report.Found, v.report.Whole()
	}
	return s, err
}

// unlogged counts the acts of the feed between two revisions.
func (d *Log) unlogged(ctx context.Context, after, head storage.Revision, now time.Time, s *AuditState) error {
	looked := 0
	for c, err := range d.tx.Watch(ctx, after) {
		if err != nil {
			return err
		}
		for _, op := range c.Batch.Ops {
			a, ok := actOf(op)
			if !ok || ledger.KindOf(op.Key) == ledger.KindEvents && a.events[0].Seq == 1 { // the filing, written again by the first act
				continue
			}
			if s.Unlogged++; s.Unlogged == 1 {
				s.Lag = max(0, now.Sub(a.when()))
			}
		}
		if looked++; c.Revision >= head || looked == mostUnlogged {
			return nil
		}
	}
	return ctx.Err()
}

// Verification is the result of a completed verification.
type Verification struct {
	at     time.Time
	report AuditReport
}

// RunVerification verifies the audit log after first and then at each interval, until ctx ends; it returns the error
// of ctx. Findings are logged.
func (d *Log) RunVerification(ctx context.Context, first, every time.Duration) error {
	for wait := first; ; wait = every {
		if err := d.tx.Sleep(ctx, wait, nil); err != nil {
			return err
		}
		r, err := d.VerifyAudit(ctx, AuditHead{})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			d.tx.Log().ErrorContext(ctx, "audit: the log could not be read to its end", "error", err)
		case !r.Whole():
			d.tx.Log().ErrorContext(ctx, "audit: the record is not what was logged; run wangge audit verify", "found", r.Found,
				"first", r.Findings[0].What.En)
		}
	}
}
