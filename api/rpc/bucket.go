package rpc

import "time"

// bucket holds an allowance that fills up again with time: burst at once, rate a second. What is
// spent beyond is a debt. Not safe for concurrent use.
type bucket struct {
	burst, rate float64
	spent       float64
	at          time.Time
}

// spend takes n and returns how long the caller must wait until nothing is owed.
func (b *bucket) spend(n float64, now time.Time) time.Duration {
	if passed := now.Sub(b.at); passed > 0 {
		b.spent = max(0, b.spent-passed.Seconds()*b.rate)
		b.at = now
	}
	b.spent = max(0, b.spent+n)
	if owed := b.spent - b.burst; owed > 0 {
		return time.Duration(owed / b.rate * float64(time.Second))
	}
	return 0
}
