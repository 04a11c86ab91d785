// Package storagetest is the conformance suite of storage.Engine: what every engine must do. A
// check returns an error, so that the suite itself can be tested against an engine that is broken
// on purpose.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"wangge/storage"
)

// Opener gives an engine on the same data each time it is called within one check: the second
// call is a restart.
type Opener func() (storage.Engine, error)

// Check is one promise of the contract.
type Check struct {
	Name string
	Run  func(ctx context.Context, open Opener) error
}

// Run runs every check, each on fresh data.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	t.Helper()
	for _, c := range Checks() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(t.Context(), fresh(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Checks lists the suite.
func Checks() []Check {
	return []Check{
		{"a guard on an absent key", guardAbsent},
		{"a guard on a revision", guardRevision},
		{"a failed guard writes nothing", atomic},
		{"scans go forward, backward and within bounds", scans},
		{"a snapshot does not see later commits", isolation},
		{"the feed has each batch once, in order, from the middle", feed},
		{"what was acknowledged survives a restart", restart},
		{"guarded increments lose nothing", increments},
		{"a batch of nothing takes a revision", empty},
		{"faulty batches are refused", faulty},
		{"a closed engine says so", closed},
	}
}

func put(k, v string) storage.Op { return storage.Op{Key: []byte(k), Value: []byte(v)} }

func commit(ctx context.Context, e storage.Engine, ops ...storage.Op) (storage.Revision, error) {
	return e.Commit(ctx, storage.Batch{Ops: ops})
}

func get(ctx context.Context, e storage.Engine, key string) (storage.Item, error) {
	s, err := e.Snapshot(ctx)
	if err != nil {
		return storage.Item{}, err
	}
	it, err := s.Get([]byte(key))
	return it, errors.Join(err, s.Close())
}

// with opens an engine, runs f and closes it.
func with(open Opener, f func(storage.Engine) error) error {
	e, err := open()
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return errors.Join(f(e), e.Close())
}

func guardAbsent(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		b := storage.Batch{Guards: []storage.Guard{{Key: []byte("k")}}, Ops: []storage.Op{put("k", "1")}}
		rev, err := e.Commit(ctx, b)
		if err != nil {
			return err
		}
		var conflict *storage.ConflictError
		if _, err := e.Commit(ctx, b); !errors.Is(err, storage.ErrConflict) || !errors.As(err, &conflict) || conflict.Have != rev {
			return fmt.Errorf("second Commit = %w, want a conflict that has revision %d", err, rev)
		}
		if _, err := commit(ctx, e, storage.Op{Key: []byte("k"), Delete: true}); err != nil {
			return err
		}
		if _, err := e.Commit(ctx, b); err != nil {
			return fmt.Errorf("a deleted key is absent again: %w", err)
		}
		return nil
	})
}

func guardRevision(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		r1, err := commit(ctx, e, put("k", "1"))
		if err != nil {
			return err
		}
		r2, err := e.Commit(ctx, storage.Batch{Guards: []storage.Guard{{Key: []byte("k"), Revision: r1}}, Ops: []storage.Op{put("k", "2")}})
		if err != nil || r2 <= r1 {
			return fmt.Errorf("Commit = %d, %w; want more than %d", r2, err, r1)
		}
		batch := storage.Batch{Guards: []storage.Guard{{Key: []byte("k"), Revision: r1}}, Ops: []storage.Op{put("k", "3")}}
		if _, err := e.Commit(ctx, batch); !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("stale guard: %w, want a conflict", err)
		}
		it, err := get(ctx, e, "k")
		if err != nil || string(it.Value) != "2" || it.Revision != r2 {
			return fmt.Errorf("Get = %q at %d, %w; want 2 at %d", it.Value, it.Revision, err, r2)
		}
		return nil
	})
}

func atomic(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		batch := storage.Batch{Guards: []storage.Guard{{Key: []byte("x"), Revision: 9}}, Ops: []storage.Op{put("a", "1"), put("b", "1")}}
		if _, err := e.Commit(ctx, batch); !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("Commit = %w, want a conflict", err)
		}
		for _, k := range []string{"a", "b"} {
			if _, err := get(ctx, e, k); !errors.Is(err, storage.ErrNotFound) {
				return fmt.Errorf("Get(%s) = %w, want not found", k, err)
			}
		}
		return nil
	})
}

