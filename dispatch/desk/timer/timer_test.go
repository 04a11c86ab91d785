package timer_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/campaigns"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/timer"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/storage"
	"wangge/storage/mem"
)

type room struct {
	*timer.Scheduler
	revisions *revision.Revisions
	store     *tx.Store
	clock     *desktest.Clock
}

func open(t *testing.T, e storage.Engine) *room {
	t.Helper()
	clock := desktest.NewClock()
	store := desktest.Store(e, clock)
	r := revision.New(store)
	dir := desktest.Directory()
	if _, err := r.Start(t.Context(), desktest.Compile(t, dir), dir); err != nil {
		t.Fatal(err)
	}
	v, err := view.Open(t.Context(), store, r)
	if err != nil {
		t.Fatal(err)
	}
	s := timer.New(store, r, rollout.New(store, r, v), campaigns.New(store, r, v))
	v.Follow(t.Context(), s.Committed, s.Lost)
	t.Cleanup(v.Close)
	return &room{s, r, store, clock}
}

// file files some reports; all are due when the clock is moved by a day.
func (r *room) file(t *testing.T, cases int) {
	t.Helper()
	for i := range cases {
		desktest.File(t, r.store, r.revisions.City(), desktest.First+dispatch.CaseID(i), desktest.Report("r-"+string(rune('a'+i))))
	}
}

func (r *room) load(t *testing.T, id dispatch.CaseID) *dispatch.Case {
	t.Helper()
	var l ledger.Loaded
	err := r.store.Read(t.Context(), func(snap storage.Snapshot) (err error) {
		l, err = ledger.Load(snap, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l.Cs
}

// What is due fires once, whoever calls, and the next timer of each case is armed.
func TestFireDue(t *testing.T) {
	t.Parallel()
	r := open(t, mem.Open())
	r.file(t, 20)
	if n, more, err := r.FireDue(t.Context(), r.clock.Now()); n != 0 || more || err != nil {
		t.Errorf("before it is due: %d, %v, %v", n, more, err)
	}
	due := r.load(t, desktest.First).NextAt
	r.clock.Add(due.Sub(r.clock.Now()) + time.Minute)
	if s, err := r.Stats(t.Context()); err != nil || s.Lag != time.Minute {
		t.Errorf("Stats = %+v, %v; want that the oldest waits for a minute", s, err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for range 3 {
		wg.Go(func() {
			n, _, err := r.FireDue(t.Context(), r.clock.Now())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += n
		})
	}
	wg.Wait()
	s, err := r.Stats(t.Context())
	if err != nil || total != 20 || s.Escalated != 20 || s.Lag != 0 || s.Stuck != 0 {
		t.Errorf("fired %d, Stats = %+v, %v; want each of 20 once", total, s, err)
	}
	if cs := r.load(t, desktest.First); cs.NextStep != 1 || !cs.NextAt.After(due) {
		t.Errorf("case at step %d, next at %v; want the first step fired and the next one armed", cs.NextStep, cs.NextAt)
	}
}

// meddling is an engine in which somebody else commits before some commits.
type meddling struct {
	storage.Engine
	mu     sync.Mutex
	before func()
}

func (m *meddling) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	m.mu.Lock()
	before := m.before
	m.before = nil
	m.mu.Unlock()
	if before != nil {
		before()
	}
	return m.Engine.Commit(ctx, b)
}

func (m *meddling) next(f func()) { m.mu.Lock(); defer m.mu.Unlock(); m.before = f }

// A case on which somebody acts meanwhile is left for the next call; the others fire.
func TestFireDue_LeavesACaseThatMovedOn(t *testing.T) {
	t.Parallel()
	e := &meddling{Engine: mem.Open()}
	r := open(t, e)
	r.file(t, 3)
	r.clock.Add(24 * time.Hour)
	other := desktest.Store(e.Engine, r.clock)
	e.next(func() {
		desktest.Act(t, other, r.revisions.City(), desktest.Chief, desktest.First+1, dispatch.Command{Act: dispatch.ActComment, Note: "seen"})
	})
	if n, more, err := r.FireDue(t.Context(), r.clock.Now()); n != 2 || !more || err != nil {
		t.Errorf("FireDue = %d, %v, %v; want the two others, and more", n, more, err)
	}
	if step := r.load(t, desktest.First+2).NextStep; step == 0 {
		t.Error("the third case did not fire")
	}
}

// once is an engine of which one read of a case fails, once it is set.
type once struct {
	storage.Engine
	set atomic.Bool
}

func (o *once) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := o.Engine.Snapshot(ctx)
	return onceSnapshot{snap, o}, err
}

type onceSnapshot struct {
	storage.Snapshot
	of *once
}

func (s onceSnapshot) Get(key []byte) (storage.Item, error) {
	if ledger.KindOf(key) == ledger.KindCase && s.of.set.CompareAndSwap(true, false) {
		return storage.Item{}, errors.New("this city knows nothing of the case")
	}
	return s.Snapshot.Get(key)
}

// A timer that a city can't fire that is no longer active is not left for a minute: the active city fires it at once.
func TestFireDue_CityUnknownToTheProcess(t *testing.T) {
	t.Parallel()
	e, clock := &once{Engine: mem.Open()}, desktest.NewClock()
	store := desktest.Store(e, clock)
	r := revision.New(store)
	is := desktest.Directory()
	was := desktest.ToWater(is)
	if _, err := r.Start(t.Context(), desktest.Compile(t, was), was); err != nil {
		t.Fatal(err)
	}
	v, err := view.Open(t.Context(), store, r) // it does not follow: the process lags behind
	if err != nil {
		t.Fatal(err)
	}
	s := timer.New(store, r, rollout.New(store, r, v), campaigns.New(store, r, v))
	other := desktest.Store(e, clock)
	if err := r.KeepDirectory(t.Context(), is.Revision(), is); err != nil {
		t.Fatal(err)
	}
	head, err := record.EncodeHead(record.Head{Current: 1, Last: 1, Base: is.Revision()})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Do(t.Context(), "activate", func(_ context.Context, txn *tx.Txn) error { txn.Put(ledger.HeadKey, head); return nil }); err != nil {
		t.Fatal(err)
	}
	cs := desktest.File(t, other, desktest.Compile(t, is), desktest.First, desktest.Report("r-1"))
	e.set.Store(true)
	if n, _, err := s.FireDue(t.Context(), cs.NextAt); n != 1 || err != nil {
		t.Errorf("FireDue = %d, %v; want the one that is due", n, err)
	}
	if stats, err := s.Stats(t.Context()); err != nil || stats.Stuck != 0 {
		t.Errorf("Stats = %+v, %v; want none that failed", stats, err)
	}
}

// A commit that arms a timer wakes Run, which sleeps until then and fires it.
func TestKeep(t *testing.T) {
	t.Parallel()
	r := open(t, mem.Open())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.file(t, 1)
	for {
		s, err := r.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Escalated > 0 {
			break
		}
		r.clock.Add(time.Minute)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Keep = %v", err)
	}
}
