package bolt

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
)

// The pages that the next lone commits take were written before, after an opening too, and the last page of the feed
// never lies behind them.
func TestPrefill_LoneCommits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	room := func(e *Engine) (written, used int64) {
		t.Helper()
		is, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.wal.Handle.DB.View(func(tx *bbolt.Tx) error {
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
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: pages.Uint64(uint64(n)), Value: make([]byte, 700)}}}); err != nil {
				t.Fatal(err)
			}
			if written, used := room(e); n >= 10 && written < used+32<<10 { // bbolt lets the file grow at one of the first
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

// The room that is written ahead takes none from commits: on a disk that runs full lone commits go on until its last
// pages.
func TestPrefill_FullDisk(t *testing.T) {
	t.Parallel()
	const disk, left = 1 << 20, 64 << 10
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=700,size=1m"); err != nil {
		if os.Getenv("WANGGE_MOUNT") != "" {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("no disk of its own can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	e, err := Open(filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	used := int64(0)
	for n := uint64(0); err == nil; n++ {
		if err := e.wal.Handle.DB.View(func(tx *bbolt.Tx) error {
			used = tx.Size()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		_, err = e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: pages.Uint64(n), Value: make([]byte, 700)}}})
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("Commit = %v, want ErrFull", err)
	}
	keys, err := os.Stat(e.keys.handle.Pages.Path)
	if err != nil {
		t.Fatal(err)
	}
	if used += keys.Sys().(*syscall.Stat_t).Blocks * 512; used < disk-left {
		t.Errorf("commits ended when %d bytes of %d were used", used, disk)
	}
}