func scan(s storage.Snapshot, r storage.Range) (string, error) {
	var b bytes.Buffer
	for it, err := range s.Scan(r) {
		if err != nil {
			return "", err
		}
		b.Write(it.Key)
		b.WriteByte(' ')
	}
	return b.String(), nil
}

func scans(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		if _, err := commit(ctx, e, put("b1", ""), put("a", ""), put("b2", ""), put("c", ""), put("b\xff", "")); err != nil {
			return err
		}
		s, err := e.Snapshot(ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		for _, tt := range []struct {
			r    storage.Range
			want string
		}{
			{storage.Range{}, "a b1 b2 b\xff c "},
			{storage.Range{Reverse: true}, "c b\xff b2 b1 a "},
			{storage.Prefix([]byte("b")), "b1 b2 b\xff "},
			{storage.Range{Start: []byte("b1"), End: []byte("c"), Reverse: true}, "b\xff b2 b1 "},
			{storage.Range{Start: []byte("b2")}, "b2 b\xff c "},
			{storage.Range{Start: []byte("d")}, ""},
			{storage.Range{Start: []byte("x"), End: []byte("y"), Reverse: true}, ""},
		} {
			if got, err := scan(s, tt.r); err != nil || got != tt.want {
				return fmt.Errorf("Scan(%+v) = %q, %w; want %q", tt.r, got, err, tt.want)
			}
		}
		return nil
	})
}

func isolation(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		if _, err := commit(ctx, e, put("k", "old")); err != nil {
			return err
		}
		s, err := e.Snapshot(ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		rev, err := commit(ctx, e, put("k", "new"), put("l", ""))
		if err != nil {
			return err
		}
		it, err := s.Get([]byte("k"))
		if err != nil || string(it.Value) != "old" || s.Revision() >= rev {
			return fmt.Errorf("Get = %q, %w at %d; want old before %d", it.Value, err, s.Revision(), rev)
		}
		if got, err := scan(s, storage.Range{}); err != nil || got != "k " {
			return fmt.Errorf("Scan = %q, %w; want k alone", got, err)
		}
		return nil
	})
}

// watch takes n batches of the feed.
func watch(ctx context.Context, e storage.Engine, after storage.Revision, n int) ([]storage.Committed, error) {
	var out []storage.Committed
	for c, err := range e.Watch(ctx, after) {
		if err != nil {
			return out, err
		}
		if out = append(out, c); len(out) == n {
			break
		}
	}
	return out, nil
}

