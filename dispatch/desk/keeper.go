package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/storage"
)

const (
	fireBatch  = 256              // timers fired by one commit
	stuckScan  = 4096             // due entries looked at for one batch
	stuckRetry = time.Minute      // how long a failed timer waits
	storeRetry = time.Second      // how long the keeper waits for a store that failed
	longestNap = time.Minute      // the keeper looks again at least this often: a clock may have been set forward
	shortest   = time.Millisecond // a nap is never shorter: clocks differ in the last digits
)

// stuckTimer is a timer whose tick failed; it is tried again later and holds nobody up.
type stuckTimer struct {
	due   uint64
	retry time.Time
}

// Keep fires timers as they fall due, until ctx ends; it returns ctx's error. It survives a store
// that fails for a while. Several keepers over one store do no harm.
func (d *Desk) Keep(ctx context.Context) error {
	for {
		now := d.now()
		turned, err := d.TendCity(ctx, now)
		if err != nil && ctx.Err() == nil { // a city that can't be read holds no timer up
			d.log.Error("keeper: the city could not be tended; trying again", "error", err)
		}
		_, more, err := d.FireDue(ctx, now)
		more = more || turned
		if ctx.Err() != nil {
			return ctx.Err()
		}
		nap := storeRetry
		switch {
		case err == nil && more:
			continue
		case err == nil:
			nap, err = d.nap(ctx)
		}
		if err != nil {
			d.log.Error("keeper: the store failed; trying again", "error", err)
			nap = storeRetry
		}
		d.looksAt.Store(now.Add(nap).UnixNano())
		if again, err := d.nap(ctx); err == nil && again < nap { // armed while looksAt said sooner
			nap = again
		}
		fire, stop := d.clock.NewTimer(nap)
		select {
		case <-ctx.Done():
			stop()
			return ctx.Err()
		case <-fire:
		case <-d.wake:
			stop()
		}
	}
}

// nap returns how long nothing falls due.
func (d *Desk) nap(ctx context.Context) (time.Duration, error) {
	now := d.now()
	nap := longestNap
	err := d.read(ctx, func(snap storage.Snapshot) error {
		if wait, waits, err := nextTurn(snap, now); err != nil {
			return err
		} else if waits {
			nap = min(nap, wait)
		}
		scanned := 0
		for it, err := range snap.Scan(storage.Prefix(timerPrefix)) {
			if err != nil {
				return err
			}
			due := timerDue(it.Key)
			wait := longestNap
			if due < math.MaxInt64 {
				wait = time.Unix(0, int64(due)).Sub(now)
			}
			retry, isStuck := d.stuckUntil(tailID(it.Key), due)
			if isStuck {
				wait = max(wait, retry.Sub(now))
			}
			nap = min(nap, wait)
			if scanned++; !isStuck || scanned == stuckScan {
				break
			}
		}
		return nil
	})
	return max(nap, shortest), err
}

func timerDue(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(timerPrefix):]) }

func (d *Desk) stuckUntil(id dispatch.CaseID, due uint64) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.stuck[id]
	if ok && s.due != due {
		delete(d.stuck, id)
		return time.Time{}, false
	}
	return s.retry, ok
}

func (d *Desk) setStuck(id dispatch.CaseID, due uint64, now time.Time, err error) {
	d.log.Error("keeper: a timer failed; trying again later", "case", id.String(), "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stuck[id] = stuckTimer{due: due, retry: now.Add(stuckRetry)}
}

func (d *Desk) unstick(id dispatch.CaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.stuck, id)
}

// firing is one timer ready to commit.
type firing struct {
	id    dispatch.CaseID
	batch storage.Batch
	steps steps
}

// steps counts what the keeper did.
type steps struct{ escalated, skipped, nudged int64 }

func (s *steps) add(o steps) {
	s.escalated += o.escalated
	s.skipped += o.skipped
	s.nudged += o.nudged
}

// stepsOf counts the events of a tick.
func stepsOf(events []dispatch.Event) (s steps) {
	for i := range events {
		switch events[i].Kind {
		case dispatch.EventEscalated:
			s.escalated++
		case dispatch.EventStepSkipped:
			s.skipped++
		case dispatch.EventNudged:
			s.nudged++
		}
	}
	return s
}

// did notes what was fired.
func (d *Desk) did(s steps) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.steps.add(s)
}

// FireDue fires one batch of the timers due at now, oldest first, each exactly once: the case, its
// steps and the next timer are one commit. fired counts cases; more says that others may be due.
// A case whose tick fails is logged, left for a minute, and holds nobody up.
func (d *Desk) FireDue(ctx context.Context, now time.Time) (fired int, more bool, err error) {
	c := d.City()
	now = now.Round(0).In(c.Location)
	var ready []firing
	var together steps
	err = d.read(ctx, func(snap storage.Snapshot) error {
		scanned, ops := 0, 0
		for it, err := range snap.Scan(storage.Range{Start: timerPrefix, End: timerKey(now, math.MaxUint64)}) {
			if err != nil {
				return err
			}
			if len(ready) == fireBatch || ops >= maxOps || scanned == stuckScan {
				more = len(ready) > 0
				break
			}
			scanned++
			id, due := tailID(it.Key), timerDue(it.Key)
			retry, isStuck := d.stuckUntil(id, due)
			if isStuck && retry.After(now) {
				continue
			}
			batch, did, err := d.tick(c, snap, id, due, now)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				d.setStuck(id, due, now, err)
				continue
			}
			if isStuck {
				d.unstick(id)
			}
			ready = append(ready, firing{id, batch, did})
			together.add(did)
			ops += len(batch.Ops)
		}
		return nil
	})
	if err != nil || len(ready) == 0 {
		return 0, false, err
	}
	var all storage.Batch
	for _, f := range ready {
		all.Guards = append(all.Guards, f.batch.Guards...)
		all.Ops = append(all.Ops, f.batch.Ops...)
	}
	err = d.commit(ctx, all, time.Time{})
	if err == nil {
		d.did(together)
		return len(ready), more, nil
	}
	if !isConflict(err) {
		return 0, false, fmt.Errorf("fire %d timers: %w", len(ready), err)
	}
	for _, f := range ready {
		err := d.commit(ctx, f.batch, time.Time{})
		switch {
		case err == nil:
			d.did(f.steps)
			fired++
		case isConflict(err): // somebody acted or another keeper fired: look again
		default:
			return fired, false, fmt.Errorf("fire timer of case %s: %w", f.id, err)
		}
	}
	return fired, true, nil
}

// tick builds the batch of one due timer.
func (d *Desk) tick(c *city.City, snap storage.Snapshot, id dispatch.CaseID, due uint64, now time.Time) (storage.Batch, steps, error) {
	l, err := load(snap, id)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	if sortTime(l.cs.NextAt) != due {
		return storage.Batch{}, steps{}, errors.New("the timer entry is not the case's own")
	}
	events, err := dispatch.Decide(l.cs, dispatch.Command{Act: dispatch.ActTick, At: now}, c)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	_, ops, err := d.step(c, l.indexed, id, events)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	return storage.Batch{Guards: []storage.Guard{{Key: caseKey(id), Revision: l.rev}}, Ops: ops}, stepsOf(events), nil
}
