package wal

import (
	"errors"

	"go.etcd.io/bbolt"

	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

// Upgrade writes what the present format keeps of a store into a feed of an older one.
func (f *File) Upgrade() error {
	if f.Header.format == formatVersion {
		return nil
	}
	f.Header.format = formatVersion
	f.upgraded = true
	deleted := false
	err := f.Handle.Update(func(tx *bbolt.Tx) error {
		if deleted = tx.Bucket(OldKeysBucket) != nil; deleted { // format 1 kept its keys here
			if err := tx.DeleteBucket(OldKeysBucket); err != nil {
				return err
			}
		}
		meta := tx.Bucket(pages.MetaBucket)
		return errors.Join(meta.Put(storeKey, f.Header.encode()), meta.Put(pages.FormatKey, pages.Uint64(formatVersion)))
	})
	if err == nil && deleted {
		_, err = f.Reopen() // see listFor: there are many free pages now
	}
	return err
}

// EqualizeHeads lets both head pages of the feed lead to the last commit before the feed is closed: damage of either loses
// nothing then. wrote says that groups were written since the opening.
func (f *File) EqualizeHeads(wrote bool) error {
	if f.Options.ReadOnly || f.Handle == nil || !f.upgraded && !wrote {
		return nil
	}
	if err := f.place.Check(); err != nil {
		return err
	}
	return f.Handle.Update(dbfile.Noop)
}
