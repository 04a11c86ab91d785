package memtable

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"

	"wangge/storage"
)

// Entry is what one revision did to one key. Its bytes are part of the encoded batch. Both are immutable, except for older,
// which belongs to the table.
type Entry struct {
	Op      *storage.Op
	older   *Entry // the entry of the same key before this one in the table
	Rev     storage.Revision
	Hash    uint32 // of the key
	ValueAt uint32 // offset of the value in the encoded batch
}

// Table is the memtable: what was committed and not yet flushed. A hash table serves look-ups, which every commit makes;
// sorted runs serve scans and the flush, and are made on demand. A table only grows, so a reader that skips revisions after
// its own always sees one state. It is safe for concurrent use by one writer (Put, Drop) and any number of readers.
type Table struct {
	mu      sync.RWMutex
	slots   []*Entry  // hash table with open addressing, at most half full: the newest entry of each key
	keys    int       // used slots
	batches [][]Entry // by revision
	ops     int       // entries
	bytes   int       // see Size
	drops   int       // calls of Drop

	sorting sync.Mutex // held while runs are made; taken before mu
	runs    []Run      // of the first inRuns batches, oldest first
	inRuns  int
}

// Newest is greater than every revision.
const Newest = ^storage.Revision(0)

// fewSlots is the size of the smallest hash table.
const fewSlots = 64

// New returns an empty table.
func New() *Table { return NewLike(&Table{}) }

// NewLike returns an empty table with room for as many keys as t has, so that the writer does not stop to grow it.
func NewLike(t *Table) *Table {
	return &Table{slots: make([]*Entry, max(fewSlots, len(t.slots)))}
}

// Size returns the number of entries and about how many bytes of memory they take.
func (t *Table) Size() (ops, bytes int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ops, t.bytes
}

// entryBytes approximates the memory of an entry without the encoding that it points into.
const entryBytes = 120

var seed = maphash.MakeSeed()

// Hash returns the hash of a key. It differs from process to process.
func Hash(key []byte) uint32 { return uint32(maphash.Bytes(seed, key)) }

// Put adds a batch, whose encoding has record bytes.
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

// index makes e the newest entry of its key. The caller holds mu.
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

// slot returns the slot of a key, or the empty slot where it belongs.
func (t *Table) slot(key []byte, hash uint32) **Entry {
	mask := len(t.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		if e := t.slots[i]; e == nil || e.Hash == hash && bytes.Equal(e.Op.Key, key) {
			return &t.slots[i]
		}
	}
}

// Drop removes the newest batches, of a group whose commit failed. record is the length of their encodings.
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

// Get returns the newest entry of a key up to rev.
func (t *Table) Get(key []byte, rev storage.Revision) (*Entry, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := *t.slot(key, Hash(key))
	for e != nil && e.Rev > rev {
		e = e.older
	}
	return e, e != nil
}

// Runs returns all entries in a few runs, oldest first. Only scans and the flush wait for the sorting.
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

// Sorted returns all entries in one run.
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
