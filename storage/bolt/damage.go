package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"syscall"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// caught runs what reads a file that may be damaged: bbolt panics on a page that is not what it should
// be, and a page beyond the end of the file is a fault of memory. Both become ErrCorrupt.
func caught(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s is damaged (%v): %w", path, p, storage.ErrCorrupt)
		}
	}()
	return read()
}

// damage says of an error of opening a file that it is damaged, unless it is the system's own.
func damage(path string, err error) error {
	var at *fs.PathError
	var call syscall.Errno
	if errors.Is(err, storage.ErrCorrupt) || errors.As(err, &at) || errors.As(err, &call) {
		return err
	}
	return fmt.Errorf("%s: %w: %w", path, storage.ErrCorrupt, err)
}

// whole says when a file ends before its last page: it was cut. It is opened for reading first, which
// touches nothing but the pages at its head. Of keys every page is looked at: they keep no list of free
// pages, so that bbolt walks them in a goroutine of its own when they are opened for writing, where what
// is damaged would end the process.
func whole(path string, pages bool) (err error) {
	at, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && at.Size() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // also when a page panics
	return db.View(func(tx *bbolt.Tx) error {
		if at.Size() < tx.Size() {
			return fmt.Errorf("%s was cut: it has %d bytes of %d: %w", path, at.Size(), tx.Size(), storage.ErrCorrupt)
		}
		if !pages {
			return nil
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			return b.ForEach(func([]byte, []byte) error { return nil })
		})
	})
}

// openKeys opens the folded keys. Keys that are damaged are derived: they are removed, and made anew
// from the feed.
func openKeys(path string, file **os.File) (*bbolt.DB, uint64, error) {
	db, format, err := openFile(path, blocksB, keysVersion, file)
	if err == nil || !errors.Is(err, storage.ErrCorrupt) {
		return db, format, err
	}
	if err := os.Remove(path); err != nil {
		return nil, 0, err
	}
	return openFile(path, blocksB, keysVersion, file)
}

// advised adds to damage of the feed what to do about it.
func advised(err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		return fmt.Errorf("%w; nothing was changed: put back a backup of this file, or look at the disk", err)
	}
	return err
}
