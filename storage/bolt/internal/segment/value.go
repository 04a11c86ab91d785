package segment

import (
	"encoding/binary"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/memtable"
)

// An encoded entry holds the revision that put the key, and the value if it is short. A longer value stays in the WAL: the
// entry then holds its position in the record, its length and its checksum.
const (
	inline    = 0
	pointer   = 1
	MaxInline = 64 // the longest value in bytes that an entry holds itself
)

// EncodeEntry appends the encoded entry to b.
func EncodeEntry(b []byte, e *memtable.Entry) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(e.Rev))
	if len(e.Op.Value) <= MaxInline {
		return append(append(b, inline), e.Op.Value...)
	}
	b = append(b, pointer)
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(e.ValueAt)), uint64(len(e.Op.Value)))
	return binary.LittleEndian.AppendUint32(b, crc.Of(e.Op.Value))
}

// Pointer is the position of a value in a record of the WAL.
type Pointer struct {
	at, size int // in bytes
	sum      uint32
}

// Of returns the value. ok is false if the record does not hold it as it was written.
func (p Pointer) Of(record []byte) ([]byte, bool) {
	if p.at+p.size > len(record) {
		return nil, false
	}
	value := record[p.at : p.at+p.size]
	return value, crc.Of(value) == p.sum
}

// DecodeEntry decodes an entry: the value, or a nil value and its pointer. Error: storage.ErrCorrupt.
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
