package bolt

import (
	"encoding/binary"
	"fmt"
	"wangge/storage"
)

// Encodings of a batch. Those of version 1 have no checksum.
const (
	encodingV1 = 1
	encodingV2 = 2
)

// encode: version, checksum, count, then per op a kind byte, key and value with lengths. The bytes of the
// entries and of their ops lie in the encoding; their revision, on which the checksum depends, is not set yet.
func encode(ops []storage.Op) ([]byte, []storage.Op, []entry) {
	size := 1 + sumSize + binary.MaxVarintLen64
	for _, op := range ops {
		size += 1 + 2*binary.MaxVarintLen32 + len(op.Key) + len(op.Value)
	}
	b := binary.AppendUvarint(append(make([]byte, 0, size), encodingV2, 0, 0, 0, 0), uint64(len(ops)))
	entries, own := make([]entry, len(ops)), make([]storage.Op, len(ops))
	for i, op := range ops {
		kind := byte(0)
		if op.Delete {
			kind = 1
		}
		b = append(b, kind)
		b = append(binary.AppendUvarint(b, uint64(len(op.Key))), op.Key...)
		key := b[len(b)-len(op.Key) : len(b) : len(b)]
		b = append(binary.AppendUvarint(b, uint64(len(op.Value))), op.Value...)
		at := len(b) - len(op.Value)
		own[i] = storage.Op{Key: key, Value: b[at:len(b):len(b)], Delete: op.Delete}
		entries[i] = entry{op: &own[i], hash: hashOf(key), at: uint32(at)}
	}
	return b, own, entries
}

// decode points into b; anything but a whole encoding is ErrCorrupt. It does not look at the checksum.
func decode(b []byte) ([]storage.Op, []entry, error) {
	bad := fmt.Errorf("batch encoding: %w", storage.ErrCorrupt)
	at := 1
	switch {
	case len(b) > sumSize && b[0] == encodingV2:
		at += sumSize
	case len(b) == 0 || b[0] != encodingV1:
		return nil, nil, bad
	}
	num := func() (uint64, bool) {
		v, n := binary.Uvarint(b[at:])
		if n <= 0 {
			return 0, false
		}
		at += n
		return v, true
	}
	field := func() ([]byte, bool) {
		n, ok := num()
		if !ok || n > uint64(len(b)-at) {
			return nil, false
		}
		at += int(n)
		return b[at-int(n) : at : at], true
	}
	n, ok := num()
	if !ok || n > storage.MaxBatchOps {
		return nil, nil, bad
	}
	ops, entries := make([]storage.Op, n), make([]entry, n)
	for i := range ops {
		if at == len(b) || b[at] > 1 {
			return nil, nil, bad
		}
		op := &ops[i]
		op.Delete = b[at] == 1
		at++
		var k, v bool
		op.Key, k = field()
		op.Value, v = field()
		if !k || !v {
			return nil, nil, bad
		}
		entries[i] = entry{op: op, hash: hashOf(op.Key), at: uint32(at - len(op.Value))}
	}
	if at != len(b) {
		return nil, nil, bad
	}
	return ops, entries, nil
}

// A folded key holds the revision that put it and the value, when it is short, or else where in
// that revision's feed entry the value stands, and the value's checksum: the feed keeps it anyway.
const (
	inline    = 0
	pointer   = 1
	maxInline = 64
)

func folded(b []byte, e *entry) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(e.rev))
	if len(e.op.Value) <= maxInline {
		return append(append(b, inline), e.op.Value...)
	}
	b = append(b, pointer)
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(e.at)), uint64(len(e.op.Value)))
	return binary.LittleEndian.AppendUint32(b, sum(e.op.Value))
}

// valueAt is where a value stands in the encoding of its batch.
type valueAt struct {
	at, size int
	sum      uint32
}

// of cuts the value out of the encoding; false when it is not there as it was written.
func (p valueAt) of(record []byte) ([]byte, bool) {
	if p.at+p.size > len(record) {
		return nil, false
	}
	value := record[p.at : p.at+p.size]
	return value, sum(value) == p.sum
}

// unfold reads what folded wrote: the value itself, or else, with a nil value, its place.
func unfold(b []byte) (rev storage.Revision, value []byte, p valueAt, err error) {
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
	if m <= 0 || 9+n+m+sumSize != len(b) || from > 1<<40 || length > storage.MaxValueBytes {
		return 0, nil, p, storage.ErrCorrupt
	}
	return rev, nil, valueAt{int(from), int(length), binary.LittleEndian.Uint32(b[9+n+m:])}, nil
}
