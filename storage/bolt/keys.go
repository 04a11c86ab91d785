package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"go.etcd.io/bbolt"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
)

// keysFile is the file of the folded keys. Snapshots read it as long as they are open. After a write that failed
// bbolt no longer knows which pages are free, so that the file is opened once more: new snapshots read through the
// new handle, and nothing is written until those of the old one have ended.
type keysFile struct {
	handle  *dbfile.Handle // guarded by the engine's lock; only folds change it
	place   dbfile.Place
	own     bool                 // the engine is open for reading alone, and the file is its own: the store's can't be used
	damage  *storage.DamageError // why the keys had to be made anew at the opening; nil when they had not
	flushed storage.Revision     // up to which batch the keys are folded, no farther than the last one that put a key; of folds alone

	doubt    bool             // a write failed, and the file was not opened again yet; this and old are of folds alone
	old      []*dbfile.Handle // that snapshots may still read
	replaced []*dbfile.Handle // the same, of files that were replaced by keys made anew
}

// Remade says what was wrong with the keys when they had to be made anew at the opening, nil when nothing was.
func (e *Engine) Remade() error {
	if e.keys.damage == nil {
		return nil
	}
	return e.keys.damage
}

// Suspect says which head page of the feed was not whole at the opening, nil when both were. The last commit is missing
// if it was written there; the next commit writes the page anew.
func (e *Engine) Suspect() error {
	if e.feed.Suspect == nil {
		return nil
	}
	return e.feed.Suspect
}

// close closes the keys, when open snapshots have ended.
func (k *keysFile) close() (err error) {
	for _, h := range slices.Concat(k.old, k.replaced, []*dbfile.Handle{k.handle}) {
		err = errors.Join(err, h.Close())
	}
	return err
}

// unusable says why keys must be made anew: they are damaged, or, without damage, an older program's or not there.
type unusable struct{ damage *storage.DamageError }

// openKeys opens the keys when they are whole and the feed's, and returns up to which batch they are folded.
// When they can't be used why says so.
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

// sameHistory says when keys were folded from another feed than the one that is there, or from batches that it
// does not have: another store's, or a feed that was put back to an older state.
func (e *Engine) sameHistory(p *pages.File, m segment.Mark) error {
	switch {
	case m.ID != e.feed.ID():
		return p.Damage(storage.FileForeign, -1, "its keys are of another store")
	case m.Rev > e.rev:
		if e.feed.Suspect != nil { // no older state that was put back
			return e.feed.Suspect
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

// markSum is what tells the batch at a revision from another at the same one.
func (e *Engine) markSum(rev storage.Revision) (n uint32, err error) {
	err = e.feed.Records(rev, func(_ storage.Revision, record []byte) error {
		n = crc.Of(record)
		return pages.ErrStop
	})
	return n, err
}

// recreateKeys makes keys in which nothing is folded at the place of the keys, and opens them.
func (e *Engine) recreateKeys(why *unusable) (err error) {
	path := e.keys.place.Path
	e.keys.damage = why.damage
	if err := segment.Create(path, e.feed.ID()); err != nil {
		return err
	}
	if e.keys.handle, err = e.openNewKeys(path); err != nil {
		return err
	}
	e.keys.flushed = 0
	return e.keys.place.Bind()
}

// openNewKeys opens keys that were just made.
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

// errReaders says that a fold waits for snapshots.
var errReaders = errors.New("snapshots from before a write of the keys that failed are still open")

// updateKeys runs one write transaction on the keys.
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

// closeUnread closes the handles that no snapshot reads any more and returns the others.
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

// reopenKeys makes durable what the file shows, looks at every page of it, and opens it once more.
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
	k.handle.Unlock() // another process may have the file now; then folds go on failing
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

// settle makes durable what the file shows.
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

// readingKeys runs read on the tree of the blocks as a new view sees it. of is the file that the view reads.
func (e *Engine) readingKeys(read func(t pages.Tree, of *dbfile.Handle) error) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	defer func() { _ = v.close() }() // it was only read
	return e.noteReadError(v.handle, v.handle.Pages.ReadTx(v.keys, segment.Bucket, func(t pages.Tree) error { return read(t, v.handle) }))
}

// locateDamage names the place when reading the keys of a file around a key in a transaction failed by damage, and
// lets that file be made anew.
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
