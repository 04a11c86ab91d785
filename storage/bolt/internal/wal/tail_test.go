package wal

import (
	"math"
	"math/rand/v2"
	"testing"

	"wangge/storage"
)

// The batches in memory are the newest ones, without a gap, and no more of them than recentBytes allow; the newest is
// always there.
func TestTail(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 15))
	var r Tail
	first := storage.Revision(5)
	sizes := map[storage.Revision]int{}
	for rev := first; rev < 3000; rev++ {
		size := rng.IntN(recentBytes / 50)
		if rng.IntN(500) == 0 {
			size = 2 * recentBytes
		}
		sizes[rev] = size
		r.Add(storage.Committed{Revision: rev}, size)
		oldest := rev
		for total := size; oldest > first && total+sizes[oldest-1] <= recentBytes; oldest-- {
			total += sizes[oldest-1]
		}
		for _, after := range []storage.Revision{0, oldest - 2, oldest - 1, oldest, rev - 1, rev, rev + 1, 1 << 63, math.MaxUint64} {
			got, ok := r.Since(after)
			if want := after >= oldest-1 && after != math.MaxUint64; ok != want {
				t.Fatalf("at %d, since(%d) = %t, want %t", rev, after, ok, want)
			}
			want := 0
			if ok && after < rev {
				want = int(rev - after)
			}
			if len(got) != want {
				t.Fatalf("at %d, since(%d) yields %d batches, want %d", rev, after, len(got), want)
			}
			for i, h := range got {
				if h.Committed.Revision != after+1+storage.Revision(i) {
					t.Fatalf("at %d, since(%d) yields %d at %d", rev, after, h.Committed.Revision, i)
				}
			}
		}
	}
}
