package sim

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"time"

	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/storage"
	"wangge/storage/faultinject"
)

// clock is the clock of the service.
type clock struct{ w *world }

func (c clock) Now() time.Time { return c.w.service() }

func (c clock) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	return make(chan time.Time), func() bool { return true }
}

func (w *world) service() time.Time { return w.now.Add(w.skew) }

// restart starts the machine, again and again while it stops during the start.
func (w *world) restart(ctx context.Context) error {
	for {
		w.store.Restart() //nolint:contextcheck // what an earlier commit wrote depends on no caller
		err := w.start(ctx)
		if err == nil || !w.store.Crashed() && !errors.Is(err, faultinject.ErrInjected) {
			return err
		}
	}
}

// start opens the desk of a machine that has just booted.
func (w *world) start(ctx context.Context) error {
	var store storage.Engine = w.store
	if w.cfg.Wrap != nil {
		store = w.cfg.Wrap(store)
	}
	var err error
	w.desk, err = desk.Open(ctx, desk.Config{
		Store: store, City: w.city, Directory: w.files, Clock: clock{w},
		Channels: []string{"webhook"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	w.noteActive()
	if w.cfg.Replica || w.cfg.Seed%8 == 3 {
		head, err := w.revision(ctx)
		if err != nil {
			return err
		}
		w.feed = &gate{upTo: head, moved: make(chan struct{})}
		w.replica, err = desk.Open(ctx, desk.Config{
			Store: laggingStore{store, w, w.feed}, City: w.desk.City(), Clock: clock{w},
			Channels: []string{"webhook"}, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			w.desk.Close()
			return fmt.Errorf("open the replica: %w", err)
		}
	}
	w.post = w.desk.Relay(outbox.RelayConfig{Channels: []notify.Channel{box{w}}, Rand: rand.New(rand.NewPCG(w.rng.Uint64(), 1))})
	return nil
}

// stop ends the services as a power cut would.
func (w *world) stop() {
	for _, d := range []*desk.Desk{w.desk, w.replica} {
		if d != nil {
			d.Close()
		}
	}
	w.replica = nil
}

func (w *world) close() {
	w.stop()
	_ = w.base.Close()
}

// plan draws the fault of a commit.
func (w *world) plan(b storage.Batch) faultinject.Fault {
	if w.cfg.Early {
		for _, op := range b.Ops {
			if id, err := ledger.NoticeOf(op.Key); err == nil {
				if w.received[id.Item()] == 0 {
					w.received[id.Item()]++
				}
			}
		}
	}
	for _, op := range b.Ops {
		if id, _, ok := ledger.ParseEvent(op.Key); ok {
			w.touched[id] = true
		}
	}
	if w.calm {
		return faultinject.None
	}
	switch n := w.rng.IntN(1000); {
	case n < 10:
		w.Failures++
		return faultinject.Fails
	case n < 16:
		w.Failures++
		return faultinject.AnswerLost
	case n < 21:
		return faultinject.CrashBefore
	case n < 26:
		return faultinject.CrashAfter
	case n < 30:
		w.Failures++
		return faultinject.SyncKept
	case n < 34:
		w.Failures++
		return faultinject.SyncDropped
	}
	return faultinject.None
}

// survive restarts a stopped machine. survive returns true if err is a simulated fault, so that the caller can
// continue.
func (w *world) survive(ctx context.Context, err error) (bool, error) {
	if w.store.Crashed() {
		w.Crashes++
		w.note("the machine stops and starts again")
		w.stop()
		err := w.restart(ctx)
		return err == nil, err
	}
	if !errors.Is(err, faultinject.ErrInjected) {
		return false, nil
	}
	// The commit may have been written. The world waits until the service has seen the store's content, so that a
	// seed has exactly one history.
	rev, err := w.revision(ctx)
	if err == nil {
		err = w.desk.WaitFor(ctx, rev)
	}
	w.noteActive()
	return err == nil, err
}

// box receives notices. Its failures depend on the seed and the message alone, not on the order of calls.
type box struct{ w *world }

func (box) Name() string  { return "webhook" }
func (box) Digests() bool { return false }

func (b box) Send(_ context.Context, m notify.Message) error {
	h := fnv.New64a()
	fmt.Fprint(h, b.w.cfg.Seed, m.ID, m.At.UnixNano())
	kind := h.Sum64() % 10
	b.w.mailbox(m.ID, m.At, !b.w.calm && kind < 2, !b.w.calm && kind == 2)
	if !b.w.calm && kind < 3 {
		return faultinject.ErrInjected
	}
	return nil
}
