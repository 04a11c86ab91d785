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

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/storage"
	"wangge/storage/faultinject"
	"wangge/storage/mem"
)

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
func TestFullDisk_IsLoggedOnce(t *testing.T) {
	t.Parallel()
	store := &faultinject.Disk{Engine: mem.Open()}
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
	store.Full.Store(true)
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
	store.Full.Store(false)
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
	if r, err := d.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 3 {
		t.Errorf("Check = %+v, %v; want three whole cases", r, err)
	}
}

// harmed is a store whose commits fail with an error while it has one, written nevertheless or not.
type harmed struct {
	storage.Engine
	err     atomic.Pointer[error]
	written atomic.Bool
}

func (h *harmed) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	err := h.err.Load()
	if err == nil {
		return h.Engine.Commit(ctx, b)
	}
	if h.written.Load() {
		if _, err := h.Engine.Commit(ctx, b); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("commit: %w", *err)
}

// While the store takes no writes, for whichever reason, the desk says so once in the log and whenever somebody
// asks; a write is tried when somebody asks, and when one succeeds and none was refused for a while it is over.
func TestWrites_SayWhyTheyFail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err         error
		begin, over string
	}{
		{storage.ErrFull, "the disk is full", "there is room again"},
		{storage.ErrFailed, "writes fail", "it writes again"},
		{storage.ErrUncertain, "not known whether it took effect", "it writes again"},
		{fmt.Errorf("%w: %w", storage.ErrUncertain, storage.ErrFailed), "not known whether it took effect", "it writes again"},
	} {
		store := &harmed{Engine: mem.Open()}
		c := small(t, twoSteps)
		clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
		log := &lines{}
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.NewTextHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Writes(t.Context()); err != nil {
			t.Errorf("Writes before = %v", err)
		}
		store.err.Store(&tt.err)
		for i := range 50 {
			if _, _, err := d.File(t.Context(), "b-leader", bicycle(fmt.Sprint("r-", i))); !errors.Is(err, tt.err) {
				t.Fatalf("File = %v, want %v", err, tt.err)
			}
		}
		if err := d.Writes(t.Context()); !errors.Is(err, tt.err) {
			t.Errorf("Writes = %v, want %v", err, tt.err)
		}
		store.err.Store(nil)
		if err := d.Writes(t.Context()); !errors.Is(err, tt.err) {
			t.Errorf("Writes, at once = %v, want %v still", err, tt.err)
		}
		clock.add(5 * time.Second)
		if err := d.Writes(t.Context()); err != nil {
			t.Errorf("Writes after = %v", err)
		}
		if log.with(tt.begin) != 1 || log.with(tt.over) != 1 || log.with("level=") != 2 {
			t.Errorf("%v is logged as\n%s", tt.err, log.buf.String())
		}
		cs, created, err := d.File(t.Context(), "b-leader", bicycle("r-7"))
		if err != nil || !created || cs.ID.Sequence() != 1 {
			t.Errorf("File = %v, %t, %v; want the first case", cs, created, err)
		}
		d.Close()
		store.Close()
	}
}

// Of what is uncertain and was written nevertheless, sending it again gives the same case and the same act: nothing is
// there twice, and the next number goes to the next report.
func TestUncertain_IsSentAgain(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{true, false} {
		store := &harmed{Engine: mem.Open()}
		store.written.Store(written)
		c := small(t, twoSteps)
		clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		cs, _, err := d.File(t.Context(), "b-leader", bicycle("before"))
		if err != nil {
			t.Fatal(err)
		}
		comment := dispatch.Command{Act: dispatch.ActComment, Note: "seen"}
		store.err.Store(&storage.ErrUncertain)
		// File looks at once whether its report is there, and knows it when it can read.
		if _, _, err := d.File(t.Context(), "b-leader", bicycle("one")); (err == nil) != written || err != nil && !errors.Is(err, storage.ErrUncertain) {
			t.Errorf("written %v: File = %v", written, err)
		}
		for _, r := range d.FileBatch(t.Context(), "b-leader", []dispatch.Report{bicycle("two"), bicycle("three")}) {
			if (r.Err == nil) != written && !errors.Is(r.Err, storage.ErrUncertain) { // one by one each is looked for
				t.Errorf("written %v: FileBatch = %+v", written, r)
			}
		}
		if _, err := d.Act(t.Context(), "b-leader", cs.ID, 0, "act-1", comment); !errors.Is(err, storage.ErrUncertain) {
			t.Errorf("written %v: Act = %v", written, err)
		}
		if _, _, err := d.FireDue(t.Context(), cs.NextAt); !errors.Is(err, storage.ErrUncertain) {
			t.Errorf("written %v: FireDue = %v", written, err)
		}
		store.err.Store(nil)
		seen := map[dispatch.CaseID]bool{cs.ID: true}
		for _, id := range []string{"one", "two", "three", "four"} {
			got, created, err := d.File(t.Context(), "b-leader", bicycle(id))
			if err != nil || created != (!written || id == "four") || seen[got.ID] {
				t.Errorf("written %v: %s again = %v, %t, %v", written, id, got, created, err)
			}
			seen[got.ID] = true
		}
		is, err := d.Act(t.Context(), "b-leader", cs.ID, 0, "act-1", comment)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.FireDue(t.Context(), cs.NextAt); err != nil {
			t.Error(err)
		}
		notes, steps := 0, 0
		events, err := d.Events(t.Context(), "b-leader", cs.ID, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Note == "seen" {
				notes++
			}
			if e.Kind == dispatch.EventEscalated {
				steps++
			}
		}
		if notes != 1 || steps != 1 {
			t.Errorf("written %v: %d comments and %d steps in %d events; want one each", written, notes, steps, is.Seq)
		}
		if r, err := d.Check(t.Context(), fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 5 {
			t.Errorf("written %v: Check = %+v, %v; want five whole cases", written, r, err)
		}
		d.Close()
		store.Close()
	}
}

// While what became of a message can't be noted nothing more goes: nobody is told again and again
// because the disk is full.
func TestFullDisk_RepeatsNoMessage(t *testing.T) {
	t.Parallel()
	store := &faultinject.Disk{Engine: mem.Open()}
	box, e := post(t)
	o := newOffice(t, store, twoSteps, e)
	first := o.file(t, 5)[0]
	o.deliver(t) // who was told of the dispatch
	box.mail = nil
	o.fire(t, first.NextAt)
	store.Full.Store(true)
	for range 10 {
		if _, _, err := o.post.DeliverDue(t.Context(), o.clock.Now()); !errors.Is(err, storage.ErrFull) {
			t.Fatalf("DeliverDue = %v, want ErrFull", err)
		}
		o.clock.add(2 * time.Minute)
	}
	if len(box.mail) != 1 {
		t.Errorf("%d messages went while nothing could be noted, want 1", len(box.mail))
	}
	store.Full.Store(false)
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
func TestFullDisk_AtTheFirstStart(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	if _, err := desk.Open(t.Context(), desk.Config{Store: fullForCities{store}, City: town(t), Directory: directory(t)}); !errors.Is(err, storage.ErrFull) {
		t.Fatalf("Open on a full disk = %v, want ErrFull", err)
	}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: town(t), Directory: directory(t)})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
}
