package tx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
	"wangge/storage/mem"
)

// over returns a store over an engine, with a log that nobody reads.
func over(e storage.Engine) *tx.Store {
	return tx.New(e, tx.SystemClock{}, slog.New(slog.DiscardHandler), nil)
}

var key, other = []byte("k"), []byte("o")

// revisionOf is the revision that last put a key; 0 = absent.
func revisionOf(t *testing.T, snap storage.Snapshot, key []byte) storage.Revision {
	t.Helper()
	it, err := snap.Get(key)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		t.Fatal(err)
	}
	return it.Revision
}

func TestDo_CommitsOnce(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	s := over(e)
	var told []storage.Batch
	s.OnCommit(func(b storage.Batch) { told = append(told, b) })
	err := s.Do(t.Context(), "write", func(_ context.Context, txn *tx.Txn) error {
		txn.Guard(key, 0)
		txn.Put(key, []byte("1"))
		txn.Delete(other)
		txn.OnAbort(func(err error) { t.Errorf("aborted: %v", err) })
		return nil
	})
	if err != nil || len(told) != 1 || len(told[0].Ops) != 2 || s.Acked() != 1 {
		t.Fatalf("Do = %v, hooks told of %v, acked %d; want one batch of two ops, and revision 1", err, told, s.Acked())
	}
	if err := s.Read(t.Context(), func(snap storage.Snapshot) error {
		it, err := snap.Get(key)
		if string(it.Value) != "1" {
			t.Errorf("value %q, want 1", it.Value)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestDo_WritesNothing(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	s := over(e)
	s.OnCommit(func(storage.Batch) { t.Error("a commit") })
	failed, undone := errors.New("refused"), 0
	for want, f := range map[error]func(context.Context, *tx.Txn) error{
		nil: func(_ context.Context, txn *tx.Txn) error { txn.Guard(key, 7); return nil },
		failed: func(_ context.Context, txn *tx.Txn) error {
			txn.Put(key, nil)
			txn.OnAbort(func(err error) { undone++ })
			return failed
		},
	} {
		if err := s.Do(t.Context(), "leave", f); !errors.Is(err, want) {
			t.Errorf("Do = %v, want %v", err, want)
		}
	}
	if undone != 1 {
		t.Errorf("undone %d times, want once", undone)
	}
}

// A part that fails leaves nothing behind, and what came before and after it is written.
func TestTry(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	s := over(e)
	failed := errors.New("failed")
	var undone []string
	err := s.Do(t.Context(), "write", func(_ context.Context, txn *tx.Txn) error {
		txn.OnAbort(func(error) { undone = append(undone, "the run") })
		txn.Put(key, nil)
		if err := txn.Try(func() error {
			txn.Guard(other, 99) // would fail the commit
			txn.Put([]byte("no"), nil)
			txn.OnAbort(func(error) { undone = append(undone, "the part") })
			return failed
		}); !errors.Is(err, failed) {
			t.Errorf("Try = %v", err)
		}
		return txn.Try(func() error {
			txn.Guard(other, 0)
			txn.Put(other, nil)
			return nil
		})
	})
	if err != nil || !slices.Equal(undone, []string{"the part"}) {
		t.Fatalf("Do = %v, undone %q; want the part alone", err, undone)
	}
	if err := s.Read(t.Context(), func(snap storage.Snapshot) error {
		if revisionOf(t, snap, key) != 1 || revisionOf(t, snap, other) != 1 || revisionOf(t, snap, []byte("no")) != 0 {
			t.Error("want both keys, and not that of the part that failed")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestDo_RunsAgainAfterALostRace(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	s := over(e)
	s.OnStale(func(context.Context) error { t.Error("catch up without another head"); return nil })
	var did []string
	runs := 0
	err := s.Do(t.Context(), "write", func(_ context.Context, txn *tx.Txn) error {
		runs++
		did = append(did, fmt.Sprint("run ", runs))
		txn.Guard(key, revisionOf(t, txn.Snap, key))
		txn.Put(key, nil)
		txn.OnAbort(func(error) { did = append(did, "undo first") })
		txn.OnAbort(func(err error) {
			if !errors.Is(err, storage.ErrConflict) {
				t.Errorf("undo with %v, want a conflict", err)
			}
			did = append(did, "undo second")
		})
		if runs == 1 {
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: key}}}); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
	if want := []string{"run 1", "undo second", "undo first", "run 2"}; err != nil || !slices.Equal(did, want) {
		t.Errorf("Do = %v after %q, want %q", err, did, want)
	}
}

func TestDo_IsBounded(t *testing.T) {
	t.Parallel()
	s := over(mem.Open())
	runs := 0
	err := s.Do(t.Context(), "move the stone", func(_ context.Context, txn *tx.Txn) error {
		runs++
		txn.Guard(key, 99)
		txn.Put(key, nil)
		return nil
	})
	if runs != tx.Retries || !errors.Is(err, storage.ErrConflict) || !strings.HasPrefix(err.Error(), "move the stone: ") {
		t.Errorf("Do = %v after %d runs, want a conflict that says what, after %d", err, runs, tx.Retries)
	}
}

func TestDo_CatchesUpWithAnotherHead(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	s := over(e)
	have, caught := storage.Revision(0), 0
	s.OnStale(func(ctx context.Context) error {
		caught++
		return s.Read(ctx, func(snap storage.Snapshot) error { // outside the transaction
			have = revisionOf(t, snap, ledger.HeadKey)
			return nil
		})
	})
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.HeadKey}}}); err != nil {
		t.Fatal(err)
	}
	decide := func(_ context.Context, txn *tx.Txn) error {
		txn.Guard(ledger.HeadKey, have)
		txn.Put(key, nil)
		return nil
	}
	if err := s.Once(t.Context(), decide); !errors.Is(err, tx.ErrStale) || !tx.IsConflict(err) || caught != 0 {
		t.Errorf("Once = %v, caught up %d times; want ErrStale, which is a conflict, at once", err, caught)
	}
	if err := s.Do(t.Context(), "write", decide); err != nil || caught != 1 {
		t.Errorf("Do = %v, caught up %d times; want once", err, caught)
	}
	lost := errors.New("no such city")
	s.OnStale(func(context.Context) error { return lost })
	have = 0
	if err := s.Do(t.Context(), "write", decide); !errors.Is(err, lost) {
		t.Errorf("Do = %v, want why it could not catch up", err)
	}
}

// Inside a transaction nobody commits, and nobody opens another snapshot.
func TestDo_RefusesNesting(t *testing.T) {
	t.Parallel()
	s := over(mem.Open())
	nested := map[string]func(context.Context) error{
		"Read":   func(ctx context.Context) error { return s.Read(ctx, func(storage.Snapshot) error { return nil }) },
		"Commit": func(ctx context.Context) error { return s.Commit(ctx, storage.Batch{}) },
		"Once": func(ctx context.Context) error {
			return s.Once(ctx, func(context.Context, *tx.Txn) error { return nil })
		},
		"Do": func(ctx context.Context) error {
			return s.Do(ctx, "nested", func(context.Context, *tx.Txn) error { return nil })
		},
	}
	for name, f := range nested {
		if err := f(t.Context()); err != nil {
			t.Errorf("%s alone = %v", name, err)
		}
		err := s.Do(t.Context(), "outer", func(ctx context.Context, _ *tx.Txn) error {
			if !tx.Inside(ctx) {
				t.Error("the context does not say that it is inside")
			}
			return f(ctx)
		})
		if !errors.Is(err, tx.ErrNested) {
			t.Errorf("%s inside a transaction = %v, want ErrNested", name, err)
		}
	}
}

// The context that a transaction hands out ends with the caller's, for the caller's reason, and carries its values.
func TestDo_ContextIsTheCallers(t *testing.T) {
	t.Parallel()
	type name struct{}
	s, why := over(mem.Open()), errors.New("the caller went away")
	deadline := time.Now().Add(time.Hour)
	ctx, stop := context.WithDeadline(context.WithValue(t.Context(), name{}, "v"), deadline)
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var kept context.Context
	err := s.Do(ctx, "wait", func(inner context.Context, txn *tx.Txn) error {
		derived, done := context.WithCancel(inner)
		defer done()
		if d, ok := derived.Deadline(); !ok || !d.Equal(deadline) || derived.Value(name{}) != "v" || !tx.Inside(derived) || inner.Err() != nil {
			t.Errorf("deadline %v, value %v, inside %v, %v: want the caller's", d, derived.Value(name{}), tx.Inside(derived), inner.Err())
		}
		end(why)
		<-inner.Done()
		<-derived.Done()
		if !errors.Is(context.Cause(derived), why) || !errors.Is(context.Cause(inner), why) {
			t.Errorf("ended for %v and %v, want %v", context.Cause(inner), context.Cause(derived), why)
		}
		kept = inner
		txn.Put(key, nil)
		return inner.Err()
	})
	if !errors.Is(err, context.Canceled) || s.Acked() != 0 {
		t.Errorf("Do = %v, acked %d; want nothing written", err, s.Acked())
	}
	if !tx.Inside(kept) || tx.Inside(ctx) {
		t.Error("only the context of the transaction is inside")
	}
}

func TestDo_Private(t *testing.T) {
	t.Parallel()
	s := over(mem.Open())
	err := s.Do(t.Context(), "write", func(_ context.Context, txn *tx.Txn) error {
		txn.Private()
		txn.Put(key, nil)
		return nil
	})
	if err != nil || s.Acked() != 0 {
		t.Errorf("Do = %v, acked %d; want that nobody waits", err, s.Acked())
	}
}

// uncertain is an engine that writes and does not know.
type uncertain struct {
	storage.Engine
	err error
}

func (u *uncertain) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	rev, err := u.Engine.Commit(ctx, b)
	if u.err != nil {
		return 0, u.err
	}
	return rev, err
}

// A commit of which nobody knows is not run again, and what the batch would wake is woken.
func TestDo_Uncertain(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := &uncertain{mem.Open(), fmt.Errorf("disk: %w", storage.ErrUncertain)}
	s := tx.New(e, tx.SystemClock{}, slog.New(slog.NewTextHandler(&log, nil)), nil)
	told, runs, undone := 0, 0, 0
	s.OnCommit(func(storage.Batch) { told++ })
	err := s.Do(t.Context(), "write", func(_ context.Context, txn *tx.Txn) error {
		runs++
		txn.Put(key, nil)
		txn.OnAbort(func(error) { undone++ })
		return nil
	})
	if !errors.Is(err, storage.ErrUncertain) || runs != 1 || told != 1 || undone != 1 {
		t.Errorf("Do = %v after %d runs, %d hooks, %d undone; want ErrUncertain after one of each", err, runs, told, undone)
	}
	if err := s.Writes(t.Context()); !errors.Is(err, storage.ErrUncertain) || !strings.Contains(log.String(), "it is not known") {
		t.Errorf("Writes = %v, log %q; want ErrUncertain, and a line", err, log.String())
	}
	e.err = nil
	if err := s.Writes(t.Context()); !errors.Is(err, storage.ErrUncertain) {
		t.Errorf("Writes = %v a moment after a refusal, want ErrUncertain still", err)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	s := over(mem.Open())
	wake := make(chan struct{}, 1)
	wake <- struct{}{}
	if err := s.Sleep(t.Context(), time.Hour, wake); err != nil {
		t.Errorf("Sleep = %v when woken", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Sleep(ctx, time.Hour, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Sleep = %v when its context ends", err)
	}
	if err := s.Sleep(t.Context(), time.Nanosecond, nil); err != nil {
		t.Errorf("Sleep = %v when its time is over", err)
	}
}
