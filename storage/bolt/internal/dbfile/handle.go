package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Options say how the files of a store are opened.
type Options struct {
	Map      int  // bytes that bbolt maps at the opening; it remaps as a file grows, and then waits for open transactions
	ReadOnly bool // nothing is written
}

// Handle is one open file: bbolt's database, and beside it a reader of its pages that does not depend on bbolt. Update is
// called by one goroutine at a time; the other methods are safe for concurrent use.
type Handle struct {
	DB       *bbolt.DB             // for tests; everything else goes through the methods
	file     *os.File              // used by DB, which closes it; nil if the file is open read-only
	Pages    *pages.File           // the same file, read without bbolt
	durable  atomic.Uint64         // the newest durable transaction: a read of an older one is damage
	broken   atomic.Pointer[error] // damage that made bbolt unusable: it cannot even be closed
	Readers  atomic.Int64          // open views of the keys file; the engine counts them
	zeroed   int64                 // offset up to which the file was written; owned by the writer
	Replaced bool                  // the keys file was rebuilt since under its name; guarded by the engine's rebuild.mu
}

// foreign returns an error of opening a file as damage, unless the operating system refused the call.
func foreign(path string, err error) error {
	var at *fs.PathError
	var call syscall.Errno
	if errors.Is(err, storage.ErrCorrupt) || errors.As(err, &at) || errors.As(err, &call) {
		return err
	}
	return &storage.DamageError{Kind: storage.FileForeign, Path: path, Offset: -1, Detail: err.Error()}
}

// Open opens a file after verify has checked its pages. Unless o.ReadOnly is set, the state that the file shows is first
// made durable.
func Open(path string, derived bool, o Options, look func(*pages.File, pages.Head) error) (*Handle, error) {
	h, counts, err := OpenReadOnly(path, derived, look)
	if err != nil || o.ReadOnly {
		return h, err
	}
	if err := h.DB.Close(); err != nil {
		return nil, errors.Join(err, h.Pages.Close())
	}
	if h, err = OpenHandle(h.Pages, o.Map, counts, nil); err != nil {
		return nil, err
	}
	if _, err := pages.Settle(h.file); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// openDB opens a file with bbolt, read-only if mapped is 0. If file is not nil, *file is the file to use, or receives the
// one that is opened; it is closed when openDB fails. bbolt's statistics stay off: each commit would count the free pages.
func openDB(path string, derived bool, mapped int, list bbolt.FreelistType, file **os.File) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, ReadOnly: mapped == 0, InitialMmapSize: mapped,
		FreelistType: list, NoFreelistSync: derived && mapped > 0, NoStatistics: true,
		OpenFile: func(path string, flag int, mode os.FileMode) (f *os.File, err error) {
			if file != nil && *file != nil {
				return *file, nil
			}
			if f, err = os.OpenFile(path, flag, mode); file != nil {
				*file = f
			}
			return f, err
		},
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("another process holds %s: %w", path, err)
	case err != nil:
		return nil, foreign(path, err)
	}
	return db, nil
}

// fewFree is the largest number of free pages for which bbolt keeps the free list as an array.
const fewFree = 1024

// listFor chooses bbolt's in-memory form of the free list; the form on disk is the same. A WAL has some dozens of free
// pages, and for so few an array makes commits cheaper. A WAL from which much was deleted, and the keys file, whose pages
// are freed all over, use maps. A free list that cannot be read is left for bbolt to refuse.
func listFor(p *pages.File, counts pages.Head) bbolt.FreelistType {
	if ids, _, err := p.Free(counts); p.Derived || err != nil || len(ids) > fewFree {
		return bbolt.FreelistMapType
	}
	return bbolt.FreelistArrayType
}

// OpenReadOnly opens a file for reading and has verify check its pages before bbolt reads any but the head pages. Other
// processes cannot write the file meanwhile. It also returns the valid head page.
func OpenReadOnly(path string, derived bool, look func(*pages.File, pages.Head) error) (h *Handle, counts pages.Head, err error) {
	h = &Handle{}
	if h.DB, err = openDB(path, derived, 0, bbolt.FreelistMapType, nil); err != nil {
		return nil, counts, err
	}
	if h.Pages, err = pages.Open(path, derived); err == nil {
		counts, err = h.Pages.Look(look)
	}
	if err != nil {
		return nil, counts, errors.Join(err, h.Close())
	}
	h.durable.Store(counts.TxID)
	return h, counts, nil
}

