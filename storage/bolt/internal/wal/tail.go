package wal

import "wangge/storage"

// recentBytes bounds the records that the tail holds.
const recentBytes = 16 << 20

// Tail holds the newest batches in memory, without a gap. The zero value is empty. It is not safe for concurrent use.
type Tail struct {
	held  []TailEntry // in order of revision
	bytes int
}

// TailEntry is one batch of the tail.
type TailEntry struct {
	Committed storage.Committed
	size      int
}

// Since returns the batches after a revision up to the newest. ok is false if the tail does not hold all of them.
func (r *Tail) Since(rev storage.Revision) ([]TailEntry, bool) {
	if len(r.held) == 0 || rev+1 < r.held[0].Committed.Revision {
		return nil, false
	}
	return r.held[min(rev+1-r.held[0].Committed.Revision, storage.Revision(len(r.held))):], true
}

// Add appends a batch and drops the oldest ones beyond recentBytes.
func (r *Tail) Add(c storage.Committed, size int) {
	r.held = append(r.held, TailEntry{c, size})
	for r.bytes += size; r.bytes > recentBytes && len(r.held) > 1; r.held = r.held[1:] {
		r.bytes -= r.held[0].size
		r.held[0] = TailEntry{} // its bytes can go before the slice grows next
	}
}
