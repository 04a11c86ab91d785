package desk

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"wangge/storage"
)

const (
	fullRetry = 5 * time.Second // how long keeper, outbox and audit log wait while the disk is full
	fullAgain = time.Minute     // how often a disk that stays full is logged
	fullCalm  = 2 * time.Second // without a refusal: then it is over. On a disk that is nearly full small writes succeed between large ones that don't
)

// full counts the writes that a disk without room refused. It is logged when that begins, then once a
// minute, and when it is over: not once for every write.
type full struct {
	on      atomic.Bool
	mu      sync.Mutex
	since   time.Time
	said    time.Time
	last    time.Time // when a write was refused last
	refused int
}

// wrote notes how a commit ended.
func (d *Desk) wrote(err error) {
	f := &d.full
	isFull := errors.Is(err, storage.ErrFull)
	if !isFull && (err != nil || !f.on.Load()) {
		return
	}
	now := d.clock.Now() // also before there is a city
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !isFull:
		if now.Sub(f.last) >= fullCalm && f.on.Swap(false) {
			d.log.Info("store: there is room again, and everything goes on", "refused", f.refused, "seconds", int(now.Sub(f.since).Seconds()))
			f.refused = 0
		}
		return
	case !f.on.Swap(true):
		f.since, f.said = now, time.Time{}
	}
	f.refused++
	f.last = now
	if f.said.IsZero() || now.Sub(f.said) >= fullAgain || now.Before(f.said) {
		f.said = now
		d.log.Error("store: the disk is full: nothing is written until there is room; what was acknowledged is safe", "refused", f.refused, "since", f.since, "error", err)
	}
}

// failed logs that something that is tried again failed, unless the disk is full, which has its own
// line, and returns how long to wait.
func (d *Desk) failed(what string, err error) time.Duration {
	if errors.Is(err, storage.ErrFull) {
		return fullRetry
	}
	d.log.Error(what, "error", err)
	return storeRetry
}
