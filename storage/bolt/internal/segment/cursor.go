package segment

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"

	"wangge/storage"
)

// Cursor yields the folded keys of a range, block by block.
type Cursor struct {
	R     storage.Range
	c     *bbolt.Cursor
	at    Block
	items []pair // of the present block, what is left of the range in it
}

// Empty reports whether nothing is left of the present block.
func (k *Cursor) Empty() bool { return len(k.items) == 0 }

// Place is where the present block begins, or the range before the first one.
func (k *Cursor) Place() []byte {
	if k.c != nil && k.at.low != nil {
		return k.at.low
	}
	return k.R.Start
}

// Take takes the next key of the present block; false when nothing is left of it.
func (k *Cursor) Take() (p pair, ok bool) {
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

// Fill goes to the next block that holds some of the range; there is none when it is empty after that.
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
		k.items = slices.DeleteFunc(all, func(p pair) bool { return !k.R.Contains(p.Key) })
	}
	return nil
}

// move goes to the first or the next block that may hold some of the range. Each begins where the one before it
// ends, or else what leads there is damaged.
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
