package conn

import (
	"sync"
	"time"
)

// bucket is a token bucket: burst at once, rate a second. Spending more than the allowance makes a debt. Not safe for
// concurrent use.
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

// Meter is an allowance of bytes that many calls share. Safe for concurrent use.
type Meter struct {
	mu sync.Mutex
	bucket
}

// NewMeter returns a meter that allows burst bytes at once and rate bytes a second.
func NewMeter(burst, rate float64) *Meter { return &Meter{bucket: bucket{burst: burst, rate: rate}} }

// Charge takes n bytes and reports whether more than the allowance is owed.
func (m *Meter) Charge(n int) (over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spend(float64(n), time.Now()) > 0
}
