package bolt

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// feedFile is the feed. A reader takes the handle for one read at a time, so that it can be closed and opened
// again below open snapshots: what a snapshot needs of a feed, which only grows, is in every later one.
type feedFile struct {
	place   place
	options options
	header  header               // of what the file says of itself; set once, at the opening
	suspect *storage.DamageError // a head page that was not whole at the opening
	changed bool                 // the opening wrote something into it

	mu    sync.RWMutex             // held for reading while the feed is read, for writing while it is exchanged
	now   *handle                  // nil when it could not be opened again; only the writer exchanges it
	lent  sync.Mutex               // guards users
	users map[*feedReader]struct{} // that have a transaction on it
	kept  int                      // groups written since renew ended the transactions of snapshots; of the writer alone
}

// renewEvery is after how many groups the transactions of open snapshots are exchanged. bbolt does not use pages again
// that were freed after the beginning of an open transaction, and each commit writes the list of all of them: a
// transaction that stays open for N groups costs room and time that grow with the square of N.
const renewEvery = 64

// errNoFeed is read when the feed could not be opened again.
var errNoFeed = fmt.Errorf("the feed is not open: %w", storage.ErrFailed)

// reading runs read on the tree of the batches as a new transaction sees it.
func (f *feedFile) reading(read func(tree) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.now == nil {
		return errNoFeed
	}
	return f.now.reading(feedB, read)
}

// records reads the batches from a revision on, until visit returns errStop. Each is compared with its checksum;
// what does not match, a gap and a damaged page end it with a *storage.DamageError. The bytes are good until the
// next call. visit may not read the feed.
func (f *feedFile) records(from storage.Revision, visit func(rev storage.Revision, record []byte) error) error {
	return f.reading(func(t tree) error {
		return t.records(f.header, from, visitor{}, func(rev storage.Revision, record []byte, _ bool) error { return visit(rev, record) })
	})
}

func newFeedFile(path string, o options) *feedFile {
	return &feedFile{place: place{path: path}, options: o, users: map[*feedReader]struct{}{}}
}

func (f *feedFile) path() string { return f.place.path }

// check says when the path no longer names the feed, or when the feed was cut. It costs one call of the system.
func (f *feedFile) check() error { return f.place.look() }

// shut closes the feed, when those who read it have ended.
func (f *feedFile) shut() error { return f.now.close() }

// seal writes the checksum of a batch into its encoding: body is that of the bytes after it.
func (f *feedFile) seal(record []byte, rev storage.Revision, body uint32) {
	f.header.id.seal(record, rev, body)
}

// openDamaged opens a feed for reading of which nothing but what it says of itself was looked at.
func (f *feedFile) openDamaged() (err error) {
	var l feedLook
	f.now, _, err = looked(f.place.path, false, func(p *pages, h headPage) error {
		_, err := l.top(p, h, nil)
		return err
	})
	f.header, f.suspect = l.header, l.suspect
	if l.header.format < sealedFormat {
		f.header.from = newest // none of its batches has a checksum
	}
	return err
}

// feedReader keeps a transaction on the feed from one read to the next. The zero value is ready for use.
type feedReader struct {
	tx *bbolt.Tx // begun by the first read; guarded by the feed's lock
}

// inUse reports whether a reader has a transaction.
func (f *feedFile) inUse(r *feedReader) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return r.tx != nil
}

// record hands one batch to use for a reader, which keeps its transaction for the next one. use must not keep the
// bytes. When use finds them damaged the error names the place. One reader is used by one goroutine at a time.
func (f *feedFile) record(r *feedReader, rev storage.Revision, use func([]byte) error) (err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.now == nil {
		return errNoFeed
	}
	if r.tx == nil {
		if r.tx, err = f.now.begin(); err != nil {
			return err
		}
		f.lent.Lock()
		f.users[r] = struct{}{}
		f.lent.Unlock()
	}
	err = caught(f.place.path, func() error { return use(r.tx.Bucket(feedB).Get(u64(uint64(rev)))) })
	return f.damaged(r.tx, rev, err)
}

// damaged names the place when reading a batch in a transaction failed by damage; mu is held.
func (f *feedFile) damaged(tx *bbolt.Tx, rev storage.Revision, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	err = named(f.now.pages, storage.RecordDamaged, err, func() error {
		return f.now.pages.within(tx, feedB, func(t tree) error {
			return t.records(f.header, rev, visitor{}, func(storage.Revision, []byte, bool) error { return errStop })
		})
	})
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Revision == 0 {
		d.Revision = rev
	}
	return err
}

