package segment

import (
	"bytes"
	"slices"

	"wangge/storage"

	"go.etcd.io/bbolt"
)

// Cursor yields the keys of a range, block by block. It is used by one goroutine, and within one transaction.
type Cursor struct {
	R     storage.Range
	c     *bbolt.Cursor
	at    Block
	items []Pair // of the present block, what is left of the range in it
}

// Empty reports whether the current block has no keys left.
func (k *Cursor) Empty() bool { return len(k.items) == 0 }

// Place returns the low key of the current block, or the start of the range before the first block. It says where damage was
// met.
func (k *Cursor) Place() []byte {
	if k.c != nil && k.at.low != nil {
		return k.at.low
	}
	return k.R.Start
}

// Take returns the next key of the current block; ok is false if there is none left.
func (k *Cursor) Take() (p Pair, ok bool) {
	n := len(k.items) - 1
	switch {
	case n < 0:
		return p, false
	case k.R.Reverse:
		p, k.items = k.items[n], k.items[:n]
	default:
		p, k.items = k.items[0], k.items[1:]
	}
	return p, true
}

// Fill moves to the next block that holds keys of the range. If the cursor is still empty, there is none.
func (k *Cursor) Fill(tx *bbolt.Tx) error {
	for len(k.items) == 0 {
		more, err := k.move(tx)
		if err != nil || !more {
			return err
		}
		all, err := pairs(nil, nil, bytes.Clone(k.at.items))
		if err != nil {
			return err
		}
		k.items = slices.DeleteFunc(all, func(p Pair) bool { return !k.R.Contains(p.Key) })
	}
	return nil
}

// move reads the first or the next block that may hold keys of the range. A block that does not begin where the one before
// it ended is damage.
func (k *Cursor) move(tx *bbolt.Tx) (more bool, err error) {
	if k.c == nil {
		k.c = tx.Bucket(Bucket).Cursor()
		from := k.R.Start
		switch {
		case k.R.Reverse && k.R.End == nil:
			low, b := k.c.Last()
			if k.at, err = OpenBlock(low, b); err == nil && k.at.end != nil {
				err = errBlock()
			}
			return true, err
		case k.R.Reverse:
			from = k.R.End
		}
		if len(from) == 0 {
			from = Lowest
		}
		k.at, err = Seek(k.c, from)
		return true, err
	}
	before := k.at
	if k.R.Reverse {
		if bytes.Compare(before.low, k.R.Start) <= 0 || bytes.Equal(before.low, Lowest) {
			return false, nil
		}
		low, b := k.c.Prev()
		if k.at, err = OpenBlock(low, b); err == nil && !bytes.Equal(k.at.end, before.low) {
			err = errBlock()
		}
		return true, err
	}
	if before.end == nil || k.R.End != nil && bytes.Compare(before.end, k.R.End) >= 0 {
		return false, nil
	}
	low, b := k.c.Next()
	if k.at, err = OpenBlock(low, b); err == nil && !bytes.Equal(before.end, low) {
		err = errBlock()
	}
	return true, err
}
