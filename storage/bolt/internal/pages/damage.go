package pages

import (
	"errors"
	"fmt"
	"runtime/debug"

	"wangge/storage"
)

// Catch runs what reads a file that may be damaged: bbolt panics on a page that is not what it should
// be, and a page beyond the end of the file is a fault of memory. Both become ErrCorrupt.
func Catch(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &storage.DamageError{Kind: storage.PageDamaged, Path: path, Offset: -1, Detail: fmt.Sprint(p)}
		}
	}()
	return read()
}

// Locate is the damage that look finds, or else err as damage of a place that is not known.
func Locate(p *File, kind storage.DamageKind, err error, look func() error) error {
	var d *storage.DamageError
	if again := Catch(p.Path, look); !errors.As(again, &d) && !errors.As(err, &d) {
		d = p.Damage(kind, -1, "%v", err)
	}
	d.Derived = p.Derived
	return d
}
