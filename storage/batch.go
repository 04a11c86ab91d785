package storage

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
)

const (
	// MaxKeyBytes is 4 KiB: a key stays within one page of common engines.
	MaxKeyBytes = 4 << 10
	// MaxValueBytes is 1 MiB: below etcd's default request limit of 1.5 MiB.
	MaxValueBytes = 1 << 20
	// MaxBatchOps bounds ops, and guards: "transactions of a few thousand puts".
	MaxBatchOps = 4096
)

var seed = maphash.MakeSeed()

// Validate names every fault in b at once; a batch of too many ops is not looked into. Faults of size
// are ErrTooLarge.
func (b Batch) Validate() error {
	var faults []error
	if len(b.Guards) > MaxBatchOps {
		faults = append(faults, fmt.Errorf("%d guards, limit %d: %w", len(b.Guards), MaxBatchOps, ErrTooLarge))
	}
	if len(b.Ops) > MaxBatchOps {
		return errors.Join(append(faults, fmt.Errorf("%d ops, limit %d: %w", len(b.Ops), MaxBatchOps, ErrTooLarge))...)
	}
	key := func(what string, i int, k []byte) {
		if len(k) == 0 {
			faults = append(faults, fmt.Errorf("%s %d: empty key", what, i))
		}
		if len(k) > MaxKeyBytes {
			faults = append(faults, fmt.Errorf("%s %d: key of %d bytes, limit %d: %w", what, i, len(k), MaxKeyBytes, ErrTooLarge))
		}
	}
	for i, g := range b.Guards {
		key("guard", i, g.Key)
	}
	mask := 1<<bits.Len(uint(2*len(b.Ops))) - 1
	seen := make([]uint16, mask+1) // by hash: the number of an op and one
	for i, op := range b.Ops {
		key("op", i, op.Key)
		if len(op.Value) > MaxValueBytes {
			faults = append(faults, fmt.Errorf("op %d: value of %d bytes, limit %d: %w", i, len(op.Value), MaxValueBytes, ErrTooLarge))
		}
		at := int(maphash.Bytes(seed, op.Key)) & mask
		for ; seen[at] != 0; at = (at + 1) & mask {
			if j := int(seen[at] - 1); bytes.Equal(op.Key, b.Ops[j].Key) {
				faults = append(faults, fmt.Errorf("op %d: key %q already in op %d", i, op.Key, j))
				break
			}
		}
		seen[at] = uint16(i + 1)
	}
	return errors.Join(faults...)
}

// Clone returns a copy of b that shares no bytes with it.
func (b Batch) Clone() Batch {
	size := 0
	for _, g := range b.Guards {
		size += len(g.Key)
	}
	for _, op := range b.Ops {
		size += len(op.Key) + len(op.Value)
	}
	all := make([]byte, 0, size)
	own := func(p []byte) []byte {
		if p == nil {
			return nil
		}
		at := len(all)
		all = append(all, p...)
		return all[at:len(all):len(all)]
	}
	var c Batch
	if len(b.Guards) > 0 {
		c.Guards = make([]Guard, len(b.Guards))
	}
	if len(b.Ops) > 0 {
		c.Ops = make([]Op, len(b.Ops))
	}
	for i, g := range b.Guards {
		c.Guards[i] = Guard{own(g.Key), g.Revision}
	}
	for i, op := range b.Ops {
		c.Ops[i] = Op{own(op.Key), own(op.Value), op.Delete}
	}
	return c
}