func feed(ctx context.Context, open Opener) error {
	const n = 200
	var revs []storage.Revision
	err := with(open, func(e storage.Engine) error {
		for i := range n {
			rev, err := commit(ctx, e, put(fmt.Sprint("k", i%7), fmt.Sprint(i)))
			if err != nil {
				return err
			}
			revs = append(revs, rev)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return with(open, func(e storage.Engine) error {
		got, err := watch(ctx, e, revs[49], n-50)
		if err != nil {
			return err
		}
		for i, c := range got {
			if c.Revision != revs[50+i] || len(c.Batch.Ops) != 1 || string(c.Batch.Ops[0].Value) != fmt.Sprint(50+i) {
				return fmt.Errorf("feed[%d] = %+v, want batch %d", i, c, 50+i)
			}
		}
		// A watcher that waits is woken by the next commit.
		ready := make(chan error, 1)
		go func() {
			got, err := watch(ctx, e, revs[n-1], 1)
			if err == nil && string(got[0].Batch.Ops[0].Value) != "late" {
				err = fmt.Errorf("woken with %+v", got)
			}
			ready <- err
		}()
		if _, err := commit(ctx, e, put("k", "late")); err != nil {
			return err
		}
		return <-ready
	})
}

func restart(ctx context.Context, open Opener) error {
	var last storage.Revision
	for round := range 3 {
		err := with(open, func(e storage.Engine) error {
			if round > 0 {
				if it, err := get(ctx, e, "k"); err != nil || it.Revision != last || string(it.Value) != fmt.Sprint(round-1) {
					return fmt.Errorf("after restart Get = %q at %d, %w; want %d at %d", it.Value, it.Revision, err, round-1, last)
				}
			}
			rev, err := commit(ctx, e, put("k", fmt.Sprint(round)))
			if err != nil || rev <= last {
				return fmt.Errorf("Commit = %d, %w; want more than %d", rev, err, last)
			}
			last = rev
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func increments(ctx context.Context, open Opener) error {
	const workers, each = 8, 25
	return with(open, func(e storage.Engine) error {
		var wg sync.WaitGroup
		errs := make([]error, workers)
		for w := range workers {
			wg.Go(func() {
				for done := 0; done < each; {
					it, err := get(ctx, e, "n")
					if err != nil && !errors.Is(err, storage.ErrNotFound) {
						errs[w] = err
						return
					}
					_, err = e.Commit(ctx, storage.Batch{
						Guards: []storage.Guard{{Key: []byte("n"), Revision: it.Revision}},
						Ops:    []storage.Op{put("n", string(it.Value)+"i")},
					})
					switch {
					case err == nil:
						done++
					case !errors.Is(err, storage.ErrConflict):
						errs[w] = err
						return
					}
				}
			})
		}
		wg.Wait()
		it, err := get(ctx, e, "n")
		if err != nil || len(it.Value) != workers*each {
			errs = append(errs, fmt.Errorf("%d increments arrived, %w; want %d", len(it.Value), err, workers*each))
		}
		return errors.Join(errs...)
	})
}

// An empty batch is how one finds out whether an engine writes.
func empty(ctx context.Context, open Opener) error {
	err := with(open, func(e storage.Engine) error {
		for want := storage.Revision(1); want <= 2; want++ {
			if rev, err := e.Commit(ctx, storage.Batch{}); err != nil || rev != want {
				return fmt.Errorf("Commit of nothing = %d, %w; want %d", rev, err, want)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return with(open, func(e storage.Engine) error {
		if rev, err := commit(ctx, e, put("k", "v")); err != nil || rev != 3 {
			return fmt.Errorf("Commit = %d, %w; want 3", rev, err)
		}
		got, err := watch(ctx, e, 0, 3)
		if err != nil || len(got[0].Batch.Ops)+len(got[1].Batch.Ops) > 0 || len(got[2].Batch.Ops) != 1 {
			return fmt.Errorf("Watch = %+v, %w; want two batches of nothing and one of one", got, err)
		}
		return nil
	})
}

func faulty(ctx context.Context, open Opener) error {
	return with(open, func(e storage.Engine) error {
		for _, tt := range []struct {
			name string
			b    storage.Batch
		}{
			{"an empty key", storage.Batch{Ops: []storage.Op{put("", "x")}}},
			{"a key twice", storage.Batch{Ops: []storage.Op{put("k", "x"), put("k", "y")}}},
			{"a long key", storage.Batch{Ops: []storage.Op{{Key: make([]byte, storage.MaxKeyBytes+1)}}}},
			{"a long value", storage.Batch{Ops: []storage.Op{{Key: []byte("k"), Value: make([]byte, storage.MaxValueBytes+1)}}}},
			{"too many operations", storage.Batch{Ops: make([]storage.Op, storage.MaxBatchOps+1)}},
		} {
			if _, err := e.Commit(ctx, tt.b); err == nil {
				return fmt.Errorf("a batch with %s was taken", tt.name)
			}
		}
		s, err := e.Snapshot(ctx)
		if err != nil {
			return err
		}
		got, err := scan(s, storage.Range{})
		if err == nil && got != "" {
			err = fmt.Errorf("refused batches left %q", got)
		}
		return errors.Join(err, s.Close())
	})
}

func closed(ctx context.Context, open Opener) error {
	e, err := open()
	if err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	if _, err := commit(ctx, e, put("k", "v")); !errors.Is(err, storage.ErrClosed) {
		return fmt.Errorf("Commit = %w, want ErrClosed", err)
	}
	if _, err := e.Snapshot(ctx); !errors.Is(err, storage.ErrClosed) {
		return fmt.Errorf("Snapshot = %w, want ErrClosed", err)
	}
	return e.Close()
}
