package pages

import (
	"hash/fnv"

	"wangge/storage"

	"go.etcd.io/bbolt"
)

const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	// MetaSum is the offset of the checksum of a head page. The checksum covers the bytes from the page header to it.
	MetaSum = 72
	noList  = 1<<64 - 1 // a head page without a free list
)

// Head is a head page (bbolt: meta page): the root of one transaction.
type Head struct {
	At   int64  // offset of this page in bytes
	Size int64  // of every page of the file, in bytes
	Root uint64 // page of the tree of buckets
	List uint64 // first page of the free list
	High uint64 // number of pages of the file
	TxID uint64 // transaction that wrote this page
}

// Heads reads both head pages. The valid ones come newest first; bad is the damage of the other.
func (p *File) Heads() (whole []Head, bad *storage.DamageError, err error) {
	first, ok := p.headPage(0)
	if ok {
		whole = append(whole, first)
	}
	sizes := []int64{first.Size}
	if !ok {
		sizes = sizes[:0]
		for size := int64(1 << 10); size <= 16<<20; size *= 2 {
			sizes = append(sizes, size)
		}
	}
	second := false
	for _, size := range sizes {
		if h, ok := p.headPage(size); ok && h.Size == size {
			whole, second = append(whole, h), true
			break
		}
	}
	switch {
	case len(whole) == 0:
		return nil, nil, p.Damage(storage.FileForeign, 0, "neither of its head pages can be read")
	case !ok:
		bad = p.Damage(storage.HeadDamaged, 0, "the last commit may be missing, if it was written there")
	case !second:
		bad = p.Damage(storage.HeadDamaged, first.Size, "the last commit may be missing, if it was written there")
	case whole[1].TxID > whole[0].TxID:
		whole[0], whole[1] = whole[1], whole[0]
	}
	return whole, bad, nil
}

// headPage reads the head page at a position. ok is false if it is invalid.
func (p *File) headPage(at int64) (Head, bool) {
	var b [MetaSum + 8]byte
	if _, err := p.file.ReadAt(b[:], at); err != nil {
		return Head{}, false
	}
	sum := fnv.New64a()
	sum.Write(b[pageHeader:MetaSum])
	h := Head{
		At: at, Size: int64(native.Uint32(b[24:])), Root: native.Uint64(b[32:]),
		List: native.Uint64(b[48:]), High: native.Uint64(b[56:]), TxID: native.Uint64(b[64:]),
	}
	own := uint64(0) // the number of the page: the commits alternate between the two
	if at > 0 {
		own = 1
	}
	sound := native.Uint64(b[:]) == own && h.TxID%2 == own && native.Uint64(b[MetaSum:]) == sum.Sum64() &&
		native.Uint32(b[16:]) == metaMagic && native.Uint32(b[20:]) == metaVersion
	return h, sound && h.Size >= 1<<10 && h.Size&(h.Size-1) == 0 && h.High < 1<<50
}

// HeadOf returns the head page of a transaction as bbolt read it, without its free list.
func HeadOf(tx *bbolt.Tx) Head {
	size := int64(tx.DB().Info().PageSize)
	id := uint64(tx.ID())
	return Head{
		At: int64(id%2) * size, Size: size, Root: uint64(tx.Cursor().Bucket().Root()), List: noList,
		High: uint64(tx.Size() / size), TxID: id,
	}
}
