package segment

import (
	"bytes"
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

// DamagedBlocks adds the place to the error of a flush that met damage. Other errors, and damage of the WAL, are unchanged.
func DamagedBlocks(h *dbfile.Handle, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	if d, ok := errors.AsType[*storage.DamageError](err); ok && !d.Derived && d.Path != h.Pages.Path { // of the feed
		return err
	}
	return pages.Locate(h.Pages, storage.BlockDamaged, err, func() error {
		return h.Read(Bucket, func(t pages.Tree) error {
			_, err := Blocks(t, Lowest, 0, pages.Visitor{})
			return err
		})
	})
}

// DamagedBlockIn returns the damage of the first block of a leaf whose checksum does not match, or nil.
func DamagedBlockIn(p *pages.File, leaf pages.Node) error {
	for i := range leaf.N {
		low, b, _, _ := leaf.Element(i)
		if _, err := OpenBlock(low, b); err != nil {
			return p.Damage(storage.BlockDamaged, leaf.At, "it is not what was written")
		}
	}
	return nil
}

// Blocks reads the blocks from the first at or after low, and checks each against its checksum and against the end of the
// block before it. After most pages (0 = no bound) it stops and returns the low key of the next block; nil = it reached the
// end. v.Damage decides whether the walk goes on after damage.
func Blocks(t pages.Tree, low []byte, most int, v pages.Visitor) (next []byte, err error) {
	if bytes.Equal(low, Lowest) {
		next = Lowest
	}
	read, ended := 0, false
	tell := func(d *storage.DamageError) error {
		if next = nil; v.Damage == nil {
			return d
		}
		return v.Damage(d)
	}
	inner := pages.Visitor{Damage: tell, Page: func(n pages.Node) error {
		if read++; v.Page != nil {
			return v.Page(n)
		}
		return nil
	}}
	inner.Item = func(key, value []byte, bucket bool, at int64) error {
		b, err := OpenBlock(key, value)
		if err == nil {
			_, err = pairs(nil, nil, b.items)
		}
		if err != nil || bucket {
			return tell(t.File.Damage(storage.BlockDamaged, at, "it is not what was written"))
		}
		if ended || next != nil && !bytes.Equal(next, key) {
			return tell(t.File.Damage(storage.BlockDamaged, at, "it is not the one that follows"))
		}
		if v.Item != nil {
			if err := v.Item(key, value, false, at); err != nil {
				return err
			}
		}
		next, ended = bytes.Clone(b.end), b.end == nil
		if most > 0 && read >= most && !ended {
			return pages.ErrStop
		}
		return nil
	}
	if err := t.Walk(low, inner); err != nil {
		return nil, err
	}
	if most == 0 || read < most { // it came to the end
		if !ended && next != nil {
			err = tell(t.File.Damage(storage.BlockDamaged, t.Head.At, "the blocks end before the last"))
		}
		return nil, err
	}
	return next, nil
}
