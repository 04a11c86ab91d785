package bolt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
)

// What is read back after a failed sync is compared with its checksum and its pages are looked at before anything
// of it is shown. When the place is whole again the engine goes on.
func TestReadBack_Checksum(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	l := defaultLimits
	l.retry = time.Hour // nobody else looks
	e := unattended(t, path, l)
	value := strings.Repeat("seen", 50)
	write := func(key, value string) {
		t.Helper()
		if err := e.writeHere(storage.Op{Key: []byte(key), Value: []byte(value)}); err != nil {
			t.Fatal(err)
		}
	}
	write("a", "1")
	write("b", value)
	shown := e.rev
	for _, tt := range []struct {
		name string
		at   func(file []byte) int
		kind storage.DamageKind
	}{
		{"a value", func(file []byte) int { return bytes.LastIndex(file, []byte(value)) + 7 }, storage.RecordDamaged},
		{"the number of its page", func(file []byte) int {
			return bytes.LastIndex(file, []byte(value)) / os.Getpagesize() * os.Getpagesize()
		}, storage.PageDamaged},
	} {
		e.suspend(errors.New("a sync failed"))
		e.mu.Lock()
		e.rev = shown - 1 // as it is when the fate of the last batch is not known
		e.mu.Unlock()
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := tt.at(file)
		flip(t, path, at)
		d, ok := errors.AsType[*storage.DamageError](e.resume(nil))
		if !ok || d.Kind != tt.kind || d.Path != path || d.Offset < 0 {
			t.Errorf("%s: resume says %+v, want %s with its place", tt.name, d, tt.kind)
		}
		if err := e.Health(t.Context()); !errors.Is(err, storage.ErrFailed) || !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%s: Health = %v", tt.name, err)
		}
		if e.rev != shown-1 {
			t.Errorf("%s: readers are shown revision %d", tt.name, e.rev)
		}
		flip(t, path, at)
		if err := e.resume(nil); err != nil || e.rev != shown {
			t.Errorf("%s is whole again: resume = %v at %d, want %d", tt.name, err, e.rev, shown)
		}
	}
	write("c", "3")
	if got, err := all(t, e); err != nil || !same(got, map[string]string{"a": "1", "b": value, "c": "3"}) {
		t.Errorf("it reads %v, %v", got, err)
	}
}

// When the head page of the last commit is damaged while the engine runs, the next commit does not write over what
// that one wrote: it is refused until the page is whole again, and nothing is lost.
func TestReadBack_DamagedHead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	l := defaultLimits
	l.retry = time.Hour
	e := unattended(t, path, l)
	for _, key := range []string{"a", "b"} {
		if err := e.writeHere(storage.Op{Key: []byte(key), Value: []byte("1")}); err != nil {
			t.Fatal(err)
		}
	}
	whole, _, err := e.wal.Handle.Pages.Heads()
	if err != nil {
		t.Fatal(err)
	}
	at := int(whole[0].At) + pages.MetaSum
	flip(t, path, at)
	for range 3 {
		err := e.writeHere(storage.Op{Key: []byte("c"), Value: []byte("3")})
		if !errors.Is(err, storage.ErrCorrupt) || !errors.Is(err, storage.ErrFailed) && !errors.Is(err, storage.ErrUncertain) {
			t.Errorf("Commit = %v", err)
		}
	}
	flip(t, path, at)
	if err := e.resume(nil); err != nil {
		t.Fatal(err)
	}
	if err := e.writeHere(storage.Op{Key: []byte("d"), Value: []byte("4")}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "1", "b": "1", "d": "4"}
	if got, err := all(t, e); err != nil || !same(got, want) {
		t.Errorf("it reads %v, %v", got, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got, err := all(t, e); err != nil || !same(got, want) {
		t.Errorf("after a restart it reads %v, %v", got, err)
	}
}

// flip flips a bit of a file.
func flip(t *testing.T, path string, at int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b[:], int64(at)); err != nil {
		t.Fatal(err)
	}
}
