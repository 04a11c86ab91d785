package crc

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Checksums are CRC-32C. That of a batch in the feed covers its encoding, its revision and the store's id: a
// batch that stands at another's place, or comes from another store, does not match.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const Size = 4

func Of(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Extend extends a checksum.
func Extend(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

func Append(b []byte) []byte { return binary.BigEndian.AppendUint32(b, Of(b)) }

// Strip cuts the checksum off what has so many bytes without it.
func Strip(b []byte, size int) ([]byte, bool) {
	if len(b) != size+Size || !bytes.Equal(Append(bytes.Clone(b[:size])), b) {
		return nil, false
	}
	return b[:size], true
}
