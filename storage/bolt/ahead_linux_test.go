package bolt

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// The pages that the next lone commits take were written before, after an opening too, and the last page of the feed
// never lies behind them.
func TestRoomForLoneCommitsIsWrittenAhead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	room := func(e *Engine) (written, used int64) {
		t.Helper()
		is, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.feed.now.db.View(func(tx *bbolt.Tx) error {
			used = tx.Size()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return is.Sys().(*syscall.Stat_t).Blocks * 512, used
	}
	for range 2 {
		e, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 500 {
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: u64(uint64(n)), Value: make([]byte, 700)}}}); err != nil {
				t.Fatal(err)
			}
			if written, used := room(e); n >= 10 && written < used+spare/2 { // bbolt lets the file grow at one of the first
				t.Fatalf("after commit %d the file has %d bytes of its own, its pages end at %d", n, written, used)
			}
		}
		if _, err := e.Verify(func(d *storage.DamageError) error { return d }); err != nil {
			t.Errorf("Verify = %v", err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
