package bolt

import (
	"bytes"
	"sync"
	"wangge/storage"

	"github.com/tidwall/btree"
)

// entry is what one revision did to one key. Its bytes lie in the batch's encoding and are never
// changed.
type entry struct {
	key, value []byte
	rev        storage.Revision
	at         int // where the value begins in the encoding
	del        bool
}

// table holds entries by key, the newest revision of a key first. It only grows, so a reader that
// leaves out revisions after its own sees one state however long it reads.
type table struct {
	mu    sync.RWMutex
	tree  *btree.BTreeG[entry]
	bytes int
}

// newest sorts before every revision of a key.
const newest = ^storage.Revision(0)

func newTable() *table {
	return &table{tree: btree.NewBTreeGOptions(func(a, b entry) bool {
		if c := bytes.Compare(a.key, b.key); c != 0 {
			return c < 0
		}
		return a.rev > b.rev
	}, btree.Options{NoLocks: true, Degree: 64})}
}

func (t *table) size() (ops, bytes int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.tree.Len(), t.bytes
}

// entryBytes is about what an entry costs in memory beside the encoding it points into.
const entryBytes = 96

func (t *table) put(entries []entry, record int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		t.tree.Set(e)
	}
	t.bytes += record + entryBytes*len(entries)
}

// drop takes back what put gave: the entries of a commit that failed.
func (t *table) drop(entries []entry, record int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range entries {
		t.tree.Delete(e)
	}
	t.bytes -= record + entryBytes*len(entries)
}

// get finds what the newest revision up to rev did to a key.
func (t *table) get(key []byte, rev storage.Revision) (found entry, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	t.tree.Ascend(entry{key: key, rev: rev}, func(e entry) bool {
		found, ok = e, bytes.Equal(e.key, key)
		return false
	})
	return found, ok
}

// pageLen bounds how long a reader holds the lock.
const pageLen = 64

// page returns up to pageLen keys of a range, each as the newest revision up to rev left it, in
// the range's order. more says that the range may hold others.
func (t *table) page(r storage.Range, rev storage.Revision) (out []entry, more bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if !r.Reverse {
		t.tree.Ascend(entry{key: r.Start, rev: newest}, func(e entry) bool {
			if r.End != nil && bytes.Compare(e.key, r.End) >= 0 {
				return false
			}
			if e.rev > rev || len(out) > 0 && bytes.Equal(out[len(out)-1].key, e.key) {
				return true
			}
			if len(out) == pageLen {
				more = true
				return false
			}
			out = append(out, e)
			return true
		})
		return out, more
	}
	down := func(e entry) bool { // the oldest revision of a key comes first
		if bytes.Compare(e.key, r.Start) < 0 {
			return false
		}
		if e.rev > rev {
			return true
		}
		if n := len(out); n > 0 && bytes.Equal(out[n-1].key, e.key) {
			out[n-1] = e
			return true
		}
		if len(out) == pageLen {
			more = true
			return false
		}
		out = append(out, e)
		return true
	}
	if r.End == nil {
		t.tree.Reverse(down)
	} else {
		t.tree.Descend(entry{key: r.End, rev: newest}, down)
	}
	return out, more
}
