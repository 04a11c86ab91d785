package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
)

// rebuilt waits until an engine makes no keys anew, and returns what its Health says then.
func rebuilt(t *testing.T, e *Engine) error {
	t.Helper()
	late := time.After(time.Minute)
	for {
		e.mu.RLock()
		settled := e.flushed
		e.mu.RUnlock()
		err := e.Health(t.Context())
		if !errors.Is(err, storage.ErrRebuilding) {
			return err
		}
		select {
		case <-settled:
		case <-late:
			t.Fatalf("after a minute Health = %v", err)
		}
	}
}

// lines collects what an operator is told.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), part)
}

// sound is the sound store, written once.
var sound struct {
	once  sync.Once
	files [2][]byte
}

// verified is the first damage that a verification finds.
func verified(e *Engine) (first error) {
	_, err := e.Verify(func(d *storage.DamageError) error {
		if first == nil {
			first = d
		}
		return nil
	})
	return errors.Join(first, err)
}

// rebuildable opens a copy of the sound store and its log, and reads what the store holds.
func rebuildable(t *testing.T) (e *Engine, of reads, told *lines) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	sound.once.Do(func() {
		soundStore(t, path)
		for i, name := range []string{path, KeysPath(path)} {
			var err error
			if sound.files[i], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	})
	for i, name := range []string{path, KeysPath(path)} {
		if err := os.WriteFile(name, sound.files[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, err := open(path, damageLimits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	told = &lines{}
	e.SetLog(slog.New(slog.NewTextHandler(told, nil)))
	of, errs := readAll(t, e, reads{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return e, of, told
}

// hurtBlocks flips one bit in the first block of each leaf of the keys that are open, and returns how many there were.
// Blocks are no pages of their own: bbolt does not notice.
func hurtBlocks(t *testing.T, e *Engine) (n int) {
	t.Helper()
	path := e.keys.place.Path
	var at []int64
	if err := e.readingKeys(func(tr pages.Tree, _ *dbfile.Handle) error {
		return tr.Walk(segment.Lowest, pages.Visitor{Page: func(n pages.Node) error {
			if _, value, _, _ := n.Element(0); n.Leaf && len(value) > 0 {
				at = append(at, n.At+int64(bytes.Index(n.Raw, value))+int64(len(value))-1)
			}
			return nil
		}})
	}); err != nil {
		t.Fatal(err)
	}
	for _, one := range at {
		flip(t, path, int(one))
	}
	return len(at)
}

// wholly checks that an engine reads all of what it held.
func wholly(t *testing.T, e *Engine, of reads) {
	t.Helper()
	got, errs := readAll(t, e, of)
	if wrong, missing := of.compare(got); wrong != "" || missing != 0 || len(errs) > 0 {
		t.Errorf("%s; %d are not read; errors %v", wrong, missing, errs)
	}
}

// Damage of the keys that a read, a guard, a fold or a verification meets is told as one that passes. The engine makes
// the keys anew by itself; then everything is read and written again, also by the next engine.
func TestRebuild_RunningEngine(t *testing.T) {
	t.Parallel()
	guard := func(e *Engine, of reads) error {
		var b storage.Batch
		for k, it := range of.items {
			if b.Guards = append(b.Guards, storage.Guard{Key: []byte(k), Revision: it.Revision}); len(b.Guards) == 2000 {
				break
			}
		}
		_, err := e.Commit(t.Context(), b)
		return err
	}
	for _, tt := range []struct {
		name string
		meet func(e *Engine, of reads) error
	}{
		{"Get", func(e *Engine, of reads) error {
			_, errs := readAll(t, e, of)
			return errs[len(errs)-1]
		}},
		{"Scan", func(e *Engine, _ reads) error {
			_, errs := readAll(t, e, reads{})
			return errs[0]
		}},
		{"a guard", guard},
		{"a fold", func(e *Engine, of reads) error {
			for range 3 {
				var b storage.Batch
				for k := range of.items { // into every block
					b.Ops = append(b.Ops, storage.Op{Key: []byte(k + "/more"), Value: []byte("1")})
				}
				if _, err := e.Commit(t.Context(), b); err != nil {
					return err
				}
			}
			return e.Health(t.Context())
		}},
		{"Verify", func(e *Engine, _ reads) error {
			return verified(e)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, of, told := rebuildable(t)
			before, err := e.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if hurtBlocks(t, e) == 0 {
				t.Fatal("the keys have no blocks")
			}
			if err := tt.meet(e, of); err != nil && (!errors.Is(err, storage.ErrRebuilding) || !errors.Is(err, storage.ErrCorrupt)) || err == nil && tt.name != "a fold" {
				t.Errorf("what meets the damage says %v, want ErrRebuilding", err)
			} else if err != nil && !strings.Contains(err.Error(), "it is derived and is being made anew: try again in a moment") {
				t.Errorf("the sentence is %q", err)
			}
			if tt.name == "a fold" {
				if err := guard(e, of); err != nil && !errors.Is(err, storage.ErrRebuilding) {
					t.Fatal(err)
				}
			}
			if err := rebuilt(t, e); err != nil {
				t.Fatalf("Health = %v after the rebuild", err)
			}
			if told.count("are being made anew from the feed") != 1 || told.count("have been made anew from the feed") != 1 {
				t.Errorf("the operator is told %q", told.buf.String())
			}
			if tt.name == "a fold" {
				of, _ = readAll(t, e, of)
			}
			wholly(t, e, of)
			if err := guard(e, of); err != nil {
				t.Errorf("a guard after the rebuild: %v", err)
			}
			if err := verified(e); err != nil {
				t.Errorf("Verify after the rebuild: %v", err)
			}
			for it, err := range before.Scan(storage.Range{}) { // the file that it began with
				if err == nil && !bytes.Equal(of.items[string(it.Key)].Value, it.Value) {
					t.Errorf("an older snapshot reads %q as %.40q", it.Key, it.Value)
				} else if err != nil && !errors.Is(err, storage.ErrRebuilding) {
					t.Errorf("an older snapshot: %v", err)
				}
			}
			if err := before.Close(); err != nil {
				t.Error(err)
			}
			for n := range 12 { // folds go on into the new file
				var b storage.Batch
				for i := range 50 {
					b.Ops = append(b.Ops, storage.Op{Key: fmt.Append(nil, "new-", n, "-", i), Value: []byte("v")})
				}
				if _, err := e.Commit(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := openReadOnly(e.wal.Path(), damageLimits)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if err := verified(again); err != nil || again.keys.own {
				t.Errorf("the next opening: %v", err)
			}
			if left, _ := filepath.Glob(e.wal.Path() + "*.new-*"); len(left) > 0 {
				t.Errorf("files are left: %v", left)
			}
		})
	}
}

// Keys that were made anew and are damaged again are not made anew a second time: the engine says so, once, and goes
// on with what is not damaged.
func TestRebuild_OnlyOnce(t *testing.T) {
	t.Parallel()
	e, of, told := rebuildable(t)
	for range 2 {
		hurtBlocks(t, e)
		if _, errs := readAll(t, e, of); len(errs) == 0 {
			t.Fatal("the damage does nothing")
		}
		_ = rebuilt(t, e)
	}
	err := rebuilt(t, e)
	if !errors.Is(err, storage.ErrCorrupt) || errors.Is(err, storage.ErrRebuilding) || !strings.Contains(err.Error(), "they were made anew once since the start and are damaged again") {
		t.Errorf("Health = %v", err)
	}
	_, errs := readAll(t, e, of)
	for _, err := range errs {
		if !strings.Contains(err.Error(), "could not be made anew while the service ran: look at the disk, then start the service again") {
			t.Errorf("a read says %v", err)
		}
	}
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte("new"), Delete: true}}}); err != nil {
		t.Errorf("a commit that meets no damage: %v", err)
	}
	if told.count("have been made anew from the feed") != 1 || told.count("can't be made anew while the service runs") != 1 {
		t.Errorf("the operator is told %q", told.buf.String())
	}
	path := e.wal.Path()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	next, err := open(path, damageLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	of, _ = readAll(t, next, of)
	wholly(t, next, of)
}

// Keys can't be made anew from a damaged feed: the engine names the feed and does not try for ever.
func TestRebuild_DamagedWAL(t *testing.T) {
	t.Parallel()
	e, of, _ := rebuildable(t)
	feed := e.wal.Path()
	file, err := os.ReadFile(feed)
	if err != nil {
		t.Fatal(err)
	}
	flip(t, feed, bytes.Index(file, bytes.Repeat([]byte{42}, 20))+5)
	hurtBlocks(t, e)
	if _, errs := readAll(t, e, of); len(errs) == 0 {
		t.Fatal("the damage does nothing")
	}
	err = rebuilt(t, e)
	if !errors.Is(err, storage.ErrCorrupt) || errors.Is(err, storage.ErrRebuilding) || !strings.Contains(err.Error(), feed+" has a damaged record") {
		t.Errorf("Health = %v, want both files named", err)
	}
}

// A rebuild for which there is no room, or no name, is tried again and succeeds when there is.
func TestRebuild_Retry(t *testing.T) {
	t.Parallel()
	e, of, told := rebuildable(t)
	e.mu.Lock()
	e.limits.retry = time.Millisecond
	e.mu.Unlock()
	block := e.keys.place.Path + dbfile.TempSuffix + "in-the-way"
	if err := os.MkdirAll(filepath.Join(block, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	hurtBlocks(t, e)
	if _, errs := readAll(t, e, of); len(errs) == 0 {
		t.Fatal("the damage does nothing")
	}
	for told.count("could not be made anew yet") == 0 {
		e.mu.RLock()
		settled := e.flushed
		e.mu.RUnlock()
		if told.count("could not be made anew yet") == 0 {
			<-settled
		}
	}
	if err := e.Health(t.Context()); !errors.Is(err, storage.ErrRebuilding) {
		t.Errorf("meanwhile Health = %v", err)
	}
	if err := os.RemoveAll(block); err != nil {
		t.Fatal(err)
	}
	if err := rebuilt(t, e); err != nil {
		t.Errorf("Health = %v", err)
	}
	wholly(t, e, of)
}

// An engine that is closed while keys are made anew leaves the file that was there; the next one makes it anew.
func TestRebuild_Close(t *testing.T) {
	t.Parallel()
	e, of, _ := rebuildable(t)
	hurtBlocks(t, e)
	if _, errs := readAll(t, e, of); len(errs) == 0 {
		t.Fatal("the damage does nothing")
	}
	path := e.wal.Path()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + "*.new-*"); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	next, err := open(path, damageLimits)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	wholly(t, next, of)
}
