package bolt

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// feedFile is the open feed. A reader holds it for one read at a time, so that it can be closed and opened again
// below open snapshots: the feed only grows, so that what a snapshot needs of it is in every later state too.
type feedFile struct {
	mu    sync.RWMutex           // held for reading while the feed is read, for writing while it is exchanged
	db    *bbolt.DB              // nil when it could not be opened again
	dead  bool                   // its mapping failed under the writer: it can't even be closed
	lent  sync.Mutex             // guards users
	users map[*snapshot]struct{} // that have a transaction on it
}

// errNoFeed is read when the feed could not be opened again.
var errNoFeed = fmt.Errorf("the feed is not open: %w", storage.ErrFailed)

// view reads the feed.
func (f *feedFile) view(read func(*bbolt.Tx) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return errNoFeed
	}
	return f.db.View(read)
}

// record reads one batch for a snapshot, which keeps its transaction for the next one. use must not keep it.
func (f *feedFile) record(s *snapshot, rev storage.Revision, use func([]byte)) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.db == nil {
		return errNoFeed
	}
	if s.feed == nil {
		tx, err := f.db.Begin(false)
		if err != nil {
			return opened(err)
		}
		s.feed = tx
		f.lent.Lock()
		f.users[s] = struct{}{}
		f.lent.Unlock()
	}
	use(s.feed.Bucket(feedB).Get(u64(uint64(rev))))
	return nil
}

// release ends a snapshot's transaction.
func (f *feedFile) release(s *snapshot) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if s.feed == nil {
		return nil
	}
	f.lent.Lock()
	delete(f.users, s)
	f.lent.Unlock()
	tx := s.feed
	s.feed = nil
	return tx.Rollback()
}

// shut closes the feed for good, when open snapshots have ended.
func (f *feedFile) shut() error {
	if f.db == nil || f.dead {
		return nil
	}
	return f.db.Close()
}

// close ends the transactions of snapshots and closes the feed; mu is held for writing.
func (f *feedFile) close() error {
	if f.db == nil {
		return nil
	}
	var errs []error
	for s := range f.users {
		errs = append(errs, s.feed.Rollback())
		s.feed = nil
	}
	clear(f.users)
	db := f.db
	f.db = nil
	return errors.Join(append(errs, db.Close())...)
}

// options are how both files are opened. file becomes what bbolt opened, unless it is nil.
func options(version uint64, file **os.File) *bbolt.Options {
	return &bbolt.Options{
		Timeout: time.Second, InitialMmapSize: initialMmap, FreelistType: bbolt.FreelistMapType, NoFreelistSync: version == keysVersion,
		OpenFile: func(path string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(path, flag, mode)
			if file != nil {
				*file = f
			}
			return f, err
		},
	}
}

// reopen finds out what the feed's file holds after a write or a sync of it failed, and opens it again. First
// what the file shows is made durable, while readers go on; then the file is closed, what the system holds of it
// in memory is dropped, and it is opened anew. Readers of values in the feed wait meanwhile. Only the writer
// calls it.
func (e *Engine) reopen() (err error) {
	if e.feed.dead {
		return fmt.Errorf("%s can't be read through its mapping any more; stop the service and look at the file", e.place.path)
	}
	f, err := os.OpenFile(e.place.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	taken := false
	defer func() {
		if !taken {
			err = errors.Join(err, f.Close())
		}
	}()
	is, err := f.Stat()
	if err != nil {
		return err
	}
	if err := e.place.same(is); err != nil {
		return err
	}
	settled, err := settle(f)
	if err != nil {
		return err
	}
	e.feed.mu.Lock()
	defer e.feed.mu.Unlock()
	if err := e.feed.close(); err != nil {
		return err
	}
	forget(f)
	o := options(formatVersion, nil)
	o.OpenFile = func(string, int, os.FileMode) (*os.File, error) {
		taken = true
		return f, nil
	}
	return caught(e.place.path, func() error {
		db, err := bbolt.Open(e.place.path, 0o600, o)
		if err != nil {
			return err
		}
		e.feed.db = db
		return db.View(func(tx *bbolt.Tx) error {
			if is := uint64(tx.ID()); is != settled { // of what it says now it is not known that it is durable
				return fmt.Errorf("%s: transaction %d counts, %d was made durable", e.place.path, is, settled)
			}
			return nil
		})
	})
}
