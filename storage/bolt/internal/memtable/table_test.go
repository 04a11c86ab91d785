package memtable

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"wangge/storage"

	"pgregory.net/rapid"
)

// keys generates keys that begin alike, hold zeros, and are one the beginning of another. A generator serves one test:
// generators are not safe for concurrent use.
func keys() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		key := []byte(rapid.SampledFrom([]string{"", "c/", "s/area\x00", "s/area\x00\x00\x00\x00\x00\x00\x00\x00\x00"}).Draw(t, "beginning"))
		return append(key, rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 255}), 1, 20).Draw(t, "rest")...)
	})
}

// batchOf makes the entries of a batch and says about how long its encoding is.
func batchOf(rev storage.Revision, ops ...storage.Op) (batch []Entry, size int) {
	batch = make([]Entry, len(ops))
	for i := range ops {
		batch[i] = Entry{Op: &ops[i], Rev: rev, Hash: Hash(ops[i].Key)}
		size += len(ops[i].Key) + len(ops[i].Value)
	}
	return batch, size
}

// A table against a list of all that was put: look-ups and scans at every revision, with batches that
// are taken back in between.
func TestTable_AgainstList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tb := New()
		var all []*Entry // the model: in order
		rev := storage.Revision(0)
		fewKeys := rapid.SliceOfN(keys(), 1, 20).Draw(t, "keys")
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			ops := map[string]storage.Op{}
			for range rapid.IntRange(1, 30).Draw(t, "ops") {
				key := rapid.SampledFrom(fewKeys).Draw(t, "key")
				ops[string(key)] = storage.Op{Key: key, Value: []byte(fmt.Sprint(rev)), Delete: rapid.IntRange(0, 3).Draw(t, "kind") == 0}
			}
			var list []storage.Op
			for _, op := range ops {
				list = append(list, op)
			}
			batch, size := batchOf(rev+1, list...)
			tb.Put(batch, size)
			switch rapid.IntRange(0, 4).Draw(t, "then") {
			case 0:
				tb.Runs()
				tb.Drop(1, size)
				continue
			case 1:
				tb.Runs()
			}
			rev++
			for i := range batch {
				all = append(all, &batch[i])
			}
		}
		if ops, _ := tb.Size(); ops != len(all) {
			t.Fatalf("size %d, want %d", ops, len(all))
		}
		for at := rev; at > rev-min(rev, 5); at-- {
			want := map[string]*Entry{}
			for _, e := range all {
				if e.Rev <= at {
					want[string(e.Op.Key)] = e
				}
			}
			for _, key := range fewKeys {
				if got, ok := tb.Get(key, at); got != want[string(key)] || ok != (got != nil) {
					t.Fatalf("get(%q, %d) = %v, want %v", key, at, got, want[string(key)])
				}
			}
			rng := storage.Range{Start: rapid.SampledFrom(fewKeys).Draw(t, "start"), Reverse: rapid.Bool().Draw(t, "reverse")}
			if rapid.Bool().Draw(t, "bounded") {
				rng.End = rapid.SampledFrom(fewKeys).Draw(t, "end")
			}
			var sorted []string
			for key := range want {
				if rng.Contains([]byte(key)) {
					sorted = append(sorted, key)
				}
			}
			slices.Sort(sorted)
			if rng.Reverse {
				slices.Reverse(sorted)
			}
			source := tb.Sorted().Source(rng, at)
			for _, key := range sorted {
				if got, ok, _ := source.Next(); !ok || got != want[key] {
					t.Fatalf("scan %v at %d = %v, want %v", rng, at, got, want[key])
				}
			}
			if got, ok, _ := source.Next(); ok {
				t.Fatalf("scan %v at %d goes on with %v", rng, at, got)
			}
		}
	})
}

// However many keys begin alike, a run has them in the order of their bytes.
func TestRun_Sorted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var batches [][]Entry
		var want []*Entry
		for rev := range storage.Revision(rapid.IntRange(1, 100).Draw(t, "batches")) {
			batch, _ := batchOf(rev+1, storage.Op{Key: keys().Draw(t, "key")})
			batches, want = append(batches, batch), append(want, &batch[0])
		}
		slices.SortFunc(want, compare)
		cut := rapid.IntRange(0, len(batches)).Draw(t, "cut")
		for name, got := range map[string]Run{"sorted": NewRun(batches), "merged": merge(NewRun(batches[:cut]), NewRun(batches[cut:]))} {
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

// Readers and the writer work on a table at once.
func TestTable_ConcurrentReaders(t *testing.T) {
	t.Parallel()
	tb := New()
	const batches = 500
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for seen := 0; seen < batches; {
				n := 0
				source := tb.Sorted().Source(storage.Range{}, Newest)
				for e, ok, _ := source.Next(); ok; e, ok, _ = source.Next() {
					if got, ok := tb.Get(e.Op.Key, e.Rev); !ok || got != e {
						t.Errorf("get(%q) = %v, want %v", e.Op.Key, got, e)
						return
					}
					n++
				}
				if n < seen {
					t.Errorf("%d keys after %d", n, seen)
					return
				}
				seen = n
			}
		})
	}
	for i := range batches {
		batch, size := batchOf(storage.Revision(i+1), storage.Op{Key: fmt.Appendf(nil, "%d", i*7919%batches), Value: bytes.Repeat([]byte{1}, 100)})
		tb.Put(batch, size)
	}
	wg.Wait()
}

// A writer that fills a table should stop for nobody: the longest put, into a table that begins small
// and into one made like the last.
func BenchmarkFillTable(b *testing.B) {
	const batches, each = 32 << 10, 8
	full := New()
	fill := func(t *Table) (longest time.Duration) {
		for rev := range storage.Revision(batches) {
			ops := make([]storage.Op, each)
			for i := range ops {
				ops[i].Key = fmt.Appendf(nil, "c/%d/%d", rev, i)
			}
			batch, size := batchOf(rev+1, ops...)
			start := time.Now()
			t.Put(batch, size)
			longest = max(longest, time.Since(start))
		}
		return longest
	}
	fill(full)
	for name, fresh := range map[string]func() *Table{"small": New, "like the last": func() *Table { return NewLike(full) }} {
		b.Run(name, func(b *testing.B) {
			var longest time.Duration
			for b.Loop() {
				longest = max(longest, fill(fresh()))
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest-put")
		})
	}
}
