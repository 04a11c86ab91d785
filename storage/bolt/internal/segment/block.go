package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
)

// The folded keys stand in blocks of some dozens: a fold writes blocks, not keys, and keys that begin alike
// take little room. A block stands under the smallest key that it may hold and begins with a checksum, over
// that key too, and with the first key that it may not hold, which is the next block's: so a reader
// knows that a block is the right one, whatever led there. In a block each key is how many bytes it shares with the
// one before it, the rest, and its value, the last two with their lengths. A block that has become empty is
// joined to the one before it.
const (
	blockLen  = 64 // keys in a block when several are made of one
	blockMost = 96 // more, and it is split
)

// Lowest is where the first block begins: no key is smaller.
var Lowest = []byte{0}

// Block is a block that matches its checksum: the keys from low on and before end, nil = all that follow.
type Block struct{ low, end, items []byte }

// contains reports whether a key belongs to the block.
func (b Block) contains(key []byte) bool {
	return bytes.Compare(b.low, key) <= 0 && (b.end == nil || bytes.Compare(key, b.end) < 0)
}

// SealBlock writes a block, whose items may be in several parts.
func SealBlock(low, end, items []byte) []byte {
	b := make([]byte, crc.Size, crc.Size+binary.MaxVarintLen32+len(end)+len(items))
	b = append(append(binary.AppendUvarint(b, uint64(len(end))), end...), items...)
	binary.LittleEndian.PutUint32(b, crc.Extend(crc.Of(low), b[crc.Size:]))
	return b
}

// OpenBlock compares a block with its checksum.
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

// pair is a key of a block with its value, as folded writes it.
type pair struct{ Key, Value []byte }

// cut takes the first item off a block; ok is false for damage.
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

// pairs appends what a block holds. The keys stand in room, the values in the block.
func pairs(out []pair, room, b []byte) ([]pair, error) {
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
		out = append(out, pair{before, value})
	}
	return out, nil
}

// search looks a key up in a block; nil when it isn't there. Only keys that share as much with the one
// sought as any before them are compared.
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

// pack writes the items of a block.
func pack(ps []pair) []byte {
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

// smaller counts the pairs whose keys are smaller than a key. It looks at the last one, since most keys
// are new and in order of time, and then ever further from the first, since the next is seldom far.
func smaller(ps []pair, key []byte) int {
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
