package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
)

const (
	fireBatch  = 256              // timers fired by one commit
	stuckScan  = 4096             // due entries looked at for one batch
	stuckRetry = time.Minute      // how long a failed timer waits
	storeRetry = time.Second      // how long the keeper waits for a store that failed
	aside      = time.Second      // how long a keeper leaves the timers to another that was faster
	longestNap = time.Minute      // the keeper looks again at least this often: a clock may have been set forward
	shortest   = time.Millisecond // a nap is never shorter: clocks differ in the last digits
)

// stuckTimer is a timer whose tick failed; it is tried again later and holds nobody up.
type stuckTimer struct {
	due   uint64
	retry time.Time
}

// Keep fires timers as they fall due, until ctx ends; it returns ctx's error. It survives a store
// that fails for a while. Several keepers over one store do no harm: who finds that another was
// faster steps aside for a second.
func (d *Desk) Keep(ctx context.Context) error {
	for {
		now := d.now()
		turned, err := d.TendCity(ctx, now)
		if err != nil && ctx.Err() == nil { // a city that can't be read holds no timer up
			d.failed("keeper: the city could not be tended; trying again", err)
		}
		fired, more, err := d.FireDue(ctx, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		nap := storeRetry
		switch {
		case err == nil && (turned || more && fired > 0):
			continue
		case err == nil && more:
			nap = aside
		case err == nil:
			nap, err = d.nap(ctx)
		}
		if err != nil {
			nap = d.failed("keeper: the store failed; trying again", err)
		}
		d.looksAt.Store(now.Add(nap).UnixNano())
		if again, failing := d.nap(ctx); failing == nil && again < nap && err == nil && !more { // armed while looksAt said sooner
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
	l := d.floor.begin()
	defer d.floor.end(l, "")
	err := d.read(ctx, func(snap storage.Snapshot) error {
		if wait, waits, err := nextTurn(snap, now); err != nil {
			return err
		} else if waits {
			nap = min(nap, wait)
		}
		scanned := 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.from), End: storage.Prefix(timerPrefix).End}) {
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
// steps and the next timer are one commit. fired counts cases; more says that others may be due. More
// with nothing fired says that others were faster, who fired them all or turned the city: leave them the next
// ones too. All are decided by the city in force.
// Several at once over one desk fire different cases. A case whose tick fails is logged, left for a
// minute, and holds nobody up.
func (d *Desk) FireDue(ctx context.Context, now time.Time) (fired int, more bool, err error) {
	for range retries {
		force := d.inForce()
		if fired, more, err = d.fireUnder(ctx, force, now.Round(0).In(force.city.Location)); !isBehind(err) {
			return fired, more, err
		}
		if err := d.ready(ctx); err != nil {
			return 0, false, err
		}
	}
	return 0, true, nil
}

func (d *Desk) fireUnder(ctx context.Context, force *inForce, now time.Time) (fired int, more bool, err error) {
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
	for range retries {
		if len(left) == 0 {
			break
		}
		all := storage.Batch{Guards: []storage.Guard{force.guard()}}
		var together steps
		for _, f := range left {
			all.Guards = append(all.Guards, f.batch.Guards...)
			all.Ops = append(all.Ops, f.batch.Ops...)
			together.add(f.steps)
		}
		if err = d.commit(ctx, all, time.Time{}); err == nil {
			d.did(together)
			return len(left), more || len(left) < len(ready), nil
		}
		if isBehind(err) || !isConflict(err) {
			return 0, false, fmt.Errorf("fire %d timers: %w", len(left), err)
		}
		if left, err = d.stillDue(ctx, left); err != nil { // somebody acted on a case, or another keeper fired it
			return 0, false, err
		}
	}
	return 0, len(ready) > 0, nil
}

// due claims a batch of due timers and decides them.
func (d *Desk) due(ctx context.Context, force *inForce, now time.Time) (ready []firing, more bool, err error) {
	l := d.floor.begin()
	end := timerKey(now, math.MaxUint64)
	first := ""
	defer func() { d.floor.end(l, first) }()
	if l.from >= string(end) {
		return nil, false, nil
	}
	err = d.read(ctx, func(snap storage.Snapshot) error {
		if err := force.stands(snap); err != nil {
			return err
		}
		scanned, ops := 0, 0
		for it, err := range snap.Scan(storage.Range{Start: []byte(l.from), End: end}) {
			if err != nil {
				return err
			}
			if scanned == 0 {
				first = string(it.Key)
			}
			if len(ready) == fireBatch || ops >= maxOps || scanned == stuckScan {
				more = len(ready) > 0
				return nil
			}
			scanned++
			id, due := tailID(it.Key), timerDue(it.Key)
			retry, isStuck := d.stuckUntil(id, due)
			if isStuck && retry.After(now) || !d.claim(id) {
				continue
			}
			batch, did, err := d.tick(force, snap, id, due, now)
			if err != nil {
				d.release(id)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if isBehind(err) {
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
func (d *Desk) stillDue(ctx context.Context, ready []firing) (left []firing, err error) {
	err = d.read(ctx, func(snap storage.Snapshot) error {
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
func (d *Desk) claim(id dispatch.CaseID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.claims[id] {
		return false
	}
	d.claims[id] = true
	return true
}

func (d *Desk) release(id dispatch.CaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.claims, id)
}

// tick builds the batch of one due timer.
func (d *Desk) tick(force *inForce, snap storage.Snapshot, id dispatch.CaseID, due uint64, now time.Time) (storage.Batch, steps, error) {
	l, err := load(snap, id)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	if sortTime(l.cs.NextAt) != due {
		return storage.Batch{}, steps{}, errors.New("the timer entry is not the case's own")
	}
	cs, events, err := d.current(snap, force, l, now)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	fired, err := lifecycle.Decide(cs, dispatch.Command{Act: dispatch.ActTick, At: now}, force.city)
	if err != nil && (len(events) == 0 || !errors.Is(err, dispatch.ErrNothingDue)) {
		return storage.Batch{}, steps{}, err
	}
	events = append(events, fired...)
	_, ops, err := d.step(force.city, l.indexed, id, events)
	if err != nil {
		return storage.Batch{}, steps{}, err
	}
	return storage.Batch{Guards: []storage.Guard{{Key: caseKey(id), Revision: l.rev}}, Ops: ops}, stepsOf(events), nil
}

// armedIn lowers the floor to the timers that a batch arms, and wakes the keeper for them.
func (d *Desk) armedIn(b storage.Batch, timer time.Time) {
	d.notify(timer)
	d.armedBy(b)
}

// notify wakes the keeper when a timer comes before the instant at which it would look again.
func (d *Desk) notify(timer time.Time) {
	if timer.IsZero() || timer.UnixNano() >= d.looksAt.Load() {
		return
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
