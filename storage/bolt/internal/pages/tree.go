package pages

import (
	"bytes"
	"encoding/binary"
	"errors"

	"wangge/storage"
)

// MaxDepth bounds the depth of a tree. A deeper one is damage: its pages form a cycle.
const MaxDepth = 32

// Tree is the B+tree of one bucket: its root page, or a leaf stored inside the page above.
type Tree struct {
	File   *File
	Head   Head
	root   uint64
	inside *Node
}

// Visitor receives what a walk meets. Byte slices are valid until the next call. Each function may be nil.
type Visitor struct {
	Item   func(key, value []byte, bucket bool, at int64) error
	Page   func(n Node) error               // called before the elements of the page
	Damage func(*storage.DamageError) error // if it returns nil the walk goes on; without it damage ends the walk
}

// ErrStop ends a walk early, without an error.
var ErrStop = errors.New("stop")

// Walk visits the elements from a key on, in order.
func (t Tree) Walk(from []byte, v Visitor) error {
	var bufs [MaxDepth][]byte
	err := t.visit(t.root, t.Head.At, from, nil, nil, 0, &bufs, v)
	if errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

func (t Tree) visit(id uint64, above int64, from, low, high []byte, depth int, bufs *[MaxDepth][]byte, v Visitor) error {
	n, err := t.node(id, above, low, high, depth, bufs)
	if err != nil {
		return t.report(err, low, v)
	}
	if v.Page != nil {
		if err := v.Page(n); err != nil {
			return t.report(err, low, v)
		}
	}
	for i := range n.N {
		key, value, child, bucket := n.Element(i)
		if n.Leaf {
			if bytes.Compare(key, from) >= 0 && v.Item != nil {
				if err := v.Item(key, value, bucket, n.At); err != nil {
					return err
				}
			}
			continue
		}
		next := high
		if i+1 < n.N {
			next, _, _, _ = n.Element(i + 1)
			if bytes.Compare(next, from) <= 0 {
				continue
			}
		}
		if err := t.visit(child, n.At, from, key, next, depth+1, bufs, v); err != nil {
			return err
		}
	}
	return nil
}

// node reads a page and checks it against what the page above says of it.
func (t Tree) node(id uint64, above int64, low, high []byte, depth int, bufs *[MaxDepth][]byte) (Node, error) {
	if t.inside != nil {
		return *t.inside, nil
	}
	if depth == MaxDepth {
		return Node{}, t.File.Damage(storage.PageDamaged, above, "the pages of the tree lead into a ring")
	}
	if id < 2 || id >= t.Head.High {
		return Node{}, t.File.Damage(storage.PageDamaged, above, "it leads to page %d, there are %d", id, t.Head.High)
	}
	n, err := t.File.node(t.Head, id, &bufs[depth])
	if err != nil {
		return n, err
	}
	if n.N == 0 {
		if n.Leaf && depth == 0 {
			return n, nil
		}
		return n, t.File.Damage(storage.PageDamaged, n.At, "page %d is empty", id)
	}
	first, _, _, _ := n.Element(0)
	last, _, _, _ := n.Element(n.N - 1)
	if bytes.Compare(first, low) < 0 || high != nil && bytes.Compare(last, high) >= 0 {
		return n, t.File.Damage(storage.PageDamaged, n.At, "page %d holds keys that belong elsewhere", id)
	}
	return n, nil
}

// report passes damage to the visitor, with the revision at which the page should begin.
func (t Tree) report(err error, low []byte, v Visitor) error {
	d, ok := errors.AsType[*storage.DamageError](err)
	if !ok {
		return err
	}
	if len(low) == 8 && !t.File.Derived {
		d.Revision = storage.Revision(binary.BigEndian.Uint64(low))
	}
	if v.Damage == nil {
		return d
	}
	return v.Damage(d)
}

// Path descends to the leaf to which a key belongs, or to the last leaf if key is nil.
func (t Tree) Path(key []byte, buf *[MaxDepth][]byte) ([]Node, error) {
	var all []Node
	id, above, low, high := t.root, t.Head.At, []byte(nil), []byte(nil)
	for depth := 0; ; depth++ {
		n, err := t.node(id, above, low, high, depth, buf)
		if err != nil {
			return all, t.report(err, low, Visitor{})
		}
		if all = append(all, n); n.Leaf {
			return all, nil
		}
		i := n.N - 1
		if key != nil {
			for i = 0; i+1 < n.N; i++ {
				if next, _, _, _ := n.Element(i + 1); bytes.Compare(next, key) > 0 {
					high = next
					break
				}
			}
		}
		low, _, id, _ = n.Element(i)
		above = n.At
	}
}

// buckets reads the buckets of a file and visits the pages above them.
func (p *File) buckets(h Head, page func(Node) error) (map[string]Tree, error) {
	out := map[string]Tree{}
	err := Tree{File: p, Head: h, root: h.Root}.Walk(nil, Visitor{Page: page, Item: func(key, value []byte, bucket bool, at int64) error {
		if !bucket || len(value) < 16 {
			return p.Damage(storage.PageDamaged, at, "%q is no bucket", key)
		}
		t := Tree{File: p, Head: h, root: native.Uint64(value)}
		if t.root == 0 {
			n, err := p.inside(value[16:], at)
			if err != nil {
				return err
			}
			t.inside = &n
		}
		out[string(key)] = t
		return nil
	}})
	return out, err
}
