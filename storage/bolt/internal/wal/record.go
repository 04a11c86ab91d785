package wal

import (
	"encoding/binary"
	"fmt"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/memtable"
)

// Versions of the encoding of a batch. Version 1 has no checksum.
const (
	encodingV1 = 1
	encodingV2 = 2
)

// Encode returns the record of a batch: version, checksum, number of ops, and for each op a kind byte, the key and the value,
// with their lengths. The returned ops and entries point into the record. Their revision, and the checksum, which depends
// on it, are not set yet: see File.Seal.
func Encode(ops []storage.Op) ([]byte, []storage.Op, []memtable.Entry) {
	size := 1 + crc.Size + binary.MaxVarintLen64
	for _, op := range ops {
		size += 1 + 2*binary.MaxVarintLen32 + len(op.Key) + len(op.Value)
	}
	b := binary.AppendUvarint(append(make([]byte, 0, size), encodingV2, 0, 0, 0, 0), uint64(len(ops)))
	entries, own := make([]memtable.Entry, len(ops)), make([]storage.Op, len(ops))
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
		entries[i] = memtable.Entry{Op: &own[i], Hash: memtable.Hash(key), ValueAt: uint32(at)}
	}
	return b, own, entries
}

// Decode decodes a record; the results point into it. Anything but one whole record is storage.ErrCorrupt. The checksum is
// not compared.
func Decode(b []byte) ([]storage.Op, []memtable.Entry, error) {
	bad := fmt.Errorf("batch encoding: %w", storage.ErrCorrupt)
	at := 1
	switch {
	case len(b) > crc.Size && b[0] == encodingV2:
		at += crc.Size
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
	ops, entries := make([]storage.Op, n), make([]memtable.Entry, n)
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
		entries[i] = memtable.Entry{Op: op, Hash: memtable.Hash(op.Key), ValueAt: uint32(at - len(op.Value))}
	}
	if at != len(b) {
		return nil, nil, bad
	}
	return ops, entries, nil
}
