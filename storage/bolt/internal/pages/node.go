package pages

import (
	"bytes"
	"encoding/binary"

	"wangge/storage"
)

const (
	pageHeader  = 16
	elementSize = 16
	branchPage  = 1
	leafPage    = 2
	listPage    = 16
)

// native is bbolt's byte order.
var native = binary.NativeEndian

// Node is a page of a tree together with its overflow pages.
type Node struct {
	Raw   []byte // of all its pages
	At    int64  // offset in the file in bytes
	ID    uint64 // number of the first page
	Pages uint64 // number of pages
	Leaf  bool
	N     int // number of elements
}

// node reads a page of a tree into buf, which it grows if necessary, and checks its layout.
func (p *File) node(h Head, id uint64, buf *[]byte) (Node, error) {
	at := int64(id) * h.Size
	raw, err := p.bytes(at, h.Size, buf)
	if err != nil {
		return Node{}, err
	}
	n := Node{Raw: raw, At: at, ID: id, Pages: 1 + uint64(native.Uint32(raw[12:])), N: int(native.Uint16(raw[10:]))}
	flags := native.Uint16(raw[8:])
	switch own := native.Uint64(raw); {
	case own == 0 && flags == 0:
		return n, p.Damage(storage.PageDamaged, at, "it holds zeros")
	case own != id:
		return n, p.Damage(storage.PageDamaged, at, "page %d says that it is page %d", id, own)
	case flags != leafPage && flags != branchPage:
		return n, p.Damage(storage.PageDamaged, at, "page %d is no part of a tree: flags %#x", id, flags)
	case id+n.Pages > h.High:
		return n, p.Damage(storage.PageDamaged, at, "page %d says that it has %d pages", id, n.Pages)
	}
	n.Leaf = flags == leafPage
	if end := pageHeader + elementSize*int64(n.N); end > h.Size && n.Pages > 1 { // the elements alone take more than a page
		if n.Raw, err = p.bytes(at, min(end, h.Size*int64(n.Pages)), buf); err != nil {
			return n, err
		}
	}
	if need := (n.end() + h.Size - 1) / h.Size; need != int64(n.Pages) {
		return n, p.Damage(storage.PageDamaged, at, "page %d says that it has %d pages and holds %d", id, n.Pages, need)
	}
	if n.Pages > 1 {
		if n.Raw, err = p.bytes(at, h.Size*int64(n.Pages), buf); err != nil {
			return n, err
		}
	}
	_, err = p.packed(n)
	return n, err
}

// end returns the offset in the node at which its last element claims to end.
func (n Node) end() int64 {
	from := pageHeader + elementSize*(n.N-1)
	switch {
	case n.N == 0:
		return pageHeader
	case from+elementSize > len(n.Raw):
		return 0
	case n.Leaf:
		e := n.Raw[from:]
		return int64(from) + int64(native.Uint32(e[4:])) + int64(native.Uint32(e[8:])) + int64(native.Uint32(e[12:]))
	}
	return int64(from) + int64(native.Uint32(n.Raw[from:])) + int64(native.Uint32(n.Raw[from+4:]))
}

// packed checks that the elements of a node are adjacent, in order, and inside the node, and returns the offset of their end.
func (p *File) packed(n Node) (int, error) {
	end := pageHeader + elementSize*n.N
	if end > len(n.Raw) {
		return 0, p.Damage(storage.PageDamaged, n.At, "page %d says that it has %d elements", n.ID, n.N)
	}
	var before []byte
	for i := range n.N {
		from := pageHeader + elementSize*i
		e := n.Raw[from : from+elementSize]
		pos, key, value := int(native.Uint32(e)), int(native.Uint32(e[4:])), 0
		if n.Leaf {
			if flags := native.Uint32(e); flags > 1 {
				return 0, p.Damage(storage.PageDamaged, n.At, "element %d has flags %#x", i, flags)
			}
			pos, key, value = int(native.Uint32(e[4:])), int(native.Uint32(e[8:])), int(native.Uint32(e[12:]))
		}
		if from+pos != end || key > len(n.Raw)-end || value > len(n.Raw)-end-key {
			return 0, p.Damage(storage.PageDamaged, n.At, "element %d of page %d is not where it should be", i, n.ID)
		}
		k := n.Raw[end : end+key]
		if i > 0 && bytes.Compare(before, k) >= 0 {
			return 0, p.Damage(storage.PageDamaged, n.At, "the keys of page %d are out of order at element %d", n.ID, i)
		}
		before, end = k, end+key+value
	}
	return end, nil
}

// Element returns an element of a checked node: for a leaf a key and its value, for a branch the first key and the page of
// the child.
func (n Node) Element(i int) (key, value []byte, child uint64, bucket bool) {
	from := pageHeader + elementSize*i
	e := n.Raw[from : from+elementSize]
	if n.Leaf {
		at := from + int(native.Uint32(e[4:]))
		mid := at + int(native.Uint32(e[8:]))
		return n.Raw[at:mid:mid], n.Raw[mid : mid+int(native.Uint32(e[12:]))], 0, native.Uint32(e) == 1
	}
	at := from + int(native.Uint32(e))
	return n.Raw[at : at+int(native.Uint32(e[4:]))], nil, native.Uint64(e[8:]), false
}

// inside reads a leaf that is stored in an element of another page.
func (p *File) inside(raw []byte, at int64) (Node, error) {
	if len(raw) < pageHeader || native.Uint16(raw[8:]) != leafPage {
		return Node{}, p.Damage(storage.PageDamaged, at, "a bucket inside the page is no leaf")
	}
	n := Node{Raw: bytes.Clone(raw), At: at, Leaf: true, N: int(native.Uint16(raw[10:]))}
	if end, err := p.packed(n); err != nil {
		return n, err
	} else if end != len(raw) {
		return n, p.Damage(storage.PageDamaged, at, "a bucket inside the page holds %d bytes of %d", end, len(raw))
	}
	return n, nil
}
