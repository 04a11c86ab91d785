package bolt

import (
	"path/filepath"
	"testing"

	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
)

// A feed with few free pages keeps the list of them as an array, one with many as maps: also right after the upgrade
// that frees them, and at each later opening. The keys have maps.
func TestFreelist_Type(t *testing.T) {
	t.Parallel()
	shows := func(path string, want bbolt.FreelistType, keys ...string) {
		t.Helper()
		e, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.wal.Handle.DB.FreelistType; got != want {
			t.Errorf("the feed has its list as %s, want %s", got, want)
		}
		if got := e.keys.handle.DB.FreelistType; got != bbolt.FreelistMapType {
			t.Errorf("the keys have their list as %s", got)
		}
		put(t, e, "new", "v")
		s, err := e.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range append(keys, "new") {
			if _, err := s.Get([]byte(key)); err != nil {
				t.Errorf("Get(%q): %v", key, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	path := filepath.Join(t.TempDir(), "store.db")
	for range 2 {
		shows(path, bbolt.FreelistArrayType)
	}
	shows(unpacked(t, "v1.db.gz"), bbolt.FreelistArrayType, "case")

	old := unpacked(t, "v1.db.gz")
	db, err := bbolt.Open(old, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		for n := range uint64(2 * 1024) {
			if err := tx.Bucket(wal.OldKeysBucket).Put(pages.Uint64(n), make([]byte, 3000)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		shows(old, bbolt.FreelistMapType, "case")
	}
}
