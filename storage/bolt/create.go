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

// Unfinished reports whether the file called name, in the directory of the store at path, is the remains of a file whose
// creation a crash interrupted. The next Open or rebuild removes it.
func Unfinished(path, name string) bool {
	for _, of := range []string{path, KeysPath(path)} {
		if ok, _ := filepath.Match(filepath.Base(of)+dbfile.TempSuffix+"*", name); ok {
			return true
		}
	}
	return false
}

// Create makes an empty store at path, even beside a keys file. An existing store is kept.
func Create(path string) error { return wal.Create(path) }

// createFeed makes an empty store at path unless there is one. A keys file without its log is damage.
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
