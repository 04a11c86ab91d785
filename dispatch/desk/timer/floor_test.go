package timer

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// floored drives a floor as a desk does, over a store that is a set of timers and a feed that may lag.
type floored struct {
	floor Floor
	armed map[string]bool // in the store
	feed  []string        // committed and not told of yet
	looks []*looking
}

type looking struct {
	*look
	shows map[string]bool // its snapshot; nil = not taken yet
}

// Whatever comes in between (timers armed in the past, a feed that lags, several keepers whose
// snapshots are old), no look misses a timer of its snapshot, except one that the feed was yet to tell
// of when the look began; and once everything is told and nobody looks, none stands below the floor.
func TestTheFloorHidesNoTimer(t *testing.T) {
	key := rapid.Custom(func(t *rapid.T) string {
		return string(ledger.TimerKey(time.Unix(0, int64(rapid.IntRange(1, 12).Draw(t, "due"))), dispatch.CaseID(rapid.IntRange(1, 3).Draw(t, "case"))))
	})
	rapid.Check(t, func(t *rapid.T) {
		f := &floored{armed: map[string]bool{}}
		tell := func() {
			f.floor.armed([]byte(f.feed[0]))
			f.feed = f.feed[1:]
		}
		pick := func(t *rapid.T) *looking {
			if len(f.looks) == 0 {
				t.Skip("nobody looks")
			}
			return f.looks[rapid.IntRange(0, len(f.looks)-1).Draw(t, "look")]
		}
		t.Repeat(map[string]func(*rapid.T){
			"arm": func(t *rapid.T) {
				k := key.Draw(t, "key")
				f.armed[k] = true
				f.feed = append(f.feed, k)
			},
			"fire": func(t *rapid.T) { delete(f.armed, key.Draw(t, "key")) },
			"tell": func(t *rapid.T) {
				if len(f.feed) == 0 {
					t.Skip("all is told")
				}
				tell()
			},
			"begin": func(t *rapid.T) {
				if len(f.looks) < 3 {
					f.looks = append(f.looks, &looking{look: f.floor.Begin()})
				}
			},
			"snapshot": func(t *rapid.T) {
				l := pick(t)
				if l.shows != nil {
					t.Skip("it has one")
				}
				l.shows = map[string]bool{}
				for k := range f.armed {
					l.shows[k] = true
				}
			},
			"end": func(t *rapid.T) {
				l := pick(t)
				if l.shows == nil {
					t.Skip("it has seen nothing")
				}
				first := string(storage.Prefix(ledger.TimerPrefix).End)
				for k := range l.shows {
					if k >= l.From {
						first = min(first, k)
					}
				}
				f.floor.End(l.look, first)
				for i := range f.looks {
					if f.looks[i] == l {
						f.looks = append(f.looks[:i], f.looks[i+1:]...)
						break
					}
				}
			},
			"": func(t *rapid.T) {
				told := map[string]bool{}
				for k := range f.armed {
					told[k] = true
				}
				for _, k := range f.feed {
					delete(told, k)
				}
				at := f.floor.Begin()
				f.floor.End(at, "")
				for k := range told {
					if k < at.From {
						t.Fatalf("the floor %x is above the timer %x", at.From, k)
					}
				}
			},
		})
		for len(f.feed) > 0 {
			tell()
		}
		at := f.floor.Begin()
		for k := range f.armed {
			if k < at.From {
				t.Fatalf("all is told, and the floor %x is above the timer %x", at.From, k)
			}
		}
	})
}

// Without a feed the floor is not trusted.
func TestTheFloorWithoutAFeed(t *testing.T) {
	f := &Floor{}
	end := string(storage.Prefix(ledger.TimerPrefix).End)
	f.End(f.Begin(), end)
	if l := f.Begin(); l.From != end {
		t.Errorf("begin = %x after a look that saw nothing, want %x", l.From, end)
	}
	f.Lose()
	l := f.Begin()
	f.End(l, end)
	if again := f.Begin(); l.From != string(ledger.TimerPrefix) || again.From != string(ledger.TimerPrefix) {
		t.Errorf("without a feed looks begin at %q and %q, want the first key", l.From, again.From)
	}
}
