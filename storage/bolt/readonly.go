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

// maxReaderTables bounds the memory of an engine opened read-only: as many memtables as a crash can leave unflushed, some 300
// MB. If more is missing from the keys file, or if it cannot be used, the reader flushes to a temporary keys file of its own.
const maxReaderTables = 3

// errReaderBound means that more is unflushed than a reader keeps in memory.
var errReaderBound = errors.New("the keys lack too much")

// keysReadOnly reports whether the keys file may not be written, because it belongs to the store.
func (e *Engine) keysReadOnly() bool { return e.options.ReadOnly && !e.keys.own }

// OpenReadOnly opens a store for reading. It writes nothing to the store or beside it; the files and their directory may be
// read-only. Any number of readers may be open at a time, but none beside an engine of Open. What is not flushed is kept in
// memory, up to three memtables (786,432 keys or 288 MiB). If more is missing from the keys file, or if it is damaged or of an
// older format, the reader builds its own in the directory for temporary files, at some ten seconds for a million cases.
// Commit returns storage.ErrReadOnly.
func OpenReadOnly(path string) (*Engine, error) { return openReadOnly(path, defaultLimits) }

func openReadOnly(path string, l limits) (*Engine, error) {
	e := newEngine(path, dbfile.Options{Map: initialMmap, ReadOnly: true}, l)
	if err := e.openFiles(e.openReadOnly); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) openReadOnly() error {
	last, err := e.wal.Open()
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return &storage.DamageError{Kind: storage.FileMissing, Path: e.wal.Path(), Offset: -1}
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
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil { // the open file lives on until it is closed
		return err
	}
	return e.recover(0)
}

// Examine reads every page and record of a log that cannot be opened because of damage, and calls found with each damage. It
// writes nothing.
func Examine(path string, found func(*storage.DamageError) error) (v storage.Verified, err error) {
	e := newEngine(path, dbfile.Options{Map: initialMmap, ReadOnly: true}, defaultLimits)
	run := verification{e: e, told: map[spot]bool{}, found: found}
	err = e.wal.OpenDamaged()
	defer func() { err = errors.Join(err, e.closeFiles()) }()
	if e.wal.Suspect != nil && err == nil {
		err = run.tell(e.wal.Suspect)
	}
	if err == nil {
		err = e.wal.Verify(0, &run.Verified, run.tell)
	}
	if d, ok := errors.AsType[*storage.DamageError](err); ok {
		err = run.tell(d)
	}
	return run.Verified, err
}
