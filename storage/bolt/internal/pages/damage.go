package pages

import (
	"errors"
	"fmt"
	"runtime/debug"

	"wangge/storage"
)

// Catch runs a function that may read a damaged file: bbolt panics on a malformed page, and a mapped page beyond the end of
// the file is a memory fault. Catch returns both as *storage.DamageError.
func Catch(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &storage.DamageError{Kind: storage.PageDamaged, Path: path, Offset: -1, Detail: fmt.Sprint(p)}
		}
	}()
	return read()
}

// Locate finds the place of damage. It returns the damage that look meets when it reads the pages again, else the damage in
// err, else damage of an unknown place.
func Locate(p *File, kind storage.DamageKind, err error, look func() error) error {
	var d *storage.DamageError
	if again := Catch(p.Path, look); !errors.As(again, &d) && !errors.As(err, &d) {
		d = p.Damage(kind, -1, "%v", err)
	}
	d.Derived = p.Derived
	return d
}
