package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
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

// lowest is where the first block begins: no key is smaller.
var lowest = []byte{0}

// block is a block that matches its checksum: the keys from low on and before end, nil = all that follow.
type block struct{ low, end, items []byte }

// contains reports whether a key belongs to the block.
func (b block) contains(key []byte) bool {
	return bytes.Compare(b.low, key) <= 0 && (b.end == nil || bytes.Compare(key, b.end) < 0)
}

// sealBlock writes a block, whose items may be in several parts.
func sealBlock(low, end, items []byte) []byte {
	b := make([]byte, sumSize, sumSize+binary.MaxVarintLen32+len(end)+len(items))
	b = append(append(binary.AppendUvarint(b, uint64(len(end))), end...), items...)
	binary.LittleEndian.PutUint32(b, sumAfter(sum(low), b[sumSize:]))
	return b
}

// openBlock compares a block with its checksum.
func openBlock(low, b []byte) (block, error) {
	if len(b) < sumSize || binary.LittleEndian.Uint32(b) != sumAfter(sum(low), b[sumSize:]) {
		return block{}, damagedBlock()
	}
	b = b[sumSize:]
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return block{}, damagedBlock()
	}
	all := block{low: low, items: b[size+int(n):]}
	if n > 0 {
		all.end = b[size : size+int(n)]
	}
	return all, nil
}

// pair is a key of a block with its value, as folded writes it.
type pair struct{ key, value []byte }

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

func damagedBlock() error { return fmt.Errorf("block of keys: %w", storage.ErrCorrupt) }

// pairs appends what a block holds. The keys stand in room, the values in the block.
func pairs(out []pair, room, b []byte) ([]pair, error) {
	var before []byte
	room = slices.Grow(room, 4*len(b))
	for len(b) > 0 {
		shared, suffix, value, rest, ok := cut(b)
		if !ok || shared > len(before) {
			return nil, damagedBlock()
		}
		from := len(room)
		room = append(append(room, before[:shared]...), suffix...)
		before, b = room[from:len(room):len(room)], rest
		out = append(out, pair{before, value})
	}
	return out, nil
}

// find looks a key up in a block; nil when it isn't there. Only keys that share as much with the one
// sought as any before them are compared.
func find(b, key []byte) ([]byte, error) {
	match := 0 // bytes that the item before, which is smaller, has in common with the key
	for len(b) > 0 {
		shared, suffix, value, rest, ok := cut(b)
		if !ok {
			return nil, damagedBlock()
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
		size += len(p.key) + len(p.value) + 6
	}
	b := make([]byte, 0, size)
	var before []byte
	for _, p := range ps {
		shared := 0
		for shared < len(before) && shared < len(p.key) && before[shared] == p.key[shared] {
			shared++
		}
		b = binary.AppendUvarint(b, uint64(shared))
		b = binary.AppendUvarint(b, uint64(len(p.key)-shared))
		b = binary.AppendUvarint(b, uint64(len(p.value)))
		b = append(append(b, p.key[shared:]...), p.value...)
		before = p.key
	}
	return b
}

// blockOf moves to the block to which a key belongs.
func blockOf(c *bbolt.Cursor, key []byte) (block, error) {
	low, b := c.Seek(key)
	if low == nil {
		low, b = c.Last()
	} else if !bytes.Equal(low, key) {
		low, b = c.Prev()
	}
	at, err := openBlock(low, b)
	if err == nil && !at.contains(key) {
		err = damagedBlock()
	}
	return at, err
}

// lookUp finds the folded value of a key; nil when it isn't there.
func lookUp(folded *bbolt.Cursor, key []byte) ([]byte, error) {
	b, err := blockOf(folded, key)
	if err != nil {
		return nil, err
	}
	return find(b.items, key)
}

// rewrite brings blocks up to date with entries of a run, each key once.
func rewrite(keys *bbolt.Bucket, changes run) error {
	var old, now []pair
	room, values := make([]byte, 0, 16<<10), make([]byte, 0, 16<<10) // of one block at a time
	for len(changes) > 0 {
		at, err := blockOf(keys.Cursor(), changes[0].op.Key)
		if err != nil {
			return err
		}
		n := len(changes)
		if at.end != nil {
			n = changes.search(at.end)
		}
		if old, err = pairs(old[:0], room[:0], at.items); err != nil {
			return err
		}
		now = update(now[:0], values[:0], old, changes[:n])
		changes = changes[n:]
		low, end := bytes.Clone(at.low), bytes.Clone(at.end)
		if len(now) == 0 && !bytes.Equal(low, lowest) {
			if err := join(keys, low, end); err != nil {
				return err
			}
			continue
		}
		blocks := 1
		if len(now) > blockMost {
			blocks = (len(now) + blockLen - 1) / blockLen
		}
		for i := range blocks {
			part, next := now[i*len(now)/blocks:(i+1)*len(now)/blocks], end
			if i+1 < blocks {
				next = now[(i+1)*len(now)/blocks].key
			}
			if i > 0 {
				low = part[0].key
			}
			if err := keys.Put(low, sealBlock(low, next, pack(part))); err != nil {
				return err
			}
		}
	}
	return nil
}

// join removes an empty block: the one before it holds what would have stood there.
func join(keys *bbolt.Bucket, low, end []byte) error {
	c := keys.Cursor()
	c.Seek(low)
	key, b := c.Prev()
	before, err := openBlock(key, b)
	if err != nil {
		return err
	}
	if !bytes.Equal(before.end, low) {
		return damagedBlock()
	}
	key, b = bytes.Clone(key), sealBlock(key, end, before.items)
	if err := keys.Delete(low); err != nil {
		return err
	}
	return keys.Put(key, b)
}

// update merges what a block held with what became of its keys, whose values are written into room.
func update(out []pair, room []byte, old []pair, changes run) []pair {
	for _, e := range changes {
		n := smaller(old, e.op.Key)
		out, old = append(out, old[:n]...), old[n:]
		if len(old) > 0 && bytes.Equal(old[0].key, e.op.Key) {
			old = old[1:]
		}
		if !e.op.Delete {
			from := len(room)
			room = folded(room, e)
			out = append(out, pair{e.op.Key, room[from:len(room):len(room)]})
		}
	}
	return append(out, old...)
}

// smaller counts the pairs whose keys are smaller than a key. It looks at the last one, since most keys
// are new and in order of time, and then ever further from the first, since the next is seldom far.
func smaller(ps []pair, key []byte) int {
	if n := len(ps); n == 0 || bytes.Compare(ps[n-1].key, key) < 0 {
		return n
	}
	low, high := 0, 1 // all below low are smaller
	for bytes.Compare(ps[high-1].key, key) < 0 {
		low, high = high, min(2*high, len(ps))
	}
	for high--; low < high; {
		mid := (low + high) / 2
		if bytes.Compare(ps[mid].key, key) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}
