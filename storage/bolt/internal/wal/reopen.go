package wal

import (
	"errors"
	"fmt"
	"os"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

// Reopen finds out what the file holds after a write or a sync failed, and opens it again. First it makes the visible state
// durable (pages.Settle), while readers go on. Then it closes the file, evicts it from the page cache, checks it as Open
// does, and opens it. Readers of the WAL wait meanwhile. Reopen returns the last revision. Only the writer calls it.
func (f *File) Reopen() (last storage.Revision, err error) {
	place := &f.place
	if f.Handle != nil {
		if err := f.Handle.Failed(); err != nil {
			return 0, fmt.Errorf("%s can't be read through its mapping any more; stop the service and look at the file: %w", place.Path, err)
		}
	}
	file, err := os.OpenFile(place.Path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	taken := false
	defer func() {
		if !taken {
			err = errors.Join(err, file.Close())
		}
	}()
	is, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if err := place.Same(is); err != nil {
		return 0, err
	}
	settled, err := pages.Settle(file)
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.closeForReopen(); err != nil {
		return 0, err
	}
	dbfile.DropCache(file)
	p, err := pages.Open(place.Path, false)
	if err != nil {
		return 0, err
	}
	var l look
	counts, err := p.Look(l.verify)
	switch {
	case err != nil:
	case counts.TxID != settled.TxID: // of what it says now it is not known that it is durable
		err = fmt.Errorf("%s: transaction %d counts, %d was made durable", place.Path, counts.TxID, settled.TxID)
	case l.header != f.header:
		err = p.Damage(storage.FileForeign, -1, "it is of another store now")
	}
	if err != nil {
		return 0, errors.Join(err, p.Close())
	}
	taken = true
	f.Handle, err = dbfile.OpenHandle(p, f.Options.Map, counts, file)
	return l.last, err
}
