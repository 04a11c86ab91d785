package loadtest

import (
	"math/bits"
	"time"
)

// A histogram counts durations in microseconds, from 1 µs to mostMicros. Up to exactMicros each value has a bucket of its own;
// above, a bucket is at most 1/1024 of its values wide, so that every figure has three significant digits. It has the same size
// however many values it counts.
type histogram struct {
	counts [buckets]int64
	total  int64
}

const (
	mostMicros  = int64(10 * time.Minute / time.Microsecond) // longer durations count as so long
	exactMicros = 2048
	halfMicros  = exactMicros / 2 // buckets of one width
	exactBits   = 11              // of exactMicros-1
	buckets     = 21 * halfMicros // bucketOf(mostMicros) is below
)

// bucketOf is the bucket of a value. Values of n bits more than exactBits share a bucket when all but their last n bits are equal.
func bucketOf(micros int64) int {
	n := max(0, bits.Len64(uint64(micros))-exactBits)
	return n*halfMicros + int(micros>>n)
}

// highestOf is the highest value of a bucket.
func highestOf(bucket int) int64 {
	if bucket < exactMicros {
		return int64(bucket)
	}
	n := bucket/halfMicros - 1
	return int64(bucket-n*halfMicros+1)<<n - 1
}

// add counts a duration; one below 1 µs counts as 1 µs.
func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(min(max(1, int64(d/time.Microsecond)), mostMicros))]++
	h.total++
}

// percentile is the value in microseconds up to which a share of all values lies, of 0 to 100 percent; 0 when nothing was counted.
func (h *histogram) percentile(percent float64) int64 {
	if h.total == 0 {
		return 0
	}
	rank := max(1, int64(percent/100*float64(h.total)+0.5))
	var seen int64
	for bucket, n := range h.counts {
		if seen += n; n > 0 && (seen >= rank || seen == h.total) {
			return highestOf(bucket)
		}
	}
	return mostMicros // not reached: the counts add up to the total
}

// curve is the latency by percentile: at 0, 50, 75, 87.5 %, and on by halves of what is left, as far as the values tell them
// apart.
func (h *histogram) curve() []curvePoint {
	var out []curvePoint
	var seen int64
	left := 100.0
	for bucket, n := range h.counts {
		seen += n
		for n > 0 && 100-left <= 100*float64(seen)/float64(h.total) {
			out = append(out, curvePoint{Percentile: 100 - left, Ms: milliseconds(highestOf(bucket))})
			if left /= 2; seen == h.total {
				return out
			}
		}
	}
	return out
}

func milliseconds(micros int64) float64 { return float64(micros) / 1000 }
