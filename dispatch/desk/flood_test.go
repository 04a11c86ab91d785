package desk_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/casetest"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/record"
	"wangge/storage"
	"wangge/storage/bolt"
)

// flooded is a desk over a file with n cases whose timers fall due within one minute.
func flooded(t *testing.T, n int) (d *desk.Desk, clock *fakeClock, store *bolt.Engine, last time.Time) {
	t.Helper()
	store, err := bolt.Open(filepath.Join(t.TempDir(), "desk.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := small(t, twoSteps)
	clock = &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err = desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close(); store.Close() })
	batches := n / desk.MaxFileBatch
	var next atomic.Int64
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		wg.Go(func() {
			for b := next.Add(1); b <= int64(batches); b = next.Add(1) {
				clock.add(time.Minute / time.Duration(batches))
				reports := make([]dispatch.Report, desk.MaxFileBatch)
				for i := range reports {
					reports[i] = bicycle(fmt.Sprint("r-", b, "-", i))
				}
				for _, r := range d.FileBatch(context.Background(), "b-leader", reports) {
					if r.Err != nil {
						t.Errorf("FileBatch = %v", r.Err)
						return
					}
					mu.Lock()
					if r.Case.Clock.Due.After(last) {
						last = r.Case.Clock.Due
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return d, clock, store, last
}

func bicycle(id string) dispatch.Report {
	return dispatch.Report{
		ClientID: id, Source: dispatch.SourceInspector, Category: "abandoned-bicycle/abandoned-bicycle", Position: casetest.SmallAt,
	}
}

// Thousands of timers fall due in one minute, each late by a step, and two schedulers fire them while
// people report: every step once, in the order of its case, the oldest case first, and every report is
// answered. WANGGE_DEEP=1 does it with a million, any other number with so many.
func TestFireDue_Flood(t *testing.T) {
	t.Parallel()
	n := 4000
	if deep, err := strconv.Atoi(os.Getenv("WANGGE_DEEP")); err == nil && deep > 0 {
		if n = deep; deep == 1 {
			n = 1_000_000
		}
	}
	d, clock, store, last := flooded(t, n)
	if t.Failed() {
		return
	}
	clock.add(last.Sub(clock.Now()))
	now := clock.Now()
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	since := snap.Revision()
	snap.Close()

	begin := time.Now()
	done := make(chan struct{})
	var filing sync.WaitGroup
	var mu sync.Mutex
	var waits []time.Duration
	for phone := range 4 {
		filing.Go(func() {
			for i := 0; ; i++ {
				asked := time.Now()
				if _, _, err := d.File(context.Background(), "b-leader", bicycle(fmt.Sprint("f-", phone, "-", i))); err != nil {
					t.Errorf("File beside the schedulers = %v", err)
					return
				}
				mu.Lock()
				waits = append(waits, time.Since(asked))
				mu.Unlock()
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	var schedulers sync.WaitGroup
	for range 2 {
		schedulers.Go(func() {
			for more := true; more; {
				var err error
				if _, more, err = d.FireDue(context.Background(), now); err != nil {
					t.Errorf("FireDue = %v", err)
					return
				}
			}
		})
	}
	schedulers.Wait()
	took := time.Since(begin)
	close(done)
	filing.Wait()

	steps := firedSince(t, store, since)
	if len(steps) != n {
		t.Errorf("%d cases were told of, want %d", len(steps), n)
	}
	for id, fired := range steps {
		if fired != 2 {
			t.Errorf("case %s: %d steps, want 2", dispatch.CaseID(id), fired)
		}
	}
	slices.Sort(waits)
	t.Logf("%d cases, %d steps fired by two schedulers in %.1f s (%.0f cases/s); meanwhile %d reports by four phones, p50 %s, p99 %s, at most %s",
		n, 2*len(steps), took.Seconds(), float64(n)/took.Seconds(), len(waits), waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
}

// firedSince counts each case's steps from the feed, and wants them in order.
func firedSince(t *testing.T, store storage.Engine, since storage.Revision) map[uint64]int {
	t.Helper()
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head := snap.Revision()
	snap.Close()
	steps := map[uint64]int{}
	for c, err := range store.Watch(t.Context(), since) {
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range c.Batch.Ops {
			if !bytes.HasPrefix(op.Key, []byte("e/")) {
				continue
			}
			events, err := record.DecodeEvents(op.Value)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Kind != dispatch.EventEscalated && e.Kind != dispatch.EventStepSkipped {
					continue
				}
				id := binary.BigEndian.Uint64(op.Key[2:])
				if e.Step != steps[id] {
					t.Errorf("case %s: step %d fires where %d is next", dispatch.CaseID(id), e.Step, steps[id])
				}
				steps[id]++
			}
		}
		if c.Revision >= head {
			break
		}
	}
	return steps
}
