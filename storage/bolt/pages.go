package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// bbolt takes the pages of its file as they are: a damaged one ends in a panic, sometimes in a goroutine of
// its own, or is read as something else. So the files are also read here, page by page, without bbolt. A page
// must say its own number, its elements must stand side by side as bbolt writes them, its keys must be in
// order and between those that the page above gives. See bbolt's internal/common for the layout.
const (
	pageHeader  = 16
	elementSize = 16
	branchPage  = 1
	leafPage    = 2
	listPage    = 16
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSum     = 72        // where the checksum of a head page stands; it covers what lies between it and the page header
	noList      = 1<<64 - 1 // a head page without a list of free pages
	maxDepth    = 32        // of a tree
)

// native is the byte order in which bbolt writes.
var native = binary.NativeEndian

// pages reads the pages of one bbolt file. It is safe for concurrent use.
type pages struct {
	path    string
	file    *os.File
	derived bool
}

func openPages(path string, derived bool) (*pages, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &pages{path, f, derived}, nil
}

func (p *pages) Close() error {
	if p == nil {
		return nil
	}
	return p.file.Close()
}

// headPage is the root of one commit.
type headPage struct {
	at                     int64 // of the page, in bytes
	size                   int64 // of a page
	root, list, high, txid uint64
}

// heads reads both head pages. The newer one of those that are whole comes first; bad names the other one.
func (p *pages) heads() (whole []headPage, bad *storage.DamageError, err error) {
	first, ok := p.headPage(0)
	if ok {
		whole = append(whole, first)
	}
	sizes := []int64{first.size}
	if !ok {
		sizes = sizes[:0]
		for size := int64(1 << 10); size <= 16<<20; size *= 2 {
			sizes = append(sizes, size)
		}
	}
	second := false
	for _, size := range sizes {
		if h, ok := p.headPage(size); ok && h.size == size {
			whole, second = append(whole, h), true
			break
		}
	}
	switch {
	case len(whole) == 0:
		return nil, nil, p.damage(storage.FileForeign, 0, "neither of its head pages can be read")
	case !ok:
		bad = p.damage(storage.HeadDamaged, 0, "the last commit may be missing, if it was written there")
	case !second:
		bad = p.damage(storage.HeadDamaged, first.size, "the last commit may be missing, if it was written there")
	case whole[1].txid > whole[0].txid:
		whole[0], whole[1] = whole[1], whole[0]
	}
	return whole, bad, nil
}

// headPage reads a head page; false when it is not whole.
func (p *pages) headPage(at int64) (headPage, bool) {
	var b [metaSum + 8]byte
	if _, err := p.file.ReadAt(b[:], at); err != nil {
		return headPage{}, false
	}
	sum := fnv.New64a()
	sum.Write(b[pageHeader:metaSum])
	h := headPage{
		at: at, size: int64(native.Uint32(b[24:])), root: native.Uint64(b[32:]),
		list: native.Uint64(b[48:]), high: native.Uint64(b[56:]), txid: native.Uint64(b[64:]),
	}
	own := uint64(0) // the number of the page: the commits alternate between the two
	if at > 0 {
		own = 1
	}
	sound := native.Uint64(b[:]) == own && h.txid%2 == own && native.Uint32(b[16:]) == metaMagic && native.Uint32(b[20:]) == metaVersion && native.Uint64(b[metaSum:]) == sum.Sum64()
	return h, sound && h.size >= 1<<10 && h.size&(h.size-1) == 0 && h.high < 1<<50
}

// headOf is the head page of a transaction as bbolt read it, without the list of free pages.
func headOf(tx *bbolt.Tx) headPage {
	size := int64(tx.DB().Info().PageSize)
	id := uint64(tx.ID())
	return headPage{at: int64(id%2) * size, size: size, root: uint64(tx.Cursor().Bucket().Root()), list: noList, high: uint64(tx.Size() / size), txid: id}
}

func (p *pages) damage(kind storage.DamageKind, at int64, format string, args ...any) *storage.DamageError {
	return &storage.DamageError{Kind: kind, Path: p.path, Offset: at, Detail: fmt.Sprintf(format, args...), Derived: p.derived}
}

