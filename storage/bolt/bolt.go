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
	// A write that must grow the map waits for every open snapshot; address space is cheap.
	initialMmap = 4 << 30
)

// Engine implements storage.Engine. Use Open.
type Engine struct {
	feed     *wal.File
	keys     keysFile
	limits   limits
	options  dbfile.Options
	queue    chan *request
	flushes  chan struct{} // size 1: there is a frozen table to fold
	stopping chan struct{}
	stopped  sync.WaitGroup
	retry    *time.Timer // while the engine does not write: it looks whether it can
	checked  time.Time   // when the path of the feed last named the feed, after a group; of the writer alone
	rebuild  rebuild

	mu       sync.RWMutex // guards what follows, and sends on queue
	closed   bool
	rev      storage.Revision
	writeErr error           // why nothing is written at present, nil when the engine writes
	active   *memtable.Table // committed after the last freeze
	frozen   *memtable.Table // being folded; nil when nothing is
	flushErr error           // why folding fails, nil when it doesn't
	changed  chan struct{}   // closed and replaced by each group
	flushed  chan struct{}   // closed and replaced when a fold ends, well or not
	recent   wal.Tail
	stats    Stats
}

var (
	_ storage.Engine   = (*Engine)(nil)
	_ storage.Healthy  = (*Engine)(nil)
	_ storage.Verifier = (*Engine)(nil)
)

// KeysPath is the file beside the feed that holds the folded keys. It may be deleted while the
// engine is closed: it is rebuilt.
func KeysPath(path string) string { return path + ".keys" }

// Open opens or creates the feed at path and the keys beside it, and folds what was not. It refuses
// files held by another process, and files of a newer format; a file of an older format is upgraded. A feed that
// is empty, or missing beside its keys, is damaged and not new: see storage.DamageError. Keys that are damaged,
// missing, or of another store are made anew. Keys whose damage is found while the engine works are made anew in
// the background, once: see storage.ErrRebuilding and SetLog.
func Open(path string) (*Engine, error) { return open(path, defaultLimits) }

func open(path string, l limits) (*Engine, error) {
	return newEngine(path, dbfile.Options{Map: initialMmap}, l).start()
}

// start opens the files and begins to work.
func (e *Engine) start() (*Engine, error) {
	if err := e.openFiles(e.open); err != nil {
		return nil, err
	}
	e.stopped.Add(2)
	go e.writeLoop()
	go e.flushLoop()
	return e, nil
}

// openFiles runs what opens the files, and closes them when it fails.
func (e *Engine) openFiles(open func() error) error {
	path := e.feed.Path()
	if err := pages.Catch(path, open); err != nil {
		return errors.Join(fmt.Errorf("open %s: %w", path, withAdvice(err)), e.closeFiles())
	}
	return nil
}

// OpenTight is Open with bounds so low that tables are folded after some dozens of keys and the map of a file
// must grow with it: what waits for open snapshots waits then in a small store too. For tests.
func OpenTight(path string) (*Engine, error) {
	return newEngine(path, dbfile.Options{Map: 1 << 15}, limits{ops: 32, bytes: 1 << 20, slice: 16}).start()
}

func newEngine(path string, o dbfile.Options, l limits) *Engine {
	return &Engine{
		limits: l, options: o,
		feed:  wal.New(path, o),
		keys:  keysFile{place: dbfile.Place{Path: KeysPath(path)}},
		queue: make(chan *request, maxQueue), flushes: make(chan struct{}, 1), stopping: make(chan struct{}), retry: stoppedTimer(),
		active: memtable.New(), changed: make(chan struct{}), flushed: make(chan struct{}),
	}
}

func (e *Engine) open() error {
	if err := createFeed(e.feed.Path()); err != nil {
		return err
	}
	last, err := e.feed.Open()
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
	return e.feed.Upgrade()
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(retryInterval)
	t.Stop()
	return t
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
	var err error
	if e.writeErr == nil { // else it is not known what the feed holds
		err = e.feed.EqualizeHeads(e.stats.Groups > 0)
	}
	return errors.Join(err, e.closeFiles())
}

func (e *Engine) closeFiles() error {
	return errors.Join(e.feed.Close(), e.keys.close())
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
	for _, t := range []*memtable.Table{e.active, e.frozen} {
		if t != nil {
			ops, size := t.Size()
			s.Ops, s.Bytes = s.Ops+ops, s.Bytes+size
		}
	}
	return s
}
