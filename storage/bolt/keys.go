package bolt

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	bbolt "go.etcd.io/bbolt"
)

// keysFile is the file of the folded keys. Snapshots read it as long as they are open. After a write that failed
// bbolt no longer knows which pages are free, so that the file is opened once more: new snapshots read through the
// new handle, and nothing is written until those of the old one have ended.
type keysFile struct {
	now   *keysHandle // guarded by the engine's lock; only folds change it
	place place

	doubt bool          // a write failed, and the file was not opened again yet; this and old are of folds alone
	old   []*keysHandle // that snapshots may still read
}

// keysHandle is the file, opened once.
type keysHandle struct {
	db      *bbolt.DB
	file    *os.File // of db, which closes it
	readers atomic.Int64
	dead    bool // bbolt panicked in a write: it can't even be closed
}

func (h *keysHandle) close() error {
	if h.db == nil || h.dead {
		return nil
	}
	return h.db.Close()
}

// shut closes the keys, when open snapshots have ended.
func (k *keysFile) shut() (err error) {
	for _, h := range append(k.old, k.now) {
		err = errors.Join(err, h.close())
	}
	return err
}

// errReaders says that a fold waits for snapshots.
var errReaders = errors.New("snapshots from before a write of the keys that failed are still open")

// updateKeys runs one write transaction on the keys.
func (e *Engine) updateKeys(write func(*bbolt.Tx) error) error {
	k := &e.keys
	if k.doubt {
		if err := e.reopenKeys(); err != nil {
			return err
		}
		k.doubt = false
	}
	var errs []error
	k.old = slices.DeleteFunc(k.old, func(h *keysHandle) bool {
		if h.readers.Load() > 0 {
			return false
		}
		errs = append(errs, h.close())
		return true
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(k.old) > 0 {
		return errReaders
	}
	err, dead := transact(k.now.db, write)
	k.doubt, k.now.dead = err != nil, dead
	return err
}

// reopenKeys makes durable what the file shows, and opens it once more.
func (e *Engine) reopenKeys() error {
	k := &e.keys
	if err := k.settle(); err != nil {
		return err
	}
	h := &keysHandle{}
	unlock(k.now.file) // when another process takes the file now, folds go on failing
	if err := caught(k.place.path, func() (err error) {
		h.db, err = bbolt.Open(k.place.path, 0o600, options(keysVersion, &h.file))
		return err
	}); err != nil {
		return fmt.Errorf("open %s again: %w", k.place.path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k.old = append(k.old, k.now)
	k.now = h
	return nil
}

// settle makes durable what the file shows.
func (k *keysFile) settle() error {
	f, err := os.OpenFile(k.place.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	is, err := f.Stat()
	if err == nil {
		err = k.place.same(is)
	}
	if err == nil {
		_, err = settle(f)
	}
	return errors.Join(err, f.Close())
}
