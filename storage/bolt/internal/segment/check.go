package segment

import (
	"bytes"
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

// damagedBlocks names the place when a fold into the file failed by damage.
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

// blockIn names a block of a leaf that does not match its checksum.
func DamagedBlockIn(p *pages.File, leaf pages.Node) error {
	for i := range leaf.N {
		low, b, _, _ := leaf.Element(i)
		if _, err := OpenBlock(low, b); err != nil {
			return p.Damage(storage.BlockDamaged, leaf.At, "it is not what was written")
		}
	}
	return nil
}

// blocks reads the folded blocks from the one that begins at low or behind it, compares each with its checksum
// and with where the one before it ends, and stops after so many pages, 0 = no bound. It returns where the next
// block begins; nil after the last. It goes on after what v.damage lets pass.
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
