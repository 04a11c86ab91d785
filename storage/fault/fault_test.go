package fault_test

import (
	"context"
	"errors"
	"testing"
	"wangge/storage"
	"wangge/storage/fault"
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
func TestFaultsAreWhatTheySay(t *testing.T) {
	for _, tt := range []struct {
		fault   fault.Fault
		err     error
		written bool
		crashed bool
	}{
		{fault.None, nil, true, false},
		{fault.Fails, fault.ErrInjected, false, false},
		{fault.AnswerLost, fault.ErrInjected, true, false},
		{fault.CrashBefore, fault.ErrCrashed, false, true},
		{fault.CrashAfter, fault.ErrCrashed, true, true},
	} {
		under := mem.Open()
		e := fault.Wrap(under, func(storage.Batch) fault.Fault { return tt.fault })
		if _, err := e.Commit(t.Context(), put("k")); !errors.Is(err, tt.err) {
			t.Errorf("fault %d: Commit = %v, want %v", tt.fault, err, tt.err)
		}
		if e.Crashed() != tt.crashed {
			t.Errorf("fault %d: crashed %v", tt.fault, e.Crashed())
		}
		if tt.crashed {
			if _, err := e.Snapshot(t.Context()); !errors.Is(err, fault.ErrCrashed) {
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
	e := fault.Wrap(taken, func(storage.Batch) fault.Fault { return fault.AnswerLost })
	if _, err := e.Commit(t.Context(), put("k")); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a guard that fails: %v, want ErrConflict", err)
	}
}

func TestConformanceWithoutFaults(t *testing.T) {
	storagetest.Run(t, func(*testing.T) storagetest.Opener {
		e := mem.Open()
		return func() (storage.Engine, error) {
			return fault.Wrap(&reopened{Engine: e}, func(storage.Batch) fault.Fault { return fault.None }), nil
		}
	})
}
