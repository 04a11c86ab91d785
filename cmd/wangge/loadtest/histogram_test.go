package loadtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Buckets lie side by side, from the first value to the last, none wider than a thousandth of its values.
func TestHistogram_Buckets(t *testing.T) {
	t.Parallel()
	next := int64(0)
	for bucket := range buckets {
		lowest, highest := next, highestOf(bucket)
		if bucketOf(lowest) != bucket || bucketOf(highest) != bucket || bucketOf(highest+1) != bucket+1 {
			t.Fatalf("bucket %d has %d to %d", bucket, lowest, highest)
		}
		if width := highest - lowest; width > 0 && float64(width) > float64(lowest)/1000 {
			t.Fatalf("bucket %d has %d to %d, more than a thousandth", bucket, lowest, highest)
		}
		next = highest + 1
	}
	if bucketOf(mostMicros) >= buckets {
		t.Errorf("%d has no bucket", mostMicros)
	}
}

// Each percentile is that of the sorted values, to three digits; also of durations below and above what is told apart.
func TestHistogram_PercentilesOfSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(math.Exp(rapid.Float64Range(0, 28).Draw(t, "ln")) * 1000)
		}), 1, 300).Draw(t, "durations")
		h := &histogram{}
		var sorted []int64
		for _, d := range durations {
			h.add(d)
			sorted = append(sorted, min(max(1, int64(d/time.Microsecond)), mostMicros))
		}
		slices.Sort(sorted)
		for _, percent := range []float64{0, 1, 50, 90, 99, 99.9, 100} {
			want := sorted[min(max(1, int(percent/100*float64(len(sorted))+0.5)), len(sorted))-1]
			if got := h.percentile(percent); got < want || float64(got-want) > float64(want)/1000 {
				t.Fatalf("%v %% = %d, want %d of %v", percent, got, want, sorted)
			}
		}
	})
}

// The curve rises to the last value by halves of what is left.
func TestHistogram_Curve(t *testing.T) {
	t.Parallel()
	h, rng := &histogram{}, rand.New(rand.NewPCG(1, 0))
	if got := h.curve(); got != nil || h.percentile(99) != 0 {
		t.Errorf("the curve of nothing is %v", got)
	}
	for range 10_000 {
		h.add(time.Duration(rng.ExpFloat64() * float64(time.Millisecond)))
	}
	curve := h.curve()
	left := 100.0
	for i, p := range curve {
		if p.Percentile != 100-left || i > 0 && p.Ms < curve[i-1].Ms {
			t.Errorf("point %d is %+v", i, p)
		}
		left /= 2
	}
	if last := curve[len(curve)-1]; len(curve) < 13 || last.Ms != milliseconds(h.percentile(100)) {
		t.Errorf("the curve ends after %d points at %+v, the slowest took %v ms", len(curve), last, milliseconds(h.percentile(100)))
	}
}
