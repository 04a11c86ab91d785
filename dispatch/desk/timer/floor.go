package timer

import (
	"math"
	"sync"
	"time"

	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// Floor remembers before which key no timer is armed, so that a keeper in a flood does not look again
// and again through all that it has fired and the engine has not folded yet.
//
// It is only raised on evidence and never trusted beyond it. A look begins before its snapshot is
// taken, and raises the floor to the first timer that the snapshot shows. Whoever arms a timer, in
// this desk or in another process, now or under a clock that was set back, is told of by the feed,
// which lowers the floor, and lowers what every look under way may raise it to. So a timer that the
// snapshot does not show yet is told of after the look began, and one that was told of before it is in
// the snapshot. What this desk commits lowers the floor before the commit returns.
type Floor struct {
	mu    sync.Mutex
	at    string // no timer stands before it, but those that the feed is yet to tell of
	looks map[*look]bool
	off   bool // the feed tells of nothing any more: every look begins at the first key
}

// look is one reading of the timers.
type look struct {
	From string // where it begins
	low  string // the earliest timer armed since it began
}

// Begin starts a look. The snapshot must be taken after it, and end be called.
func (f *Floor) Begin() *look {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &look{From: max(f.at, string(ledger.TimerPrefix)), low: string(storage.Prefix(ledger.TimerPrefix).End)}
	if f.looks == nil {
		f.looks = map[*look]bool{}
	}
	f.looks[l] = true
	return l
}

// End ends a look that saw no timer from where it began up to first; "" = it saw nothing for sure.
func (f *Floor) End(l *look, first string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.looks, l)
	if first = min(first, l.low); first > f.at && !f.off {
		f.at = first
	}
}

// armed is told of each timer that was armed.
func (f *Floor) armed(key []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = min(f.at, string(key))
	for l := range f.looks {
		l.low = min(l.low, string(key))
	}
}

// Lose says that nobody tells of armed timers any more.
func (f *Floor) Lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.off = "", true
}

// ArmedBy tells the floor of the timers that a batch arms.
func (d *Scheduler) ArmedBy(b storage.Batch) (earliest time.Time) {
	first := uint64(math.MaxUint64)
	for _, op := range b.Ops {
		if !op.Delete && len(op.Key) == timerKeyLen && op.Key[0] == ledger.TimerPrefix[0] && op.Key[1] == ledger.TimerPrefix[1] {
			d.Floor.armed(op.Key)
			first = min(first, ledger.TimerDue(op.Key))
		}
	}
	if first > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(first))
}

// timerKeyLen is the length of every timer's key.
const timerKeyLen = len("t/") + 8 + 8
