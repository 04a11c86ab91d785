package segment

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// anyKey draws keys that begin alike, hold zeros, and are one the beginning of another.
var anyKey = rapid.Custom(func(t *rapid.T) []byte {
	key := []byte(rapid.SampledFrom([]string{"", "c/", "s/area\x00", "s/area\x00\x00\x00\x00\x00\x00\x00\x00\x00"}).Draw(t, "beginning"))
	return append(key, rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 255}), 1, 20).Draw(t, "rest")...)
})

func encoded(rev storage.Revision, ops ...storage.Op) []memtable.Entry {
	_, _, entries := wal.Encode(ops)
	for i := range entries {
		entries[i].Rev = rev
	}
	return entries
}

// Blocks against a map, over many folds: look-ups of keys that are and aren't there, order, and the
// size of blocks.
func TestMerge_AgainstMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		files++
		db, err := bbolt.Open(filepath.Join(dir, fmt.Sprint(files)), 0o600, &bbolt.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		model := map[string]string{}
		rev := storage.Revision(0)
		for range rapid.IntRange(1, 6).Draw(t, "folds") {
			var batches [][]memtable.Entry
			ops := map[string]storage.Op{}
			base := rapid.IntRange(0, 300).Draw(t, "base") // keys in order, as most are
			for i := range rapid.IntRange(0, 300).Draw(t, "in order") {
				ops[fmt.Sprintf("c/%06d", base+i)] = storage.Op{Value: fmt.Append(nil, base)}
			}
			for _, key := range rapid.SliceOfN(anyKey, 1, 30).Draw(t, "keys") {
				ops[string(key)] = storage.Op{Value: key, Delete: rapid.Bool().Draw(t, "delete")}
			}
			for _, key := range slices.Sorted(maps.Keys(ops)) {
				rev++
				op := ops[key]
				op.Key = []byte(key)
				batch := encoded(rev, op)
				batches = append(batches, batch)
				if model[key] = string(EncodeEntry(nil, &batch[0])); op.Delete {
					delete(model, key)
				}
			}
			if err := db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucketIfNotExists(Bucket)
				if err != nil {
					return err
				}
				if b.Get(Lowest) == nil {
					if err := b.Put(Lowest, SealBlock(Lowest, nil, nil)); err != nil {
						return err
					}
				}
				return Merge(b, memtable.NewRun(batches))
			}); err != nil {
				t.Fatal(err)
			}
			_ = db.View(func(tx *bbolt.Tx) error {
				b := tx.Bucket(Bucket)
				var all []Pair
				c := b.Cursor()
				end := Lowest
				for low, sealed := c.First(); low != nil; low, sealed = c.Next() {
					b, err := OpenBlock(low, sealed)
					if err != nil || !bytes.Equal(low, end) {
						t.Fatalf("block %q follows one that ends at %q: %v", low, end, err)
					}
					before := len(all)
					if all, err = pairs(all, nil, b.items); err != nil || len(all) == before && !bytes.Equal(low, Lowest) || len(all)-before > blockMost {
						t.Fatalf("block %q: %d keys, %v", low, len(all)-before, err)
					}
					for _, p := range all[before:] {
						if !b.contains(p.Key) {
							t.Fatalf("block %q to %q has %q", low, b.end, p.Key)
						}
					}
					end = b.end
				}
				if end != nil {
					t.Fatalf("the last block ends at %q", end)
				}
				if !slices.IsSortedFunc(all, func(a, b Pair) int { return bytes.Compare(a.Key, b.Key) }) || len(all) != len(model) {
					t.Fatalf("%d keys, want %d, in order", len(all), len(model))
				}
				for _, p := range all {
					if model[string(p.Key)] != string(p.Value) {
						t.Fatalf("%q holds %x, want %x", p.Key, p.Value, model[string(p.Key)])
					}
				}
				for key := range ops {
					for _, near := range []string{key, key + "\x00", key[:len(key)-1]} {
						if near == "" {
							continue // no key is empty
						}
						got, err := Find(b.Cursor(), []byte(near))
						if want, ok := model[near]; err != nil || ok != (got != nil) || want != string(got) {
							t.Fatalf("lookUp(%q) = %x, %v; want %x", near, got, err, want)
						}
					}
				}
				return nil
			})
		}
	})
}

func FuzzBlock(f *testing.F) {
	f.Add(pack([]Pair{{[]byte("ab"), []byte("1")}, {[]byte("abc"), []byte("2")}}), []byte("abc"))
	f.Fuzz(func(t *testing.T, b, key []byte) {
		all, err := pairs(nil, nil, b)
		if err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("pairs = %v, want ErrCorrupt", err)
		}
		if _, err := search(b, key); err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("find = %v, want ErrCorrupt", err)
		}
		if err != nil {
			return
		}
		again, err := pairs(nil, nil, pack(all))
		if err != nil || !slices.EqualFunc(all, again, func(a, b Pair) bool { return bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Value, b.Value) }) {
			t.Errorf("packed again: %v, %v; want %v", again, err, all)
		}
	})
}
