package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// keysFile is the file of the folded keys. Snapshots read it as long as they are open. After a write that failed
// bbolt no longer knows which pages are free, so that the file is opened once more: new snapshots read through the
// new handle, and nothing is written until those of the old one have ended.
type keysFile struct {
	now    *handle // guarded by the engine's lock; only folds change it
	place  place
	made   bool                 // the engine is open for reading alone, and the file is its own: the store's can't be used
	remade *storage.DamageError // why the keys had to be made anew at the opening; nil when they had not
	mark   storage.Revision     // up to which batch the keys are folded, no farther than the last one that put a key; of folds alone

	doubt bool      // a write failed, and the file was not opened again yet; this and old are of folds alone
	old   []*handle // that snapshots may still read
	gone  []*handle // the same, of files that were replaced by keys made anew
}

// Remade says what was wrong with the keys when they had to be made anew at the opening, nil when nothing was.
func (e *Engine) Remade() error {
	if e.keys.remade == nil {
		return nil
	}
	return e.keys.remade
}

// Suspect says which head page of the feed was not whole at the opening, nil when both were. The last commit is missing
// if it was written there; the next commit writes the page anew.
func (e *Engine) Suspect() error {
	if e.feed.suspect == nil {
		return nil
	}
	return e.feed.suspect
}

// shut closes the keys, when open snapshots have ended.
func (k *keysFile) shut() (err error) {
	for _, h := range slices.Concat(k.old, k.gone, []*handle{k.now}) {
		err = errors.Join(err, h.close())
	}
	return err
}

// unusable says why keys must be made anew: they are damaged, or, without damage, an older program's or not there.
type unusable struct{ damage *storage.DamageError }

var errOlder = errors.New("an older program folded them")

// openKeys opens the keys when they are whole and the feed's, and returns up to which batch they are folded.
// When they can't be used why says so.
func (e *Engine) openKeys() (from storage.Revision, why *unusable, err error) {
	path := e.keys.place.path
	switch at, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return 0, &unusable{}, nil
	case err != nil:
		return 0, nil, err
	case at.Size() == 0:
		return 0, &unusable{&storage.DamageError{Kind: storage.FileEmpty, Path: path, Offset: -1, Derived: true}}, nil
	}
	var m markOf
	h, err := openLooked(path, true, e.options, func(p *pages, h headPage) (err error) {
		if m, err = lookAtKeys(p, h); err == nil {
			err = e.sameHistory(p, m)
		}
		return err
	})
	if errors.Is(err, errOlder) {
		return 0, &unusable{}, nil
	}
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Path == path {
		d.Derived = true
		return 0, &unusable{d}, nil
	}
	if err != nil {
		return 0, nil, err
	}
	e.keys.now, e.keys.mark = h, m.rev
	return m.rev, nil, e.keys.place.take()
}

// lookAtKeys reads every page of the keys: bbolt would walk them in a goroutine of its own, where damage ends
// the process.
func lookAtKeys(p *pages, h headPage) (m markOf, err error) {
	buckets, meta, err := p.store(h, nil)
	if err != nil {
		return m, err
	}
	format := meta[string(formatKey)]
	if len(format) != 8 {
		return m, p.damage(storage.FileForeign, -1, "it has no format")
	}
	switch f := binary.BigEndian.Uint64(format); {
	case f < keysVersion:
		return m, errOlder
	case f > keysVersion:
		return m, newer(p.path, f, keysVersion)
	}
	t, ok := buckets[string(blocksB)]
	if !ok {
		return m, p.damage(storage.FileForeign, -1, "it has no bucket %q", blocksB)
	}
	if m, ok = parseMark(meta[string(markKey)]); !ok {
		return m, p.damage(storage.PageDamaged, int64(h.root)*h.size, "what the file says of itself does not match its checksum")
	}
	_, err = t.blocks(lowest, 0, visitor{})
	return m, err
}

// sameHistory says when keys were folded from another feed than the one that is there, or from batches that it
// does not have: another store's, or a feed that was put back to an older state.
func (e *Engine) sameHistory(p *pages, m markOf) error {
	switch {
	case m.id != e.feed.header.id:
		return p.damage(storage.FileForeign, -1, "its keys are of another store")
	case m.rev > e.rev:
		if e.feed.suspect != nil { // no older state that was put back
			return e.feed.suspect
		}
		return p.damage(storage.FileForeign, -1, "its keys know revision %d, the feed ends at %d", m.rev, e.rev)
	case m.rev == 0:
		return nil
	}
	sum, err := e.markSum(m.rev)
	if err == nil && sum != m.sum {
		err = p.damage(storage.FileForeign, -1, "its keys were folded from another batch at revision %d", m.rev)
	}
	return err
}

