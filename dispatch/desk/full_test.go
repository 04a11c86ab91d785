package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"wangge/dispatch/desk"
	"wangge/storage"
	"wangge/storage/mem"
)

// scarce is a store whose disk may be full.
type scarce struct {
	storage.Engine
	full atomic.Bool
}

func (s *scarce) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if s.full.Load() {
		return 0, fmt.Errorf("commit: %w", storage.ErrFull)
	}
	return s.Engine.Commit(ctx, b)
}

// lines keeps what is logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) with(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// A disk that is full is logged once, then once a minute with how often it refused, and when it is
// over; then everything goes on, and nothing is half-written.
func TestAFullDiskIsLoggedOnce(t *testing.T) {
	store := &scarce{Engine: mem.Open()}
	c := small(t, twoSteps)
	clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	log := &lines{}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	before, _, err := d.File(t.Context(), "b-leader", bicycle("before"))
	if err != nil {
		t.Fatal(err)
	}
	try := func(times int) {
		t.Helper()
		for i := range times {
			if _, _, err := d.File(t.Context(), "b-leader", bicycle(fmt.Sprint("during-", i))); !errors.Is(err, storage.ErrFull) {
				t.Fatalf("File = %v, want ErrFull", err)
			}
		}
	}
	store.full.Store(true)
	try(500)
	if _, _, err := d.FireDue(t.Context(), before.NextAt); !errors.Is(err, storage.ErrFull) {
		t.Errorf("FireDue = %v, want ErrFull", err)
	}
	if n := log.with("disk is full"); n != 1 {
		t.Errorf("501 refused writes are %d lines, want 1", n)
	}
	clock.add(time.Minute)
	try(500)
	if log.with("disk is full") != 2 || log.with("refused=502") != 1 {
		t.Errorf("a minute later the log is\n%s", log.buf.String())
	}
	store.full.Store(false)
	if _, _, err := d.File(t.Context(), "b-leader", bicycle("small")); err != nil || log.with("there is room again") != 0 {
		t.Errorf("File = %v; that it is over is said too soon", err)
	}
	clock.add(2 * time.Second)
	if n, _, err := d.FireDue(t.Context(), before.NextAt); n != 1 || err != nil {
		t.Errorf("FireDue = %d, %v, want the timer that could not be written", n, err)
	}
	cs, created, err := d.File(t.Context(), "b-leader", bicycle("during-7"))
	if err != nil || !created || cs.ID != before.ID+2 {
		t.Errorf("File = %v, %t, %v; want the next number, for the first time", cs, created, err)
	}
	if n := log.with("there is room again"); n != 1 || log.with("refused=1001") != 1 {
		t.Errorf("that it is over is said %d times:\n%s", n, log.buf.String())
	}
	if r, err := d.Check(t.Context(), desk.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 3 {
		t.Errorf("Check = %+v, %v; want three whole cases", r, err)
	}
}

// While what became of a message can't be noted nothing more goes: nobody is told again and again
// because the disk is full.
func TestAFullDiskRepeatsNoMessage(t *testing.T) {
	store := &scarce{Engine: mem.Open()}
	box, e := post(t)
	o := newOffice(t, store, twoSteps, e)
	o.fire(t, o.file(t, 5)[0].NextAt)
	store.full.Store(true)
	for range 10 {
		if _, _, err := o.post.DeliverDue(t.Context(), o.clock.Now()); !errors.Is(err, storage.ErrFull) {
			t.Fatalf("DeliverDue = %v, want ErrFull", err)
		}
		o.clock.add(2 * time.Minute)
	}
	if len(box.mail) != 1 {
		t.Errorf("%d messages went while nothing could be noted, want 1", len(box.mail))
	}
	store.full.Store(false)
	o.deliver(t)
	if len(box.mail) != 1 {
		t.Errorf("%d messages went in all, want 1", len(box.mail))
	}
	waiting, err := o.Outbox(t.Context())
	if err != nil || waiting.Queued != 0 {
		t.Errorf("Outbox = %+v, %v; want nothing queued", waiting, err)
	}
	o.whole(t)
}

// fullForCities is a disk on which the files of a city find no room.
type fullForCities struct{ storage.Engine }

func (f fullForCities) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	for _, op := range b.Ops {
		if strings.HasPrefix(string(op.Key), "f/") {
			return 0, storage.ErrFull
		}
	}
	return f.Engine.Commit(ctx, b)
}

// A disk that is full at the first start says so, and the next start finds a store that is as good as new.
func TestADiskThatIsFullAtTheFirstStart(t *testing.T) {
	store := mem.Open()
	if _, err := desk.Open(t.Context(), desk.Config{Store: fullForCities{store}, City: harbin(t), Directory: directory(t)}); !errors.Is(err, storage.ErrFull) {
		t.Fatalf("Open on a full disk = %v, want ErrFull", err)
	}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: harbin(t), Directory: directory(t)})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
}
