package wal

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
)

// File is the WAL. Readers take the handle for one read at a time, so that the file can be closed and reopened under open
// snapshots: the WAL only grows, and a later state holds all that an earlier snapshot needs. One goroutine, the writer,
// calls Append, Reopen, RenewReaders and Upgrade; the other methods are safe for concurrent use.
type File struct {
	place    dbfile.Place
	Options  dbfile.Options       // how Open and Reopen open the file
	header   header               // set by Open
	Suspect  *storage.DamageError // the damage of one head page, found by Open
	upgraded bool                 // the file was written by Upgrade

	mu        sync.RWMutex         // held for reading during a read, for writing while Handle is replaced
	Handle    *dbfile.Handle       // nil if Reopen failed; replaced by the writer alone
	readersMu sync.Mutex           // guards readers; taken after mu
	readers   map[*Reader]struct{} // with a transaction
	groups    int                  // appended since RenewReaders last ended the transactions; owned by the writer
}

// RenewEvery is the number of groups after which the read transactions of open snapshots are renewed. bbolt does not reuse
// pages freed after the start of an open transaction, and each commit writes the list of all of them: a transaction that
// stays open for N groups costs space and time that grow with the square of N.
const RenewEvery = 64

// ErrNotOpen means that the WAL could not be reopened after a failure.
var ErrNotOpen = fmt.Errorf("the feed is not open: %w", storage.ErrFailed)

// read runs read on the tree of the records, in a new transaction.
func (f *File) read(read func(pages.Tree) error) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.Handle == nil {
		return ErrNotOpen
	}
	return f.Handle.Read(bucket, read)
}

// Records reads the records from a revision on, until visit returns pages.ErrStop. A checksum that does not match, a gap and
// a damaged page end it with a *storage.DamageError. record is valid until the next call. visit may not read the WAL.
func (f *File) Records(from storage.Revision, visit func(rev storage.Revision, record []byte) error) error {
	return f.read(func(t pages.Tree) error {
		return records(t, f.header, from, pages.Visitor{}, func(rev storage.Revision, record []byte, _ bool) error { return visit(rev, record) })
	})
}

// New returns the WAL of a path. Open opens it.
func New(path string, o dbfile.Options) *File {
	return &File{place: dbfile.Place{Path: path}, Options: o, readers: map[*Reader]struct{}{}}
}

// Path returns the path of the file.
func (f *File) Path() string { return f.place.Path }

// ID returns the id of the store.
func (f *File) ID() pages.StoreID { return f.header.id }

// Check returns an error if the path names another file or none, or if the file shrank. It costs one system call.
func (f *File) Check() error { return f.place.Check() }

// Close waits for the open transactions and closes the file.
func (f *File) Close() error { return f.Handle.Close() }

// Seal writes the checksum of a record, which covers the revision and the store. body is Sum(record).
func (f *File) Seal(record []byte, rev storage.Revision, body uint32) {
	seal(f.header.id, record, rev, body)
}

// OpenDamaged opens a damaged WAL for reading. Only its header is checked.
func (f *File) OpenDamaged() (err error) {
	var l look
	f.Handle, _, err = dbfile.OpenReadOnly(f.place.Path, false, func(p *pages.File, h pages.Head) error {
		_, err := l.top(p, h, nil)
		return err
	})
	f.header, f.Suspect = l.header, l.suspect
	if l.header.format < sealedFormat {
		f.header.from = memtable.Newest // none of its batches has a checksum
	}
	return err
}

// Reader keeps a read transaction on the WAL from one read to the next. The zero value is ready for use.
type Reader struct {
	tx *bbolt.Tx // begun by the first read; guarded by File.mu
}

// InUse reports whether a reader has a transaction.
func (f *File) InUse(r *Reader) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return r.tx != nil
}

// Record calls use with one record, or nil if there is none. The reader keeps its transaction for the next call. use may not
// keep the bytes. If use returns storage.ErrCorrupt, the error of Record names the place. A reader is used by one goroutine
// at a time.
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
	err = pages.Catch(f.place.Path, func() error { return use(r.tx.Bucket(bucket).Get(pages.Uint64(uint64(rev)))) })
	return f.damaged(r.tx, rev, err)
}

// damaged adds the place to the error of a read that met damage. The caller holds mu.
func (f *File) damaged(tx *bbolt.Tx, rev storage.Revision, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	err = pages.Locate(f.Handle.Pages, storage.RecordDamaged, err, func() error {
		return f.Handle.Pages.ReadTx(tx, bucket, func(t pages.Tree) error {
			return records(t, f.header, rev, pages.Visitor{}, func(storage.Revision, []byte, bool) error { return pages.ErrStop })
		})
	})
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Revision == 0 {
		d.Revision = rev
	}
	return err
}

// Missing returns the damage of a WAL that ends before a revision.
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

// RenewReaders ends the transactions of all readers after each RenewEvery groups; the next read of a reader begins another.
// The writer calls it after each group. If the WAL is being read, the next call tries again.
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

// Append writes the records that next yields at the end of the WAL, in one transaction, and syncs. lone says that there is
// only one. After a failure the content of the file is unknown until Reopen.
func (f *File) Append(lone bool, next func() (storage.Revision, []byte, bool)) error {
	return f.Handle.Update(func(tx *bbolt.Tx) error {
		feed := tx.Bucket(bucket)
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

// closeForReopen ends the transactions of readers and closes the file. The caller holds mu for writing.
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

// look is what the check of a WAL before its opening found.
type look struct {
	header  header
	suspect *storage.DamageError // a head page that is not whole
	last    storage.Revision
}

// verify checks what bbolt and the next commit rely on: the pages at the top, those on the path to the newest record, and the
// free list. Other pages are checked when they are read, and by Verify.
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

// top reads the header, and returns the tree of the records.
func (l *look) top(p *pages.File, h pages.Head, page func(pages.Node) error) (t pages.Tree, err error) {
	_, l.suspect, _ = p.Heads() // read just before
	buckets, meta, err := p.Store(h, page)
	if err != nil {
		return t, err
	}
	t, ok := buckets[string(bucket)]
	if !ok {
		return t, p.Damage(storage.FileForeign, -1, "it has no bucket %q", bucket)
	}
	if l.header, ok = parseHeader(meta); !ok {
		return t, p.Damage(storage.PageDamaged, int64(h.Root)*h.Size, "what the file says of itself does not match its checksum")
	}
	if f := l.header.format; f > formatVersion {
		return t, pages.NewerFormat(p.Path, f, formatVersion)
	}
	return t, nil
}

// Open checks the WAL, makes its visible state durable unless it is opened read-only, opens it, and returns the last
// revision.
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
	f.Handle, f.header, f.Suspect = h, l.header, l.suspect
	if f.header.format < sealedFormat {
		f.header.id, f.header.from = pages.NewStoreID(), l.last+1
	}
	return l.last, f.place.Bind()
}
