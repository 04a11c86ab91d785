package desk_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"wangge/dispatch/city/citytest"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// freed is an engine that fails a test when a goroutine commits, or opens another snapshot, while it holds one: an
// engine that must map its file anew waits for every snapshot first, and the commit would wait for ever.
type freed struct {
	storage.Engine
	t    testing.TB
	mu   sync.Mutex
	held map[string]int // snapshots by goroutine
}

// free wraps an engine in the guard; benchmarks go without it.
func free(t testing.TB, store storage.Engine) storage.Engine {
	t.Helper()
	if _, bench := t.(*testing.B); bench {
		return store
	}
	return &freed{Engine: store, t: t, held: map[string]int{}}
}

// goroutine is the number of the goroutine that calls.
func goroutine() string {
	var b [64]byte
	head, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte(" ["))
	return string(head)
}

func (f *freed) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := f.Engine.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	who := goroutine()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.check(who, "another snapshot")
	f.held[who]++
	return &heldSnapshot{Snapshot: snap, f: f, who: who}, nil
}

func (f *freed) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	who := goroutine()
	f.mu.Lock()
	f.check(who, "a commit")
	f.mu.Unlock()
	return f.Engine.Commit(ctx, b)
}

// check fails the test when a goroutine holds a snapshot; f is held.
func (f *freed) check(who, what string) {
	if f.held[who] > 0 {
		var stack [4 << 10]byte
		f.t.Errorf("%s while the same goroutine holds a snapshot:\n%s", what, stack[:runtime.Stack(stack[:], false)])
	}
}

type heldSnapshot struct {
	storage.Snapshot
	f    *freed
	who  string
	once sync.Once
}

func (s *heldSnapshot) Close() error {
	s.once.Do(func() {
		s.f.mu.Lock()
		defer s.f.mu.Unlock()
		s.f.held[s.who]--
	})
	return s.Snapshot.Close()
}

// The guard finds what it is for.
func TestGuard_SnapshotInsideSnapshot(t *testing.T) {
	t.Parallel()
	under := mem.Open()
	defer under.Close()
	var found failing
	store := &freed{Engine: under, t: &found, held: map[string]int{}}
	first, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := store.Snapshot(t.Context())
	if err != nil || found.n != 1 {
		t.Errorf("a snapshot inside a snapshot: found %d, %v; want 1", found.n, err)
	}
	second.Close()
	first.Close()
	third, err := store.Snapshot(t.Context())
	if err != nil || found.n != 1 {
		t.Errorf("a snapshot after a snapshot: found %d, %v; want no more", found.n, err)
	}
	third.Close()
}

// The guard finds what it is for.
func TestGuard_CommitInsideSnapshot(t *testing.T) {
	t.Parallel()
	under := mem.Open()
	defer under.Close()
	var found failing
	store := &freed{Engine: under, t: &found, held: map[string]int{}}
	b := storage.Batch{Ops: []storage.Op{{Key: []byte("k")}}}
	for _, inside := range []bool{true, false} {
		snap, err := store.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !inside {
			snap.Close()
		}
		found.n = 0
		if _, err := store.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if (found.n > 0) != inside {
			t.Errorf("inside %v: found %d", inside, found.n)
		}
		snap.Close()
	}
}

// failing counts failures instead of failing.
type failing struct {
	testing.TB
	n int
}

func (f *failing) Errorf(string, ...any) { f.n++ }

// Stores of every older layout are upgraded without holding a snapshot over a commit, also when the map of the
// file must grow with every commit and every table is folded at once.
func TestUpgrade_StoreLargerThanItsMap(t *testing.T) {
	t.Parallel()
	c := citytest.Boston(t)
	for _, file := range []string{"layout1.db.gz", "layout2.db.gz", "layout3"} {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "old.db")
			if file != "layout3" {
				unpack(t, filepath.Join("testdata", file), path)
			}
			store, err := bolt.OpenTight(path)
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			if file == "layout3" {
				d, _ := openOn(t, store)
				for n := range 300 {
					if _, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", n))); err != nil {
						t.Fatal(err)
					}
				}
				c = d.City()
				d.Close()
			}
			for _, was := range []byte{0, 3, 2, 1} { // 0: as the file has it
				op := storage.Op{Key: []byte("m/layout"), Value: []byte{was}}
				if op.Delete = was == 1; op.Delete {
					op.Value = nil
				}
				if was > 0 {
					if _, err := store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{op}}); err != nil {
						t.Fatal(err)
					}
				}
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				d, err := desk.Open(ctx, desk.Config{Store: free(t, store), City: c, Clock: &fakeClock{now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)}})
				stop()
				if err != nil {
					t.Fatalf("layout %d: %v", was, err)
				}
				if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() || r.Cases == 0 {
					t.Errorf("layout %d: %d cases, %d findings %v", was, r.Cases, r.Found, r.ByKind)
				}
				d.Close()
			}
		})
	}
}

// unpack writes a packed file to a path.
func unpack(t *testing.T, file, path string) {
	t.Helper()
	packed, err := os.Open(file)
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
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
