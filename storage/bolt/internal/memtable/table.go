package memtable

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"

	"wangge/storage"
)

// Entry is what one revision did to one key. Its bytes lie in the batch's encoding and are never
// changed.
type Entry struct {
	Op      *storage.Op
	older   *Entry // what an earlier revision in the same table did to the key
	Rev     storage.Revision
	Hash    uint32 // of the key
	ValueAt uint32 // where the value begins in the encoding
}

// Table holds what was committed and is not folded yet: by hash for who looks up a key, which every
// commit does, and in sorted runs for who scans, made when somebody does or when the table is folded.
// It only grows, and what is in it never changes, so a reader that leaves out revisions after its own
// sees one state however long it reads.
type Table struct {
	mu      sync.RWMutex
	slots   []*Entry  // open addressing, at most half full: the newest entry of each key
	keys    int       // in slots
	batches [][]Entry // in order of revision
	ops     int
	bytes   int
	drops   int // how often batches were taken back

	sorting sync.Mutex // one goroutine makes runs at a time; taken before mu
	runs    []Run      // of the first batches, oldest first
	inRuns  int        // how many batches those are
}

// Newest is after every revision.
const Newest = ^storage.Revision(0)

const fewSlots = 64

func New() *Table { return NewLike(&Table{}) }

// NewLike makes an empty table with room for as many keys as another holds: the writer that fills
// it should not stop to make room.
func NewLike(t *Table) *Table {
	return &Table{slots: make([]*Entry, max(fewSlots, len(t.slots)))}
}

func (t *Table) Size() (ops, bytes int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ops, t.bytes
}

// entryBytes is about what an entry costs in memory beside the encoding it points into.
const entryBytes = 120

var seed = maphash.MakeSeed()

func Hash(key []byte) uint32 { return uint32(maphash.Bytes(seed, key)) }

// Put adds a batch whose encoding has so many bytes.
func (t *Table) Put(batch []Entry, record int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches = append(t.batches, batch)
	t.ops += len(batch)
	t.bytes += record + entryBytes*len(batch)
	for i := range batch {
		t.index(&batch[i])
	}
}

// index makes an entry the newest of its key; the lock is held.
func (t *Table) index(e *Entry) {
	if at := t.slot(e.Op.Key, e.Hash); *at != nil {
		e.older, *at = *at, e
		return
	}
	if t.keys++; 2*t.keys > len(t.slots) {
		old := t.slots
		t.slots = make([]*Entry, 2*len(old))
		for _, o := range old {
			if o != nil {
				*t.slot(o.Op.Key, o.Hash) = o
			}
		}
	}
	e.older = nil
	*t.slot(e.Op.Key, e.Hash) = e
}

// slot is where a key stands or would stand.
func (t *Table) slot(key []byte, hash uint32) **Entry {
	mask := len(t.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		if e := t.slots[i]; e == nil || e.Hash == hash && bytes.Equal(e.Op.Key, key) {
			return &t.slots[i]
		}
	}
}

// Drop takes back the last batches, of a group whose commit failed.
func (t *Table) Drop(batches, record int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drops++
	t.runs, t.inRuns = nil, 0
	t.slots, t.keys = make([]*Entry, fewSlots), 0
	keep := len(t.batches) - batches
	for _, gone := range t.batches[keep:] {
		t.ops -= len(gone)
		t.bytes -= entryBytes * len(gone)
	}
	t.bytes -= record
	t.batches = t.batches[:keep:keep]
	for _, batch := range t.batches {
		for i := range batch {
			t.index(&batch[i])
		}
	}
}

// Get finds what the newest revision up to rev did to a key.
func (t *Table) Get(key []byte, rev storage.Revision) (*Entry, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := *t.slot(key, Hash(key))
	for e != nil && e.Rev > rev {
		e = e.older
	}
	return e, e != nil
}

// Runs returns everything in the table in few runs, oldest first. Nobody waits for it but who scans.
func (t *Table) Runs() []Run {
	t.sorting.Lock()
	defer t.sorting.Unlock()
	for {
		t.mu.RLock()
		runs, fresh, drops := t.runs, t.batches[t.inRuns:], t.drops
		t.mu.RUnlock()
		if len(fresh) == 0 {
			return runs
		}
		runs = tidy(append(slices.Clip(runs), NewRun(fresh)))
		t.mu.Lock()
		if t.drops == drops {
			t.runs = runs
			t.inRuns += len(fresh)
		}
		t.mu.Unlock()
	}
}

// Sorted is everything in the table in one run.
func (t *Table) Sorted() Run {
	runs := t.Runs()
	if len(runs) == 0 {
		return nil
	}
	one := runs[len(runs)-1]
	for _, r := range slices.Backward(runs[:len(runs)-1]) {
		one = merge(r, one)
	}
	return one
}
