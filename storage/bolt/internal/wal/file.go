package wal

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"go.etcd.io/bbolt"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
)

// File is the feed. A reader takes the handle for one read at a time, so that it can be closed and opened
// again below open snapshots: what a snapshot needs of a feed, which only grows, is in every later one.
type File struct {
	place    dbfile.Place
	Options  dbfile.Options
	Header   header               // of what the file says of itself; set once, at the opening
	Suspect  *storage.DamageError // a head page that was not whole at the opening
	upgraded bool                 // the opening wrote something into it

	mu        sync.RWMutex         // held for reading while the feed is read, for writing while it is exchanged
	Handle    *dbfile.Handle       // nil when it could not be opened again; only the writer exchanges it
	readersMu sync.Mutex           // guards users
	readers   map[*Reader]struct{} // that have a transaction on it
	groups    int                  // groups written since renew ended the transactions of snapshots; of the writer alone
}

// RenewEvery is after how many groups the transactions of open snapshots are exchanged. bbolt does not use pages again
// that were freed after the beginning of an open transaction, and each commit writes the list of all of them: a
// transaction that stays open for N groups costs room and time that grow with the square of N.
const RenewEvery = 64

// ErrNotOpen is read when the feed could not be opened again.
var ErrNotOpen = fmt.Errorf("the feed is not open: %w", storage.ErrFailed)

// read runs read on the tree of the batches as a new transaction sees it.
func (f *File) read(read func(pages.Tree) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.Handle == nil {
		return ErrNotOpen
	}
	return f.Handle.Read(Bucket, read)
}

// Records reads the batches from a revision on, until visit returns errStop. Each is compared with its checksum;
// what does not match, a gap and a damaged page end it with a *storage.DamageError. The bytes are good until the
// next call. visit may not read the feed.
func (f *File) Records(from storage.Revision, visit func(rev storage.Revision, record []byte) error) error {
	return f.read(func(t pages.Tree) error {
		return records(t, f.Header, from, pages.Visitor{}, func(rev storage.Revision, record []byte, _ bool) error { return visit(rev, record) })
	})
}

func New(path string, o dbfile.Options) *File {
	return &File{place: dbfile.Place{Path: path}, Options: o, readers: map[*Reader]struct{}{}}
}

func (f *File) Path() string { return f.place.Path }

// Check says when the path no longer names the feed, or when the feed was cut. It costs one call of the system.
func (f *File) Check() error { return f.place.Check() }

// Close closes the feed, when those who read it have ended.
func (f *File) Close() error { return f.Handle.Close() }

// Seal writes the checksum of a batch into its encoding: body is that of the bytes after it.
func (f *File) Seal(record []byte, rev storage.Revision, body uint32) {
	seal(f.Header.ID, record, rev, body)
}

// OpenDamaged opens a feed for reading of which nothing but what it says of itself was looked at.
func (f *File) OpenDamaged() (err error) {
	var l look
	f.Handle, _, err = dbfile.OpenReadOnly(f.place.Path, false, func(p *pages.File, h pages.Head) error {
		_, err := l.top(p, h, nil)
		return err
	})
	f.Header, f.Suspect = l.header, l.suspect
	if l.header.format < sealedFormat {
		f.Header.from = memtable.Newest // none of its batches has a checksum
	}
	return err
}

// Reader keeps a transaction on the feed from one read to the next. The zero value is ready for use.
type Reader struct {
	tx *bbolt.Tx // begun by the first read; guarded by the feed's lock
}

// InUse reports whether a reader has a transaction.
func (f *File) InUse(r *Reader) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return r.tx != nil
}

// Record hands one batch to use for a reader, which keeps its transaction for the next one. use must not keep the
// bytes. When use finds them damaged the error names the place. One reader is used by one goroutine at a time.
func (f *File) Record(r *Reader, rev storage.Revision, use func([]byte) error) (err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.Handle == nil {
		return ErrNotOpen
	}
	if r.tx == nil {
		if r.tx, err = f.Handle.Begin(); err != nil {
			return err
		}
		f.readersMu.Lock()
		f.readers[r] = struct{}{}
		f.readersMu.Unlock()
	}
	err = pages.Catch(f.place.Path, func() error { return use(r.tx.Bucket(Bucket).Get(pages.Uint64(uint64(rev)))) })
	return f.damaged(r.tx, rev, err)
}

// damaged names the place when reading a batch in a transaction failed by damage; mu is held.
func (f *File) damaged(tx *bbolt.Tx, rev storage.Revision, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	err = pages.Locate(f.Handle.Pages, storage.RecordDamaged, err, func() error {
		return f.Handle.Pages.ReadTx(tx, Bucket, func(t pages.Tree) error {
			return records(t, f.Header, rev, pages.Visitor{}, func(storage.Revision, []byte, bool) error { return pages.ErrStop })
		})
	})
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Revision == 0 {
		d.Revision = rev
	}
	return err
}

