package pages

import (
	"bytes"

	"wangge/storage"
)

// Free returns the free pages in ascending order, and n, the number of pages that the list itself takes.
func (p *File) Free(h Head) (ids []uint64, n uint64, err error) {
	if h.List == noList {
		return nil, 0, nil
	}
	at := int64(h.List) * h.Size
	if h.List < 2 || h.List >= h.High {
		return nil, 0, p.Damage(storage.ListDamaged, h.At, "it should be page %d, there are %d", h.List, h.High)
	}
	var buf []byte
	raw, err := p.bytes(at, h.Size, &buf)
	if err != nil {
		return nil, 0, err
	}
	n = 1 + uint64(native.Uint32(raw[12:]))
	if native.Uint64(raw) != h.List || native.Uint16(raw[8:]) != listPage || h.List+n > h.High {
		return nil, 0, p.Damage(storage.ListDamaged, at, "page %d is no such list", h.List)
	}
	if raw, err = p.bytes(at, h.Size*int64(n), &buf); err != nil {
		return nil, 0, err
	}
	count, list := uint64(native.Uint16(raw[10:])), raw[pageHeader:]
	if count == 0xffff {
		count, list = native.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return nil, 0, p.Damage(storage.ListDamaged, at, "it says that it has %d entries", count)
	}
	before := uint64(1)
	for i := range count {
		id := native.Uint64(list[8*i:])
		if id <= before || id >= h.High || id >= h.List && id < h.List+n {
			return nil, 0, p.Damage(storage.ListDamaged, at, "entry %d is page %d", i, id)
		}
		ids, before = append(ids, id), id
	}
	return ids, n, nil
}

// Unused checks that no free page is in use: the next commits would overwrite it. top is the set of pages above the tree. A
// page is in use if the tree leads to it, or to a node that overflows into it.
func (t Tree) Unused(top map[uint64]bool) error {
	ids, _, err := t.File.Free(t.Head)
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
			return t.File.Damage(storage.ListDamaged, int64(t.Head.List)*t.Head.Size, "page %d is in use and is said to be free", id)
		}
	}
	return nil
}

// used reports whether a page is the first page of a node of the tree, or above the tree, and how many pages the node has.
func (t Tree) used(id uint64, top map[uint64]bool) (uint64, bool) {
	var buf []byte
	n, err := t.File.node(t.Head, id, &buf)
	if err != nil {
		return 0, false
	}
	if top[id] {
		return n.Pages, true
	}
	if n.N == 0 || t.inside != nil {
		return 0, false
	}
	key, _, _, _ := n.Element(0)
	var bufs [MaxDepth][]byte
	way, _ := t.Path(bytes.Clone(key), &bufs) // damage on the way is told where it is read
	for _, at := range way {
		if at.ID == id {
			return n.Pages, true
		}
	}
	return 0, false
}
