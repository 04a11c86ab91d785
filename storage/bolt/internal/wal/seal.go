package wal

import (
	"encoding/binary"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/pages"
)

// seal writes the checksum of a record. It covers the encoding, the revision and the store's id, so that a record of another
// revision or of another store does not match. body is Sum(record).
func seal(id pages.StoreID, record []byte, rev storage.Revision, body uint32) {
	binary.LittleEndian.PutUint32(record[1:], sumOf(id, rev, body))
}

func sumOf(id pages.StoreID, rev storage.Revision, body uint32) uint32 {
	var b [8 + len(id)]byte
	binary.BigEndian.PutUint64(b[:], uint64(rev))
	copy(b[8:], id[:])
	return crc.Extend(body, b[:])
}

// Sum returns the checksum of a record without its head.
func Sum(record []byte) uint32 { return crc.Of(record[1+crc.Size:]) }

// verify compares a record with its checksum. Records before h.from have none: for those ok is true and summed is false.
func (h header) verify(record []byte, rev storage.Revision) (ok, summed bool) {
	switch {
	case len(record) > 0 && record[0] == encodingV1:
		return rev < h.from, false
	case len(record) < 1+crc.Size || record[0] != encodingV2:
		return false, true
	}
	return binary.LittleEndian.Uint32(record[1:]) == sumOf(h.id, rev, Sum(record)), true
}