// node is a page of a tree with what flows over into the pages behind it.
type node struct {
	raw   []byte
	at    int64  // in bytes
	id    uint64 // of its first page
	pages uint64
	leaf  bool
	n     int
}

// node reads a page of a tree, which is one of the file's, into buf, which it may make larger.
func (p *pages) node(h headPage, id uint64, buf *[]byte) (node, error) {
	at := int64(id) * h.size
	raw, err := p.bytes(at, h.size, buf)
	if err != nil {
		return node{}, err
	}
	n := node{raw: raw, at: at, id: id, pages: 1 + uint64(native.Uint32(raw[12:])), n: int(native.Uint16(raw[10:]))}
	flags := native.Uint16(raw[8:])
	switch own := native.Uint64(raw); {
	case own == 0 && flags == 0:
		return n, p.damage(storage.PageDamaged, at, "it holds zeros")
	case own != id:
		return n, p.damage(storage.PageDamaged, at, "page %d says that it is page %d", id, own)
	case flags != leafPage && flags != branchPage:
		return n, p.damage(storage.PageDamaged, at, "page %d is no part of a tree: flags %#x", id, flags)
	case id+n.pages > h.high:
		return n, p.damage(storage.PageDamaged, at, "page %d says that it has %d pages", id, n.pages)
	}
	n.leaf = flags == leafPage
	if end := pageHeader + elementSize*int64(n.n); end > h.size && n.pages > 1 { // the elements alone take more than a page
		if n.raw, err = p.bytes(at, min(end, h.size*int64(n.pages)), buf); err != nil {
			return n, err
		}
	}
	if need := (n.end() + h.size - 1) / h.size; need != int64(n.pages) {
		return n, p.damage(storage.PageDamaged, at, "page %d says that it has %d pages and holds %d", id, n.pages, need)
	}
	if n.pages > 1 {
		if n.raw, err = p.bytes(at, h.size*int64(n.pages), buf); err != nil {
			return n, err
		}
	}
	_, err = p.packed(n)
	return n, err
}

// end is where the last element of a node says that it ends, in bytes from the beginning of the node.
func (n node) end() int64 {
	from := pageHeader + elementSize*(n.n-1)
	switch {
	case n.n == 0:
		return pageHeader
	case from+elementSize > len(n.raw):
		return 0
	case n.leaf:
		e := n.raw[from:]
		return int64(from) + int64(native.Uint32(e[4:])) + int64(native.Uint32(e[8:])) + int64(native.Uint32(e[12:]))
	}
	return int64(from) + int64(native.Uint32(n.raw[from:])) + int64(native.Uint32(n.raw[from+4:]))
}

// bytes reads a part of the file.
func (p *pages) bytes(at, size int64, buf *[]byte) ([]byte, error) {
	if int64(cap(*buf)) < size {
		*buf = make([]byte, size)
	}
	raw := (*buf)[:size]
	switch _, err := p.file.ReadAt(raw, at); {
	case errors.Is(err, io.EOF):
		return nil, p.damage(storage.FileCut, at, "a page is behind its end")
	case err != nil:
		return nil, fmt.Errorf("read %s at byte %d: %w", p.path, at, err)
	}
	return raw, nil
}

// packed checks that the elements of a node stand side by side, in order and inside it, and returns where
// they end.
func (p *pages) packed(n node) (int, error) {
	end := pageHeader + elementSize*n.n
	if end > len(n.raw) {
		return 0, p.damage(storage.PageDamaged, n.at, "page %d says that it has %d elements", n.id, n.n)
	}
	var before []byte
	for i := range n.n {
		from := pageHeader + elementSize*i
		e := n.raw[from : from+elementSize]
		pos, key, value := int(native.Uint32(e)), int(native.Uint32(e[4:])), 0
		if n.leaf {
			if flags := native.Uint32(e); flags > 1 {
				return 0, p.damage(storage.PageDamaged, n.at, "element %d has flags %#x", i, flags)
			}
			pos, key, value = int(native.Uint32(e[4:])), int(native.Uint32(e[8:])), int(native.Uint32(e[12:]))
		}
		if from+pos != end || key > len(n.raw)-end || value > len(n.raw)-end-key {
			return 0, p.damage(storage.PageDamaged, n.at, "element %d of page %d is not where it should be", i, n.id)
		}
		k := n.raw[end : end+key]
		if i > 0 && bytes.Compare(before, k) >= 0 {
			return 0, p.damage(storage.PageDamaged, n.at, "the keys of page %d are out of order at element %d", n.id, i)
		}
		before, end = k, end+key+value
	}
	return end, nil
}

