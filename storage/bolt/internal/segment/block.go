package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
)

// Layout of a block. Its key in the bucket is low, the smallest key that it may hold. Its value is
//
//	checksum of low and of the rest (4 bytes), end (with its length), items
//
// where end is the first key that it may not hold, which is the next block's low, so a reader knows that no block is
// missing; empty = the last block. An item is the number of bytes that its key shares with the key before it, the lengths of
// the rest of the key and of the value, and those bytes.
const (
	blockLen  = 64 // keys in each block that a split makes
	blockMost = 96 // a block of more keys is split
)

// Lowest is the low key of the first block: no key is smaller.
var Lowest = []byte{0}

// Block is a block whose checksum matched. It holds the keys from low up to, but not including, end; a nil end is no bound.
type Block struct{ low, end, items []byte }

// contains reports whether a key belongs to the block.
func (b Block) contains(key []byte) bool {
	return bytes.Compare(b.low, key) <= 0 && (b.end == nil || bytes.Compare(key, b.end) < 0)
}

// SealBlock encodes a block.
func SealBlock(low, end, items []byte) []byte {
	b := make([]byte, crc.Size, crc.Size+binary.MaxVarintLen32+len(end)+len(items))
	b = append(append(binary.AppendUvarint(b, uint64(len(end))), end...), items...)
	binary.LittleEndian.PutUint32(b, crc.Extend(crc.Of(low), b[crc.Size:]))
	return b
}

// OpenBlock decodes a block and compares its checksum. Error: storage.ErrCorrupt.
func OpenBlock(low, b []byte) (Block, error) {
	if len(b) < crc.Size || binary.LittleEndian.Uint32(b) != crc.Extend(crc.Of(low), b[crc.Size:]) {
		return Block{}, errBlock()
	}
	b = b[crc.Size:]
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return Block{}, errBlock()
	}
	all := Block{low: low, items: b[size+int(n):]}
	if n > 0 {
		all.end = b[size : size+int(n)]
	}
	return all, nil
}

// Pair is a key of a block with its value, an encoded entry (see EncodeEntry).
type Pair struct{ Key, Value []byte }

// cut splits the first item off a block. ok is false for damage.
func cut(b []byte) (shared int, suffix, value, rest []byte, ok bool) {
	var lens [3]uint64
	for i := range lens {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > storage.MaxValueBytes {
			return 0, nil, nil, nil, false
		}
		lens[i], b = n, b[size:]
	}
	if lens[1]+lens[2] > uint64(len(b)) {
		return 0, nil, nil, nil, false
	}
	suffix, b = b[:lens[1]:lens[1]], b[lens[1]:]
	return int(lens[0]), suffix, b[:lens[2]:lens[2]], b[lens[2]:], true
}

func errBlock() error { return fmt.Errorf("block of keys: %w", storage.ErrCorrupt) }

// pairs appends the items of a block to out. The keys are built in room, the values point into the block.
func pairs(out []Pair, room, b []byte) ([]Pair, error) {
	var before []byte
	room = slices.Grow(room, 4*len(b))
	for len(b) > 0 {
		shared, suffix, value, rest, ok := cut(b)
		if !ok || shared > len(before) {
			return nil, errBlock()
		}
		from := len(room)
		room = append(append(room, before[:shared]...), suffix...)
		before, b = room[from:len(room):len(room)], rest
		out = append(out, Pair{before, value})
	}
	return out, nil
}

// search returns the value of a key in the items of a block, or nil. Only keys that share as many bytes with the one sought
// as any key before them are compared.
func search(b, key []byte) ([]byte, error) {
	match := 0 // bytes that the item before, which is smaller, has in common with the key
	for len(b) > 0 {
		shared, suffix, value, rest, ok := cut(b)
		if !ok {
			return nil, errBlock()
		}
		b = rest
		if shared > match { // it differs from the key where the one before did
			continue
		}
		if shared < match { // it differs earlier, so it is greater
			return nil, nil
		}
		n, left := 0, key[match:]
		for n < len(suffix) && n < len(left) && suffix[n] == left[n] {
			n++
		}
		switch {
		case n == len(suffix) && n == len(left):
			return value, nil
		case n == len(left), n < len(suffix) && suffix[n] > left[n]:
			return nil, nil
		}
		match += n
	}
	return nil, nil
}

// pack encodes the items of a block.
func pack(ps []Pair) []byte {
	size := 0
	for _, p := range ps {
		size += len(p.Key) + len(p.Value) + 6
	}
	b := make([]byte, 0, size)
	var before []byte
	for _, p := range ps {
		shared := 0
		for shared < len(before) && shared < len(p.Key) && before[shared] == p.Key[shared] {
			shared++
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(p.Key)-shared))
		b = binary.AppendUvarint(b, uint64(len(p.Value)))
		b = append(append(b, p.Key[shared:]...), p.Value...)
		before = p.Key
	}
	return b
}

// smaller returns the number of pairs whose keys are smaller than key. It first tries the last Pair, since most keys are new
// and ascend in time, and then gallops from the first, since the next key is seldom far.
func smaller(ps []Pair, key []byte) int {
	if n := len(ps); n == 0 || bytes.Compare(ps[n-1].Key, key) < 0 {
		return n
	}
	low, high := 0, 1 // all below low are smaller
	for bytes.Compare(ps[high-1].Key, key) < 0 {
		low, high = high, min(2*high, len(ps))
	}
	for high--; low < high; {
		mid := (low + high) / 2
		if bytes.Compare(ps[mid].Key, key) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
