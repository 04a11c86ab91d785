package outbox_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/record"
	"wangge/storage"
)

// put queues a notice of an event of the one case to its owner.
func (r *room) put(t *testing.T, seq uint64, n record.Notice) ledger.NoticeID {
	t.Helper()
	id := ledger.NoticeID{Case: desktest.First, Seq: seq, Channel: "log", Person: desktest.Owner}
	n.State = record.NoticeQueued
	val, err := record.EncodeNotice(n)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: id.Key(), Value: val}, {Key: id.Queued(n.At)}}}); err != nil {
		t.Fatal(err)
	}
	return id
}

// atNight moves the clock into the quiet hours and returns their end.
func (r *room) atNight(t *testing.T) (end time.Time) {
	t.Helper()
	for range 48 {
		if end = r.city.QuietUntil(r.clock.Now()); !end.IsZero() {
			return end
		}
		r.clock.Add(time.Hour)
	}
	t.Fatal("the city has no quiet hours")
	return end
}

func (r *room) wantSent(t *testing.T, what string, want ...ledger.NoticeID) {
	t.Helper()
	var items []string
	for _, id := range want {
		items = append(items, id.Item())
	}
	if !slices.Equal(r.channel.sent, items) {
		t.Errorf("%s: sent %q, want %q", what, r.channel.sent, items)
	}
	r.channel.sent = nil
}

// An alarm that is held blocks no later news of its case, whether the alarm waits for the morning or failed before the night
// began; nor does the relay try again before the morning. In the morning the alarms go, in their order.
func TestDeliver_HeldAlarmBlocksNothing(t *testing.T) {
	t.Parallel()
	r := open(t)
	morning := r.atNight(t)
	now := r.clock.Now()
	failed := r.put(t, 1, record.Notice{At: now.Add(-time.Minute), Since: now.Add(-time.Hour), Quiet: true, Attempts: 3, Error: "the line is busy"})
	held := r.put(t, 2, record.Notice{At: morning, Since: now, Quiet: true})
	news := r.put(t, 3, record.Notice{At: now, Since: now, Urgent: true})
	if sent, next := r.deliver(t); sent != 1 || !next.Equal(morning) {
		t.Errorf("at night %d are sent, next at %s; want the news alone, next at %s", sent, next, morning)
	}
	r.wantSent(t, "at night", news)
	r.clock.Add(morning.Sub(now))
	r.deliver(t)
	r.wantSent(t, "in the morning", failed, held)
}

// News that could not be sent is held, too, once the quiet hours have begun, for a person on no shift; the news before it
// keeps its place when both may leave.
func TestDeliver_NewsThatFailedWaitsForTheMorning(t *testing.T) {
	t.Parallel()
	r := open(t)
	morning := r.atNight(t)
	r.clock.Add(-time.Hour)
	for !r.city.QuietUntil(r.clock.Now()).IsZero() {
		r.clock.Add(-time.Hour)
	}
	evening := r.clock.Now()
	first := r.put(t, 1, record.Notice{At: evening, Since: evening, Quiet: true, OnShift: true})
	second := r.put(t, 2, record.Notice{At: evening, Since: evening, Quiet: true, OnShift: true})
	r.channel.fails = errors.New("the line is busy")
	r.deliver(t)
	r.channel.fails = nil
	r.atNight(t)
	if sent, next := r.deliver(t); sent != 0 || !next.Equal(morning) {
		t.Errorf("at night %d are sent, next at %s; want none, next at %s", sent, next, morning)
	}
	r.clock.Add(morning.Sub(r.clock.Now()))
	r.deliver(t)
	r.wantSent(t, "in the morning", first, second)
}

// What was tried and may be tried again keeps the order of the case's events: news waits for it.
func TestDeliver_NewsWaitsForWhatFailed(t *testing.T) {
	t.Parallel()
	r := open(t)
	now := r.clock.Now()
	first := r.put(t, 1, record.Notice{At: now.Add(time.Minute), Since: now, Attempts: 1, Error: "the line is busy"})
	second := r.put(t, 2, record.Notice{At: now, Since: now})
	if sent, next := r.deliver(t); sent != 0 || !next.Equal(now.Add(time.Minute)) {
		t.Errorf("%d are sent, next at %s; want none before the first", sent, next)
	}
	r.clock.Add(time.Minute)
	r.deliver(t)
	r.wantSent(t, "a minute later", first, second)
}
