package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
)

// Keys that an older program folded are made anew from the feed.
func TestKeys_OlderFormat(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	small := limits{ops: 4, bytes: 1 << 20, slice: 3}
	e, err := open(path, small)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: fmt.Append(nil, i), Value: []byte("v")}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(KeysPath(path), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { // as format 2 had it: a key for each, all folded
		old, err := tx.CreateBucket(wal.OldKeysBucket)
		return errors.Join(err, old.Put([]byte("0"), []byte("old")), tx.DeleteBucket(segment.Bucket),
			tx.Bucket(pages.MetaBucket).Put(pages.FormatKey, pages.Uint64(2)), tx.Bucket(pages.MetaBucket).Put(segment.MarkKey, pages.Uint64(20)))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = open(path, small); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for it, err := range s.Scan(storage.Range{}) {
		if n++; err != nil || string(it.Value) != "v" {
			t.Errorf("%q = %q, %v", it.Key, it.Value, err)
		}
	}
	if n != 20 {
		t.Errorf("%d keys, want 20", n)
	}
}
