// Package desk keeps cases: it loads, lets package dispatch decide, and commits under a guard.
// One act is one read and one commit; who loses a race reads again, a bounded number of times.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// retries bounds how often a lost race is run again.
const retries = 8

// Config says what a desk works with. Store and City are required.
type Config struct {
	Store storage.Engine
	City  *city.City
	Clock Clock        // nil = SystemClock
	Log   *slog.Logger // nil = slog.Default
}

// Desk keeps the cases of one city. It is safe for concurrent use; several desks, also in several
// processes, may share one store.
type Desk struct {
	store storage.Engine
	city  *city.City
	clock Clock
	log   *slog.Logger
	wake  chan struct{} // size 1: a timer may have become the earliest

	mu    sync.Mutex
	last  map[uint64]uint64              // local day -> last sequence given out
	stuck map[dispatch.CaseID]stuckTimer // timers that failed
}

// Open returns a desk over the store. The caller keeps the store and closes it after the desk's
// last call.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Store == nil || cfg.City == nil {
		return nil, errors.New("desk: a store and a city are required")
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	d := &Desk{
		store: cfg.Store, city: cfg.City, clock: cfg.Clock, log: cfg.Log, wake: make(chan struct{}, 1),
		last: map[uint64]uint64{}, stuck: map[dispatch.CaseID]stuckTimer{},
	}
	id, err := d.nextID(ctx, d.now())
	if err != nil {
		return nil, fmt.Errorf("open desk: %w", err)
	}
	d.forgetDay(id) // only read to see that the store answers: no number is used up
	return d, nil
}

// City returns the city that decides.
func (d *Desk) City() *city.City { return d.city }

func (d *Desk) now() time.Time { return d.clock.Now().Round(0).In(d.city.Location) }

func (d *Desk) notify() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// nextID gives out the next case number of the local day of t. A day is read from the store once.
func (d *Desk) nextID(ctx context.Context, t time.Time) (dispatch.CaseID, error) {
	t = t.In(d.city.Location)
	first := dispatch.NewCaseID(t, 0)
	day := uint64(first)
	d.mu.Lock()
	defer d.mu.Unlock()
	seq, ok := d.last[day]
	if !ok {
		snap, err := d.store.Snapshot(ctx)
		if err != nil {
			return 0, err
		}
		defer snap.Close()
		for it, err := range snap.Scan(storage.Range{Start: caseKey(first), End: caseKey(dispatch.NewCaseID(t, dispatch.MaxDaySequence)), Reverse: true}) {
			if err != nil {
				return 0, err
			}
			seq = tailID(it.Key).Sequence()
			break
		}
	}
	if seq >= dispatch.MaxDaySequence-1 {
		return 0, fmt.Errorf("no case number is left for %s", t.Format(time.DateOnly))
	}
	d.last[day] = seq + 1
	return first + dispatch.CaseID(seq+1), nil
}

// forgetDay makes the next case number of the day be read from the store again.
func (d *Desk) forgetDay(id dispatch.CaseID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.last, uint64(id)-id.Sequence())
}

// loaded is a case as the store holds it.
type loaded struct {
	indexed
	rev storage.Revision
}

func load(snap storage.Snapshot, id dispatch.CaseID) (loaded, error) {
	it, err := snap.Get(caseKey(id))
	if errors.Is(err, storage.ErrNotFound) {
		return loaded{}, fmt.Errorf("%s: %w", id, ErrNoCase)
	}
	if err != nil {
		return loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	cs, scopes, err := record.DecodeCase(it.Value)
	if err != nil {
		return loaded{}, fmt.Errorf("read case %s: %w", id, err)
	}
	return loaded{indexed{cs, scopes}, it.Revision}, nil
}

// read runs f on one snapshot.
func (d *Desk) read(ctx context.Context, f func(storage.Snapshot) error) error {
	snap, err := d.store.Snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	defer snap.Close()
	return f(snap)
}

// step folds the events and returns the new case with what must be written.
func (d *Desk) step(before indexed, id dispatch.CaseID, events []dispatch.Event) (indexed, []storage.Op, error) {
	cs := before.cs
	if cs == nil {
		cs = &dispatch.Case{ID: id}
	}
	for _, e := range events {
		cs = dispatch.Fold(cs, e)
	}
	after := indexed{cs, scopesOf(d.city, cs)}
	ops, err := diff(before, after, events)
	return after, ops, err
}
