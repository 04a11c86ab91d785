package wal

import (
	"errors"

	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
)

// Upgrade rewrites a WAL of an older format: the header is added, and the keys of format 1 are deleted.
func (f *File) Upgrade() error {
	if f.header.format == formatVersion {
		return nil
	}
	f.header.format = formatVersion
	f.upgraded = true
	deleted := false
	err := f.Handle.Update(func(tx *bbolt.Tx) error {
		if deleted = tx.Bucket(OldKeysBucket) != nil; deleted { // format 1 kept its keys here
			if err := tx.DeleteBucket(OldKeysBucket); err != nil {
				return err
			}
		}
		meta := tx.Bucket(pages.MetaBucket)
		return errors.Join(meta.Put(storeKey, f.header.encode()), meta.Put(pages.FormatKey, pages.Uint64(formatVersion)))
	})
	if err == nil && deleted {
		_, err = f.Reopen() // see listFor: there are many free pages now
	}
	return err
}

// EqualizeHeads makes both head pages lead to the last commit before the file is closed, so that damage of one loses nothing.
// wrote says that records were appended since Open.
func (f *File) EqualizeHeads(wrote bool) error {
	if f.Options.ReadOnly || f.Handle == nil || !f.upgraded && !wrote {
		return nil
	}
	if err := f.place.Check(); err != nil {
		return err
	}
	return f.Handle.Update(dbfile.Noop)
}
