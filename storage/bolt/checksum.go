package bolt

import (
	"encoding/binary"
	"hash/crc32"
	"wangge/storage"
)

// Checksums are CRC-32C. That of a batch in the feed covers its encoding, its revision and the store's id: a
// batch that stands at another's place, or comes from another store, does not match.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const sumSize = 4

func sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// sumAfter extends a checksum.
func sumAfter(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// seal writes the checksum of a batch into its encoding: body is that of the bytes after it.
func (id storeID) seal(record []byte, rev storage.Revision, body uint32) {
	binary.LittleEndian.PutUint32(record[1:], id.sumOf(rev, body))
}

func (id storeID) sumOf(rev storage.Revision, body uint32) uint32 {
	var b [8 + len(id)]byte
	binary.BigEndian.PutUint64(b[:], uint64(rev))
	copy(b[8:], id[:])
	return sumAfter(body, b[:])
}

// body is the checksum of an encoding without its head.
func body(record []byte) uint32 { return sum(record[1+sumSize:]) }

// sealed compares an encoding with its checksum. Those before the revision from have none: ok is true for
// them and summed is false.
func (h header) sealed(record []byte, rev storage.Revision) (ok, summed bool) {
	switch {
	case len(record) > 0 && record[0] == encodingV1:
		return rev < h.from, false
	case len(record) < 1+sumSize || record[0] != encodingV2:
		return false, true
	}
	return binary.LittleEndian.Uint32(record[1:]) == h.id.sumOf(rev, body(record)), true
}
