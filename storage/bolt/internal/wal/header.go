package wal

import (
	"encoding/binary"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/pages"
)

const (
	formatVersion = 3 // written today
	sealedFormat  = 3 // the first with checksums and a store id
)

// Buckets of the file.
var (
	bucket        = []byte("feed") // the records
	OldKeysBucket = []byte("keys") // the keys, in format 1
)

// header describes the WAL; it is stored in the meta bucket.
type header struct {
	format uint64
	id     pages.StoreID
	from   storage.Revision // the first record that must have a checksum
}

// storeKey is the key of the header in the meta bucket.
var storeKey = []byte("store")

// encode returns the id, the first revision that has a checksum, and the checksum of both.
func (h header) encode() []byte {
	return crc.Append(append(h.id[:len(h.id):len(h.id)], pages.Uint64(uint64(h.from))...))
}

// parseHeader reads the header from the meta bucket. ok is false for damage. A WAL of an older format has no id.
func parseHeader(meta map[string][]byte) (h header, ok bool) {
	format := meta[string(pages.FormatKey)]
	if len(format) != 8 {
		return h, false
	}
	h.format = binary.BigEndian.Uint64(format)
	stored, has := meta[string(storeKey)]
	if h.format < 1 || (h.format >= sealedFormat) != has {
		return h, false
	}
	if !has {
		return h, true
	}
	b, ok := crc.Strip(stored, len(h.id)+8)
	if !ok {
		return h, false
	}
	copy(h.id[:], b)
	h.from = storage.Revision(binary.BigEndian.Uint64(b[len(h.id):]))
	return h, true
}
