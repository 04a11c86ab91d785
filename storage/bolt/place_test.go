package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/storage"
)

// A feed that is removed, moved away, replaced or cut while the engine runs takes nothing more: a
// commit is told so, readers go on, and the engine is well again when the same file is back in its place.
func TestWAL_RemovedOrReplaced(t *testing.T) {
	t.Parallel()
	other := func(t *testing.T, path string) {
		t.Helper()
		e, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, says string
		harm       func(t *testing.T, dir, path string)
		mend       func(t *testing.T, dir, path string) // nil: nothing but a backup helps
	}{
		{"removed", "removed", func(t *testing.T, _, path string) {
			t.Helper()
			check(t, os.Remove(path))
		}, nil},
		{"moved away and back", "removed", func(t *testing.T, _, path string) {
			t.Helper()
			check(t, os.Rename(path, path+".away"))
		}, func(t *testing.T, _, path string) {
			t.Helper()
			check(t, os.Rename(path+".away", path))
		}},
		{"its directory moved away and back", "removed", func(t *testing.T, dir, _ string) {
			t.Helper()
			check(t, os.Rename(dir, dir+"-away"))
		}, func(t *testing.T, dir, _ string) {
			t.Helper()
			check(t, os.Rename(dir+"-away", dir))
		}},
		{"its directory moved away and made anew", "replaced", func(t *testing.T, dir, path string) {
			t.Helper()
			check(t, os.Rename(dir, dir+"-away"))
			check(t, os.Mkdir(dir, 0o700))
			other(t, path)
		}, nil},
		{"replaced by another store", "replaced", func(t *testing.T, dir, path string) {
			t.Helper()
			other(t, filepath.Join(dir, "other.db"))
			check(t, os.Rename(filepath.Join(dir, "other.db"), path))
		}, nil},
		{"replaced by a copy of itself", "replaced", func(t *testing.T, _, path string) {
			t.Helper()
			b, err := os.ReadFile(path)
			check(t, err)
			check(t, os.WriteFile(path+".copy", b, 0o600))
			check(t, os.Rename(path+".copy", path))
		}, nil},
		{"cut to nothing", "was cut", func(t *testing.T, _, path string) {
			t.Helper()
			check(t, os.Truncate(path, 0))
		}, nil},
		{"cut by a page", "was cut", func(t *testing.T, _, path string) {
			t.Helper()
			is, err := os.Stat(path)
			check(t, err)
			check(t, os.Truncate(path, is.Size()-int64(os.Getpagesize())))
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			path := filepath.Join(dir, "store.db")
			check(t, os.Mkdir(dir, 0o700))
			l := defaultLimits
			l.retry, l.fresh = time.Millisecond, 0
			e, err := open(path, l)
			check(t, err)
			defer e.Close()
			commit := func(key string) error {
				_, err := e.Commit(t.Context(), storage.Batch{Guards: []storage.Guard{{Key: []byte(key)}}, Ops: []storage.Op{{Key: []byte(key), Value: []byte("v")}}})
				return err
			}
			check(t, commit("before"))
			if err := e.Health(t.Context()); err != nil {
				t.Errorf("Health before = %v", err)
			}
			tt.harm(t, dir, path)
			if err := e.Health(t.Context()); !errors.Is(err, storage.ErrFailed) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Health, before anybody commits = %v; want that it %s", err, tt.says)
			}
			for range 3 {
				if err := commit("during"); !errors.Is(err, storage.ErrFailed) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), path) {
					t.Errorf("Commit = %v; want ErrFailed, and that %s %s", err, path, tt.says)
				}
			}
			s, err := e.Snapshot(t.Context())
			check(t, err)
			if it, err := s.Get([]byte("before")); err != nil || string(it.Value) != "v" {
				t.Errorf("Get = %q, %v", it.Value, err)
			}
			s.Close()
			if tt.mend == nil {
				return
			}
			tt.mend(t, dir, path)
			err = storage.ErrFailed
			for began := time.Now(); errors.Is(err, storage.ErrFailed) && time.Since(began) < time.Minute; {
				err = commit("after")
			}
			check(t, err)
			if err := e.Health(t.Context()); err != nil {
				t.Errorf("Health after = %v", err)
			}
			check(t, e.Close())
			if e, err = Open(path); err != nil {
				t.Fatal(err)
			}
			if got, err := all(t, e); err != nil || !same(got, map[string]string{"before": "v", "after": "v"}) {
				t.Errorf("the store reads %v, %v", got, err)
			}
		})
	}
}

// A feed that is removed while a group is being written: the group is not acknowledged, and of it nobody
// says that nothing was written.
func TestWAL_RemovedDuringGroup(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	l := defaultLimits
	l.retry = time.Millisecond
	e, err := open(path, l)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	stall, err := e.wal.Handle.DB.Begin(true) // the writer can't begin its own
	if err != nil {
		t.Fatal(err)
	}
	answer := make(chan error)
	go func() {
		_, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte("k"), Value: []byte("v")}}})
		answer <- err
	}()
	for waits := false; !waits; { // the guards are checked: the file was looked at before
		ops, _ := e.active.Size()
		waits = ops > 0
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := stall.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; !errors.Is(err, storage.ErrUncertain) {
		t.Errorf("Commit = %v, want ErrUncertain", err)
	}
	if got, err := all(t, e); err != nil || len(got) != 0 {
		t.Errorf("readers see %v, %v, of what is uncertain", got, err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	for c, err := range e.Watch(t.Context(), 0) { // it is there after all
		if err != nil || c.Revision != 1 || string(c.Batch.Ops[0].Key) != "k" {
			t.Errorf("Watch yields %+v, %v", c, err)
		}
		break
	}
	if got, err := all(t, e); err != nil || !same(got, map[string]string{"k": "v"}) {
		t.Errorf("readers see %v, %v", got, err)
	}
}
