package bolt

import (
	"bytes"
	"wangge/storage"
)

// usage is a bit for each page of a file that is in use; nil counts nothing.
type usage []uint64

func newUsage(h headPage) usage {
	u := make(usage, h.high/64+1)
	u.add(0, 2) // the head pages
	return u
}

// add marks n pages; false when one is marked already.
func (u usage) add(id, n uint64) bool {
	fresh := true
	for ; n > 0; id, n = id+1, n-1 {
		bit := uint64(1) << (id % 64)
		fresh = fresh && u[id/64]&bit == 0
		u[id/64] |= bit
	}
	return fresh
}

// take marks the pages of a node, which may be in one place of the file only.
func (u usage) take(p *pages, n node) error {
	if u != nil && n.id != 0 && !u.add(n.id, n.pages) {
		return p.damage(storage.PageDamaged, n.at, "page %d is in use twice", n.id)
	}
	return nil
}

// accounted checks that each page that a walk of the feed did not meet is the file's own, or free, once. A tree
// that lost a branch, or led to an old copy of it, leaves pages over.
func (p *pages) accounted(use usage, tell func(*storage.DamageError) error) error {
	whole, _, err := p.heads()
	if err != nil {
		return err
	}
	h := whole[0]
	buckets, _, err := p.store(h, func(n node) error { return use.take(p, n) })
	if err != nil {
		return err
	}
	if old, ok := buckets[string(oldKeysB)]; ok { // of format 1
		if err := old.walk(nil, visitor{page: func(n node) error { return use.take(p, n) }}); err != nil {
			return err
		}
	}
	ids, n, err := p.free(h)
	if err != nil {
		return err
	}
	at := int64(h.list) * h.size
	if n > 0 && !use.add(h.list, n) {
		return tell(p.damage(storage.ListDamaged, at, "it stands where something else is"))
	}
	for _, id := range ids {
		if !use.add(id, 1) {
			return tell(p.damage(storage.ListDamaged, at, "page %d is in use and is said to be free", id))
		}
	}
	for id := uint64(0); id < h.high; id++ {
		if use.add(id, 1) {
			return tell(p.damage(storage.ListDamaged, at, "page %d is not in use and not said to be free", id))
		}
	}
	return nil
}

// unused checks that no page of a feed that is said to be free is in use: the next commits would write over it.
// top is the pages above the tree. A page is in use when the tree leads to it, or to one that flows over into it.
func (t tree) unused(top map[uint64]bool) error {
	ids, _, err := t.p.free(t.h)
	if err != nil {
		return err
	}
	seen, end := uint64(1), uint64(0) // pages up to seen were looked at; the last of them that is in use flows over to before end
	for _, id := range ids {
		for back := id; back > seen; back-- {
			if n, ok := t.used(back, top); ok {
				end = back + n
				break
			}
		}
		if seen = id; id < end {
			return t.p.damage(storage.ListDamaged, int64(t.h.list)*t.h.size, "page %d is in use and is said to be free", id)
		}
	}
	return nil
}

// used reports whether a page is the first of a node of the tree, or above it, and how many pages that has.
func (t tree) used(id uint64, top map[uint64]bool) (uint64, bool) {
	var buf []byte
	n, err := t.p.node(t.h, id, &buf)
	if err != nil {
		return 0, false
	}
	if top[id] {
		return n.pages, true
	}
	if n.n == 0 || t.inside != nil {
		return 0, false
	}
	key, _, _, _ := n.element(0)
	var bufs [maxDepth][]byte
	way, _ := t.path(bytes.Clone(key), &bufs) // damage on the way is told where it is read
	for _, at := range way {
		if at.id == id {
			return n.pages, true
		}
	}
	return 0, false
}
