// Package order keeps cases by deadline, and counts them by queue.
package order

import (
	"cmp"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/desk/view/queue"
)

// Cursor is a position in an index: earlier deadlines first.
type Cursor struct {
	Due uint64 // ledger.SortTime of the deadline
	ID  dispatch.CaseID
}

// Compare orders cursors.
func (s Cursor) Compare(t Cursor) int {
	return cmp.Or(cmp.Compare(s.Due, t.Due), cmp.Compare(s.ID, t.ID))
}

func (s Cursor) less(t Cursor) bool { return s.Due < t.Due || s.Due == t.Due && s.ID < t.ID }

// Index holds cases by deadline, each in some queues, and lists and counts those of one queue. The zero queue counts as one of
// them. An index costs one insertion a case, however many queues hold the case.
type Index struct {
	chunks []chunk // none is empty; all entries of one come before those of the next
}

// chunk is some entries in order, the last of them, and how many of them each queue has.
type chunk struct {
	last    Cursor
	entries []entry
	n       [queue.Count]uint16
}

type entry struct {
	Cursor
	in queue.Set
}

const chunkSize = 256 // the most entries of a chunk

// count adds n to the counts of some queues.
func (c *chunk) count(in queue.Set, n int) {
	for q := range in.All() {
		c.n[q] += uint16(n) // two's complement: -1 takes one off
	}
}

// find is the chunk that has, or would have, a cursor, and the place in it.
func (x *Index) find(at Cursor) (c, i int, found bool) {
	for high := len(x.chunks); c < high; {
		if mid := (c + high) / 2; x.chunks[mid].last.less(at) {
			c = mid + 1
		} else {
			high = mid
		}
	}
	if c == len(x.chunks) {
		return c, 0, false
	}
	entries := x.chunks[c].entries
	for high := len(entries); i < high; {
		if mid := (i + high) / 2; entries[mid].less(at) {
			i = mid + 1
		} else {
			high = mid
		}
	}
	return c, i, i < len(entries) && entries[i].Cursor == at
}

// Set puts a case that the index does not hold into it, in some queues, at least one.
func (x *Index) Set(at Cursor, in queue.Set) {
	c, i, _ := x.find(at)
	if c == len(x.chunks) { // after all others
		if c == 0 || len(x.chunks[c-1].entries) == chunkSize {
			x.chunks = append(x.chunks, chunk{})
		} else {
			c--
		}
		i = len(x.chunks[c].entries)
	}
	if len(x.chunks[c].entries) == chunkSize {
		x.split(c)
		if n := len(x.chunks[c].entries); i > n {
			c, i = c+1, i-n
		}
	}
	k := &x.chunks[c]
	k.entries = slices.Insert(k.entries, i, entry{at, in})
	k.count(in, 1)
	k.last = k.entries[len(k.entries)-1].Cursor
}

// split makes two of a chunk.
func (x *Index) split(c int) {
	k := &x.chunks[c]
	right := chunk{last: k.last}
	right.entries = append(right.entries, k.entries[chunkSize/2:]...)
	for _, e := range right.entries {
		right.count(e.in, 1)
		k.count(e.in, -1)
	}
	k.entries = k.entries[:chunkSize/2]
	k.last = k.entries[chunkSize/2-1].Cursor
	x.chunks = slices.Insert(x.chunks, c+1, right)
}

// Delete takes a case out.
func (x *Index) Delete(at Cursor) {
	c, i, found := x.find(at)
	if !found {
		return
	}
	k := &x.chunks[c]
	k.count(k.entries[i].in, -1)
	k.entries = slices.Delete(k.entries, i, i+1)
	if len(k.entries) == 0 {
		x.chunks = slices.Delete(x.chunks, c, c+1)
		return
	}
	k.last = k.entries[len(k.entries)-1].Cursor
	if c+1 < len(x.chunks) && len(k.entries)+len(x.chunks[c+1].entries) <= chunkSize/2 {
		next := x.chunks[c+1]
		k.last, k.entries = next.last, append(k.entries, next.entries...)
		for q := range k.n {
			k.n[q] += next.n[q]
		}
		x.chunks = slices.Delete(x.chunks, c+1, c+2)
	}
}

// Empty reports whether the index holds nothing.
func (x *Index) Empty() bool { return len(x.chunks) == 0 }

// Len counts the cases in a queue.
func (x *Index) Len(q queue.Queue) (n int) {
	for i := range x.chunks {
		n += int(x.chunks[i].n[q])
	}
	return n
}

// Has reports whether a case is in a queue.
func (x *Index) Has(q queue.Queue) bool {
	for i := range x.chunks {
		if x.chunks[i].n[q] > 0 {
			return true
		}
	}
	return false
}

// Before counts the cases in a queue with a deadline before due.
func (x *Index) Before(q queue.Queue, due uint64) (n int) {
	c, i, _ := x.find(Cursor{Due: due})
	for k := range c {
		n += int(x.chunks[k].n[q])
	}
	if c < len(x.chunks) {
		for _, e := range x.chunks[c].entries[:i] {
			if e.in.Has(q) {
				n++
			}
		}
	}
	return n
}

// Iter is a place in the cases of a queue, between two of them. The index must not change while it is used.
type Iter struct {
	x    *Index
	q    queue.Queue
	back bool
	c, i int // the next entry forwards
}

// Iter begins after a cursor (nil: at the beginning), or before it and backwards (nil: at the end).
func (x *Index) Iter(q queue.Queue, back bool, after *Cursor) Iter {
	it := Iter{x: x, q: q, back: back}
	if after == nil {
		if back {
			it.c = len(x.chunks)
		}
		return it
	}
	var found bool
	if it.c, it.i, found = x.find(*after); found && !back {
		it.i++
	}
	return it
}

// Next returns the next case; ok is false at the end.
func (it *Iter) Next() (at Cursor, ok bool) {
	for {
		switch {
		case it.back && it.i == 0:
			if it.c == 0 {
				return Cursor{}, false
			}
			it.c--
			if it.x.chunks[it.c].n[it.q] > 0 {
				it.i = len(it.x.chunks[it.c].entries)
			}
			continue
		case it.back:
			it.i--
		case it.c == len(it.x.chunks):
			return Cursor{}, false
		case it.x.chunks[it.c].n[it.q] == 0 || it.i == len(it.x.chunks[it.c].entries):
			it.c, it.i = it.c+1, 0
			continue
		default:
			it.i++
		}
		i := it.i
		if !it.back {
			i--
		}
		if e := &it.x.chunks[it.c].entries[i]; e.in.Has(it.q) {
			return e.Cursor, true
		}
	}
}
