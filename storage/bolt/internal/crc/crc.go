package crc

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// castagnoli is the table of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Size is the length of a checksum in bytes.
const Size = 4

// Of returns the checksum of b.
func Of(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Extend returns the checksum of what sum covers followed by b.
func Extend(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// Append appends the checksum of b to b.
func Append(b []byte) []byte { return binary.BigEndian.AppendUint32(b, Of(b)) }

// Strip returns b without the checksum at its end. ok is false unless size bytes precede a checksum that matches them.
func Strip(b []byte, size int) ([]byte, bool) {
	if len(b) != size+Size || !bytes.Equal(Append(bytes.Clone(b[:size])), b) {
		return nil, false
	}
	return b[:size], true
}