// lacks says that a batch is not there, nor any after it.
func (f *feedFile) lacks(rev storage.Revision) *storage.DamageError {
	return &storage.DamageError{Kind: storage.RecordMissing, Path: f.place.path, Offset: -1, Revision: rev, Detail: "the feed ends before it"}
}

// release ends a reader's transaction.
func (f *feedFile) release(r *feedReader) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if r.tx == nil {
		return nil
	}
	f.lent.Lock()
	delete(f.users, r)
	f.lent.Unlock()
	tx := r.tx
	r.tx = nil
	return f.now.end(tx)
}

// renew ends the transactions of snapshots after each renewEvery groups; the next read of such a snapshot begins another
// transaction. The writer calls renew after each group. While the feed is being read renew does not wait: the next group
// tries again.
func (f *feedFile) renew() {
	if f.kept++; f.kept < renewEvery || !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	f.kept = 0
	for r := range f.users {
		_ = f.now.end(r.tx) // it was only read
		r.tx = nil
	}
	clear(f.users)
}

// append writes the batches that next yields at the end of the feed, in one transaction, and syncs. lone says that
// there is one of them. When append fails nobody knows what the file holds before it was read back.
func (f *feedFile) append(lone bool, next func() (storage.Revision, []byte, bool)) error {
	return f.now.update(func(tx *bbolt.Tx) error {
		feed := tx.Bucket(feedB)
		feed.FillPercent = 1
		if lone {
			if err := f.now.ahead(tx, f.place.size.Load()); err != nil {
				return err
			}
		}
		for {
			rev, record, more := next()
			if !more {
				return nil
			}
			if err := feed.Put(u64(uint64(rev)), record); err != nil {
				return err
			}
		}
	})
}

// discard ends the transactions of readers and closes the feed; mu is held for writing.
func (f *feedFile) discard() error {
	var errs []error
	for r := range f.users {
		errs = append(errs, r.tx.Rollback())
		r.tx = nil
	}
	clear(f.users)
	h := f.now
	f.now = nil
	return errors.Join(append(errs, h.close())...)
}

// feedLook is what a look at the feed found.
type feedLook struct {
	header  header
	suspect *storage.DamageError // a head page that is not whole
	last    storage.Revision
}

// look looks at what bbolt and the next commit rely on: the pages at the top, those on the way to the newest
// batch, and the list of free pages. The rest is looked at when it is read, and by Verify.
func (l *feedLook) look(p *pages, h headPage) error {
	top := map[uint64]bool{}
	t, err := l.top(p, h, func(n node) error {
		top[n.id] = true
		return nil
	})
	if err != nil {
		return err
	}
	if l.last, err = t.lastRevision(); err != nil {
		return err
	}
	return t.unused(top)
}

// top reads what the feed says of itself, and returns the tree of its batches.
func (l *feedLook) top(p *pages, h headPage, page func(node) error) (t tree, err error) {
	_, l.suspect, _ = p.heads() // read just before
	buckets, meta, err := p.store(h, page)
	if err != nil {
		return t, err
	}
	t, ok := buckets[string(feedB)]
	if !ok {
		return t, p.damage(storage.FileForeign, -1, "it has no bucket %q", feedB)
	}
	if l.header, ok = parseHeader(meta); !ok {
		return t, p.damage(storage.PageDamaged, int64(h.root)*h.size, "what the file says of itself does not match its checksum")
	}
	if f := l.header.format; f > formatVersion {
		return t, newer(p.path, f, formatVersion)
	}
	return t, nil
}

// open opens the feed after a look at it. What it shows is made durable before it is written.
// It returns the last revision.
func (f *feedFile) open() (last storage.Revision, err error) {
	at, err := os.Stat(f.place.path)
	if err != nil {
		return 0, err
	}
	if at.Size() == 0 {
		return 0, &storage.DamageError{Kind: storage.FileEmpty, Path: f.place.path, Offset: -1}
	}
	var l feedLook
	h, err := openLooked(f.place.path, false, f.options, l.look)
	if err != nil {
		return 0, err
	}
	f.now, f.header, f.suspect = h, l.header, l.suspect
	if f.header.format < sealedFormat {
		f.header.id, f.header.from = newStoreID(), l.last+1
	}
	return l.last, f.place.take()
}
