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

// TempSuffix marks a file that is being made: what a crash leaves under such a name was never a store.
const TempSuffix = ".new-"

// Create makes a bbolt file under another name, syncs it and gives it its name then: at no time does a part of
// it stand under its name. Without replace a file that has the name by now is kept.
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

// RemoveUnfinished removes what a crash left of files that were to get the name path.
func RemoveUnfinished(path string) error {
	old, err := filepath.Glob(escaped(path) + TempSuffix + "*")
	for _, name := range old {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// Noop is a commit that changes nothing. After it both head pages lead to the same state, so that
// damage of either loses nothing.
func Noop(*bbolt.Tx) error { return nil }

// escaped is a path in which filepath.Glob sees no pattern.
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

// give gives a file its name unless another file has it. A file system without links is trusted that nobody
// else makes the same file at the same time.
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

// SyncDir makes the names in a directory durable, and the directory's own where that is allowed.
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
