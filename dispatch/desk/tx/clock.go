package tx

import "time"

// Clock is the desk's only source of time.
type Clock interface {
	Now() time.Time
	// NewTimer returns a channel that receives once after d, and a function that stops it.
	NewTimer(d time.Duration) (<-chan time.Time, func() bool)
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now implements Clock.
func (SystemClock) Now() time.Time { return time.Now() } //nolint:forbidigo // the one real clock

// NewTimer implements Clock.
func (SystemClock) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	t := time.NewTimer(d) //nolint:forbidigo // the one real clock
	return t.C, t.Stop
}
