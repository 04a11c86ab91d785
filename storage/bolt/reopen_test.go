package bolt

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"
)

// While the feed can't be opened again watchers wait and don't end, who reads a value that lies in it is told, and
// all goes on when it can be.
func TestWatch_WALNotOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	e := unattended(t, path, limits{ops: 1, bytes: 1 << 20, slice: 1, retry: time.Hour})
	put := func(key string) error {
		return e.writeHere(storage.Op{Key: []byte(key), Value: []byte(strings.Repeat("v", segment.MaxInline+1))})
	}
	for _, key := range []string{"a", "b", "c"} { // each folds the one before it
		if err := put(key); err != nil {
			t.Fatal(err)
		}
	}
	e.mu.Lock()
	e.recent = wal.Tail{} // watchers must read the feed
	e.mu.Unlock()
	e.wal.Options.Map = 1 << 60 // more than can be mapped: the feed is closed, and can't be opened again
	if err := e.resume(nil); err == nil {
		t.Fatal("the feed was opened with a map that no machine has")
	}
	s, err := e.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get([]byte("a")); !errors.Is(err, storage.ErrFailed) {
		t.Errorf("Get = %v, want ErrFailed", err)
	}
	seen := make(chan storage.Revision, 8)
	go func() {
		defer close(seen)
		for c, err := range e.Watch(t.Context(), 0) {
			if err != nil {
				t.Errorf("Watch ends with %v", err)
				return
			}
			if seen <- c.Revision; c.Revision == 3 {
				return
			}
		}
	}()
	if page, _, err := e.after(0); err != nil || len(page) > 0 {
		t.Errorf("a watcher gets %v, %v", page, err)
	}
	// It is opened again, as the writer does when it looks whether it can.
	e.wal.Options.Map = initialMmap
	if err := e.resume(nil); err != nil {
		t.Fatal(err)
	}
	for want := storage.Revision(1); want <= 3; want++ {
		if got := <-seen; got != want {
			t.Errorf("Watch yields %d, want %d", got, want)
		}
	}
	if it, err := s.Get([]byte("a")); err != nil || len(it.Value) != segment.MaxInline+1 {
		t.Errorf("Get = %q, %v: the snapshot is as it was", it.Value, err)
	}
	s.Close()
	if err := put("d"); err != nil {
		t.Error(err)
	}
}

// unattended opens an engine whose writer and folds are the test itself.
func unattended(t *testing.T, path string, l limits) *Engine {
	t.Helper()
	e := newEngine(path, dbfile.Options{Map: initialMmap}, l)
	if err := e.openFiles(e.open); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// writeHere commits one batch as the writer does, and folds what is full.
func (e *Engine) writeHere(ops ...storage.Op) error {
	r := &request{done: make(chan struct{})}
	r.record, r.ops, r.entries = wal.Encode(ops)
	r.body = wal.Sum(r.record)
	if err := e.makeRoom(); err != nil {
		return err
	}
	if e.frozen != nil {
		if err := e.flushTable(e.frozen); err != nil {
			return err
		}
		e.mu.Lock()
		e.frozen = nil
		e.mu.Unlock()
	}
	if e.writeErr != nil {
		return refused(e.writeErr)
	}
	e.commit([]*request{r})
	return r.err
}
