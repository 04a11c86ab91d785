package tx

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"wangge/storage"
)

const (
	diskRetry = 5 * time.Second // how long the loops of timers, outbox and audit log wait while the store refuses writes
	logAgain  = time.Minute     // how often a store that goes on refusing is logged
	// healthyFor without a refusal ends the trouble: on a disk that is nearly full small writes succeed between large
	// ones that don't.
	healthyFor = 2 * time.Second
)

// health counts the writes that the store refused because its disk has no room or fails. It is logged when that
// begins, then once a minute, and when it is over: not once for every write.
type health struct {
	failing atomic.Bool
	mu      sync.Mutex
	since   time.Time // when it began
	logged  time.Time
	last    time.Time // when a write was refused last
	err     error     // with what
	refused int
}

// isDiskError reports whether an error is the disk's, and not the caller's.
func isDiskError(err error) bool {
	return errors.Is(err, storage.ErrFull) || errors.Is(err, storage.ErrFailed) || errors.Is(err, storage.ErrUncertain)
}

// diskText says what an error means for the operator.
func diskText(err error) string {
	switch {
	case errors.Is(err, storage.ErrUncertain):
		return "store: a write failed, and it is not known whether it took effect: nothing more is acknowledged until the file was read back; what was acknowledged is safe"
	case errors.Is(err, storage.ErrFull):
		return "store: the disk is full: nothing is written until there is room; what was acknowledged is safe"
	default:
		return "store: writes fail: nothing is acknowledged until they succeed again; what was acknowledged is safe"
	}
}

// wrote notes how a commit ended.
func (s *Store) wrote(err error) {
	f := &s.health
	failed := isDiskError(err)
	if !failed && (err != nil || !f.failing.Load()) {
		return
	}
	now := s.clock.Now() // also before there is a city
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !failed:
		if now.Sub(f.last) >= healthyFor && f.failing.Swap(false) {
			text := "store: it writes again, and everything goes on"
			if errors.Is(f.err, storage.ErrFull) {
				text = "store: there is room again, and everything goes on"
			}
			s.log.Info(text, "refused", f.refused, "seconds", int(now.Sub(f.since).Seconds()))
			f.refused, f.err = 0, nil
		}
		return
	case !f.failing.Swap(true):
		f.since, f.logged = now, time.Time{}
	}
	f.refused++
	f.last, f.err = now, err
	if f.logged.IsZero() || now.Sub(f.logged) >= logAgain || now.Before(f.logged) {
		f.logged = now
		s.log.Error(diskText(err), "refused", f.refused, "since", f.since, "error", err)
	}
}

// Failed logs that something that is tried again failed, unless the disk is full or fails, which has its own
// line, and returns how long to wait.
func (s *Store) Failed(what string, err error) time.Duration {
	if isDiskError(err) {
		return diskRetry
	}
	s.log.Error(what, "error", err)
	return StoreRetry
}

// Writes returns nil when the store takes writes as far as the desk knows, else why not. After a write that was
// refused because the disk is full or fails it tries one of an empty batch, which takes a revision when it
// succeeds; it is over when none has been refused for some seconds. Errors: storage.ErrFull, storage.ErrFailed,
// storage.ErrUncertain, storage.ErrClosed, and ctx's.
func (s *Store) Writes(ctx context.Context) error {
	if h, ok := s.engine.(storage.Healthy); ok {
		if err := h.Health(ctx); err != nil {
			return err
		}
	}
	f := &s.health
	if !f.failing.Load() {
		return nil
	}
	if inside(ctx) {
		return ErrNested
	}
	_, err := s.engine.Commit(ctx, storage.Batch{})
	s.wrote(err)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
