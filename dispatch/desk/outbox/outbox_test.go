package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"wangge/dispatch/city"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/record"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/notify"
	"wangge/storage"
	"wangge/storage/mem"
)

// channel takes messages, or fails as it is told.
type channel struct {
	fails error
	sent  []string // ids
	went  chan string
}

func (c *channel) Name() string  { return "log" }
func (c *channel) Digests() bool { return false }

func (c *channel) Send(_ context.Context, m notify.Message) error {
	if c.fails != nil {
		return c.fails
	}
	c.sent = append(c.sent, m.ID)
	if c.went != nil {
		c.went <- m.ID
	}
	return nil
}

type room struct {
	*outbox.Outbox
	store   *tx.Store
	clock   *desktest.Clock
	city    *city.City
	channel *channel
	relay   *outbox.Relay
}

func open(t *testing.T) *room {
	t.Helper()
	clock := desktest.NewClock()
	store := desktest.Store(mem.Open(), clock)
	r := revision.New(store)
	dir := desktest.Directory()
	c, err := r.Start(t.Context(), desktest.Compile(t, dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	o, ch := outbox.New(store, r), &channel{}
	desktest.File(t, store, c, desktest.First, desktest.Report("r-1"))
	return &room{o, store, clock, c, ch, outbox.NewRelay(o, outbox.RelayConfig{Channels: []notify.Channel{ch}, Rand: rand.New(rand.NewPCG(1, 2))})}
}

// queue queues a notice of an event of the one case, as an act does.
func (r *room) queue(t *testing.T, seq uint64, due time.Time) ledger.NoticeID {
	t.Helper()
	id := ledger.NoticeID{Case: desktest.First, Seq: seq, Channel: "log", Person: desktest.Owner}
	val, err := record.EncodeNotice(record.Notice{State: record.NoticeQueued, At: due, Since: due})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: id.Key(), Value: val}, {Key: id.Queued(due)}}}); err != nil {
		t.Fatal(err)
	}
	return id
}

