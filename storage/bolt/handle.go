package bolt

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// handle is one of the two files, opened once: by bbolt, and beside it for reading its pages.
type handle struct {
	db       *bbolt.DB
	file     *os.File // of db, which closes it; nil when the file is open for reading alone
	pages    *pages
	seen     atomic.Uint64         // the newest transaction that is durable: none that is read may be older
	dead     atomic.Pointer[error] // damage that left bbolt unusable: it can't even be closed
	readers  atomic.Int64          // views that read through it; counted for the keys only
	zeroed   int64                 // up to here the file was written; of the writer alone
	replaced bool                  // of the keys: a file that was made anew stands in its place; guarded by the engine's rebuild
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
		return nil, damage(path, err)
	}
	return db, nil
}

// fewFree is up to how many free pages bbolt keeps the list of them in memory as an array.
const fewFree = 1024

// listFor is how bbolt keeps the list of free pages in memory; the file has the same list either way. A feed has some
// dozens of free pages, and for so few an array costs each commit less than maps do. For many it costs more: a feed from
// which much was deleted gets maps, as the keys do, whose pages are freed all over the file. A list that can't be read
// is bbolt's to refuse.
func (p *pages) listFor(counts headPage) bbolt.FreelistType {
	if ids, _, err := p.free(counts); p.derived || err != nil || len(ids) > fewFree {
		return bbolt.FreelistMapType
	}
	return bbolt.FreelistArrayType
}

// looked opens a file for reading, which keeps others from writing it and touches nothing but its head pages,
// and looks at its pages before bbolt does. It also returns the head page that counts.
func looked(path string, derived bool, look func(*pages, headPage) error) (h *handle, counts headPage, err error) {
	h = &handle{}
	if h.db, err = openDB(path, derived, 0, bbolt.FreelistMapType, nil); err != nil {
		return nil, counts, err
	}
	if h.pages, err = openPages(path, derived); err == nil {
		counts, err = h.pages.look(look)
	}
	if err != nil {
		return nil, counts, errors.Join(err, h.close())
	}
	h.seen.Store(counts.txid)
	return h, counts, nil
}

// look looks at the pages of the state that counts, and returns its head page. A file that ends before its last
// page was cut.
func (p *pages) look(at func(*pages, headPage) error) (headPage, error) {
	whole, _, err := p.heads()
	if err != nil {
		return headPage{}, err
	}
	is, err := p.file.Stat()
	if err != nil {
		return headPage{}, err
	}
	if need := int64(whole[0].high) * whole[0].size; is.Size() < need {
		return headPage{}, p.damage(storage.FileCut, is.Size(), "it has %d bytes of %d", is.Size(), need)
	}
	return whole[0], at(p, whole[0])
}

// openHandle opens a file for writing whose pages were looked at. counts is the head page of the state that it must
// show. f is the file, when it is open already. Pages and f become the handle's, and are closed when this fails.
func openHandle(p *pages, mapped int, counts headPage, f *os.File) (_ *handle, err error) {
	h := &handle{pages: p, file: f}
	err = h.unbroken(func() (err error) {
		h.db, err = openDB(p.path, p.derived, mapped, p.listFor(counts), &h.file)
		return err
	})
	if err == nil {
		err = h.shows(counts)
	}
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// shows checks that bbolt shows the same state as a head page. The transactions may differ by one that changed
// nothing.
func (h *handle) shows(counts headPage) error {
	tx, err := h.begin()
	if err != nil {
		return err
	}
	is := headOf(tx)
	h.seen.Store(is.txid)
	if is.root != counts.root {
		err = h.pages.damage(storage.HeadDamaged, counts.at, "transaction %d is read, transaction %d was found to be whole", is.txid, counts.txid)
	}
	return errors.Join(err, tx.Rollback())
}

// failed is the damage that left bbolt unusable, nil when none did.
func (h *handle) failed() error {
	if err := h.dead.Load(); err != nil {
		return *err
	}
	return nil
}

// unlock gives up the lock that bbolt has taken on the file.
func (h *handle) unlock() { unlock(h.file) }

// close closes the file, when those who read it have ended.
func (h *handle) close() error {
	if h == nil {
		return nil
	}
	err := h.pages.Close()
	if h.db == nil || h.dead.Load() != nil { // else bbolt would wait for its own locks
		return err
	}
	return errors.Join(err, h.db.Close())
}

// unbroken runs what leaves bbolt unusable when it meets damage: from then on the handle only says so.
func (h *handle) unbroken(do func() error) error {
	if err := h.dead.Load(); err != nil {
		return *err
	}
	done := false
	err := caught(h.pages.path, func() error {
		err := do()
		done = true
		return err
	})
	if !done {
		if d, ok := errors.AsType[*storage.DamageError](err); ok {
			d.Derived = h.pages.derived
		}
		h.dead.CompareAndSwap(nil, &err)
	}
	return err
}

// lost says that the head page of the last transaction that is durable does not count any more.
func (h *handle) lost() error {
	return h.pages.damage(storage.HeadDamaged, 0, "the last commit is not there any more")
}

// begin begins to read.
func (h *handle) begin() (tx *bbolt.Tx, err error) {
	seen := h.seen.Load()
	if err = h.unbroken(func() (err error) {
		tx, err = h.db.Begin(false)
		return err
	}); err != nil {
		return nil, opened(err)
	}
	if uint64(tx.ID()) < seen {
		return nil, errors.Join(h.lost(), tx.Rollback())
	}
	return tx, nil
}

// opened says of an error of beginning to read that the engine was closed, when it was.
func opened(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return storage.ErrClosed
	}
	return err
}

// end ends what begin began.
func (h *handle) end(tx *bbolt.Tx) error {
	if h.dead.Load() != nil { // bbolt may hold the lock that this would wait for
		return nil
	}
	return tx.Rollback()
}

// update runs one write transaction. When it fails nobody knows what the file holds before it was read back.
func (h *handle) update(write func(*bbolt.Tx) error) error {
	id, seen := uint64(0), h.seen.Load()
	err := h.unbroken(func() error {
		return h.db.Update(func(tx *bbolt.Tx) error {
			if id = uint64(tx.ID()); id <= seen { // it would write over what is durable
				return h.lost()
			}
			return write(tx)
		})
	})
	if err == nil {
		h.seen.Store(id)
	}
	return err
}

// reading runs read on the tree of a bucket as a new transaction sees it.
func (h *handle) reading(bucket []byte, read func(tree) error) error {
	tx, err := h.begin()
	if err != nil {
		return err
	}
	defer func() { _ = h.end(tx) }() // it was only read
	return h.pages.within(tx, bucket, read)
}

// within runs read on the tree of a bucket as a transaction sees it.
func (p *pages) within(tx *bbolt.Tx, bucket []byte, read func(tree) error) error {
	var h headPage
	if err := caught(p.path, func() error {
		h = headOf(tx)
		return nil
	}); err != nil {
		return err
	}
	buckets, _, err := p.store(h, nil)
	if err != nil {
		return err
	}
	t, ok := buckets[string(bucket)]
	if !ok {
		return p.damage(storage.FileForeign, -1, "it has no bucket %q", bucket)
	}
	return read(t)
}
