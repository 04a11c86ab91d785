package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"

	"go.etcd.io/bbolt"
)

// keysFile is the keys file as the engine has it open. After a write that failed bbolt no longer knows which pages are free, so
// the file is opened again: new snapshots use the new handle, and nothing is written until the snapshots of the old handle are
// closed.
type keysFile struct {
	handle  *dbfile.Handle // guarded by Engine.mu; changed by flushLoop alone
	place   dbfile.Place
	own     bool                 // the file is the temporary one of an engine opened read-only
	damage  *storage.DamageError // why Open rebuilt the file, or nil
	flushed storage.Revision     // the mark: the last flushed batch that changed a key; owned by flushLoop

	doubt    bool             // a write failed, and the file was not reopened yet; doubt, old and replaced are owned by flushLoop
	old      []*dbfile.Handle // handles of this file before it was reopened, with open views
	replaced []*dbfile.Handle // handles of files before a rebuild, with open views
}

// Remade returns why Open had to rebuild the keys file because of damage, or nil.
func (e *Engine) Remade() error {
	if e.keys.damage == nil {
		return nil
	}
	return e.keys.damage
}

// Suspect returns the damage of one head page of the log that Open found, or nil. If the last commit wrote that page, the commit
// is missing. The next commit writes the page again.
func (e *Engine) Suspect() error {
	if e.wal.Suspect == nil {
		return nil
	}
	return e.wal.Suspect
}

// close waits for open snapshots and closes all handles.
func (k *keysFile) close() (err error) {
	for _, h := range slices.Concat(k.old, k.replaced, []*dbfile.Handle{k.handle}) {
		err = errors.Join(err, h.Close())
	}
	return err
}

// unusable says why the keys file must be rebuilt: damage, or nil if the file is missing or of an older format.
type unusable struct{ damage *storage.DamageError }

// openKeys opens the keys file and returns its mark. why is not nil if the file cannot be used.
func (e *Engine) openKeys() (from storage.Revision, why *unusable, err error) {
	path := e.keys.place.Path
	switch at, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return 0, &unusable{}, nil
	case err != nil:
		return 0, nil, err
	case at.Size() == 0:
		return 0, &unusable{&storage.DamageError{Kind: storage.FileEmpty, Path: path, Offset: -1, Derived: true}}, nil
	}
	var m segment.Mark
	h, err := dbfile.Open(path, true, e.options, func(p *pages.File, h pages.Head) (err error) {
		if m, err = segment.Check(p, h); err == nil {
			err = e.sameHistory(p, m)
		}
		return err
	})
	if errors.Is(err, segment.ErrOlderFormat) {
		return 0, &unusable{}, nil
	}
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Path == path {
		d.Derived = true
		return 0, &unusable{d}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	e.keys.handle, e.keys.flushed = h, m.Rev
	return m.Rev, nil, e.keys.place.Bind()
}

// sameHistory checks that the keys were flushed from this log: not from another store, and not from records that a log restored
// from a backup does not have.
func (e *Engine) sameHistory(p *pages.File, m segment.Mark) error {
	switch {
	case m.ID != e.wal.ID():
		return p.Damage(storage.FileForeign, -1, "its keys are of another store")
	case m.Rev > e.rev:
		if e.wal.Suspect != nil { // the last commit may be lost: this is no restored backup
			return e.wal.Suspect
		}
		return p.Damage(storage.FileForeign, -1, "its keys know revision %d, the feed ends at %d", m.Rev, e.rev)
	case m.Rev == 0:
		return nil
	}
	sum, err := e.markSum(m.Rev)
	if err == nil && sum != m.Sum {
		err = p.Damage(storage.FileForeign, -1, "its keys were folded from another batch at revision %d", m.Rev)
	}
	return err
}

// markSum returns the checksum of the record at a revision. It distinguishes histories that diverged before it.
func (e *Engine) markSum(rev storage.Revision) (n uint32, err error) {
	err = e.wal.Records(rev, func(_ storage.Revision, record []byte) error {
		n = crc.Of(record)
		return pages.ErrStop
	})
	return n, err
}

