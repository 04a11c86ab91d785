package segment

import (
	"bytes"

	"wangge/storage/bolt/internal/memtable"

	"go.etcd.io/bbolt"
)

// Seek reads the block to which a key belongs.
func Seek(c *bbolt.Cursor, key []byte) (Block, error) {
	low, b := c.Seek(key)
	if low == nil {
		low, b = c.Last()
	} else if !bytes.Equal(low, key) {
		low, b = c.Prev()
	}
	at, err := OpenBlock(low, b)
	if err == nil && !at.contains(key) {
		err = errBlock()
	}
	return at, err
}

// Find returns the encoded entry of a key, or nil. Error: storage.ErrCorrupt.
func Find(blocks *bbolt.Cursor, key []byte) ([]byte, error) {
	b, err := Seek(blocks, key)
	if err != nil {
		return nil, err
	}
	return search(b.items, key)
}

// Merge applies the entries of a run, at most one for each key, to the blocks. An empty block is merged into the one before
// it; a block of more than blockMost keys is split.
func Merge(keys *bbolt.Bucket, changes memtable.Run) error {
	var old, now []Pair
	room, values := make([]byte, 0, 16<<10), make([]byte, 0, 16<<10) // of one block at a time
	for len(changes) > 0 {
		at, err := Seek(keys.Cursor(), changes[0].Op.Key)
		if err != nil {
			return err
		}
		n := len(changes)
		if at.end != nil {
			n = changes.Search(at.end)
		}
		if old, err = pairs(old[:0], room[:0], at.items); err != nil {
			return err
		}
		now = update(now[:0], values[:0], old, changes[:n])
		changes = changes[n:]
		low, end := bytes.Clone(at.low), bytes.Clone(at.end)
		if len(now) == 0 && !bytes.Equal(low, Lowest) {
			if err := joinPrevious(keys, low, end); err != nil {
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
				next = now[(i+1)*len(now)/blocks].Key
			}
			if i > 0 {
				low = part[0].Key
			}
			if err := keys.Put(low, SealBlock(low, next, pack(part))); err != nil {
				return err
			}
		}
	}
	return nil
}

// joinPrevious removes an empty block by extending the one before it.
func joinPrevious(keys *bbolt.Bucket, low, end []byte) error {
	c := keys.Cursor()
	c.Seek(low)
	key, b := c.Prev()
	before, err := OpenBlock(key, b)
	if err != nil {
		return err
	}
	if !bytes.Equal(before.end, low) {
		return errBlock()
	}
	key, b = bytes.Clone(key), SealBlock(key, end, before.items)
	if err := keys.Delete(low); err != nil {
		return err
	}
	return keys.Put(key, b)
}

// update merges the pairs of a block with newer entries, whose encoded values are appended to room.
func update(out []Pair, room []byte, old []Pair, changes memtable.Run) []Pair {
	for _, e := range changes {
		n := smaller(old, e.Op.Key)
		out, old = append(out, old[:n]...), old[n:]
		if len(old) > 0 && bytes.Equal(old[0].Key, e.Op.Key) {
			old = old[1:]
		}
		if !e.Op.Delete {
			from := len(room)
			room = EncodeEntry(room, e)
			out = append(out, Pair{e.Op.Key, room[from:len(room):len(room)]})
		}
	}
	return append(out, old...)
}
