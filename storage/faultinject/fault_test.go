package faultinject_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"wangge/storage"
	"wangge/storage/faultinject"
	"wangge/storage/mem"
	"wangge/storage/storagetest"
)

// reopened survives Close: the reference engine has no disk, so a restart hands the same data on.
type reopened struct {
	storage.Engine
	closed bool
}

func (k *reopened) Close() error { k.closed = true; return nil }

func (k *reopened) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if k.closed {
		return 0, storage.ErrClosed
	}
	return k.Engine.Commit(ctx, b)
}

func (k *reopened) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if k.closed {
		return nil, storage.ErrClosed
	}
	return k.Engine.Snapshot(ctx)
}

func put(key string) storage.Batch {
	return storage.Batch{Guards: []storage.Guard{{Key: []byte(key)}}, Ops: []storage.Op{{Key: []byte(key)}}}
}

// Each fault is what it says: written or not, told or not, and a machine that stops stays so.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault   faultinject.Fault
		err     error
		written bool
		crashed bool
	}{
		{faultinject.None, nil, true, false},
		{faultinject.Fails, faultinject.ErrInjected, false, false},
		{faultinject.AnswerLost, faultinject.ErrInjected, true, false},
		{faultinject.CrashBefore, faultinject.ErrCrashed, false, true},
		{faultinject.CrashAfter, faultinject.ErrCrashed, true, true},
	} {
		under := mem.Open()
		e := faultinject.Wrap(under, func(storage.Batch) faultinject.Fault { return tt.fault })
		if _, err := e.Commit(t.Context(), put("k")); !errors.Is(err, tt.err) {
			t.Errorf("fault %d: Commit = %v, want %v", tt.fault, err, tt.err)
		}
		if e.Crashed() != tt.crashed {
			t.Errorf("fault %d: crashed %v", tt.fault, e.Crashed())
		}
		if tt.crashed {
			if _, err := e.Snapshot(t.Context()); !errors.Is(err, faultinject.ErrCrashed) {
				t.Errorf("fault %d: Snapshot of a stopped machine = %v", tt.fault, err)
			}
			e.Restart()
		}
		snap, err := e.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := snap.Get([]byte("k")); (err == nil) != tt.written {
			t.Errorf("fault %d: Get = %v, want written %v", tt.fault, err, tt.written)
		}
		snap.Close()
		e.Close()
	}
	taken := mem.Open()
	defer taken.Close()
	if _, err := taken.Commit(t.Context(), put("k")); err != nil {
		t.Fatal(err)
	}
	e := faultinject.Wrap(taken, func(storage.Batch) faultinject.Fault { return faultinject.AnswerLost })
	if _, err := e.Commit(t.Context(), put("k")); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a guard that fails: %v, want ErrConflict", err)
	}
}

// A sync that fails leaves its batch in doubt: nobody sees it, commits are refused for a while, and then it is there
// or it is not, also when the machine stops meanwhile. What the guards refuse is refused and in no doubt.
func TestFailedSync_Uncertain(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{true, false} {
		for _, stops := range []bool{true, false} {
			next := faultinject.SyncDropped
			if kept {
				next = faultinject.SyncKept
			}
			e := faultinject.Wrap(mem.Open(), func(storage.Batch) faultinject.Fault {
				defer func() { next = faultinject.None }()
				return next
			})
			told := &storagetest.Told{}
			if _, err := told.Commit(t.Context(), e, put("k")); !errors.Is(err, storage.ErrUncertain) {
				t.Errorf("Commit = %v, want ErrUncertain", err)
			}
			there := func() bool {
				snap, err := e.Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer snap.Close()
				_, err = snap.Get([]byte("k"))
				return err == nil
			}
			if there() {
				t.Error("what is in doubt is shown")
			}
			if stops {
				e.Restart()
			}
			for n := 0; e.Health(t.Context()) != nil; n++ {
				if _, err := told.Commit(t.Context(), e, put(fmt.Sprint("l", n))); !errors.Is(err, storage.ErrFailed) {
					t.Errorf("Commit = %v, want ErrFailed", err)
				}
			}
			if there() != kept {
				t.Errorf("kept %v, stops %v: it is there %v", kept, stops, there())
			}
			if _, err := told.Commit(t.Context(), e, put("m")); err != nil {
				t.Error(err)
			}
			next = faultinject.SyncKept
			if _, err := told.Commit(t.Context(), e, put("m")); !errors.Is(err, storage.ErrConflict) || e.Health(t.Context()) != nil {
				t.Errorf("a guard that fails: %v, %v; want ErrConflict and no doubt", err, e.Health(t.Context()))
			}
			e.Close()
		}
	}
}

// Callers at once, of whose commits now and then a sync fails: nothing is lost, doubled or there though refused.
func TestFailedSync_Concurrent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		e := faultinject.Wrap(mem.Open(), func(storage.Batch) faultinject.Fault {
			return []faultinject.Fault{faultinject.SyncKept, faultinject.SyncDropped, faultinject.None}[min(rng.IntN(20), 2)]
		})
		told := &storagetest.Told{}
		var wg sync.WaitGroup
		for c := range 4 {
			wg.Go(func() {
				for i := range 20 {
					key := []byte(fmt.Sprint(c, "-", i))
					for try := range 4 {
						b := storage.Batch{Guards: []storage.Guard{{Key: key}}, Ops: []storage.Op{{Key: key, Value: []byte{byte(try)}}}}
						if _, err := told.Commit(t.Context(), e, b); err == nil || errors.Is(err, storage.ErrConflict) {
							break
						}
					}
				}
			})
		}
		wg.Wait()
		e.Restart()
		if err := told.Check(t.Context(), e); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		if ok, refused, uncertain := told.Counts(); ok == 0 || refused == 0 || uncertain == 0 {
			t.Errorf("seed %d: %d acknowledged, %d refused, %d uncertain", seed, ok, refused, uncertain)
		}
		e.Close()
	}
}

// Told itself finds what is wrong: an engine that loses what it acknowledged, that shows what it refused, or that says
// of neither whether it is written.
func TestTold_BrokenEngines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault faultinject.Fault
		told  func(error) error // what the caller is made to believe
	}{
		{"an acknowledged batch is lost", faultinject.Fails, func(error) error { return nil }},
		{"a refused batch is there", faultinject.AnswerLost, func(error) error { return storage.ErrFailed }},
		{"nobody knows", faultinject.AnswerLost, func(err error) error { return err }},
	} {
		e := faultinject.Wrap(mem.Open(), func(storage.Batch) faultinject.Fault { return tt.fault })
		told := &storagetest.Told{}
		if _, err := told.Commit(t.Context(), liar{e, tt.told}, put("k")); (err == nil) != (tt.told(faultinject.ErrInjected) == nil) {
			t.Errorf("%s: Commit = %v", tt.name, err)
		}
		if err := told.Check(t.Context(), e); err == nil {
			t.Errorf("%s: nobody finds out", tt.name)
		}
		e.Close()
	}
}

// liar tells of a commit what it is told to.
type liar struct {
	storage.Engine
	told func(error) error
}

func (l liar) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	_, err := l.Engine.Commit(ctx, b)
	return 1, l.told(err)
}

func TestConformance_WithoutFaults(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storagetest.Opener {
		e := mem.Open()
		return func() (storage.Engine, error) {
			return faultinject.Wrap(&reopened{Engine: e}, func(storage.Batch) faultinject.Fault { return faultinject.None }), nil
		}
	})
}
