package outbox

import (
	"bytes"
	"testing"
	"time"

	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// A short queue is read in every round; a long one when something in it falls due, and what joins it meanwhile at once.
func TestQueue_Part(t *testing.T) {
	t.Parallel()
	whole := storage.Prefix(ledger.QueuePrefix)
	joined := ledger.NoticeID{Case: 1, Seq: 1, Channel: "log", Person: "p-1"}.Queued(time.Unix(100, 0))
	start := time.Unix(100, 0)
	long := part{whole: true, scanned: 100_000}
	rest := time.Duration(long.scanned) * restForEach
	for _, tc := range []struct {
		name  string
		read  part          // of the round before
		sent  int           // by the round before
		due   time.Duration // when something of what was read falls due, after the round before; 0 = none
		round time.Duration // after the round before
		first []byte
		want  []byte // where the round begins; nil = nothing is read
		next  time.Duration
	}{
		{"a short queue is read again", part{whole: true, scanned: fewQueued}, 0, time.Minute, 0, joined, whole.Start, time.Minute},
		{"so is a long one that was sent", long, 99_000, 0, 0, nil, whole.Start, 0},
		{"of a long one what joined is read", long, 0, 20 * time.Second, 0, joined, joined, 20 * time.Second},
		{"nothing joined", long, 0, 20 * time.Second, time.Second, nil, nil, 20 * time.Second},
		{"it falls due", long, 0, 20 * time.Second, 20 * time.Second, nil, whole.Start, 20 * time.Second},
		{"it falls due while the relay rests", long, 0, rest / 2, rest - 1, joined, nil, rest},
		{"the rest has passed", long, 0, rest / 2, rest, joined, whole.Start, rest},
		{"another process may have queued some", long, 0, time.Hour, longestSleep, nil, whole.Start, longestSleep},
		{"the clock was set back", long, 0, time.Minute, -time.Second, nil, whole.Start, longestSleep},
	} {
		var q queue
		var due time.Time
		if tc.due > 0 {
			due = start.Add(tc.due)
		}
		next := q.after(start, tc.read, tc.sent, due)
		if want := start.Add(tc.next); tc.next == 0 && !next.IsZero() || tc.next != 0 && !next.Equal(want) {
			t.Errorf("%s: the next round is at %v, want %v", tc.name, next, want)
		}
		got := q.part(start.Add(tc.round), func() []byte { return tc.first })
		if !bytes.Equal(got.keys.Start, tc.want) || got.whole != bytes.Equal(tc.want, whole.Start) {
			t.Errorf("%s: the round reads from %q, whole %v; want from %q", tc.name, got.keys.Start, got.whole, tc.want)
		}
	}
}

// What a part falls due brings the next round forward, and a result that another relay recorded makes the whole be read.
func TestQueue_PartFallsDueSooner(t *testing.T) {
	t.Parallel()
	start := time.Unix(100, 0)
	var q queue
	q.after(start, part{whole: true, scanned: 2 * fewQueued}, 0, start.Add(20*time.Second))
	if next := q.after(start, part{scanned: 1}, 0, start.Add(10*time.Second)); !next.Equal(start.Add(10 * time.Second)) {
		t.Errorf("the next round is at %v, want after ten seconds", next)
	}
	q.again = true
	if p := q.part(start, func() []byte { return nil }); !p.whole {
		t.Error("after a conflict a part of the queue is read")
	}
}
