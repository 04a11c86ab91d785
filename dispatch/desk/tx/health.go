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

// health counts the writes that the store refused because its disk is full or fails. The trouble is logged when it
// begins, once a minute while it lasts, and when it ends.
type health struct {
	failing atomic.Bool
	mu      sync.Mutex
	since   time.Time // when the trouble began
	logged  time.Time
	last    time.Time // when a write was refused last
	err     error     // the error of that write
	refused int
}

// isDiskError reports whether an error is that of the disk, and not of the caller.
func isDiskError(err error) bool {
	return errors.Is(err, storage.ErrFull) || errors.Is(err, storage.ErrFailed) || errors.Is(err, storage.ErrUncertain)
}

// diskText is the log message for a disk error.
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

// wrote records the outcome of a commit.
func (s *Store) wrote(err error) {
	f := &s.health
	failed := isDiskError(err)
	if !failed && (err != nil || !f.failing.Load()) {
		return
	}
	now := s.clock.Now() // without a zone: there may be no city yet
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

// Failed logs the error of an operation that will be retried, and returns how long to wait. A disk error is not logged
// here: health logs it.
func (s *Store) Failed(what string, err error) time.Duration {
	if isDiskError(err) {
		return diskRetry
	}
	s.log.Error(what, "error", err)
	return StoreRetry
}

// Writes returns nil if the store accepts writes as far as the desk knows, or else the error. After a write that was
// refused because the disk is full or fails, Writes commits an empty batch, which takes a revision if it succeeds; the
// trouble ends when no write was refused for two seconds. Errors: storage.ErrFull, storage.ErrFailed,
// storage.ErrUncertain, storage.ErrClosed, and that of ctx.
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
