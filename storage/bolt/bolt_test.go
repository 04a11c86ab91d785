package bolt

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/faultinject/faultfs"
	"wangge/storage/storagetest"

	"go.etcd.io/bbolt"
)

func TestMain(m *testing.M) {
	faultfs.Main()
	if path := os.Getenv("WANGGE_CRASH_CHILD"); path != "" {
		crashChild(path)
		return
	}
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		t.Helper()
		path := filepath.Join(t.TempDir(), "store.db")
		return func() (storage.Engine, error) { return Open(path) }
	})
}

// The same with tables so small that nearly every commit folds one, and readers always merge.
func TestConformance_Flushing(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Opener {
		t.Helper()
		path := filepath.Join(t.TempDir(), "store.db")
		return func() (storage.Engine, error) { return open(path, limits{ops: 3, bytes: 1 << 20, slice: 2}) }
	})
}

// Whatever is put and deleted, folded or not, at each moment and after each restart the store is
// what a map would be; and the keys can be rebuilt from the feed alone.
func TestFlush_AgainstMap(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	small := limits{ops: 40, bytes: 1 << 20, slice: 7}
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{}
	revs := map[string]storage.Revision{}
	check := func(e *Engine, when string) {
		t.Helper()
		s, err := e.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, reverse := range []bool{false, true} {
			got := map[string]string{}
			last := ""
			for it, err := range s.Scan(storage.Range{Reverse: reverse}) {
				if err != nil {
					t.Fatal(err)
				}
				if last != "" && (string(it.Key) > last) == reverse {
					t.Errorf("%s: %q after %q", when, it.Key, last)
				}
				last = string(it.Key)
				got[last] = string(it.Value)
				if it.Revision != revs[last] {
					t.Errorf("%s: %q is at %d, want %d", when, last, it.Revision, revs[last])
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s, reverse %v: %d keys, want %d", when, reverse, len(got), len(want))
			}
		}
	}
	for round := range 6 {
		e, err := open(path, small)
		if err != nil {
			t.Fatal(err)
		}
		check(e, fmt.Sprint("opened ", round))
		for range 60 {
			var b storage.Batch
			used := map[string]bool{}
			for range 1 + rng.IntN(6) {
				k := fmt.Sprint("k", rng.IntN(120))
				if used[k] {
					continue
				}
				used[k] = true
				b.Guards = append(b.Guards, storage.Guard{Key: []byte(k), Revision: revs[k]})
				if rng.IntN(4) == 0 {
					b.Ops = append(b.Ops, storage.Op{Key: []byte(k), Delete: true})
				} else {
					b.Ops = append(b.Ops, storage.Op{Key: []byte(k), Value: []byte(strings.Repeat("v", rng.IntN(200)) + k)})
				}
			}
			rev, err := e.Commit(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range b.Ops {
				if delete(want, string(op.Key)); op.Delete {
					delete(revs, string(op.Key))
				} else {
					want[string(op.Key)], revs[string(op.Key)] = string(op.Value), rev
				}
			}
			if rng.IntN(10) == 0 {
				check(e, "in between")
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 3 { // derived data may go
			if err := os.Remove(KeysPath(path)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A feed put back from an older backup has keys beside it that know too much: they are rebuilt.
func TestKeys_OlderWAL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	small := limits{ops: 2, bytes: 1 << 20, slice: 2}
	put := func(keys ...string) {
		e, err := open(path, small)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte(k), Value: []byte("v")}}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "b")
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put("c", "d", "e", "f", "g", "h")
	put("i") // folds what the last run left
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := open(path, small)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for _, err := range s.Scan(storage.Range{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 2 || s.Revision() != 2 {
		t.Errorf("%d keys at revision %d, want the two of the backup", n, s.Revision())
	}
}

// A key that is there is there for every guard, also when its table has been folded and has gone
// since the guards began to be checked.
func TestGuards_WhileFlushing(t *testing.T) {
	t.Parallel()
	e, err := open(filepath.Join(t.TempDir(), "store.db"), limits{ops: 1, bytes: 1 << 20, slice: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	put := func(key string) {
		if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte(key), Value: []byte("v")}}}); err != nil {
			t.Fatal(err)
		}
	}
	put("a")
	before, err := e.view() // "a" is in a table
	if err != nil {
		t.Fatal(err)
	}
	put("b") // freezes it
	for gone := false; !gone; {
		e.mu.RLock()
		gone = e.frozen == nil && e.active != before.tables[0]
		e.mu.RUnlock()
		runtime.Gosched()
	}
	after, err := e.view()
	if err != nil {
		t.Fatal(err)
	}
	for when, v := range map[string]view{"before": before, "after": after} {
		if rev, err := v.present(v.keys.Bucket(segment.Bucket).Cursor(), []byte("a")); rev != 1 || err != nil {
			t.Errorf("a view from %s the fold has the key at %d, %v; want 1", when, rev, err)
		}
		if err := v.keys.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// A disk that stalls fills the queue; who comes then is told at once, and nobody who waits is lost.
func TestCommit_StalledDisk(t *testing.T) {
	t.Parallel()
	e, err := Open(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	stall, err := e.wal.Handle.DB.Begin(true) // the writer can't begin its own
	if err != nil {
		t.Fatal(err)
	}
	var busy, done atomic.Int64
	var wg sync.WaitGroup
	const callers = maxQueue + maxGroup + 500
	for n := range callers {
		wg.Go(func() {
			_, err := e.Commit(context.Background(), storage.Batch{Ops: []storage.Op{{Key: pages.Uint64(uint64(n)), Value: []byte("v")}}})
			switch {
			case errors.Is(err, storage.ErrBusy):
				busy.Add(1)
			case err != nil:
				t.Error(err)
			default:
				done.Add(1)
			}
		})
	}
	for busy.Load() == 0 {
		runtime.Gosched()
	}
	if err := stall.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if s := e.Stats(); int64(s.Batches) != done.Load() || done.Load()+busy.Load() != callers || done.Load() < maxQueue {
		t.Errorf("%d committed, %d acknowledged and %d told to wait, of %d", s.Batches, done.Load(), busy.Load(), callers)
	}
}

// crashChild commits counters from several callers and prints each one after it is acknowledged.
func crashChild(path string) {
	e, err := open(path, limits{ops: 50, bytes: 1 << 20, slice: 8}) // so that kills fall into folds too
	if err != nil {
		panic(err)
	}
	lines := make(chan int)
	for w := range 8 {
		go func() {
			for i := w; ; i += 8 {
				if _, err := e.Commit(context.Background(), storage.Batch{Ops: []storage.Op{{Key: pages.Uint64(uint64(i)), Value: []byte("v")}}}); err != nil {
					panic(err)
				}
				lines <- i
			}
		}()
	}
	for i := range lines {
		fmt.Println(i)
	}
}

// kill -9 in the middle of group commits: everything acknowledged is there, and nothing is torn.
func TestCommit_Kill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	acked := map[uint64]bool{}
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "WANGGE_CRASH_CHILD="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		for range 400 {
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			acked[n] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, lines)
		_ = cmd.Wait()
	}
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := range acked {
		if _, err := s.Get(pages.Uint64(n)); err != nil {
			t.Errorf("acknowledged %d: %v", n, err)
		}
	}
	for it, err := range s.Scan(storage.Range{}) {
		if err != nil || string(it.Value) != "v" {
			t.Errorf("torn item %v, %v", it, err)
		}
	}
}

// testdata/v1.db.gz was written by format version 1 and must stay readable.
func TestOpen_Version1(t *testing.T) {
	t.Parallel()
	packed, err := os.Open("testdata/v1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "v1.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	it, err := s.Get([]byte("case"))
	if err != nil || string(it.Value) != "20261123-000417" || it.Revision != 2 || s.Revision() != 3 {
		t.Errorf("Get = %q at %d of %d, %v", it.Value, it.Revision, s.Revision(), err)
	}
}

func TestOpen_NewerFormatAndSecondProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second Open = %v, want that the file is held", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(pages.MetaBucket).Put([]byte("format"), pages.Uint64(99)) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("Open of format 99 = %v", err)
	}
}

// BenchmarkCommit is one 700-byte record under a time-ordered key; BenchmarkBare is the ceiling:
// the same bytes in bare bbolt, as many records a transaction as there are callers. To compare two commits, build both
// tests (go test -c) and run them by turns on one processor.
func BenchmarkCommit(b *testing.B) {
	value := make([]byte, 700)
	benchmarkCommit(b, func(n uint64) storage.Batch {
		return storage.Batch{Ops: []storage.Op{{Key: pages.Uint64(n), Value: value}}}
	})
}

// BenchmarkCommitGuarded is the same with a guard on a key that is there and on two that are not, like the filing of a
// report.
func BenchmarkCommitGuarded(b *testing.B) {
	value := make([]byte, 600)
	benchmarkCommit(b, func(n uint64) storage.Batch {
		id, c := fmt.Appendf(nil, "id/%016x", n), fmt.Appendf(nil, "case/%016x", n)
		return storage.Batch{
			Guards: []storage.Guard{{Key: []byte("head"), Revision: 1}, {Key: id}, {Key: c}},
			Ops:    []storage.Op{{Key: id, Value: c}, {Key: c, Value: value}},
		}
	})
}

func benchmarkCommit(b *testing.B, batch func(n uint64) storage.Batch) {
	b.Helper()
	for _, callers := range []int{1, 64, 256} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			e, err := Open(filepath.Join(b.TempDir(), "store.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			if _, err := e.Commit(b.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte("head")}}}); err != nil {
				b.Fatal(err)
			}
			next := make(chan uint64, callers)
			errs := make(chan error, callers)
			b.ResetTimer()
			for range callers {
				go func() {
					for n := range next {
						if _, err := e.Commit(context.Background(), batch(n)); err != nil {
							errs <- err
							return
						}
					}
					errs <- nil
				}()
			}
			for n := range b.N {
				next <- uint64(n)
			}
			close(next)
			for range callers {
				if err := <-errs; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBare(b *testing.B) {
	for _, group := range []int{1, 64, 256} {
		b.Run(strconv.Itoa(group), func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			value := make([]byte, 700)
			b.ResetTimer()
			for n := 0; n < b.N; n += group {
				err := db.Update(func(tx *bbolt.Tx) error {
					bk, err := tx.CreateBucketIfNotExists([]byte("b"))
					for i := n; err == nil && i < min(n+group, b.N); i++ {
						err = bk.Put(binary.BigEndian.AppendUint64(nil, uint64(i)), value)
					}
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
