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
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

const (
	fireBatch  = 256         // timers fired by one commit
	StuckScan  = 4096        // due entries looked at for one batch
	stuckRetry = time.Minute // how long a failed timer waits
	aside      = time.Second // how long a keeper leaves the timers to another that was faster
	longestNap = time.Minute // the keeper looks again at least this often: a clock may have been set forward
)

// StuckTimer is a timer whose tick failed; it is tried again later and holds nobody up.
type StuckTimer struct {
	due   uint64
	retry time.Time
}

// Keep fires timers as they fall due, until ctx ends; it returns ctx's error. It survives a store
// that fails for a while. Several keepers over one store do no harm: who finds that another was
// faster steps aside for a second.
func (d *Scheduler) Keep(ctx context.Context) error {
	for {
		now := d.revisions.Now()
		turned, err := d.rollouts.TendCity(ctx, now)
		if err != nil && ctx.Err() == nil { // a city that can't be read holds no timer up
			d.tx.Failed("keeper: the city could not be tended; trying again", err)
		}
		fired, more, err := d.FireDue(ctx, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		nap := tx.StoreRetry
		switch {
		case err == nil && (turned || more && fired > 0):
			continue
		case err == nil && more:
			nap = aside
		case err == nil:
			nap, err = d.nap(ctx)
		}
		if err != nil {
			nap = d.tx.Failed("keeper: the store failed; trying again", err)
		}
		d.looksAt.Store(now.Add(nap).UnixNano())
		if again, failing := d.nap(ctx); failing == nil && again < nap && err == nil && !more { // armed while looksAt said sooner
			nap = again
		}
		fire, stop := d.tx.Clock.NewTimer(nap)
		select {
		case <-ctx.Done():
			stop()
			return ctx.Err()
		case <-fire:
		case <-d.Wake:
			stop()
		}
	}
}

// nap returns how long nothing falls due.
func (d *Scheduler) nap(ctx context.Context) (time.Duration, error) {
	now := d.revisions.Now()
	nap := longestNap
	l := d.Floor.Begin()
	defer d.Floor.End(l, "")
	err := d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if wait, waits, err := rollout.NextTurn(snap, now); err != nil {
			return err
		} else if waits {
			nap = min(nap, wait)
		}
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.From), End: storage.Prefix(ledger.TimerPrefix).End}) {
			if err != nil {
				return err
			}
			due := ledger.TimerDue(it.Key)
			wait := longestNap
			if due < math.MaxInt64 {
				wait = time.Unix(0, int64(due)).Sub(now)
			}
			retry, isStuck := d.StuckUntil(ledger.TailID(it.Key), due)
			if isStuck {
				wait = max(wait, retry.Sub(now))
			}
			nap = min(nap, wait)
			if scanned++; !isStuck || scanned == StuckScan {
				break
			}
		}
		return nil
	})
	return max(nap, tx.Shortest), err
}

func (d *Scheduler) StuckUntil(id dispatch.CaseID, due uint64) (time.Time, bool) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	s, ok := d.Stuck[id]
	if ok && s.due != due {
		delete(d.Stuck, id)
		return time.Time{}, false
	}
	return s.retry, ok
}

func (d *Scheduler) setStuck(id dispatch.CaseID, due uint64, now time.Time, err error) {
	d.tx.Log.Error("keeper: a timer failed; trying again later", "case", id.String(), "error", err)
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Stuck[id] = StuckTimer{due: due, retry: now.Add(stuckRetry)}
}

func (d *Scheduler) unstick(id dispatch.CaseID) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	delete(d.Stuck, id)
}

// firing is one timer ready to commit.
type firing struct {
	id    dispatch.CaseID
	batch storage.Batch
	steps Steps
}

// Steps counts what the keeper did.
type Steps struct{ Escalated, Skipped, Nudged int64 }

func (s *Steps) add(o Steps) {
	s.Escalated += o.Escalated
	s.Skipped += o.Skipped
	s.Nudged += o.Nudged
}

// stepsOf counts the events of a tick.
func stepsOf(events []dispatch.Event) (s Steps) {
	for i := range events {
		switch events[i].Kind {
		case dispatch.EventEscalated:
			s.Escalated++
		case dispatch.EventStepSkipped:
			s.Skipped++
		case dispatch.EventNudged:
			s.Nudged++
		}
	}
	return s
}

// did notes what was fired.
func (d *Scheduler) did(s Steps) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Steps.add(s)
}

// FireDue fires one batch of the timers due at now, oldest first, each exactly once: the case, its
// steps and the next timer are one commit. fired counts cases; more says that others may be due. More
// with nothing fired says that others were faster, who fired them all or turned the city: leave them the next
// ones too. All are decided by the city in force.
// Several at once over one desk fire different cases. A case whose tick fails is logged, left for a
// minute, and holds nobody up.
func (d *Scheduler) FireDue(ctx context.Context, now time.Time) (fired int, more bool, err error) {
	for range tx.Retries {
		force := d.revisions.InForce()
		if fired, more, err = d.fireUnder(ctx, force, now.Round(0).In(force.City.Location)); !tx.IsBehind(err) {
			return fired, more, err
		}
		if err := d.revisions.Ready(ctx); err != nil {
			return 0, false, err
		}
	}
	return 0, true, nil
}

