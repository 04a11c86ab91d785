package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/wal"
)

// Unfinished reports whether name, of a file beside the feed at path, is what a crash left of a file that was
// being made. The next one that is made removes it.
func Unfinished(path, name string) bool {
	for _, of := range []string{path, KeysPath(path)} {
		if ok, _ := filepath.Match(filepath.Base(of)+dbfile.TempSuffix+"*", name); ok {
			return true
		}
	}
	return false
}

// Create makes an empty store at path, whatever is beside it. A store that is there is kept.
func Create(path string) error { return wal.Create(path) }

// createFeed makes an empty store at path, unless it is there. Keys without their feed are no new store.
func createFeed(path string) error {
	switch at, err := os.Stat(path); {
	case err == nil && at.Size() == 0:
		return &storage.DamageError{Kind: storage.FileEmpty, Path: path, Offset: -1}
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Lstat(KeysPath(path)); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return err
		}
		return &storage.DamageError{Kind: storage.FileMissing, Path: path, Offset: -1, Detail: filepath.Base(KeysPath(path)) + " is there"}
	}
	return Create(path)
}
