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
	"wangge/storage"

	"github.com/tidwall/btree"
)

// slot is a place in a lane: earlier deadlines first.
type slot struct {
	due uint64 // sortTime of the deadline
	id  dispatch.CaseID
}

func (s slot) compare(t slot) int { return cmp.Or(cmp.Compare(s.due, t.due), cmp.Compare(s.id, t.id)) }

// lane is open cases by deadline.
type lane struct{ *btree.BTreeG[slot] }

func newLane() lane {
	return lane{btree.NewBTreeGOptions(func(a, b slot) bool { return a.compare(b) < 0 }, btree.Options{NoLocks: true})}
}

// before counts the slots whose deadline lies before one.
func (l lane) before(due uint64) int {
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

// A unit's lane is what concerns it. Under kinds that no unit has there are lanes of the ground of a
// section, of a department's sections and of a point, of the post for which a case waits, and of the
// person who handles it while it is the owner's turn.
const (
	onGround roster.UnitKind = 64 // and the kind
	atPost   roster.UnitKind = 128
	inHands  roster.UnitKind = 129
)

func groundOf(u roster.Unit) roster.Unit { return roster.Unit{Kind: onGround + u.Kind, ID: u.ID} }

func waitsFor(p roster.PostID) roster.Unit { return roster.Unit{Kind: atPost, ID: string(p)} }

func handledBy(p roster.PersonID) roster.Unit { return roster.Unit{Kind: inHands, ID: string(p)} }

// lanesOf lists the lanes of a card that waits for a post.
func lanesOf(c *city.City, k *card, scopes []roster.Unit, post roster.PostID) []roster.Unit {
	out := slices.Grow(scopes, 2)
	add := func(u roster.Unit) {
		if u = groundOf(u); !slices.Contains(out, u) {
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
	if post != "" {
		out = append(out, waitsFor(post))
	}
	if k.owners && k.Handler != "" {
		out = append(out, handledBy(k.Handler))
	}
	return out
}

// slot is where a card stands in a lane. A department is late with its own work only: while somebody
// else must move the case on, it stands at the end of the department's lane.
func (c *card) slot(kind roster.UnitKind) slot {
	return slotIn(kind, c.id, ledger.SortTime(c.DueFirst), c.owners)
}

func slotIn(kind roster.UnitKind, id dispatch.CaseID, due uint64, owners bool) slot {
	if kind == roster.UnitDepartment && !owners {
		due = math.MaxUint64
	}
	return slot{due, id}
}

// mostMoves bounds the moves that are remembered: about 0.6 MB.
const mostMoves = 16 << 10

// moves remembers where cards stood that have moved or gone, so that the later pages of a list see
// them where the first page did: none comes twice or is passed over because its deadline moved.
type moves struct {
	list []move           // by revision
	from storage.Revision // what moved after it is in list
}

type move struct {
	rev    storage.Revision
	id     dispatch.CaseID
	due    uint64
	owners bool
}

func (m *moves) add(rev storage.Revision, was *card) {
	if len(m.list) == 2*mostMoves {
		m.from = m.list[mostMoves-1].rev
		m.list = slices.Clone(m.list[mostMoves:])
	}
	m.list = append(m.list, move{rev, was.id, ledger.SortTime(was.DueFirst), was.owners})
}

// since says where the cards that have moved after a revision stood then, in lanes of a kind.
func (m *moves) since(rev storage.Revision, kind roster.UnitKind) map[dispatch.CaseID]slot {
	at, _ := slices.BinarySearchFunc(m.list, rev+1, func(m move, rev storage.Revision) int { return cmp.Compare(m.rev, rev) })
	if at == len(m.list) {
		return nil
	}
	out := make(map[dispatch.CaseID]slot, len(m.list)-at)
	for _, v := range m.list[at:] {
		if _, known := out[v.id]; !known {
			out[v.id] = slotIn(kind, v.id, v.due, v.owners)
		}
	}
	return out
}

// walk yields the slots of the cards of some lanes of one kind of slot, each card once, by deadline, the last first when
// back, beginning after a slot (nil: at the end of the order). Each stands where it stood at a
// revision. The board is held.
func (b *board) walk(lanes []roster.Unit, back bool, after *slot, since storage.Revision) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		was := b.moves.since(since, lanes[0].Kind)
		before := func(s, t slot) bool { return s.compare(t) < 0 != back && s != t }
		var heads []*head
		for _, u := range lanes {
			if l := b.lanes[u]; l != nil {
				heads = append(heads, headOfLane(l, back, after))
			}
		}
		if len(was) > 0 {
			moved := &head{}
			for id, s := range was {
				c := b.cards[id]
				if c != nil && (after == nil || before(*after, s)) && slices.ContainsFunc(lanes, func(u roster.Unit) bool { return slices.Contains(c.lanes, u) }) {
					moved.list = append(moved.list, s)
				}
			}
			slices.SortFunc(moved.list, func(s, t slot) int {
				if back {
					return t.compare(s)
				}
				return s.compare(t)
			})
			moved.next()
			heads = append(heads, moved)
		}
		var last slot // no card has the number 0
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

// boardSlice is how many cards are looked at while the board is held: about a millisecond.
const boardSlice = 2048

// sliced is walk for who may look at many cards: it holds the board by itself, and lets go of it every so
// often. What moves in between stands where it stood, as between pages.
func (b *board) sliced(lanes []roster.Unit, back bool, after *slot, since storage.Revision) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		slice := func() (more bool) {
			b.mu.RLock()
			defer b.mu.RUnlock()
			n, last := 0, slot{}
			for s := range b.walk(lanes, back, after, since) {
				if n == boardSlice {
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

// head is how far a walk has come in one lane, or in a list of slots.
type head struct {
	it   *btree.IterG[slot]
	list []slot
	back bool
	at   slot
	ok   bool
}

func headOfLane(l *lane, back bool, after *slot) *head {
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

// byNumber picks the first n cards of some lanes in the order of their numbers, after one (0: from
// the end of the order). It looks at every slot of the lanes, some milliseconds for 100,000.
func (b *board) byNumber(lanes []roster.Unit, newest bool, after dispatch.CaseID, n int, since storage.Revision, keep func(*card) bool) []numbered {
	order := func(x, y dispatch.CaseID) int {
		if newest {
			return cmp.Compare(y, x)
		}
		return cmp.Compare(x, y)
	}
	var out []numbered
	for s := range b.sliced(lanes, newest, nil, since) { // the number goes with the deadline, more or less
		if after != 0 && order(s.id, after) <= 0 || len(out) == n && order(s.id, out[n-1].id) >= 0 {
			continue
		}
		c := b.cards[s.id]
		if !keep(c) {
			continue
		}
		at, _ := slices.BinarySearchFunc(out, s.id, func(c numbered, id dispatch.CaseID) int { return order(c.id, id) })
		out = slices.Insert(out, at, numbered{s.id, c.cs})
		out = out[:min(n, len(out))]
	}
	return out
}

// numbered is what a list takes of a card.
type numbered struct {
	id dispatch.CaseID
	cs *dispatch.Case // nil: to be read
}
