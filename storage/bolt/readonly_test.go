package bolt

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/storage"
)

// unpacked writes a packed store of testdata to a path.
func unpacked(t *testing.T, name string) (path string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// put commits values under keys, one batch each.
func put(t *testing.T, e *Engine, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte(pairs[i]), Value: []byte(pairs[i+1])}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// testdata/v2.db.gz was written by format version 2: its 60 batches have no checksums. It is read as it is, and
// upgraded when it is opened for writing: new batches have checksums, the old ones stay readable.
func TestOpen_Version2(t *testing.T) {
	t.Parallel()
	path := unpacked(t, "v2.db.gz")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for n := range 60 {
		want[fmt.Sprintf("k/%03d", n)] = string(bytes.Repeat([]byte{byte(n)}, 3*n))
		if n%10 == 9 {
			delete(want, fmt.Sprintf("k/%03d", n-1))
		}
	}
	verified := func(e *Engine, records, sealed int) {
		t.Helper()
		v, err := e.Verify(func(d *storage.DamageError) error { return d })
		if err != nil || v.Records != records || v.Sealed != sealed {
			t.Errorf("Verify = %+v, %v; want %d records, %d with a checksum", v, err, records, sealed)
		}
		if got, err := all(t, e); err != nil || !same(got, want) {
			t.Errorf("it reads %d keys, %v; want %d", len(got), err, len(want))
		}
	}
	e, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	verified(e, 60, 0)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("a reader upgraded the file: %v", err)
	}
	small := limits{ops: 10, bytes: 1 << 20, slice: 4}
	for round := range 3 {
		if e, err = open(path, small); err != nil {
			t.Fatal(err)
		}
		put(t, e, fmt.Sprint("new-", round), strings.Repeat("v", 100))
		want[fmt.Sprint("new-", round)] = strings.Repeat("v", 100)
		verified(e, 61+round, 1+round)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Keys beside a feed that is not theirs are never read: another store's, of the same store after it was put back to an
// older state and went on otherwise, and of a feed that lost what they know.
func TestKeys_OtherStore(t *testing.T) {
	t.Parallel()
	small := limits{ops: 2, bytes: 1 << 20, slice: 2}
	make10 := func(path, value string) {
		t.Helper()
		e, err := open(path, small)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			put(t, e, fmt.Sprint("k", n), value)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if e, err = open(path, small); err != nil { // folds the rest
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	move := func(from, to string) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, b, base := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "base.db")
	make10(a, "a")
	make10(b, "b")
	make10(base, "base")
	left, right := filepath.Join(dir, "left.db"), filepath.Join(dir, "right.db")
	for _, to := range []string{left, right} {
		move(base, to)
		move(KeysPath(base), KeysPath(to))
		make10(to, filepath.Base(to))
	}
	for _, tt := range []struct{ name, feed, keys, value string }{
		{"another store's", a, b, "a"},
		{"of another history", left, right, "left.db"},
		{"of the state before", left, base, "left.db"}, // these are its own, and only lack the rest
		{"that know more", base, left, "base"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			move(tt.feed, path)
			move(KeysPath(tt.keys), KeysPath(path))
			for _, opening := range []func(string, limits) (*Engine, error){openReadOnly, open} {
				e, err := opening(path, small)
				if err != nil {
					t.Fatal(err)
				}
				got, err := all(t, e)
				if err != nil || len(got) != 10 {
					t.Errorf("it reads %d keys, %v", len(got), err)
				}
				for k, v := range got {
					if v != tt.value {
						t.Errorf("%s = %q, want %q", k, v, tt.value)
					}
				}
				if remade := e.Remade(); (remade == nil) != (tt.name == "of the state before") {
					t.Errorf("Remade = %v", remade)
				}
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A reader holds what the keys lack in memory as long as it is little, and folds keys of its own when it is much;
// it commits nothing, and others may read beside it, but nobody may write.
func TestReadOnly_Bounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for n := range 100 {
		k := fmt.Sprintf("k%02d", n)
		put(t, e, k, k)
		want[k] = k
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, tt := range []struct {
		ops  int
		made bool
	}{{1000, false}, {50, false}, {34, false}, {33, true}, {5, true}, {1, true}} {
		r, err := openReadOnly(path, limits{ops: tt.ops, bytes: 1 << 20, slice: 3})
		if err != nil {
			t.Fatal(err)
		}
		if r.keys.own != tt.made {
			t.Errorf("tables of %d keys: keys of its own %v, want %v", tt.ops, r.keys.own, tt.made)
		}
		other, err := OpenReadOnly(path)
		if err != nil {
			t.Fatalf("a second reader: %v", err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another process") {
			t.Errorf("a writer beside readers: %v", err)
		}
		for _, e := range []*Engine{r, other} {
			if got, err := all(t, e); err != nil || !same(got, want) {
				t.Errorf("tables of %d keys: it reads %d keys, %v", tt.ops, len(got), err)
			}
			if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte("k")}}}); !errors.Is(err, storage.ErrReadOnly) {
				t.Errorf("Commit = %v, want ErrReadOnly", err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("readers left %v, %v", left, err)
	}
}

// A head page that is damaged after a clean end loses nothing, and is named.
func TestReadOnly_DamagedHead(t *testing.T) {
	t.Parallel()
	sound := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(sound)
	if err != nil {
		t.Fatal(err)
	}
	put(t, e, "a", "1", "b", "2", "c", "3")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	feed, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	for at := range 2 {
		path := filepath.Join(t.TempDir(), "store.db")
		hurt := bytes.Clone(feed)
		hurt[at*os.Getpagesize()+50] ^= 4
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := OpenReadOnly(path)
		if err != nil {
			t.Fatal(err)
		}
		var found []storage.DamageKind
		if _, err := r.Verify(func(d *storage.DamageError) error {
			found = append(found, d.Kind)
			return nil
		}); err != nil || len(found) != 1 || found[0] != storage.HeadDamaged {
			t.Errorf("head page %d: found %v, %v", at, found, err)
		}
		if got, err := all(t, r); err != nil || len(got) != 3 {
			t.Errorf("head page %d: it reads %v, %v", at, got, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
