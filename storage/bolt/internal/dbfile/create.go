package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/bbolt"
)

// TempSuffix marks a file under construction. A crash may leave such a file; it was never a store.
const TempSuffix = ".new-"

// Create makes a bbolt file under a temporary name, syncs it, and then gives it its name, so that a partial file never has
// that name. If replace is false, a file that already has the name is kept.
func Create(path string, replace bool, fill func(*bbolt.Tx) error) (err error) {
	dir := filepath.Dir(path)
	if err := RemoveUnfinished(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+TempSuffix+"*")
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{NoFreelistSync: replace})
	if err != nil {
		return err
	}
	if err := errors.Join(db.Update(fill), db.Update(Noop), db.Close()); err != nil {
		return err
	}
	if replace {
		err = os.Rename(name, path)
	} else {
		err = give(name, path)
	}
	if err != nil {
		return err
	}
	return SyncDir(dir)
}

// RemoveUnfinished removes what a crash left of files that were to be named path.
func RemoveUnfinished(path string) error {
	old, err := filepath.Glob(escaped(path) + TempSuffix + "*")
	for _, name := range old {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// Noop is a write transaction without changes. After it both head pages lead to the same state, so that damage of one of
// them loses nothing.
func Noop(*bbolt.Tx) error { return nil }

// escaped returns path with the special characters of filepath.Glob quoted.
func escaped(path string) string {
	var b []byte
	for _, c := range []byte(path) {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return string(b)
}

// give renames a file unless another file has the new name. On a file system without hard links a file that another process
// makes at the same moment is overwritten.
func give(name, path string) error {
	err := os.Link(name, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil // another process was faster: its file is as good
	case errors.Is(err, syscall.EPERM), errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.EOPNOTSUPP):
		return os.Rename(name, path)
	}
	return err
}

// SyncDir syncs a directory and, if permitted, its parent.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	if up, err := os.Open(filepath.Dir(dir)); err == nil {
		_ = up.Sync() // the directory may be older than this program, and above it others have the say
		_ = up.Close()
	}
	return nil
}
