package bolt

import (
	"encoding/binary"
	"fmt"
	"wangge/storage"
)

const encodingV1 = 1

// encode: version, count, then per op a kind byte, key and value with lengths.
func encode(ops []storage.Op) []byte {
	b := binary.AppendUvarint([]byte{encodingV1}, uint64(len(ops)))
	for _, op := range ops {
		kind := byte(0)
		if op.Delete {
			kind = 1
		}
		b = append(b, kind)
		b = append(binary.AppendUvarint(b, uint64(len(op.Key))), op.Key...)
		b = append(binary.AppendUvarint(b, uint64(len(op.Value))), op.Value...)
	}
	return b
}

// decode copies; anything but a whole encoding is ErrCorrupt.
func decode(b []byte) ([]storage.Op, error) {
	bad := fmt.Errorf("batch encoding: %w", storage.ErrCorrupt)
	if len(b) == 0 || b[0] != encodingV1 {
		return nil, bad
	}
	b = b[1:]
	num := func() (uint64, bool) {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, false
		}
		b = b[n:]
		return v, true
	}
	field := func() ([]byte, bool) {
		n, ok := num()
		if !ok || n > uint64(len(b)) {
			return nil, false
		}
		f := append([]byte(nil), b[:n]...)
		b = b[n:]
		return f, true
	}
	n, ok := num()
	if !ok || n > storage.MaxBatchOps {
		return nil, bad
	}
	var ops []storage.Op
	for range n {
		if len(b) == 0 || b[0] > 1 {
			return nil, bad
		}
		op := storage.Op{Delete: b[0] == 1}
		b = b[1:]
		var k, v bool
		op.Key, k = field()
		op.Value, v = field()
		if !k || !v {
			return nil, bad
		}
		ops = append(ops, op)
	}
	if len(b) != 0 {
		return nil, bad
	}
	return ops, nil
}
