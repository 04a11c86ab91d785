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

// While the feed can't be opened again watchers wait and don't end, who reads a value that lies in it is told, and
// all goes on when it can be.
func TestWatchersWaitForAFeedThatIsNotOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e := unattended(t, path, limits{ops: 1, bytes: 1 << 20, slice: 1, retry: time.Hour})
	put := func(key string) error {
		return e.writeHere(storage.Op{Key: []byte(key), Value: []byte(strings.Repeat("v", maxInline+1))})
	}
	for _, key := range []string{"a", "b", "c"} { // each folds the one before it
		if err := put(key); err != nil {
			t.Fatal(err)
		}
	}
	e.mu.Lock()
	e.recent = recent{} // watchers must read the feed
	e.mu.Unlock()
	e.feed.mu.Lock()
	gone := e.feed.now
	e.feed.now = nil // as it is after a reopening that failed
	e.feed.mu.Unlock()
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
	if err := gone.close(); err != nil {
		t.Fatal(err)
	}
	// It is opened again, as the writer does when it looks whether it can.
	if err := e.resume(nil); err != nil {
		t.Fatal(err)
	}
	for want := storage.Revision(1); want <= 3; want++ {
		if got := <-seen; got != want {
			t.Errorf("Watch yields %d, want %d", got, want)
		}
	}
	if it, err := s.Get([]byte("a")); err != nil || len(it.Value) != maxInline+1 {
		t.Errorf("Get = %q, %v: the snapshot is as it was", it.Value, err)
	}
	s.Close()
	if err := put("d"); err != nil {
		t.Error(err)
	}
}

// An engine that is opened after a process ended with a failed sync first makes durable what the file shows; a head that
// is torn, missing or foreign is left as it is.
func TestTheHeadThatCountsIsWrittenAgain(t *testing.T) {
	_, feed, _, _ := grown(t)
	page := os.Getpagesize()
	head := func(at int64) headPage {
		f := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(f, feed, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPages(f, false)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		h, ok := p.headPage(at)
		if !ok {
			t.Fatalf("no head page at %d", at)
		}
		return h
	}
	newest, older := head(0), head(int64(page))
	if older.txid > newest.txid {
		newest, older = older, newest
	}
	harm := func(at int64, n int) []byte {
		b := []byte(string(feed))
		for i := range n {
			b[int(at)+i] ^= 0xa5
		}
		return b
	}
	for _, tt := range []struct {
		name string
		file []byte
		txid uint64 // 0: no head is valid
	}{
		{"whole", feed, newest.txid},
		{"the other head is torn", harm(older.at, 60), newest.txid},
		{"the newest is torn", harm(newest.at, 60), older.txid},
		{"the newest has another checksum", harm(newest.at+metaSum, 1), older.txid},
		{"both are torn", harm(0, 2*page), 0},
		{"empty", nil, 0},
		{"cut in its first page", feed[:page/2], 0},
		{"foreign", []byte(strings.Repeat("not a store ", 1000)), 0},
	} {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		settled, err := settle(f)
		if settled.txid != tt.txid || (err == nil) != (tt.txid > 0) || err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%s: settle = %d, %v; want %d", tt.name, settled.txid, err, tt.txid)
		}
		f.Close()
		if now, err := os.ReadFile(path); err != nil || string(now) != string(tt.file) {
			t.Errorf("%s: settling changed the file, %v", tt.name, err)
		}
	}
}

// unattended opens an engine whose writer and folds are the test itself.
func unattended(t *testing.T, path string, l limits) *Engine {
	t.Helper()
	e := newEngine(path, options{mapped: initialMmap}, l)
	if err := e.opened(e.open); err != nil {
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
	r.record, r.ops, r.entries = encode(ops)
	r.body = body(r.record)
	if err := e.makeRoom(); err != nil {
		return err
	}
	if e.frozen != nil {
		if err := e.foldTable(e.frozen); err != nil {
			return err
		}
		e.mu.Lock()
		e.frozen = nil
		e.mu.Unlock()
	}
	if e.trouble != nil {
		return refused(e.trouble)
	}
	e.commit([]*request{r})
	return r.err
}
