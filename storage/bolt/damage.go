package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"syscall"
	"wangge/storage"
)

// caught runs what reads a file that may be damaged: bbolt panics on a page that is not what it should
// be, and a page beyond the end of the file is a fault of memory. Both become ErrCorrupt.
func caught(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &storage.DamageError{Kind: storage.PageDamaged, Path: path, Offset: -1, Detail: fmt.Sprint(p)}
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
	return &storage.DamageError{Kind: storage.FileForeign, Path: path, Offset: -1, Detail: err.Error()}
}

// advised adds to damage of the feed what to do about it.
func advised(err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		return fmt.Errorf("%w; nothing was changed: put back a backup of this file, or look at the disk", err)
	}
	return err
}

// named is the damage that look finds, or else err as damage of a place that is not known.
func named(p *pages, kind storage.DamageKind, err error, look func() error) error {
	var d *storage.DamageError
	if again := caught(p.path, look); !errors.As(again, &d) && !errors.As(err, &d) {
		d = p.damage(kind, -1, "%v", err)
	}
	d.Derived = p.derived
	return d
}