func (d *Scheduler) fireUnder(ctx context.Context, force *revision.InForce, now time.Time) (fired int, more bool, err error) {
	ready, more, err := d.due(ctx, force, now)
	defer func() {
		for _, f := range ready {
			d.release(f.id)
		}
	}()
	if err != nil {
		return 0, false, err
	}
	left := ready
	for range tx.Retries {
		if len(left) == 0 {
			break
		}
		all := storage.Batch{Guards: []storage.Guard{force.Guard()}}
		var together Steps
		for _, f := range left {
			all.Guards = append(all.Guards, f.batch.Guards...)
			all.Ops = append(all.Ops, f.batch.Ops...)
			together.add(f.steps)
		}
		if err = d.tx.Commit(ctx, all, time.Time{}); err == nil {
			d.did(together)
			return len(left), more || len(left) < len(ready), nil
		}
		if tx.IsBehind(err) || !tx.IsConflict(err) {
			return 0, false, fmt.Errorf("fire %d timers: %w", len(left), err)
		}
		if left, err = d.stillDue(ctx, left); err != nil { // somebody acted on a case, or another keeper fired it
			return 0, false, err
		}
	}
	return 0, len(ready) > 0, nil
}

// due claims a batch of due timers and decides them.
func (d *Scheduler) due(ctx context.Context, force *revision.InForce, now time.Time) (ready []firing, more bool, err error) {
	l := d.Floor.Begin()
	end := ledger.TimerKey(now, math.MaxUint64)
	first := ""
	defer func() { d.Floor.End(l, first) }()
	if l.From >= string(end) {
		return nil, false, nil
	}
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		if err := force.Stands(snap); err != nil {
			return err
		}
		scanned, ops := 0, 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.From), End: end}) {
			if err != nil {
				return err
			}
			if scanned == 0 {
				first = string(it.Key)
			}
			if len(ready) == fireBatch || ops >= ledger.MaxOps || scanned == StuckScan {
				more = len(ready) > 0
				return nil
			}
			scanned++
			id, due := ledger.TailID(it.Key), ledger.TimerDue(it.Key)
			retry, isStuck := d.StuckUntil(id, due)
			if isStuck && retry.After(now) || !d.claim(id) {
				continue
			}
			batch, did, err := d.tick(force, snap, id, due, now)
			if err != nil {
				d.release(id)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if tx.IsBehind(err) {
					return err
				}
				d.setStuck(id, due, now, err)
				continue
			}
			if isStuck {
				d.unstick(id)
			}
			ready = append(ready, firing{id, batch, did})
			ops += len(batch.Ops)
		}
		if scanned == 0 {
			first = string(end)
		}
		return nil
	})
	return ready, more, err
}

// stillDue leaves the timers whose case is as it was when they were decided.
func (d *Scheduler) stillDue(ctx context.Context, ready []firing) (left []firing, err error) {
	err = d.tx.Read(ctx, func(snap storage.Snapshot) error {
		for _, f := range ready {
			it, err := snap.Get(f.batch.Guards[0].Key)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return fmt.Errorf("read case %s: %w", f.id, err)
			}
			if err == nil && it.Revision == f.batch.Guards[0].Revision {
				left = append(left, f)
			}
		}
		return nil
	})
	return left, err
}

// claim takes a case for one of several keepers over this desk; false when another has it.
func (d *Scheduler) claim(id dispatch.CaseID) bool {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Claims[id] {
		return false
	}
	d.Claims[id] = true
	return true
}

func (d *Scheduler) release(id dispatch.CaseID) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	delete(d.Claims, id)
}

// tick builds the batch of one due timer.
func (d *Scheduler) tick(force *revision.InForce, snap storage.Snapshot, id dispatch.CaseID, due uint64, now time.Time) (storage.Batch, Steps, error) {
	l, err := ledger.Load(snap, id)
	if err != nil {
		return storage.Batch{}, Steps{}, err
	}
	if ledger.SortTime(l.Cs.NextAt) != due {
		return storage.Batch{}, Steps{}, errors.New("the timer entry is not the case's own")
	}
	cs, events, err := d.revisions.Current(snap, force, l, now)
	if err != nil {
		return storage.Batch{}, Steps{}, err
	}
	fired, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: now}, lifecycle.Facts{}, force.City)
	if err != nil && (len(events) == 0 || !errors.Is(err, dispatch.ErrNothingDue)) {
		return storage.Batch{}, Steps{}, err
	}
	events = append(events, fired...)
	_, ops, err := d.tx.Step(force.City, l.Indexed, id, events)
	if err != nil {
		return storage.Batch{}, Steps{}, err
	}
	return storage.Batch{Guards: []storage.Guard{{Key: ledger.CaseKey(id), Revision: l.Rev}}, Ops: ops}, stepsOf(events), nil
}

// ArmedIn lowers the floor to the timers that a batch arms, and wakes the keeper for them.
func (d *Scheduler) ArmedIn(b storage.Batch, timer time.Time) {
	d.Notify(timer)
	d.ArmedBy(b)
}

// Notify wakes the keeper when a timer comes before the instant at which it would look again.
func (d *Scheduler) Notify(timer time.Time) {
	if timer.IsZero() || timer.UnixNano() >= d.looksAt.Load() {
		return
	}
	select {
	case d.Wake <- struct{}{}:
	default:
	}
}