// element is an element of a node that was found packed: of a leaf a key with its value, of a branch the first
// key and the number of a page.
func (n node) element(i int) (key, value []byte, child uint64, bucket bool) {
	from := pageHeader + elementSize*i
	e := n.raw[from : from+elementSize]
	if n.leaf {
		at := from + int(native.Uint32(e[4:]))
		mid := at + int(native.Uint32(e[8:]))
		return n.raw[at:mid:mid], n.raw[mid : mid+int(native.Uint32(e[12:]))], 0, native.Uint32(e) == 1
	}
	at := from + int(native.Uint32(e))
	return n.raw[at : at+int(native.Uint32(e[4:]))], nil, native.Uint64(e[8:]), false
}

// tree is one bucket: its root page, or a leaf that stands inside the page above.
type tree struct {
	p      *pages
	h      headPage
	root   uint64
	inside *node
}

// visitor is told what a walk meets. Bytes are good until the next call. Each may be nil.
type visitor struct {
	item   func(key, value []byte, bucket bool, at int64) error
	page   func(n node) error               // before its elements; errSkip leaves the rest of the walk out
	damage func(*storage.DamageError) error // nil goes on with what follows; without it damage ends the walk
}

// errStop ends a walk without a fault.
var errStop = errors.New("stop")

// walk visits the elements from a key on, in order.
func (t tree) walk(from []byte, v visitor) error {
	var bufs [maxDepth][]byte
	err := t.visit(t.root, t.h.at, from, nil, nil, 0, &bufs, v)
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

func (t tree) visit(id uint64, above int64, from, low, high []byte, depth int, bufs *[maxDepth][]byte, v visitor) error {
	n, err := t.node(id, above, low, high, depth, bufs)
	if err != nil {
		return t.told(err, low, v)
	}
	if v.page != nil {
		if err := v.page(n); err != nil {
			return t.told(err, low, v)
		}
	}
	for i := range n.n {
		key, value, child, bucket := n.element(i)
		if n.leaf {
			if bytes.Compare(key, from) >= 0 && v.item != nil {
				if err := v.item(key, value, bucket, n.at); err != nil {
					return err
				}
			}
			continue
		}
		next := high
		if i+1 < n.n {
			next, _, _, _ = n.element(i + 1)
			if bytes.Compare(next, from) <= 0 {
				continue
			}
		}
		if err := t.visit(child, n.at, from, key, next, depth+1, bufs, v); err != nil {
			return err
		}
	}
	return nil
}

// node reads a page and checks it against what the one above says of it.
func (t tree) node(id uint64, above int64, low, high []byte, depth int, bufs *[maxDepth][]byte) (node, error) {
	if t.inside != nil {
		return *t.inside, nil
	}
	if depth == maxDepth {
		return node{}, t.p.damage(storage.PageDamaged, above, "the pages of the tree lead into a ring")
	}
	if id < 2 || id >= t.h.high {
		return node{}, t.p.damage(storage.PageDamaged, above, "it leads to page %d, there are %d", id, t.h.high)
	}
	n, err := t.p.node(t.h, id, &bufs[depth])
	if err != nil {
		return n, err
	}
	if n.n == 0 {
		if n.leaf && depth == 0 {
			return n, nil
		}
		return n, t.p.damage(storage.PageDamaged, n.at, "page %d is empty", id)
	}
	first, _, _, _ := n.element(0)
	last, _, _, _ := n.element(n.n - 1)
	if bytes.Compare(first, low) < 0 || high != nil && bytes.Compare(last, high) >= 0 {
		return n, t.p.damage(storage.PageDamaged, n.at, "page %d holds keys that belong elsewhere", id)
	}
	return n, nil
}

// told hands damage to the visitor, with the revision at which the page should begin.
func (t tree) told(err error, low []byte, v visitor) error {
	d, ok := errors.AsType[*storage.DamageError](err)
	if !ok {
		return err
	}
	if len(low) == 8 && !t.p.derived {
		d.Revision = storage.Revision(binary.BigEndian.Uint64(low))
	}
	if v.damage == nil {
		return d
	}
	return v.damage(d)
}

// path descends to the leaf in which a key stands or would stand, or to the last one for a nil key.
func (t tree) path(key []byte, buf *[maxDepth][]byte) ([]node, error) {
	var all []node
	id, above, low, high := t.root, t.h.at, []byte(nil), []byte(nil)
	for depth := 0; ; depth++ {
		n, err := t.node(id, above, low, high, depth, buf)
		if err != nil {
			return all, t.told(err, low, visitor{})
		}
		if all = append(all, n); n.leaf {
			return all, nil
		}
		i := n.n - 1
		if key != nil {
			for i = 0; i+1 < n.n; i++ {
				if next, _, _, _ := n.element(i + 1); bytes.Compare(next, key) > 0 {
					high = next
					break
				}
			}
		}
		low, _, id, _ = n.element(i)
		above = n.at
	}
}

// buckets reads the buckets of a file and visits the pages above them.
func (p *pages) buckets(h headPage, page func(node) error) (map[string]tree, error) {
	out := map[string]tree{}
	err := tree{p: p, h: h, root: h.root}.walk(nil, visitor{page: page, item: func(key, value []byte, bucket bool, at int64) error {
		if !bucket || len(value) < 16 {
			return p.damage(storage.PageDamaged, at, "%q is no bucket", key)
		}
		t := tree{p: p, h: h, root: native.Uint64(value)}
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

// inside reads a leaf that stands in an element of another page.
func (p *pages) inside(raw []byte, at int64) (node, error) {
	if len(raw) < pageHeader || native.Uint16(raw[8:]) != leafPage {
		return node{}, p.damage(storage.PageDamaged, at, "a bucket inside the page is no leaf")
	}
	n := node{raw: bytes.Clone(raw), at: at, leaf: true, n: int(native.Uint16(raw[10:]))}
	if end, err := p.packed(n); err != nil {
		return n, err
	} else if end != len(raw) {
		return n, p.damage(storage.PageDamaged, at, "a bucket inside the page holds %d bytes of %d", end, len(raw))
	}
	return n, nil
}

// free reads the list of free pages. at is where it stands, n how many pages it takes.
func (p *pages) free(h headPage) (ids []uint64, n uint64, err error) {
	if h.list == noList {
		return nil, 0, nil
	}
	at := int64(h.list) * h.size
	if h.list < 2 || h.list >= h.high {
		return nil, 0, p.damage(storage.ListDamaged, h.at, "it should be page %d, there are %d", h.list, h.high)
	}
	var buf []byte
	raw, err := p.bytes(at, h.size, &buf)
	if err != nil {
		return nil, 0, err
	}
	n = 1 + uint64(native.Uint32(raw[12:]))
	if native.Uint64(raw) != h.list || native.Uint16(raw[8:]) != listPage || h.list+n > h.high {
		return nil, 0, p.damage(storage.ListDamaged, at, "page %d is no such list", h.list)
	}
	if raw, err = p.bytes(at, h.size*int64(n), &buf); err != nil {
		return nil, 0, err
	}
	count, list := uint64(native.Uint16(raw[10:])), raw[pageHeader:]
	if count == 0xffff {
		count, list = native.Uint64(list), list[8:]
	}
	if count > uint64(len(list)/8) {
		return nil, 0, p.damage(storage.ListDamaged, at, "it says that it has %d entries", count)
	}
	before := uint64(1)
	for i := range count {
		id := native.Uint64(list[8*i:])
		if id <= before || id >= h.high || id >= h.list && id < h.list+n {
			return nil, 0, p.damage(storage.ListDamaged, at, "entry %d is page %d", i, id)
		}
		ids, before = append(ids, id), id
	}
	return ids, n, nil
}
