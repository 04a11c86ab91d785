package timer

import (
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"

	"pgregory.net/rapid"
)

// marked drives a mark as a desk does, over a store that is a set of timers and a feed that may lag.
type marked struct {
	mark  lowWater
	armed map[string]bool // in the store
	feed  []string        // committed and not told of yet
	scans []*scanning
}

type scanning struct {
	*scan
	shows map[string]bool // its snapshot; nil = not taken yet
}

// Whatever comes in between (timers armed in the past, a feed that lags, several schedulers whose
// snapshots are old), no scan misses a timer of its snapshot, except one that the feed was yet to tell
// of when the scan began; and once everything is told and no scan is in progress, none is armed below the mark.
func TestLowWater_HidesNoTimer(t *testing.T) {
	t.Parallel()
	key := rapid.Custom(func(t *rapid.T) string {
		return string(ledger.TimerKey(time.Unix(0, int64(rapid.IntRange(1, 12).Draw(t, "due"))), dispatch.CaseID(rapid.IntRange(1, 3).Draw(t, "case"))))
	})
	rapid.Check(t, func(t *rapid.T) {
		f := &marked{armed: map[string]bool{}}
		tell := func() {
			f.mark.armed([]byte(f.feed[0]))
			f.feed = f.feed[1:]
		}
		pick := func(t *rapid.T) *scanning {
			if len(f.scans) == 0 {
				t.Skip("no scan is in progress")
			}
			return f.scans[rapid.IntRange(0, len(f.scans)-1).Draw(t, "scan")]
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
				if len(f.scans) < 3 {
					f.scans = append(f.scans, &scanning{scan: f.mark.begin()})
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
					if k >= l.from {
						first = min(first, k)
					}
				}
				f.mark.end(l.scan, first)
				for i := range f.scans {
					if f.scans[i] == l {
						f.scans = append(f.scans[:i], f.scans[i+1:]...)
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
				at := f.mark.begin()
				f.mark.end(at, "")
				for k := range told {
					if k < at.from {
						t.Fatalf("the mark %x is above the timer %x", at.from, k)
					}
				}
			},
		})
		for len(f.feed) > 0 {
			tell()
		}
		at := f.mark.begin()
		for k := range f.armed {
			if k < at.from {
				t.Fatalf("all is told, and the mark %x is above the timer %x", at.from, k)
			}
		}
	})
}

// Without a feed the mark is not trusted.
func TestLowWater_WithoutAFeed(t *testing.T) {
	t.Parallel()
	f := &lowWater{}
	end := string(storage.Prefix(ledger.TimerPrefix).End)
	f.end(f.begin(), end)
	if l := f.begin(); l.from != end {
		t.Errorf("begin = %x after a scan that saw nothing, want %x", l.from, end)
	}
	f.lose()
	l := f.begin()
	f.end(l, end)
	if again := f.begin(); l.from != string(ledger.TimerPrefix) || again.from != string(ledger.TimerPrefix) {
		t.Errorf("without a feed scans begin at %q and %q, want the first key", l.from, again.from)
	}
}
