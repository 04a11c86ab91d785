package pages

import (
	"hash/fnv"

	"go.etcd.io/bbolt"

	"wangge/storage"
)

const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	MetaSum     = 72        // where the checksum of a head page stands; it covers what lies between it and the page header
	noList      = 1<<64 - 1 // a head page without a list of free pages
)

// Head is the root of one commit.
type Head struct {
	At                     int64 // of the page, in bytes
	Size                   int64 // of a page
	Root, List, High, TxID uint64
}

// Heads reads both head pages. The newer one of those that are whole comes first; bad names the other one.
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

// headPage reads a head page; false when it is not whole.
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
	sound := native.Uint64(b[:]) == own && h.TxID%2 == own && native.Uint32(b[16:]) == metaMagic && native.Uint32(b[20:]) == metaVersion && native.Uint64(b[MetaSum:]) == sum.Sum64()
	return h, sound && h.Size >= 1<<10 && h.Size&(h.Size-1) == 0 && h.High < 1<<50
}

// HeadOf is the head page of a transaction as bbolt read it, without the list of free pages.
func HeadOf(tx *bbolt.Tx) Head {
	size := int64(tx.DB().Info().PageSize)
	id := uint64(tx.ID())
	return Head{At: int64(id%2) * size, Size: size, Root: uint64(tx.Cursor().Bucket().Root()), List: noList, High: uint64(tx.Size() / size), TxID: id}
}
