package timer

import (
	"sync"

	"wangge/dispatch/desk/ledger"
	"wangge/storage"
)

// lowWater is a mark before which no timer is armed, so that a scheduler with much to fire does not scan, again and
// again, what it has fired and the engine has not removed from its files yet.
//
// The mark moves up only to the first timer that a scan saw. A scan begins before its snapshot is taken. A timer that
// is armed meanwhile, by any process, now or under a clock that was set back, arrives on the feed, which lowers the
// mark and caps every scan in progress. So a timer that the snapshot does not show arrives after the scan began, and
// one that arrived before is in the snapshot. What this desk commits lowers the mark before the commit returns.
type lowWater struct {
	mu    sync.Mutex
	at    string // no timer is armed before this key, except timers that have not arrived yet
	scans map[*scan]bool
	off   bool // nothing arrives any more: every scan begins at the first key
}

// scan is one scan of the timers.
type scan struct {
	from string // where the scan begins
	low  string // the earliest timer armed since then
}

// begin starts a scan. The caller takes its snapshot afterwards, and calls end.
func (w *lowWater) begin() *scan {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &scan{from: max(w.at, string(ledger.TimerPrefix)), low: string(storage.Prefix(ledger.TimerPrefix).End)}
	if w.scans == nil {
		w.scans = map[*scan]bool{}
	}
	w.scans[s] = true
	return s
}

// end ends a scan that saw no timer between its beginning and first; "" = unknown.
func (w *lowWater) end(s *scan, first string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.scans, s)
	if first = min(first, s.low); first > w.at && !w.off {
		w.at = first
	}
}

// armed is called with the key of each timer that was armed.
func (w *lowWater) armed(key []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lower(&w.at, key)
	for s := range w.scans {
		lower(&s.low, key)
	}
}

// lower moves a mark down to a key below it.
func lower(mark *string, key []byte) {
	if string(key) < *mark { // compares without a copy of the key: nearly every key is above
		*mark = string(key)
	}
}

// lose notes that armed will not be called any more.
func (w *lowWater) lose() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.off = "", true
}
