package wal

import (
	"encoding/binary"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/pages"
)

const (
	formatVersion = 3 // of the feed
	sealedFormat  = 3 // the first with checksums and an id of the store
)

var (
	Bucket        = []byte("feed")
	OldKeysBucket = []byte("keys")
)

// header is what the feed says of itself.
type header struct {
	format uint64
	ID     pages.StoreID
	from   storage.Revision // the first batch that must have a checksum
}

var (
	storeKey = []byte("store")
)

// encode: id, first revision with a checksum, and the checksum of both.
func (h header) encode() []byte {
	return crc.Append(append(h.ID[:len(h.ID):len(h.ID)], pages.Uint64(uint64(h.from))...))
}

// parseHeader reads the meta bucket of a feed; false for damage. A feed of an older format gets a new id and has
// checksums from after the revision last.
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
	b, ok := crc.Strip(stored, len(h.ID)+8)
	if !ok {
		return h, false
	}
	copy(h.ID[:], b)
	h.from = storage.Revision(binary.BigEndian.Uint64(b[len(h.ID):]))
	return h, true
}