// recreateKeys replaces the keys file with an empty one and opens it.
func (e *Engine) recreateKeys(why *unusable) (err error) {
	path := e.keys.place.Path
	e.keys.damage = why.damage
	if err := segment.Create(path, e.wal.ID()); err != nil {
		return err
	}
	if e.keys.handle, err = e.openNewKeys(path); err != nil {
		return err
	}
	e.keys.flushed = 0
	return e.keys.place.Bind()
}

// openNewKeys opens a keys file that was just created.
func (e *Engine) openNewKeys(path string) (*dbfile.Handle, error) {
	p, err := pages.Open(path, true)
	if err != nil {
		return nil, err
	}
	counts, err := p.Look(func(*pages.File, pages.Head) error { return nil })
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return dbfile.OpenHandle(p, e.options.Map, counts, nil)
}

// errReaders means that a flush waits for snapshots.
var errReaders = errors.New("snapshots from before a write of the keys that failed are still open")

// updateKeys runs one write transaction on the keys file.
func (e *Engine) updateKeys(write func(*bbolt.Tx) error) error {
	k := &e.keys
	if k.doubt {
		if err := e.reopenKeys(); err != nil {
			return err
		}
		k.doubt = false
	}
	var err error
	if k.old, err = closeUnread(k.old); err != nil {
		return err
	}
	if len(k.old) > 0 {
		return errReaders
	}
	err = k.handle.Update(write)
	k.doubt = err != nil
	return err
}

// closeUnread closes the handles without open views and returns the others.
func closeUnread(all []*dbfile.Handle) (left []*dbfile.Handle, err error) {
	for _, h := range all {
		if h.Readers.Load() > 0 {
			left = append(left, h)
		} else {
			err = errors.Join(err, h.Close())
		}
	}
	return left, err
}

// reopenKeys makes the visible state of the keys file durable, checks every page, and opens the file again.
func (e *Engine) reopenKeys() error {
	k := &e.keys
	settled, err := k.settle()
	if err != nil {
		return err
	}
	p, err := pages.Open(k.place.Path, true)
	if err != nil {
		return err
	}
	counts, err := p.Look(func(p *pages.File, h pages.Head) error {
		_, err := segment.Check(p, h)
		return err
	})
	if err == nil && counts.TxID != settled.TxID {
		err = fmt.Errorf("%s: transaction %d counts, %d was made durable", k.place.Path, counts.TxID, settled.TxID)
	}
	if err != nil {
		return errors.Join(err, p.Close())
	}
	k.handle.Unlock() // if another process takes the file now, flushes go on failing
	h, err := dbfile.OpenHandle(p, e.options.Map, counts, nil)
	if err != nil {
		return fmt.Errorf("open %s again: %w", k.place.Path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k.old = append(k.old, k.handle)
	k.handle = h
	return nil
}

// settle makes the visible state of the keys file durable.
func (k *keysFile) settle() (settled pages.Head, err error) {
	f, err := os.OpenFile(k.place.Path, os.O_RDWR, 0)
	if err != nil {
		return settled, err
	}
	is, err := f.Stat()
	if err == nil {
		err = k.place.Same(is)
	}
	if err == nil {
		settled, err = pages.Settle(f)
	}
	return settled, errors.Join(err, f.Close())
}

// readingKeys runs read on the tree of the blocks of the current keys file. of is its handle.
func (e *Engine) readingKeys(read func(t pages.Tree, of *dbfile.Handle) error) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	defer func() { _ = v.close() }() // it was only read
	return e.noteReadError(v.handle, v.handle.Pages.ReadTx(v.keys, segment.Bucket, func(t pages.Tree) error { return read(t, v.handle) }))
}

// locateDamage adds the place to the error of a read of the keys file around a key, and notes the damage.
func (e *Engine) locateDamage(h *dbfile.Handle, tx *bbolt.Tx, key []byte, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	if len(key) == 0 {
		key = segment.Lowest
	}
	return e.noteReadError(h, pages.Locate(h.Pages, storage.BlockDamaged, err, func() error {
		return h.Pages.ReadTx(tx, segment.Bucket, func(t pages.Tree) error {
			var bufs [pages.MaxDepth][]byte
			way, err := t.Path(key, &bufs)
			if err != nil {
				return err
			}
			return segment.DamagedBlockIn(t.File, way[len(way)-1])
		})
	}))
}
