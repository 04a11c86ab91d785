package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// newSuffix marks a file that is being made: what a crash leaves under such a name was never a store.
const newSuffix = ".new-"

// Unfinished reports whether name, of a file beside the feed at path, is what a crash left of a file that was
// being made. The next one that is made removes it.
func Unfinished(path, name string) bool {
	for _, of := range []string{path, KeysPath(path)} {
		if ok, _ := filepath.Match(filepath.Base(of)+newSuffix+"*", name); ok {
			return true
		}
	}
	return false
}

// Create makes an empty store at path, whatever is beside it. A store that is there is kept.
func Create(path string) error { return newFeed(path) }

// newFeed makes an empty feed at path, whatever is beside it. A file that is there is kept.
func newFeed(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return create(path, false, func(tx *bbolt.Tx) error {
		return fillMeta(tx, feedB, formatVersion, storeKey, header{id: newStoreID(), from: 1}.encode())
	})
}

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

// createKeys makes a keys file in which nothing is folded, in the place of the one that may be there.
func createKeys(path string, id storeID) error {
	return create(path, true, func(tx *bbolt.Tx) error {
		if err := fillMeta(tx, blocksB, keysVersion, markKey, markOf{id: id}.encode()); err != nil {
			return err
		}
		return tx.Bucket(blocksB).Put(lowest, sealBlock(lowest, nil, nil))
	})
}

func fillMeta(tx *bbolt.Tx, bucket []byte, version uint64, key, value []byte) error {
	meta, err := tx.CreateBucket(metaB)
	if err != nil {
		return err
	}
	_, err = tx.CreateBucket(bucket)
	return errors.Join(err, meta.Put(formatKey, u64(version)), meta.Put(key, value))
}

// create makes a bbolt file under another name, syncs it and gives it its name then: at no time does a part of
// it stand under its name. Without replace a file that has the name by now is kept.
func create(path string, replace bool, fill func(*bbolt.Tx) error) (err error) {
	dir := filepath.Dir(path)
	if err := removeUnfinished(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+newSuffix+"*")
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
	if err := errors.Join(db.Update(fill), db.Update(nothing), db.Close()); err != nil {
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
	return syncNames(dir)
}

// removeUnfinished removes what a crash left of files that were to get the name path.
func removeUnfinished(path string) error {
	old, err := filepath.Glob(escaped(path) + newSuffix + "*")
	for _, name := range old {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// nothing is a commit that changes nothing. After it both head pages lead to the same state, so that
// damage of either loses nothing.
func nothing(*bbolt.Tx) error { return nil }

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

// syncNames makes the names in a directory durable, and the directory's own where that is allowed.
func syncNames(dir string) error {
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