// Missing says that a batch is not there, nor any after it.
func (f *File) Missing(rev storage.Revision) *storage.DamageError {
	return &storage.DamageError{Kind: storage.RecordMissing, Path: f.place.Path, Offset: -1, Revision: rev, Detail: "the feed ends before it"}
}

// Release ends a reader's transaction.
func (f *File) Release(r *Reader) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if r.tx == nil {
		return nil
	}
	f.readersMu.Lock()
	delete(f.readers, r)
	f.readersMu.Unlock()
	tx := r.tx
	r.tx = nil
	return f.Handle.End(tx)
}

// RenewReaders ends the transactions of snapshots after each renewEvery groups; the next read of such a snapshot begins another
// transaction. The writer calls renew after each group. While the feed is being read renew does not wait: the next group
// tries again.
func (f *File) RenewReaders() {
	if f.groups++; f.groups < RenewEvery || !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	f.groups = 0
	for r := range f.readers {
		_ = f.Handle.End(r.tx) // it was only read
		r.tx = nil
	}
	clear(f.readers)
}

// Append writes the batches that next yields at the end of the feed, in one transaction, and syncs. lone says that
// there is one of them. When append fails nobody knows what the file holds before it was read back.
func (f *File) Append(lone bool, next func() (storage.Revision, []byte, bool)) error {
	return f.Handle.Update(func(tx *bbolt.Tx) error {
		feed := tx.Bucket(Bucket)
		feed.FillPercent = 1
		if lone {
			if err := f.Handle.Prefill(tx, f.place.Size.Load()); err != nil {
				return err
			}
		}
		for {
			rev, record, more := next()
			if !more {
				return nil
			}
			if err := feed.Put(pages.Uint64(uint64(rev)), record); err != nil {
				return err
			}
		}
	})
}

// closeForReopen ends the transactions of readers and closes the feed; mu is held for writing.
func (f *File) closeForReopen() error {
	var errs []error
	for r := range f.readers {
		errs = append(errs, r.tx.Rollback())
		r.tx = nil
	}
	clear(f.readers)
	h := f.Handle
	f.Handle = nil
	return errors.Join(append(errs, h.Close())...)
}

// look is what a look at the feed found.
type look struct {
	header  header
	suspect *storage.DamageError // a head page that is not whole
	last    storage.Revision
}

// verify looks at what bbolt and the next commit rely on: the pages at the top, those on the way to the newest
// batch, and the list of free pages. The rest is looked at when it is read, and by Verify.
func (l *look) verify(p *pages.File, h pages.Head) error {
	top := map[uint64]bool{}
	t, err := l.top(p, h, func(n pages.Node) error {
		top[n.ID] = true
		return nil
	})
	if err != nil {
		return err
	}
	if l.last, err = lastRevision(t); err != nil {
		return err
	}
	return t.Unused(top)
}

// top reads what the feed says of itself, and returns the tree of its batches.
func (l *look) top(p *pages.File, h pages.Head, page func(pages.Node) error) (t pages.Tree, err error) {
	_, l.suspect, _ = p.Heads() // read just before
	buckets, meta, err := p.Store(h, page)
	if err != nil {
		return t, err
	}
	t, ok := buckets[string(Bucket)]
	if !ok {
		return t, p.Damage(storage.FileForeign, -1, "it has no bucket %q", Bucket)
	}
	if l.header, ok = parseHeader(meta); !ok {
		return t, p.Damage(storage.PageDamaged, int64(h.Root)*h.Size, "what the file says of itself does not match its checksum")
	}
	if f := l.header.format; f > formatVersion {
		return t, pages.NewerFormat(p.Path, f, formatVersion)
	}
	return t, nil
}

// Open opens the feed after a look at it. What it shows is made durable before it is written.
// It returns the last revision.
func (f *File) Open() (last storage.Revision, err error) {
	at, err := os.Stat(f.place.Path)
	if err != nil {
		return 0, err
	}
	if at.Size() == 0 {
		return 0, &storage.DamageError{Kind: storage.FileEmpty, Path: f.place.Path, Offset: -1}
	}
	var l look
	h, err := dbfile.Open(f.place.Path, false, f.Options, l.verify)
	if err != nil {
		return 0, err
	}
	f.Handle, f.Header, f.Suspect = h, l.header, l.suspect
	if f.Header.format < sealedFormat {
		f.Header.ID, f.Header.from = pages.NewStoreID(), l.last+1
	}
	return l.last, f.place.Bind()
}
