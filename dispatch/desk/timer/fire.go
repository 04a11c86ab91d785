package timer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

const (
	fireBatch  = 256         // timers fired by one commit
	maxScan    = 4096        // due timers scanned for one batch
	stuckRetry = time.Minute // how long a failed timer waits
)

// stuckTimer is a timer whose tick failed. It is retried later and does not delay other timers.
type stuckTimer struct {
	due   uint64
	retry time.Time
}

// firing is a decided timer, ready to commit.
type firing struct {
	id    dispatch.CaseID
	rev   storage.Revision // of the case
	ops   []storage.Op
	steps Steps
}

// round holds the timers that one call of FireDue has claimed and decided.
type round struct {
	to    *revision.Active // the revision under which they were decided
	ready []firing
	more  bool   // other timers may be due
	first string // no timer is armed before this key
}

// FireDue fires one batch of the timers due at now, oldest first, each exactly once: the case, its steps and the next
// timer are one commit. fired counts cases; more reports that timers may still be due. If fired is 0 and more is
// true, another process won the race: back off before the next call. All timers of a batch are decided under the
// active revision. Concurrent calls over one desk fire different cases. A case whose tick fails is logged and retried
// after a minute, and does not delay others.
func (d *Scheduler) FireDue(ctx context.Context, now time.Time) (fired int, more bool, err error) {
	s := d.low.begin() // before any snapshot
	var r round
	defer func() {
		d.release(r.ready)
		d.low.end(s, r.first)
	}()
	var left []firing
	err = d.revisions.Do(ctx, "fire timers", func(ctx context.Context, t *tx.Txn, a *revision.Active) error {
		if r.to == a { // a case was changed, or another scheduler fired it
			if left, err = stillDue(t.Snap, left); err != nil {
				return err
			}
		} else {
			d.release(r.ready)
			r, left = round{}, nil
			if r, err = d.due(ctx, t.Snap, a, s, now.Round(0).In(a.City.Location)); err != nil {
				return err
			}
			left = r.ready
		}
		for _, f := range left {
			t.Guard(ledger.CaseKey(f.id), f.rev)
			t.Write(f.ops...)
		}
		return nil
	})
	switch {
	case tx.IsConflict(err):
		return 0, len(r.ready) > 0 || r.to == nil, nil
	case err != nil && len(left) == 0:
		return 0, false, err
	case err != nil:
		return 0, false, fmt.Errorf("fire %d timers: %w", len(left), err)
	case len(left) == 0:
		return 0, len(r.ready) > 0, nil
	}
	d.did(left)
	return len(left), r.more || len(left) < len(r.ready), nil
}

// due claims a batch of due timers and decides them. After an error no timer is claimed.
func (d *Scheduler) due(ctx context.Context, snap storage.Snapshot, to *revision.Active, s *scan, now time.Time) (r round, err error) {
	r.to = to
	end := ledger.TimerKey(now, math.MaxUint64)
	if s.from >= string(end) {
		return r, nil
	}
	scanned, ops := 0, 0
	defer func() {
		if err != nil {
			d.release(r.ready)
			r = round{}
		}
	}()
	for it, err := range snap.Scan(storage.Range{Start: []byte(s.from), End: end}) {
		if err != nil {
			return r, err
		}
		if scanned == 0 {
			r.first = string(it.Key)
		}
		if len(r.ready) == fireBatch || ops >= ledger.MaxOps || scanned == maxScan {
			r.more = len(r.ready) > 0
			return r, nil
		}
		scanned++
		due, id, _ := ledger.ParseTimer(it.Key)
		retry, isStuck := d.stuckUntil(id, due)
		if isStuck && retry.After(now) || !d.claim(id) {
			continue
		}
		f, err := d.tick(to, snap, id, due, now)
		if err != nil {
			d.release([]firing{{id: id}})
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if tx.IsConflict(err) { // tx.ErrStale
				return r, err
			}
			if err := to.Check(snap); err != nil { // the revision that is active now may fire it
				return r, err
			}
			d.setStuck(id, due, now, err)
			continue
		}
		if isStuck {
			d.unstick(id)
		}
		r.ready = append(r.ready, f)
		ops += len(f.ops)
	}
	if scanned == 0 {
		r.first = string(end)
	}
	return r, nil
}

// tick decides one due timer.
func (d *Scheduler) tick(to *revision.Active, snap storage.Snapshot, id dispatch.CaseID, due uint64, now time.Time) (firing, error) {
	l, err := ledger.Load(snap, id)
	if err != nil {
		return firing{}, err
	}
	if ledger.SortTime(l.Cs.NextAt) != due {
		return firing{}, errors.New("the timer entry is not the case's own")
	}
	cs, events, err := d.revisions.Current(snap, to, l, now)
	if err != nil {
		return firing{}, err
	}
	fired, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: now}, lifecycle.Facts{}, to.City)
	if err != nil && (len(events) == 0 || !errors.Is(err, dispatch.ErrNothingDue)) {
		return firing{}, err
	}
	events = append(events, fired...)
	_, ops, err := d.tx.Step(to.City, l.Indexed, id, events)
	return firing{id, l.Rev, ops, stepsOf(events)}, err
}

// stillDue returns the timers whose case has not changed since the decision.
func stillDue(snap storage.Snapshot, ready []firing) (left []firing, err error) {
	for _, f := range ready {
		it, err := snap.Get(ledger.CaseKey(f.id))
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("read case %s: %w", f.id, err)
		}
		if err == nil && it.Revision == f.rev {
			left = append(left, f)
		}
	}
	return left, nil
}

// claim reserves a case for one of several schedulers over this desk; false if another one has it.
func (d *Scheduler) claim(id dispatch.CaseID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claims[id] {
		return false
	}
	d.claims[id] = true
	return true
}

func (d *Scheduler) release(claimed []firing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range claimed {
		delete(d.claims, f.id)
	}
}

// did counts the fired steps.
func (d *Scheduler) did(fired []firing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range fired {
		d.steps.add(f.steps)
	}
}

// stuckUntil returns when a failed timer is retried; false if the timer has not failed.
func (d *Scheduler) stuckUntil(id dispatch.CaseID, due uint64) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.stuck[id]
	if ok && s.due != due {
		delete(d.stuck, id)
		return time.Time{}, false
	}
	return s.retry, ok
}

func (d *Scheduler) setStuck(id dispatch.CaseID, due uint64, now time.Time, err error) {
	d.tx.Log().Error("scheduler: a timer failed; trying again later", "case", id.String(), "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck[id] = stuckTimer{due: due, retry: now.Add(stuckRetry)}
}

func (d *Scheduler) unstick(id dispatch.CaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.stuck, id)
}
