package outbox

import (
	"time"

	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// queue is what a relay remembers of the notices that wait, so that a long queue is not read again for each notice that
// joins. After a flood thousands of notices wait until their recipients may be disturbed again, and reading them takes
// longer than filing the report that queued the next one.
//
// A short queue is read in every round. A long one is read when something in it falls due, but not before rest has
// passed. Until something in it falls due, a round reads from the first notice that this process has queued since the round
// before: nothing that is due stands before that.
type queue struct {
	read  time.Time // when the whole was read last; zero = read it in the next round
	rest  time.Time // before then the whole is not read again
	next  time.Time // when something of what was read falls due
	again bool      // the result of a send is unknown: read the whole
}

const (
	fewQueued   = 1000                  // that wait in a short queue: reading them takes some milliseconds
	restForEach = 20 * time.Microsecond // rest for each notice that waits, some ten times what reading it takes
)

// part is a part of the queue that a round reads; without keys, nothing is read.
type part struct {
	keys    storage.Range
	whole   bool
	scanned int // due notices that were read
	passed  int // due notices of channels that the relay lacks, which wait for a server that has the channel: only their keys are read
}

// part returns what the round at now reads. queued returns the first key that was queued since the call before, nil if none
// was.
func (q *queue) part(now time.Time, queued func() []byte) part {
	all := storage.Prefix(ledger.QueuePrefix)
	due := !now.Before(q.next)
	switch {
	case q.again, q.read.IsZero(), now.Before(q.read), due && !now.Before(q.rest):
		queued()
		*q = queue{}
		return part{keys: all, whole: true}
	case due:
		return part{}
	}
	first := queued()
	if first == nil {
		return part{}
	}
	return part{keys: storage.Range{Start: first, End: all.End}}
}

// after notes what the round at now has read and sent, and when something of what was read falls due. It returns when the
// next round has something to do; zero = when a notice is queued.
func (q *queue) after(now time.Time, p part, sent int, next time.Time) time.Time {
	waiting := p.scanned + p.passed - sent
	switch {
	case p.whole && waiting <= fewQueued:
		return next // the queue is short
	case p.whole:
		q.read, q.rest, q.next = now, now.Add(time.Duration(waiting)*restForEach), now.Add(longestSleep)
	}
	if !next.IsZero() {
		q.next = earliest(q.next, next)
	}
	if q.next.Before(q.rest) {
		return q.rest
	}
	return q.next
}