// OpenHandle opens a file for writing whose pages were checked. counts is the head page of the state that bbolt must show;
// f is the file if it is already open. p and f belong to the handle, and are closed on failure.
func OpenHandle(p *pages.File, mapped int, counts pages.Head, f *os.File) (_ *Handle, err error) {
	h := &Handle{Pages: p, file: f}
	err = h.guard(func() (err error) {
		h.DB, err = openDB(p.Path, p.Derived, mapped, listFor(p, counts), &h.file)
		return err
	})
	if err == nil {
		err = h.verify(counts)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// verify checks that bbolt shows the state of a head page. The transaction numbers may differ by one that changed nothing.
func (h *Handle) verify(counts pages.Head) error {
	tx, err := h.Begin()
	if err != nil {
		return err
	}
	is := pages.HeadOf(tx)
	h.durable.Store(is.TxID)
	if is.Root != counts.Root {
		err = h.Pages.Damage(storage.HeadDamaged, counts.At, "transaction %d is read, transaction %d was found to be whole", is.TxID, counts.TxID)
	}
	return errors.Join(err, tx.Rollback())
}

// Failed returns the damage that made bbolt unusable, or nil.
func (h *Handle) Failed() error {
	if err := h.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Unlock releases the lock that bbolt holds on the file.
func (h *Handle) Unlock() { unlock(h.file) }

// Close waits for the open transactions and closes the file. A nil handle is closed.
func (h *Handle) Close() error {
	if h == nil {
		return nil
	}
	err := h.Pages.Close()
	if h.DB == nil || h.broken.Load() != nil { // else bbolt would wait for its own locks
		return err
	}
	return errors.Join(err, h.DB.Close())
}

// guard runs do, after whose panic bbolt cannot be used: it may hold its own locks. From then on guard returns the damage
// and does not run do.
func (h *Handle) guard(do func() error) error {
	if err := h.broken.Load(); err != nil {
		return *err
	}
	done := false
	err := pages.Catch(h.Pages.Path, func() error {
		err := do()
		done = true
		return err
	})
	if !done {
		if d, ok := errors.AsType[*storage.DamageError](err); ok {
			d.Derived = h.Pages.Derived
		}
		h.broken.CompareAndSwap(nil, &err)
	}
	return err
}

// errLost returns the damage of a file whose last durable transaction is no longer visible.
func (h *Handle) errLost() error {
	return h.Pages.Damage(storage.HeadDamaged, 0, "the last commit is not there any more")
}

// Begin begins a read transaction. Errors: storage.ErrClosed, *storage.DamageError.
func (h *Handle) Begin() (tx *bbolt.Tx, err error) {
	seen := h.durable.Load()
	if err = h.guard(func() (err error) {
		tx, err = h.DB.Begin(false)
		return err
	}); err != nil {
		return nil, asClosed(err)
	}
	if uint64(tx.ID()) < seen {
		return nil, errors.Join(h.errLost(), tx.Rollback())
	}
	return tx, nil
}

// asClosed returns storage.ErrClosed for bbolt's error of a closed database, and other errors unchanged.
func asClosed(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return storage.ErrClosed
	}
	return err
}

// End ends a transaction of Begin.
func (h *Handle) End(tx *bbolt.Tx) error {
	if h.broken.Load() != nil { // bbolt may hold the lock that this would wait for
		return nil
	}
	return tx.Rollback()
}

// Update runs one write transaction and syncs it. After a failure the content of the file is unknown until it is read back.
func (h *Handle) Update(write func(*bbolt.Tx) error) error {
	id, seen := uint64(0), h.durable.Load()
	err := h.guard(func() error {
		return h.DB.Update(func(tx *bbolt.Tx) error {
			if id = uint64(tx.ID()); id <= seen { // it would write over what is durable
				return h.errLost()
			}
			return write(tx)
		})
	})
	if err == nil {
		h.durable.Store(id)
	}
	return err
}

// Read runs read on the tree of a bucket, in a new read transaction.
func (h *Handle) Read(bucket []byte, read func(pages.Tree) error) error {
	tx, err := h.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = h.End(tx) }() // it was only read
	return h.Pages.ReadTx(tx, bucket, read)
}
