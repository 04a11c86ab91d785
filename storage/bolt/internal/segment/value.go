package segment

import (
	"encoding/binary"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/memtable"
)

// A folded key holds the revision that put it and the value, when it is short, or else where in
// that revision's feed entry the value stands, and the value's checksum: the feed keeps it anyway.
const (
	inline    = 0
	pointer   = 1
	MaxInline = 64
)

func EncodeEntry(b []byte, e *memtable.Entry) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(e.Rev))
	if len(e.Op.Value) <= MaxInline {
		return append(append(b, inline), e.Op.Value...)
	}
	b = append(b, pointer)
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(e.ValueAt)), uint64(len(e.Op.Value)))
	return binary.LittleEndian.AppendUint32(b, crc.Of(e.Op.Value))
}

// Pointer is where a value stands in the encoding of its batch.
type Pointer struct {
	at, size int
	sum      uint32
}

// Of cuts the value out of the encoding; false when it is not there as it was written.
func (p Pointer) Of(record []byte) ([]byte, bool) {
	if p.at+p.size > len(record) {
		return nil, false
	}
	value := record[p.at : p.at+p.size]
	return value, crc.Of(value) == p.sum
}

// DecodeEntry reads what folded wrote: the value itself, or else, with a nil value, its place.
func DecodeEntry(b []byte) (rev storage.Revision, value []byte, p Pointer, err error) {
	if len(b) < 9 || b[8] > pointer {
		return 0, nil, p, storage.ErrCorrupt
	}
	rev = storage.Revision(binary.BigEndian.Uint64(b))
	if b[8] == inline {
		return rev, b[9:], p, nil
	}
	from, n := binary.Uvarint(b[9:])
	if n <= 0 {
		return 0, nil, p, storage.ErrCorrupt
	}
	length, m := binary.Uvarint(b[9+n:])
	if m <= 0 || 9+n+m+crc.Size != len(b) || from > 1<<40 || length > storage.MaxValueBytes {
		return 0, nil, p, storage.ErrCorrupt
	}
	return rev, nil, Pointer{int(from), int(length), binary.LittleEndian.Uint32(b[9+n+m:])}, nil
}