func (r *room) deliver(t *testing.T) (sent int, next time.Time) {
	t.Helper()
	sent, next, err := r.relay.DeliverDue(t.Context(), r.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sent, next
}

func (r *room) state(t *testing.T) outbox.State {
	t.Helper()
	s, err := r.Outbox.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is due goes, once, in the order of the case's events; what is not due waits.
func TestDeliver(t *testing.T) {
	t.Parallel()
	r := open(t)
	now := r.clock.Now()
	second, first := r.queue(t, 2, now), r.queue(t, 1, now)
	later := r.queue(t, 3, now.Add(time.Hour))
	if s := r.state(t); s.Queued != 3 || s.Due != 2 {
		t.Errorf("state %+v, want three queued, two due", s)
	}
	if sent, next := r.deliver(t); sent != 2 || !next.Equal(now.Add(time.Hour)) {
		t.Errorf("sent %d, next %v; want 2, and again in an hour", sent, next)
	}
	if got := r.channel.sent; len(got) != 2 || got[0] != first.Item() || got[1] != second.Item() {
		t.Errorf("sent %q, want %q and %q", got, first.Item(), second.Item())
	}
	if sent, _ := r.deliver(t); sent != 0 {
		t.Errorf("sent %d again", sent)
	}
	list, err := r.Deliveries(t.Context(), desktest.Chief, desktest.First, ledger.NoticeID{})
	if err != nil || len(list) != 3 || list[0].State != record.NoticeSent || list[2].NoticeID != later || list[2].State != record.NoticeQueued {
		t.Errorf("Deliveries = %+v, %v", list, err)
	}
	if _, err := r.Deliveries(t.Context(), "nobody", desktest.First, ledger.NoticeID{}); !errors.Is(err, ledger.ErrNoCase) {
		t.Errorf("Deliveries to a stranger = %v, want ErrNoCase", err)
	}
}

// A failure is tried again later; one that no repetition mends becomes a dead letter, until it is replayed.
func TestDeliver_Fails(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.queue(t, 1, r.clock.Now())
	r.channel.fails = errors.New("the line is busy")
	sent, next := r.deliver(t)
	if wait := next.Sub(r.clock.Now()); sent != 0 || wait <= 0 || wait > time.Minute {
		t.Errorf("sent %d, again after %v; want a pause", sent, wait)
	}
	r.clock.Add(time.Minute)
	r.channel.fails = notify.Permanent(errors.New("no such address"))
	r.deliver(t)
	dead, err := r.DeadLetters(t.Context(), ledger.NoticeID{})
	if err != nil || len(dead) != 1 || dead[0].NoticeID != id || dead[0].Attempts != 2 || dead[0].Error != "no such address" {
		t.Fatalf("DeadLetters = %+v, %v; want the notice after two attempts", dead, err)
	}
	if n, err := r.Replay(t.Context(), desktest.First+1); n != 0 || err != nil {
		t.Errorf("Replay of another case = %d, %v", n, err)
	}
	r.channel.fails = nil
	if n, err := r.Replay(t.Context(), 0); n != 1 || err != nil {
		t.Errorf("Replay = %d, %v; want 1", n, err)
	}
	if sent, _ := r.deliver(t); sent != 1 {
		t.Errorf("sent %d after the replay, want 1", sent)
	}
	if n, err := r.Replay(t.Context(), 0); n != 0 || err != nil {
		t.Errorf("Replay of what was sent = %d, %v; want none", n, err)
	}
	if s := r.state(t); s.Queued != 0 || s.DeadLetters != 0 {
		t.Errorf("state %+v, want nothing left", s)
	}
	if got, want := r.Tries()["log"], (outbox.Tries{Sent: 1, Failed: 1, GivenUp: 1}); got != want {
		t.Errorf("tries by the channel %+v, want %+v", got, want)
	}
}

// A commit that queues a notice wakes the relay.
func TestDeliver_IsWoken(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.channel.went = make(chan string, 1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.relay.Deliver(ctx) }()
	id := r.queue(t, 1, r.clock.Now())
	if got := <-r.channel.went; got != id.Item() {
		t.Errorf("sent %q, want %q", got, id.Item())
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Deliver = %v", err)
	}
}

// timers tells how long its loops sleep.
type timers struct {
	*desktest.Clock
	slept chan time.Duration
}

func (c timers) NewTimer(d time.Duration) (<-chan time.Time, func() bool) {
	c.slept <- d
	return c.Clock.NewTimer(d)
}

// A relay without a notice sleeps until one is queued, half a minute at a time.
func TestDeliver_IdleRelaySleeps(t *testing.T) {
	t.Parallel()
	clock := timers{desktest.NewClock(), make(chan time.Duration)}
	store := tx.New(mem.Open(), clock, slog.New(slog.DiscardHandler), nil)
	r := revision.New(store)
	dir := desktest.Directory()
	if _, err := r.Start(t.Context(), desktest.Compile(t, dir), dir); err != nil {
		t.Fatal(err)
	}
	relay := outbox.NewRelay(outbox.New(store, r), outbox.RelayConfig{Channels: []notify.Channel{&channel{}}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- relay.Deliver(ctx) }()
	if got := <-clock.slept; got < 10*time.Second {
		t.Errorf("an idle relay looks again after %v, want half a minute", got)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Deliver = %v", err)
	}
}

// Notices of a channel that the server has no longer wait for ever, before all others. They hold up nothing, however many they are.
func TestDeliver_PastNoticesOfAnotherServersChannel(t *testing.T) {
	t.Parallel()
	r := open(t)
	now := r.clock.Now()
	var ops []storage.Op
	for n := range 100_001 { // more than a round examines
		id := ledger.NoticeID{Case: desktest.First, Seq: uint64(n + 1), Channel: "gone", Person: desktest.Owner}
		ops = append(ops, storage.Op{Key: id.Queued(now.Add(-time.Hour))})
	}
	for some := range slices.Chunk(ops, 4000) {
		if err := r.store.Commit(t.Context(), storage.Batch{Ops: some}); err != nil {
			t.Fatal(err)
		}
	}
	id := r.queue(t, 1, now)
	if sent, _ := r.deliver(t); sent != 1 || len(r.channel.sent) != 1 || r.channel.sent[0] != id.Item() {
		t.Errorf("behind the notices of another channel %d were sent: %q; want %s", sent, r.channel.sent, id.Item())
	}
}