// markSum is what tells the batch at a revision from another at the same one.
func (e *Engine) markSum(rev storage.Revision) (n uint32, err error) {
	err = e.feed.records(rev, func(_ storage.Revision, record []byte) error {
		n = sum(record)
		return errStop
	})
	return n, err
}

// remakeKeys makes keys in which nothing is folded at the place of the keys, and opens them.
func (e *Engine) remakeKeys(why *unusable) (err error) {
	path := e.keys.place.path
	e.keys.remade = why.damage
	if err := createKeys(path, e.feed.header.id); err != nil {
		return err
	}
	if e.keys.now, err = e.openNewKeys(path); err != nil {
		return err
	}
	e.keys.mark = 0
	return e.keys.place.take()
}

// openNewKeys opens keys that were just made.
func (e *Engine) openNewKeys(path string) (*handle, error) {
	p, err := openPages(path, true)
	if err != nil {
		return nil, err
	}
	counts, err := p.look(func(*pages, headPage) error { return nil })
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return openHandle(p, e.options.mapped, counts, nil)
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
	err = k.now.update(write)
	k.doubt = err != nil
	return err
}

// closeUnread closes the handles that no snapshot reads any more and returns the others.
func closeUnread(all []*handle) (left []*handle, err error) {
	for _, h := range all {
		if h.readers.Load() > 0 {
			left = append(left, h)
		} else {
			err = errors.Join(err, h.close())
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
	p, err := openPages(k.place.path, true)
	if err != nil {
		return err
	}
	counts, err := p.look(func(p *pages, h headPage) error {
		_, err := lookAtKeys(p, h)
		return err
	})
	if err == nil && counts.txid != settled.txid {
		err = fmt.Errorf("%s: transaction %d counts, %d was made durable", k.place.path, counts.txid, settled.txid)
	}
	if err != nil {
		return errors.Join(err, p.Close())
	}
	k.now.unlock() // another process may have the file now; then folds go on failing
	h, err := openHandle(p, e.options.mapped, counts, nil)
	if err != nil {
		return fmt.Errorf("open %s again: %w", k.place.path, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k.old = append(k.old, k.now)
	k.now = h
	return nil
}

// settle makes durable what the file shows.
func (k *keysFile) settle() (settled headPage, err error) {
	f, err := os.OpenFile(k.place.path, os.O_RDWR, 0)
	if err != nil {
		return settled, err
	}
	is, err := f.Stat()
	if err == nil {
		err = k.place.same(is)
	}
	if err == nil {
		settled, err = settle(f)
	}
	return settled, errors.Join(err, f.Close())
}

// readingKeys runs read on the tree of the blocks as a new view sees it. of is the file that the view reads.
func (e *Engine) readingKeys(read func(t tree, of *handle) error) error {
	v, err := e.view()
	if err != nil {
		return err
	}
	defer func() { _ = v.close() }() // it was only read
	return e.hurt(v.of, v.of.pages.within(v.keys, blocksB, func(t tree) error { return read(t, v.of) }))
}

// damagedKeys names the place when reading the keys of a file around a key in a transaction failed by damage, and
// lets that file be made anew.
func (e *Engine) damagedKeys(h *handle, tx *bbolt.Tx, key []byte, err error) error {
	if !errors.Is(err, storage.ErrCorrupt) {
		return err
	}
	if len(key) == 0 {
		key = lowest
	}
	return e.hurt(h, named(h.pages, storage.BlockDamaged, err, func() error {
		return h.pages.within(tx, blocksB, func(t tree) error {
			var bufs [maxDepth][]byte
			way, err := t.path(key, &bufs)
			if err != nil {
				return err
			}
			return t.p.blockIn(way[len(way)-1])
		})
	}))
}

// blockIn names a block of a leaf that does not match its checksum.
func (p *pages) blockIn(leaf node) error {
	for i := range leaf.n {
		low, b, _, _ := leaf.element(i)
		if _, err := openBlock(low, b); err != nil {
			return p.damage(storage.BlockDamaged, leaf.at, "it is not what was written")
		}
	}
	return nil
}
