package desk

import (
	"math"
	"sync"
	"time"
	"wangge/storage"
)

// floor remembers before which key no timer is armed, so that a keeper in a flood does not look again
// and again through all that it has fired and the engine has not folded yet.
//
// It is only raised on evidence and never trusted beyond it. A look begins before its snapshot is
// taken, and raises the floor to the first timer that the snapshot shows. Whoever arms a timer, in
// this desk or in another process, now or under a clock that was set back, is told of by the feed,
// which lowers the floor, and lowers what every look under way may raise it to. So a timer that the
// snapshot does not show yet is told of after the look began, and one that was told of before it is in
// the snapshot. What this desk commits lowers the floor before the commit returns.
type floor struct {
	mu    sync.Mutex
	at    string // no timer stands before it, but those that the feed is yet to tell of
	looks map[*look]bool
	off   bool // the feed tells of nothing any more: every look begins at the first key
}

// look is one reading of the timers.
type look struct {
	from string // where it begins
	low  string // the earliest timer armed since it began
}

// begin starts a look. The snapshot must be taken after it, and end be called.
func (f *floor) begin() *look {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := &look{from: max(f.at, string(timerPrefix)), low: string(storage.Prefix(timerPrefix).End)}
	if f.looks == nil {
		f.looks = map[*look]bool{}
	}
	f.looks[l] = true
	return l
}

// end ends a look that saw no timer from where it began up to first; "" = it saw nothing for sure.
func (f *floor) end(l *look, first string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.looks, l)
	if first = min(first, l.low); first > f.at && !f.off {
		f.at = first
	}
}

// armed is told of each timer that was armed.
func (f *floor) armed(key []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = min(f.at, string(key))
	for l := range f.looks {
		l.low = min(l.low, string(key))
	}
}

// lose says that nobody tells of armed timers any more.
func (f *floor) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.off = "", true
}

// armedBy tells the floor of the timers that a batch arms.
func (d *Desk) armedBy(b storage.Batch) (earliest time.Time) {
	first := uint64(math.MaxUint64)
	for _, op := range b.Ops {
		if !op.Delete && len(op.Key) == timerKeyLen && op.Key[0] == timerPrefix[0] && op.Key[1] == timerPrefix[1] {
			d.floor.armed(op.Key)
			first = min(first, timerDue(op.Key))
		}
	}
	if first > math.MaxInt64 {
		return time.Time{}
	}
	return time.Unix(0, int64(first))
}

// timerKeyLen is the length of every timer's key.
const timerKeyLen = len("t/") + 8 + 8
