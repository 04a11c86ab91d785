package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// options say how the files of a store are opened.
type options struct {
	mapped   int // bytes of the first map of each file
	readOnly bool
}

// openLooked opens a file after a look at it. For writing what it shows is made durable first.
func openLooked(path string, derived bool, o options, look func(*pages, headPage) error) (*handle, error) {
	h, counts, err := looked(path, derived, look)
	if err != nil || o.readOnly {
		return h, err
	}
	if err := h.db.Close(); err != nil {
		return nil, errors.Join(err, h.pages.Close())
	}
	if h, err = openHandle(h.pages, o.mapped, counts, nil); err != nil {
		return nil, err
	}
	if _, err := settle(h.file); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// store reads what a file of ours has: its buckets, and all of the bucket meta.
func (p *pages) store(h headPage, page func(node) error) (buckets map[string]tree, meta map[string][]byte, err error) {
	if buckets, err = p.buckets(h, page); err != nil {
		return nil, nil, err
	}
	of, ok := buckets[string(metaB)]
	if !ok {
		return nil, nil, p.damage(storage.FileForeign, -1, "it has no bucket %q", metaB)
	}
	meta = map[string][]byte{}
	err = of.walk(nil, visitor{page: page, item: func(key, value []byte, _ bool, _ int64) error {
		meta[string(key)] = bytes.Clone(value)
		return nil
	}})
	return buckets, meta, err
}

// lastRevision is the newest batch of a feed.
func (t tree) lastRevision() (storage.Revision, error) {
	var buf [maxDepth][]byte
	way, err := t.path(nil, &buf)
	if err != nil {
		return 0, err
	}
	leaf := way[len(way)-1]
	if leaf.n == 0 {
		return 0, nil
	}
	key, _, _, _ := leaf.element(leaf.n - 1)
	rev, err := revision(key)
	if err != nil || rev == 0 {
		return 0, t.p.damage(storage.PageDamaged, leaf.at, "the last key %x is no revision", key)
	}
	return rev, nil
}

func newer(path string, format, known uint64) error {
	return fmt.Errorf("%s: format version %d, this program knows %d", path, format, known)
}

// upgrade writes what the present format keeps of a store into a feed of an older one.
func (f *feedFile) upgrade() error {
	if f.header.format == formatVersion {
		return nil
	}
	f.header.format = formatVersion
	f.changed = true
	deleted := false
	err := f.now.update(func(tx *bbolt.Tx) error {
		if deleted = tx.Bucket(oldKeysB) != nil; deleted { // format 1 kept its keys here
			if err := tx.DeleteBucket(oldKeysB); err != nil {
				return err
			}
		}
		meta := tx.Bucket(metaB)
		return errors.Join(meta.Put(storeKey, f.header.encode()), meta.Put(formatKey, u64(formatVersion)))
	})
	if err == nil && deleted {
		_, err = f.reopen() // see listFor: there are many free pages now
	}
	return err
}

// even lets both head pages of the feed lead to the last commit before the feed is closed: damage of either loses
// nothing then. wrote says that groups were written since the opening.
func (f *feedFile) even(wrote bool) error {
	if f.options.readOnly || f.now == nil || !f.changed && !wrote {
		return nil
	}
	if err := f.place.look(); err != nil {
		return err
	}
	return f.now.update(nothing)
}
