// Package bolt is the embedded engine. A commit appends its batch to the feed, in time order, and
// nothing else: one bbolt file, one writer, one sync for everything queued. What the batches put
// and delete stands in an ordered table in memory until it is folded, sorted, into the keys, a
// second bbolt file that is derived from the first and rebuilt when it is missing. Reads merge both.
//
// After a write or a sync that failed nothing is acknowledged before the feed was read back: see
// ErrUncertain and ErrFailed of package storage.
//
// The feed is kept in full. Bounded: the queue (ErrBusy when it is full), a group, and what is not
// folded yet: when folding falls behind, the writer waits, the queue fills, and callers are told.
package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	formatVersion = 2 // of the feed
	keysVersion   = 3 // of the folded keys; older ones are made anew
	// A write that must grow the map waits for every open snapshot; address space is cheap.
	initialMmap = 4 << 30
)

// Buckets: the feed's file holds meta and feed, the keys' file meta and blocks. Older formats had keys.
var metaB, feedB, blocksB, oldKeysB = []byte("meta"), []byte("feed"), []byte("blocks"), []byte("keys")

var formatKey, markKey = []byte("format"), []byte("mark")

// Engine implements storage.Engine. Use Open.
type Engine struct {
	feed     feedFile
	place    place // of the feed
	keys     keysFile
	limits   limits
	queue    chan *request
	fold     chan struct{} // size 1: there is a frozen table to fold
	stopping chan struct{}
	stopped  sync.WaitGroup
	again    *time.Timer // while the engine does not write: it looks whether it can

	mu      sync.RWMutex // guards what follows, and sends on queue
	closed  bool
	rev     storage.Revision
	trouble error         // why nothing is written at present, nil when the engine writes
	active  *table        // committed after the last freeze
	frozen  *table        // being folded; nil when nothing is
	folding error         // why folding fails, nil when it doesn't
	changed chan struct{} // closed and replaced by each group
	settled chan struct{} // closed and replaced when a fold ends, well or not
	recent  recent
	stats   Stats
}

var (
	_ storage.Engine  = (*Engine)(nil)
	_ storage.Healthy = (*Engine)(nil)
)

// KeysPath is the file beside the feed that holds the folded keys. It may be deleted while the
// engine is closed: it is rebuilt.
func KeysPath(path string) string { return path + ".keys" }

// Open opens or creates the feed at path and the keys beside it, and folds what was not. It refuses
// files held by another process, and files of a newer format; a file of format 1 is upgraded.
func Open(path string) (*Engine, error) { return open(path, defaultLimits) }

func open(path string, l limits) (*Engine, error) {
	e := &Engine{
		limits: l,
		queue:  make(chan *request, queueLen), fold: make(chan struct{}, 1), stopping: make(chan struct{}),
		again: stoppedTimer(), feed: feedFile{users: map[*snapshot]struct{}{}}, keys: keysFile{now: &keysHandle{}},
		active: newTable(), recent: recent{held: map[storage.Revision]held{}}, changed: make(chan struct{}), settled: make(chan struct{}),
	}
	if err := caught(path, func() error { return e.open(path) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, advised(err)), e.closeFiles())
	}
	e.stopped.Add(2)
	go e.write()
	go e.keepFolding()
	return e, nil
}

