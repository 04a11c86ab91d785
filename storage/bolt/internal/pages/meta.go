package pages

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"wangge/storage"

	"go.etcd.io/bbolt"
)

// Both files have a bucket that describes them.
var (
	MetaBucket = []byte("meta")   // bucket of the description
	FormatKey  = []byte("format") // its version, in both files
)

// Uint64 encodes a number so that byte order is numeric order.
func Uint64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// FillMeta creates the buckets of a new file: meta with a format version and one more key, and bucket.
func FillMeta(tx *bbolt.Tx, bucket []byte, version uint64, key, value []byte) error {
	meta, err := tx.CreateBucket(MetaBucket)
	if err != nil {
		return err
	}
	_, err = tx.CreateBucket(bucket)
	return errors.Join(err, meta.Put(FormatKey, Uint64(version)), meta.Put(key, value))
}

// Store reads the buckets of a file of a store, and all of its meta bucket. page, if not nil, sees the pages above them.
func (p *File) Store(h Head, page func(Node) error) (buckets map[string]Tree, meta map[string][]byte, err error) {
	if buckets, err = p.buckets(h, page); err != nil {
		return nil, nil, err
	}
	of, ok := buckets[string(MetaBucket)]
	if !ok {
		return nil, nil, p.Damage(storage.FileForeign, -1, "it has no bucket %q", MetaBucket)
	}
	meta = map[string][]byte{}
	err = of.Walk(nil, Visitor{Page: page, Item: func(key, value []byte, _ bool, _ int64) error {
		meta[string(key)] = bytes.Clone(value)
		return nil
	}})
	return buckets, meta, err
}

// NewerFormat returns the error for a file whose format is newer than the newest known one.
func NewerFormat(path string, format, known uint64) error {
	return fmt.Errorf("%s: format version %d, this program knows %d", path, format, known)
}

// ReadTx runs read on the tree of a bucket as a transaction sees it.
func (p *File) ReadTx(tx *bbolt.Tx, bucket []byte, read func(Tree) error) error {
	var h Head
	if err := Catch(p.Path, func() error {
		h = HeadOf(tx)
		return nil
	}); err != nil {
		return err
	}
	buckets, _, err := p.Store(h, nil)
	if err != nil {
		return err
	}
	t, ok := buckets[string(bucket)]
	if !ok {
		return p.Damage(storage.FileForeign, -1, "it has no bucket %q", bucket)
	}
	return read(t)
}

// StoreID distinguishes stores: a keys file is never used beside the WAL of another store.
type StoreID [16]byte

// NewStoreID returns a random id.
func NewStoreID() (id StoreID) {
	_, _ = rand.Read(id[:]) // it never fails: see crypto/rand
	return id
}
