package view

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view/queue"
	"wangge/storage"

	"github.com/tidwall/btree"
)

// cursor is a position in an index: earlier deadlines first.
type cursor struct {
	due uint64 // sortTime of the deadline
	id  dispatch.CaseID
}

func (s cursor) compare(t cursor) int {
	return cmp.Or(cmp.Compare(s.due, t.due), cmp.Compare(s.id, t.id))
}

// index is open cases by deadline.
type index struct{ *btree.BTreeG[cursor] }

func newIndex() index {
	less := func(a, b cursor) bool { return a.due < b.due || a.due == b.due && a.id < b.id }
	return index{btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

// before counts the cursors with a deadline before due.
func (l index) before(due uint64) int {
	low, high := 0, l.Len()
	for low < high {
		mid := low + (high-low)/2
		if s, _ := l.GetAt(mid); s.due < due {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// unitsOf lists the units whose lists a row is in: those that the case concerns, and those on whose ground the case lies.
func unitsOf(c *city.City, k *row, scopes []roster.Unit) []roster.Unit {
	out := slices.Grow(scopes, 2)
	add := func(u roster.Unit) {
		if u = queue.GroundOf(u); !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	for _, id := range k.Sections {
		add(roster.Unit{Kind: roster.UnitSection, ID: string(id)})
		d := c.Departments[c.Sections[id].Department]
		for n := 0; d != nil && n < roster.MaxTreeDepth; n++ {
			add(roster.Unit{Kind: roster.UnitDepartment, ID: d.ID})
			d = c.Departments[d.Parent]
		}
	}
	for _, id := range k.Points {
		add(roster.Unit{Kind: roster.UnitPoint, ID: id})
	}
	return out
}

// keys yields the indexes of a row. A closed case is in queues only.
func (c *row) keys(yield func(queue.Key) bool) {
	for q := range queue.Count {
		if q == NoQueue && c.closed || q != NoQueue && !c.queued.Set.Has(q) {
			continue
		}
		for _, u := range c.units {
			if !yield(queue.Key{Unit: u, Queue: q}) {
				return
			}
		}
	}
	for _, k := range c.queued.By {
		if !yield(k) {
			return
		}
	}
}

// in reports whether a row is in an index.
func (c *row) in(k queue.Key) bool {
	if k.Unit.Kind >= queue.AtPost {
		return slices.Contains(c.queued.By, k)
	}
	return (k.Queue == NoQueue && !c.closed || k.Queue != NoQueue && c.queued.Set.Has(k.Queue)) && slices.Contains(c.units, k.Unit)
}

// cursor returns the row's position in an index of a kind. A department is late only with its own work: while another
// party must act, the case is at the end of the department's index.
func (c *row) cursor(kind roster.UnitKind) cursor {
	return cursorIn(kind, c.ID, ledger.SortTime(c.DueFirst), c.owners)
}

func cursorIn(kind roster.UnitKind, id dispatch.CaseID, due uint64, owners bool) cursor {
	if kind == roster.UnitDepartment && !owners {
		due = math.MaxUint64
	}
	return cursor{due, id}
}

// maxHistory bounds the remembered positions, about 0.6 MB.
const maxHistory = 16 << 10

// history remembers the positions of rows that have moved or gone. Later pages of a list use the positions of the
// first page, so that no case is repeated or skipped because its deadline moved.
type history struct {
	list []position       // by the revision at which each ended
	from storage.Revision // list has all positions that ended after it
}

// position is the position of a row until a revision.
type position struct {
	rev    storage.Revision
	id     dispatch.CaseID
	due    uint64
	owners bool
}

func (m *history) add(rev storage.Revision, was *row) {
	if len(m.list) == 2*maxHistory {
		m.from = m.list[maxHistory-1].rev
		m.list = slices.Clone(m.list[maxHistory:])
	}
	m.list = append(m.list, position{rev, was.ID, ledger.SortTime(was.DueFirst), was.owners})
}

// positionsAt returns the position as of a revision of every case that has moved since, in indexes of a kind.
func (m *history) positionsAt(rev storage.Revision, kind roster.UnitKind) map[dispatch.CaseID]cursor {
	at, _ := slices.BinarySearchFunc(m.list, rev+1, func(m position, rev storage.Revision) int { return cmp.Compare(m.rev, rev) })
	if at == len(m.list) {
		return nil
	}
	out := make(map[dispatch.CaseID]cursor, len(m.list)-at)
	for _, v := range m.list[at:] {
		if _, known := out[v.id]; !known {
			out[v.id] = cursorIn(kind, v.id, v.due, v.owners)
		}
	}
	return out
}

// walk merges some indexes of one kind by deadline (descending if back), starts after a cursor (nil: at the beginning),
// and yields each case once, at its position as of the revision since. The caller holds b.mu.
func (b *board) walk(indexes []queue.Key, back bool, after *cursor, since storage.Revision) iter.Seq[cursor] {
	return func(yield func(cursor) bool) {
		was := b.history.positionsAt(since, indexes[0].Unit.Kind)
		before := func(s, t cursor) bool { return s.compare(t) < 0 != back && s != t }
		var heads []*head
		for _, k := range indexes {
			if l := b.indexes[k]; l != nil {
				heads = append(heads, headOf(l, back, after))
			}
		}
		if len(was) > 0 {
			moved := &head{}
			for id, s := range was {
				c := b.rows[id]
				if c != nil && (after == nil || before(*after, s)) &&
					slices.ContainsFunc(indexes, c.in) {
					moved.list = append(moved.list, s)
				}
			}
			slices.SortFunc(moved.list, func(s, t cursor) int {
				if back {
					return t.compare(s)
				}
				return s.compare(t)
			})
			moved.next()
			heads = append(heads, moved)
		}
		var last cursor // no row has the number 0
		for {
			var best *head
			for _, h := range heads {
				if h.ok && (best == nil || before(h.at, best.at)) {
					best = h
				}
			}
			if best == nil {
				return
			}
			s, old := best.at, best.it == nil
			best.next()
			if _, moved := was[s.id]; moved && !old || last == s {
				continue
			}
			last = s
			if !yield(s) {
				return
			}
		}
	}
}

// scanSlice is how many rows are scanned while b.mu is held, about a millisecond.
const scanSlice = 2048

// sliced is walk for long scans: it locks b.mu for scanSlice rows at a time. A case that moves in between keeps its
// position, as between pages.
func (b *board) sliced(indexes []queue.Key, back bool, after *cursor, since storage.Revision) iter.Seq[cursor] {
	return func(yield func(cursor) bool) {
		slice := func() (more bool) {
			b.mu.RLock()
			defer b.mu.RUnlock()
			n, last := 0, cursor{}
			for s := range b.walk(indexes, back, after, since) {
				if n == scanSlice {
					after = &last
					return true
				}
				if n++; !yield(s) {
					return false
				}
				last = s
			}
			return false
		}
		for slice() {
		}
	}
}

// head is the progress of a walk in one index or list of cursors.
type head struct {
	it   *btree.IterG[cursor]
	list []cursor
	back bool
	at   cursor
	ok   bool
}

func headOf(l *index, back bool, after *cursor) *head {
	it := l.Iter()
	h := &head{it: &it, back: back}
	switch {
	case after == nil && back:
		h.ok = it.Last()
	case after == nil:
		h.ok = it.First()
	case back:
		if it.Seek(*after) {
			h.ok = it.Prev()
		} else {
			h.ok = it.Last()
		}
	default:
		if h.ok = it.Seek(*after); h.ok && it.Item() == *after {
			h.ok = it.Next()
		}
	}
	if h.ok {
		h.at = it.Item()
	}
	return h
}

func (h *head) next() {
	switch {
	case h.it == nil:
		if h.ok = len(h.list) > 0; h.ok {
			h.at, h.list = h.list[0], h.list[1:]
		}
		return
	case h.back:
		h.ok = h.it.Prev()
	default:
		h.ok = h.it.Next()
	}
	if h.ok {
		h.at = h.it.Item()
	}
}

// byNumber returns the first n rows of some indexes by number, after a given one (0: from the beginning). Every
// cursor of the indexes is scanned, some milliseconds for 100,000.
func (b *board) byNumber(
	indexes []queue.Key, newest bool, after dispatch.CaseID, n int, since storage.Revision, keep func(*row) bool,
) []numbered {
	order := func(x, y dispatch.CaseID) int {
		if newest {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
	var out []numbered
	for s := range b.sliced(indexes, newest, nil, since) { // numbers roughly follow deadlines
		if after != 0 && order(s.id, after) <= 0 || len(out) == n && order(s.id, out[n-1].id) >= 0 {
			continue
		}
		c := b.rows[s.id]
		if !keep(c) {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, s.id, func(c numbered, id dispatch.CaseID) int { return order(c.id, id) })
		out = slices.Insert(out, at, numbered{s.id, c.cs})
		out = out[:min(n, len(out))]
	}
	return out
}

// numbered is a row of a list by number.
type numbered struct {
	id dispatch.CaseID
	cs *dispatch.Case // nil: to be read from the store
}
