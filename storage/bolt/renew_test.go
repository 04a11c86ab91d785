package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"
)

// A snapshot that stays open, read now and then or not at all, does not keep the feed from using its pages again, and
// goes on reading what it read.
func TestSnapshot_OpenDoesNotGrowWAL(t *testing.T) {
	t.Parallel()
	const groups = 8 * wal.RenewEvery
	for _, reads := range []bool{false, true} {
		t.Run(fmt.Sprint("read meanwhile: ", reads), func(t *testing.T) {
			e, err := open(filepath.Join(t.TempDir(), "store.db"), limits{ops: 64, bytes: 1 << 20, slice: 16})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			long := strings.Repeat("v", 3*segment.MaxInline)
			commit := func(key string) {
				t.Helper()
				if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte(key), Value: []byte(key + long)}}}); err != nil {
					t.Fatal(err)
				}
			}
			open := func() *snapshot {
				t.Helper()
				s, err := e.Snapshot(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if it, err := s.Get([]byte("first")); err != nil || string(it.Value) != "first"+long {
					t.Fatalf("Get = %q, %v", it.Value, err)
				}
				return s.(*snapshot)
			}
			commit("first")
			s := open()
			inFeed := func() bool { return e.wal.InUse(&s.wal) }
			for n := 0; !inFeed(); n++ { // until its value is read in the feed
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				commit(fmt.Sprint("before ", n))
				s = open()
			}
			for n := range groups {
				commit(fmt.Sprint("after ", n))
				if !reads {
					continue
				}
				if it, err := s.Get([]byte("first")); err != nil || string(it.Value) != "first"+long {
					t.Fatalf("Get = %q, %v", it.Value, err)
				}
			}
			if _, err := s.Get([]byte("after 0")); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("Get of what is newer than the snapshot: %v", err)
			}
			heads, _, err := e.wal.Handle.Pages.Heads()
			if err != nil {
				t.Fatal(err)
			}
			free, _, err := e.wal.Handle.Pages.Free(heads[0])
			if err != nil {
				t.Fatal(err)
			}
			if most := 8 * wal.RenewEvery; len(free) > most {
				t.Errorf("%d pages are kept after %d groups; want at most %d", len(free), groups, most)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
