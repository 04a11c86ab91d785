package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
)

// foreign says of an error of opening a file that it is damaged, unless it is the system's own.
func foreign(path string, err error) error {
	var at *fs.PathError
	var call syscall.Errno
	if errors.Is(err, storage.ErrCorrupt) || errors.As(err, &at) || errors.As(err, &call) {
		return err
	}
	return &storage.DamageError{Kind: storage.FileForeign, Path: path, Offset: -1, Detail: err.Error()}
}

// Options say how the files of a store are opened.
type Options struct {
	Map      int // bytes of the first map of each file
	ReadOnly bool
}

// Open opens a file after a look at it. For writing what it shows is made durable first.
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

// Handle is one of the two files, opened once: by bbolt, and beside it for reading its pages.
type Handle struct {
	DB       *bbolt.DB
	file     *os.File // of db, which closes it; nil when the file is open for reading alone
	Pages    *pages.File
	durable  atomic.Uint64         // the newest transaction that is durable: none that is read may be older
	broken   atomic.Pointer[error] // damage that left bbolt unusable: it can't even be closed
	Readers  atomic.Int64          // views that read through it; counted for the keys only
	zeroed   int64                 // up to here the file was written; of the writer alone
	Replaced bool                  // of the keys: a file that was made anew stands in its place; guarded by the engine's rebuild
}

// openDB opens a file with bbolt, for reading alone when nothing of it is to be mapped ahead. *file is what bbolt
// reads, when it is open already, or becomes that; file may be nil. When openDB fails *file is closed. bbolt's own
// statistics are read nowhere: each commit would count the free pages for them.
func openDB(path string, derived bool, mapped int, list bbolt.FreelistType, file **os.File) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, ReadOnly: mapped == 0, InitialMmapSize: mapped, FreelistType: list, NoFreelistSync: derived && mapped > 0, NoStatistics: true,
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

// fewFree is up to how many free pages bbolt keeps the list of them in memory as an array.
const fewFree = 1024

// listFor is how bbolt keeps the list of free pages in memory; the file has the same list either way. A feed has some
// dozens of free pages, and for so few an array costs each commit less than maps do. For many it costs more: a feed from
// which much was deleted gets maps, as the keys do, whose pages are freed all over the file. A list that can't be read
// is bbolt's to refuse.
func listFor(p *pages.File, counts pages.Head) bbolt.FreelistType {
	if ids, _, err := p.Free(counts); p.Derived || err != nil || len(ids) > fewFree {
		return bbolt.FreelistMapType
	}
	return bbolt.FreelistArrayType
}

// OpenReadOnly opens a file for reading, which keeps others from writing it and touches nothing but its head pages,
// and looks at its pages before bbolt does. It also returns the head page that counts.
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

// OpenHandle opens a file for writing whose pages were looked at. counts is the head page of the state that it must
// show. f is the file, when it is open already. Pages and f become the handle's, and are closed when this fails.
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

// verify checks that bbolt shows the same state as a head page. The transactions may differ by one that changed
// nothing.
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

// Failed is the damage that left bbolt unusable, nil when none did.
func (h *Handle) Failed() error {
	if err := h.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// Unlock gives up the lock that bbolt has taken on the file.
func (h *Handle) Unlock() { unlock(h.file) }

// Close closes the file, when those who read it have ended.
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

// guard runs what leaves bbolt unusable when it meets damage: from then on the handle only says so.
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

// errLost says that the head page of the last transaction that is durable does not count any more.
func (h *Handle) errLost() error {
	return h.Pages.Damage(storage.HeadDamaged, 0, "the last commit is not there any more")
}

// Begin begins to read.
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

// asClosed says of an error of beginning to read that the engine was closed, when it was.
func asClosed(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return storage.ErrClosed
	}
	return err
}

// End ends what begin began.
func (h *Handle) End(tx *bbolt.Tx) error {
	if h.broken.Load() != nil { // bbolt may hold the lock that this would wait for
		return nil
	}
	return tx.Rollback()
}

// Update runs one write transaction. When it fails nobody knows what the file holds before it was read back.
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

// Read runs read on the tree of a bucket as a new transaction sees it.
func (h *Handle) Read(bucket []byte, read func(pages.Tree) error) error {
	tx, err := h.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = h.End(tx) }() // it was only read
	return h.Pages.ReadTx(tx, bucket, read)
}
