package bolt

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wangge/storage"
)

// all reads a whole store; an error when some of it can't be read.
func all(t *testing.T, e *Engine) (map[string]string, error) {
	t.Helper()
	s, err := e.Snapshot(t.Context())
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := map[string]string{}
	for it, err := range s.Scan(storage.Range{}) {
		if err != nil {
			return nil, err
		}
		out[string(it.Key)] = string(it.Value)
	}
	return out, nil
}

// grown writes a store of some dozens of pages and returns its feed before and after the last commit,
// and what it held then.
func grown(t *testing.T) (before, after []byte, held, with map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	e, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	held = map[string]string{}
	commit := func(n, ops int) {
		var b storage.Batch
		for i := range ops {
			k, v := fmt.Sprintf("key-%d-%d", n, i), strings.Repeat(fmt.Sprint(n), 20)
			b.Ops = append(b.Ops, storage.Op{Key: []byte(k), Value: []byte(v)})
			held[k] = v
		}
		if _, err := e.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 60 {
		commit(n, 1+n%20)
	}
	if before, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	with = held
	held = map[string]string{}
	maps.Copy(held, with)
	was := held
	held = with
	commit(60, 20)
	if after, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return before, after, was, with
}

// reopened opens a feed alone, as a machine finds it after the power came back, and reads all of it. The
// file is gone afterwards: the tests open some hundred stores of several megabytes.
func reopened(t *testing.T, feed []byte) (map[string]string, error) {
	t.Helper()
	dir := t.TempDir()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "store.db")
	if err := os.WriteFile(path, feed, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return all(t, e)
}

func same(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || w != v {
			return false
		}
	}
	return true
}

// The power goes while the last commit is written: of its pages some are on the disk, some are not,
// some are half or garbage, and the page that makes it count is not, or is half. The store opens with
// exactly what was acknowledged.
func TestPowerCut_LastCommit(t *testing.T) {
	t.Parallel()
	before, after, held, with := grown(t)
	page := os.Getpagesize()
	rng := rand.New(rand.NewPCG(5, 6))
	if got, err := reopened(t, after); err != nil || !same(got, with) {
		t.Fatalf("the whole store reads %d keys, %v; want %d", len(got), err, len(with))
	}
	for n := range 24 {
		torn := slices.Clone(after)
		for at := 0; at < len(torn); at += page {
			old := make([]byte, page)
			if at < len(before) {
				copy(old, before[at:])
			}
			now := torn[at : at+page]
			if bytes.Equal(old, now) {
				continue
			}
			if at < 2*page { // the page that makes it count: as before, or cut within its checksum
				if rng.IntN(2) == 0 {
					copy(now, old)
				} else {
					copy(now[40:], old[40:])
				}
				continue
			}
			switch rng.IntN(5) {
			case 0:
				copy(now, old)
			case 1:
				clear(now)
			case 2:
				for i := range now {
					now[i] = byte(rng.Uint32())
				}
			case 3:
				copy(now[:page/2], old)
			}
		}
		if n%3 == 0 {
			torn = torn[:max(len(before), page*(len(torn)/page-rng.IntN(3)))]
		}
		if got, err := reopened(t, torn); err != nil || !same(got, held) {
			t.Errorf("cut %d: the store reads %d keys, %v; want the %d that were acknowledged", n, len(got), err, len(held))
		}
	}
}

// A feed that was cut, or of which a page was overwritten, opens with everything, when nothing of it
// was hit, or is refused in words that name the file and what to do. It never panics and never opens
// with less; but when the page is hit that makes the last commit count, this looks as if the power had
// gone before it did.
func TestOpen_DamagedWAL(t *testing.T) {
	t.Parallel()
	_, after, held, with := grown(t)
	page := os.Getpagesize()
	refused := 0
	try := func(what string, at int, feed []byte) {
		t.Helper()
		got, err := reopened(t, feed)
		switch {
		case err != nil:
			refused++
			if !strings.Contains(err.Error(), "store.db") || !strings.Contains(err.Error(), "backup") {
				t.Errorf("%s is refused as %q; want the file and what to do", what, err)
			}
		case !same(got, with) && (at >= 2*page || !same(got, held)):
			t.Errorf("%s: it opens with %d keys of %d", what, len(got), len(with))
		}
	}
	used := len(bytes.TrimRight(after, "\x00"))
	for at := 0; at < used; at += page {
		if at > 0 {
			try(fmt.Sprintf("a feed cut at page %d", at/page), 2*page, after[:at])
		}
		try(fmt.Sprintf("a feed cut within page %d", at/page), 2*page, after[:at+page/2])
		for _, with := range []byte{0, 0xa5} {
			hit := slices.Clone(after)
			copy(hit[at:at+page], bytes.Repeat([]byte{with}, page))
			try(fmt.Sprintf("page %d filled with %#x", at/page, with), at, hit)
		}
	}
	if refused == 0 {
		t.Error("no damage was refused")
	}
}

// Keys that were damaged or cut are derived, and are made anew.
func TestOpen_DamagedKeys(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	small := limits{ops: 20, bytes: 1 << 20, slice: 64}
	e, err := open(path, small)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for n := range 50 {
		k := fmt.Sprint("key-", n)
		if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: []byte(k), Value: []byte("v")}}}); err != nil {
			t.Fatal(err)
		}
		want[k] = "v"
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile(KeysPath(path))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	damages := [][]byte{slices.Concat(bytes.Repeat([]byte{0xa5}, 2*page), keys[2*page:])}
	for at := page; at < min(len(keys), 5*page); at += page {
		damages = append(damages, keys[:at], keys[:at+page/2])
	}
	for at := 2 * page; at < len(bytes.TrimRight(keys, "\x00")); at += page { // whatever the page holds
		for _, with := range []byte{0, 0xa5} {
			damages = append(damages, slices.Concat(keys[:at], bytes.Repeat([]byte{with}, page), keys[at+page:]))
		}
	}
	for n, damaged := range damages {
		if err := os.WriteFile(KeysPath(path), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := open(path, small)
		if err != nil {
			t.Fatalf("damage %d: %v", n, err)
		}
		if got, err := all(t, e); err != nil || !same(got, want) {
			t.Errorf("damage %d: the store reads %d keys, %v; want %d", n, len(got), err, len(want))
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
