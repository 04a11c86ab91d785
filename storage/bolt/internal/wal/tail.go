package wal

import "wangge/storage"

// recentBytes bounds the batches that watchers find in memory.
const recentBytes = 16 << 20

// Tail holds the last batches, without a gap up to the newest.
type Tail struct {
	held  []tailEntry // in order of revision
	bytes int
}

type tailEntry struct {
	C    storage.Committed
	size int
}

// Since returns the batches after a revision up to the newest; false when not all of them are held.
func (r *Tail) Since(rev storage.Revision) ([]tailEntry, bool) {
	if len(r.held) == 0 || rev+1 < r.held[0].C.Revision {
		return nil, false
	}
	return r.held[min(rev+1-r.held[0].C.Revision, storage.Revision(len(r.held))):], true
}

// Add appends the batch after the newest, and drops the oldest beyond recentBytes.
func (r *Tail) Add(c storage.Committed, size int) {
	r.held = append(r.held, tailEntry{c, size})
	for r.bytes += size; r.bytes > recentBytes && len(r.held) > 1; r.held = r.held[1:] {
		r.bytes -= r.held[0].size
		r.held[0] = tailEntry{} // its bytes can go before the slice grows next
	}
}