func (e *Engine) open(path string) (err error) {
	format, keysFormat := uint64(0), uint64(0)
	if err := errors.Join(settleFile(path), settleFile(KeysPath(path))); err != nil {
		return err
	}
	if e.feed.db, format, err = openFile(path, feedB, formatVersion, nil); err != nil {
		return err
	}
	if err := e.place.take(path); err != nil {
		return err
	}
	if e.keys.now.db, keysFormat, err = openKeys(KeysPath(path), &e.keys.now.file); err != nil {
		return err
	}
	mark := storage.Revision(0)
	if err := e.feed.view(func(tx *bbolt.Tx) (err error) {
		e.rev, err = lastRevision(tx)
		return err
	}); err != nil {
		return err
	}
	if err := e.keys.now.db.View(func(tx *bbolt.Tx) (err error) {
		mark, err = revision(tx.Bucket(metaB).Get(markKey))
		return err
	}); err != nil {
		return err
	}
	if mark > e.rev || keysFormat < keysVersion { // the feed was put back to an older state, or the keys are an older program's
		if err := errors.Join(e.keys.now.db.Close(), os.Remove(KeysPath(path))); err != nil {
			return err
		}
		if e.keys.now.db, _, err = openKeys(KeysPath(path), &e.keys.now.file); err != nil {
			return err
		}
		mark = 0
	}
	if err := e.keys.place.take(KeysPath(path)); err != nil {
		return err
	}
	if err := e.recover(mark); err != nil {
		return err
	}
	if format == formatVersion {
		return nil
	}
	return e.feed.db.Update(func(tx *bbolt.Tx) error {
		if tx.Bucket(oldKeysB) != nil { // format 1 kept its keys here
			if err := tx.DeleteBucket(oldKeysB); err != nil {
				return err
			}
		}
		return tx.Bucket(metaB).Put(formatKey, u64(formatVersion))
	})
}

// openFile opens one bbolt file with its buckets and returns the format it was written in; a new
// file has the present one. file becomes what bbolt opened, unless it is nil.
func openFile(path string, bucket []byte, version uint64, file **os.File) (*bbolt.DB, uint64, error) {
	var db *bbolt.DB
	err := caught(path, func() (err error) {
		if err := whole(path, version == keysVersion); err != nil {
			return err
		}
		db, err = bbolt.Open(path, 0o600, options(version, file))
		return err
	})
	if errors.Is(err, berrors.ErrTimeout) {
		return nil, 0, fmt.Errorf("another process holds %s: %w", path, err)
	}
	if err != nil {
		err = damage(path, err)
		if db != nil {
			err = errors.Join(err, db.Close())
		}
		return nil, 0, err
	}
	format := version
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucketIfNotExists(metaB)
		if err != nil {
			return err
		}
		switch v := meta.Get(formatKey); {
		case v == nil:
			if err := meta.Put(formatKey, u64(version)); err != nil {
				return err
			}
		case len(v) != 8:
			return fmt.Errorf("%s: format: %w", path, storage.ErrCorrupt)
		default:
			if format = binary.BigEndian.Uint64(v); format > version {
				return fmt.Errorf("%s: format version %d, this program knows %d", path, format, version)
			}
		}
		_, err = tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		return nil, 0, errors.Join(err, db.Close())
	}
	return db, format, nil
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(retryEvery)
	t.Stop()
	return t
}

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// revision reads a stored revision; nothing stored is 0.
func revision(b []byte) (storage.Revision, error) {
	switch len(b) {
	case 0:
		return 0, nil
	case 8:
		return storage.Revision(binary.BigEndian.Uint64(b)), nil
	default:
		return 0, fmt.Errorf("revision %x: %w", b, storage.ErrCorrupt)
	}
}

func lastRevision(tx *bbolt.Tx) (storage.Revision, error) {
	k, _ := tx.Bucket(feedB).Cursor().Last()
	return revision(k)
}

// Close commits what is queued, waits for the writer, for a fold under way and for open snapshots,
// and closes the files. A second Close does nothing.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	close(e.queue)
	close(e.stopping)
	close(e.changed)
	e.mu.Unlock()
	e.stopped.Wait()
	return e.closeFiles()
}

func (e *Engine) closeFiles() error {
	return errors.Join(e.feed.shut(), e.keys.shut())
}

// Stats says what the engine has done since Open and holds now.
type Stats struct {
	Batches, Groups int // committed; how many syncs they shared
	Recorded        int // bytes of the batches, as the feed keeps them
	Ops, Bytes      int // committed and not folded yet, and their memory
}

// Stats returns the present figures.
func (e *Engine) Stats() Stats {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s := e.stats
	for _, t := range []*table{e.active, e.frozen} {
		if t != nil {
			ops, size := t.size()
			s.Ops, s.Bytes = s.Ops+ops, s.Bytes+size
		}
	}
	return s
}
