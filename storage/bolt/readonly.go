package bolt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
)

// maxReaderTables bounds what a reader holds in memory of what the keys lack: as much as a crash can leave unfolded,
// some 300 MB. A reader of keys that lack more, or can't be used, folds keys of its own into a temporary file.
const maxReaderTables = 3

// errReaderBound says that keys lack more than a reader holds in memory.
var errReaderBound = errors.New("the keys lack too much")

// keysReadOnly reports whether the keys are the store's and may not be written.
func (e *Engine) keysReadOnly() bool { return e.options.ReadOnly && !e.keys.own }

// OpenReadOnly opens a store for reading: not one byte beside it or of it is written, and the files and their
// directory may be read-only. Any number of readers may have it open at a time, but not beside Open, neither of
// them. What the keys lack is folded in memory, up to three tables (786,432 keys or 288 MiB); keys that lack more, are
// damaged or of an older format are folded anew into a file in the directory for temporary files, which takes
// some ten seconds for a million cases. Commit returns storage.ErrReadOnly.
func OpenReadOnly(path string) (*Engine, error) { return openReadOnly(path, defaultLimits) }

func openReadOnly(path string, l limits) (*Engine, error) {
	e := newEngine(path, dbfile.Options{Map: initialMmap, ReadOnly: true}, l)
	if err := e.openFiles(e.openReadOnly); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) openReadOnly() error {
	last, err := e.feed.Open()
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return &storage.DamageError{Kind: storage.FileMissing, Path: e.feed.Path(), Offset: -1}
		}
		return err
	}
	e.rev = last
	from, why, err := e.openKeys()
	if err != nil {
		return err
	}
	if why == nil {
		if err = e.recover(from); !errors.Is(err, errReaderBound) {
			return err
		}
		if err := e.keys.handle.Close(); err != nil {
			return err
		}
		e.keys.handle, e.active, why = nil, memtable.New(), &unusable{}
	}
	dir, err := os.MkdirTemp("", "wangge-keys-")
	if err != nil {
		return fmt.Errorf("the keys can't be used as they are and a temporary file for new ones can't be made: %w", err)
	}
	e.keys.own, e.keys.place.Path = true, filepath.Join(dir, "keys")
	err = e.recreateKeys(why)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil { // the file is open, and is gone when it is closed
		return err
	}
	return e.recover(0)
}

// Examine reads every page and record of a feed that can't be opened because some of it is damaged, and hands each
// damage to found. Nothing is written.
func Examine(path string, found func(*storage.DamageError) error) (v storage.Verified, err error) {
	e := newEngine(path, dbfile.Options{Map: initialMmap, ReadOnly: true}, defaultLimits)
	run := verification{e: e, told: map[spot]bool{}, found: found}
	err = e.feed.OpenDamaged()
	defer func() { err = errors.Join(err, e.closeFiles()) }()
	if e.feed.Suspect != nil && err == nil {
		err = run.tell(e.feed.Suspect)
	}
	if err == nil {
		err = e.feed.Verify(0, &run.Verified, run.tell)
	}
	if d, ok := errors.AsType[*storage.DamageError](err); ok {
		err = run.tell(d)
	}
	return run.Verified, err
}
