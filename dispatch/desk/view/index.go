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
	"wangge/dispatch/desk/view/order"
	"wangge/dispatch/desk/view/queue"
	"wangge/storage"
)

// cursor is a position in an index: earlier deadlines first.
type cursor = order.Cursor

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

// places yields the indexes of a row, with its queues there. The zero queue of a unit is the list itself, in which a closed case
// is not.
func (c *row) places(yield func(queue.At) bool) {
	in := c.inUnits()
	if in != 0 {
		for _, u := range c.units {
			if !yield(queue.At{Unit: u, In: in}) {
				return
			}
		}
	}
	for _, at := range c.queued.By {
		if !yield(at) {
			return
		}
	}
}

// inUnits is the queues of a row in the indexes of its units.
func (c *row) inUnits() queue.Set {
	in := c.queued.Set
	if !c.closed {
		in.Add(NoQueue)
	}
	return in
}

// in reports whether a row is in a list.
func (c *row) in(k queue.Key) bool {
	if k.Unit.Kind >= queue.AtPost {
		return c.queued.In(k)
	}
	return c.inUnits().Has(k.Queue) && slices.Contains(c.units, k.Unit)
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
	return cursor{Due: due, ID: id}
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
		before := func(s, t cursor) bool { return s.Compare(t) < 0 != back && s != t }
		var heads []*head
		for _, k := range indexes {
			if x := b.indexes[k.Unit]; x != nil {
				it := x.Iter(k.Queue, back, after)
				heads = append(heads, &head{it: &it})
				heads[len(heads)-1].next()
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
					return t.Compare(s)
				}
				return s.Compare(t)
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
			if _, moved := was[s.ID]; moved && !old || last == s {
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
	it   *order.Iter
	list []cursor
	at   cursor
	ok   bool
}

func (h *head) next() {
	if h.it != nil {
		h.at, h.ok = h.it.Next()
		return
	}
	if h.ok = len(h.list) > 0; h.ok {
		h.at, h.list = h.list[0], h.list[1:]
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
		if after != 0 && order(s.ID, after) <= 0 || len(out) == n && order(s.ID, out[n-1].id) >= 0 {
			continue
		}
		c := b.rows[s.ID]
		if !keep(c) {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, s.ID, func(c numbered, id dispatch.CaseID) int { return order(c.id, id) })
		out = slices.Insert(out, at, numbered{s.ID, c.cs})
		out = out[:min(n, len(out))]
	}
	return out
}

// numbered is a row of a list by number.
type numbered struct {
	id dispatch.CaseID
	cs *dispatch.Case // nil: to be read from the store
}
