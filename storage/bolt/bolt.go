// Package bolt is the embedded storage engine: a log-structured store on two bbolt files. Commits append to the write-ahead
// log, which is kept in full; the keys are flushed from memory to the second file, which is derived and can be rebuilt.
//
// README.md describes what is written where and in which order, why a crash loses nothing that was acknowledged, and what
// happens at each bound. The parts, lowest first:
//
//	internal/crc       checksums
//	internal/pages     reads and checks the pages of a bbolt file without bbolt
//	internal/dbfile    opens, creates and writes one bbolt file
//	internal/memtable  committed batches in memory
//	internal/wal       the write-ahead log ("feed" in messages)
//	internal/segment   the keys file: blocks of flushed keys
//	bolt               the engine: one writer, one flusher, snapshots, watchers
//
// After a write or a sync that failed nothing is acknowledged before the log was read back: see ErrUncertain and ErrFailed of
// package storage.
package bolt

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/wal"
)

const (
	// bbolt remaps a file that outgrows its map, and that write waits for every open snapshot. Address space is cheap.
	initialMmap = 4 << 30
)

// Engine implements storage.Engine. Use Open. It is safe for concurrent use.
//
// Two goroutines: writeLoop owns the WAL and the active memtable's growth; flushLoop owns the keys file. Locks are taken in the
// order mu, rebuild.mu, then those of the packages below.
type Engine struct {
	wal      *wal.File
	keys     keysFile
	limits   limits
	options  dbfile.Options
	queue    chan *request
	flushes  chan struct{} // capacity 1: wakes flushLoop
	stopping chan struct{}
	stopped  sync.WaitGroup
	retry    *time.Timer // runs while writes are suspended
	checked  time.Time   // when the WAL's path was last checked after a group; owned by the writer
	rebuild  rebuild     // state of a damaged keys file, with a lock of its own

	mu       sync.RWMutex // guards the fields below, and sends on queue
	closed   bool
	rev      storage.Revision // the newest published; changed by the writer alone
	writeErr error            // why writes are suspended, nil if they are not; changed by the writer alone
	active   *memtable.Table  // memtable of the commits since the last freeze
	frozen   *memtable.Table  // memtable being flushed, or nil
	flushErr error            // why flushing fails, or nil
	changed  chan struct{}    // closed and replaced when a group is published
	flushed  chan struct{}    // closed and replaced after each attempt to flush
	recent   wal.Tail         // for watchers
	stats    Stats
}

var (
	_ storage.Engine   = (*Engine)(nil)
	_ storage.Healthy  = (*Engine)(nil)
	_ storage.Verifier = (*Engine)(nil)
)

// KeysPath returns the path of the keys file of the store at path. The file may be deleted while the store is closed: the next
// Open rebuilds it.
func KeysPath(path string) string { return path + ".keys" }

// Open opens or creates the store at path and recovers what was not flushed. It refuses a store that another process holds, and
// files of a newer format; files of an older format are upgraded. A log that is empty, or missing beside its keys file, is
// damage and not a new store. A keys file that is missing, damaged or of another store is rebuilt. If damage of the keys file
// is found later, the file is rebuilt once in the background: see storage.ErrRebuilding and SetLog. Error of damage:
// *storage.DamageError.
func Open(path string) (*Engine, error) { return open(path, defaultLimits) }

func open(path string, l limits) (*Engine, error) {
	return newEngine(path, dbfile.Options{Map: initialMmap}, l).start()
}

// start opens the files and starts the goroutines.
func (e *Engine) start() (*Engine, error) {
	if err := e.openFiles(e.open); err != nil {
		return nil, err
	}
	e.stopped.Add(2)
	go e.writeLoop()
	go e.flushLoop()
	return e, nil
}

// openFiles calls open, and closes the files if it fails.
func (e *Engine) openFiles(open func() error) error {
	path := e.wal.Path()
	if err := pages.Catch(path, open); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", path, withAdvice(err)), e.closeFiles())
	}
	return nil
}

// OpenTight is Open with low bounds, for tests: a memtable is flushed after 32 keys, and a file is mapped with 32 KiB, so that
// it outgrows its map early and writes that wait for open snapshots do so in a small store too.
func OpenTight(path string) (*Engine, error) {
	return newEngine(path, dbfile.Options{Map: 1 << 15}, limits{ops: 32, bytes: 1 << 20, slice: 16}).start()
}

func newEngine(path string, o dbfile.Options, l limits) *Engine {
	return &Engine{
		limits: l, options: o,
		wal:   wal.New(path, o),
		keys:  keysFile{place: dbfile.Place{Path: KeysPath(path)}},
		queue: make(chan *request, maxQueue), flushes: make(chan struct{}, 1), stopping: make(chan struct{}), retry: stoppedTimer(),
		active: memtable.New(), changed: make(chan struct{}), flushed: make(chan struct{}),
	}
}

func (e *Engine) open() error {
	if err := createFeed(e.wal.Path()); err != nil {
		return err
	}
	last, err := e.wal.Open()
	if err != nil {
		return err
	}
	e.rev = last
	if err := dbfile.RemoveUnfinished(e.keys.place.Path); err != nil {
		return err
	}
	from, why, err := e.openKeys()
	if err != nil {
		return err
	}
	if why != nil {
		if err := e.recreateKeys(why); err != nil {
			return err
		}
	}
	if err := e.recover(from); err != nil {
		return err
	}
	return e.wal.Upgrade()
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(retryInterval) //nolint:forbidigo // when to try the disk again is the engine's own matter
	t.Stop()
	return t
}

// Close commits what is queued, waits for the flush in progress and for open snapshots, and closes the files. A second Close
// does nothing.
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
	var err error
	if e.writeErr == nil { // else the content of the WAL is unknown
		err = e.wal.EqualizeHeads(e.stats.Groups > 0)
	}
	return errors.Join(err, e.closeFiles())
}

func (e *Engine) closeFiles() error {
	return errors.Join(e.wal.Close(), e.keys.close())
}

// Stats are figures of an engine since Open.
type Stats struct {
	Batches, Groups int // committed since Open, and the syncs that they shared
	Recorded        int // bytes of the records of those batches
	Ops, Bytes      int // entries not flushed, and the memory that they take
}

// Stats returns the current figures.
func (e *Engine) Stats() Stats {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s := e.stats
	for _, t := range []*memtable.Table{e.active, e.frozen} {
		if t != nil {
			ops, size := t.Size()
			s.Ops, s.Bytes = s.Ops+ops, s.Bytes+size
		}
	}
	return s
}
