package memtable

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"wangge/storage"
)

// Run is a list of entries sorted by key, and for one key by revision, newest first. It is immutable.
type Run []*Entry

// compare orders entries as a run does.
func compare(a, b *Entry) int {
	if c := bytes.Compare(a.Op.Key, b.Op.Key); c != 0 {
		return c
	}
	return cmp.Compare(b.Rev, a.Rev)
}

// NewRun sorts the entries of batches.
func NewRun(batches [][]Entry) Run {
	n := 0
	for _, b := range batches {
		n += len(b)
	}
	items := make([]item, 0, n)
	for _, b := range batches {
		for i := range b {
			items = append(items, item{e: &b[i]})
		}
	}
	sortFrom(items, 0)
	out := make(Run, n)
	for i := range items {
		out[i] = items[i].e
	}
	return out
}

// item is an entry with eight bytes of its key. Keys share long prefixes, and adjacent numbers are compared without a load
// of the key.
type item struct {
	word uint64
	e    *Entry
}

// few is the number of items up to which whole keys are compared.
const few = 12

// sortFrom sorts items whose keys are equal before from: by the next eight bytes, and items that are equal in those by the
// bytes that follow.
func sortFrom(items []item, from int) {
	if len(items) <= few {
		slices.SortFunc(items, func(a, b item) int { return compare(a.e, b.e) })
		return
	}
	for i := range items {
		items[i].word = wordAt(items[i].e.Op.Key, from)
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.word, b.word) })
	for len(items) > 0 {
		n, ends := 1, false
		for n < len(items) && items[n].word == items[0].word {
			n++
		}
		for _, it := range items[:n] {
			ends = ends || len(it.e.Op.Key) <= from+8
		}
		switch same := items[:n]; {
		case n == 1:
		case ends: // of those that end here some may be alike
			slices.SortFunc(same, func(a, b item) int { return compare(a.e, b.e) })
		default:
			sortFrom(same, from+8)
		}
		items = items[n:]
	}
}

// wordAt returns eight bytes of a key as a number, padded with zeros.
func wordAt(key []byte, from int) uint64 {
	if from+8 <= len(key) {
		return binary.BigEndian.Uint64(key[from:])
	}
	var b [8]byte
	copy(b[:], key[min(from, len(key)):])
	return binary.BigEndian.Uint64(b[:])
}

// tidy merges the last runs while they are not much shorter than the runs before them. So there are few runs, and each
// entry is merged a few times at most.
func tidy(runs []Run) []Run {
	for n := len(runs); n > 1 && 2*len(runs[n-1]) >= len(runs[n-2]); n = len(runs) {
		runs = append(runs[:n-2], merge(runs[n-2], runs[n-1]))
	}
	return runs
}

func merge(a, b Run) Run {
	out := make(Run, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compare(a[0], b[0]) < 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// Source yields, for each key of a range, the newest entry up to a revision.
type Source struct {
	left    Run
	rev     storage.Revision
	reverse bool
}

// Source returns a source of the entries of a range up to rev.
func (r Run) Source(rng storage.Range, rev storage.Revision) *Source {
	return &Source{left: r.within(rng), rev: rev, reverse: rng.Reverse}
}

// within returns the part of a run that lies in a range.
func (r Run) within(rng storage.Range) Run {
	from := r.Search(rng.Start)
	if rng.End == nil {
		return r[from:]
	}
	return r[from:max(from, r.Search(rng.End))]
}

// Search returns the index of the first entry of a key, or where it would be.
func (r Run) Search(key []byte) int {
	i, _ := slices.BinarySearchFunc(r, key, func(e *Entry, key []byte) int {
		if c := bytes.Compare(e.Op.Key, key); c != 0 {
			return c
		}
		return 1 // before every revision of it
	})
	return i
}

// Next returns the next entry; ok is false at the end. The error is always nil.
func (s *Source) Next() (*Entry, bool, error) {
	for len(s.left) > 0 {
		n := len(s.left)
		key := s.left[0].Op.Key
		if s.reverse {
			key = s.left[n-1].Op.Key
		}
		i, j := 0, n // the revisions of the key
		if s.reverse {
			for i = n - 1; i > 0 && bytes.Equal(s.left[i-1].Op.Key, key); i-- {
			}
		} else {
			for j = 1; j < n && bytes.Equal(s.left[j].Op.Key, key); j++ {
			}
		}
		revisions := s.left[i:j]
		if s.reverse {
			s.left = s.left[:i]
		} else {
			s.left = s.left[j:]
		}
		for _, e := range revisions {
			if e.Rev <= s.rev {
				return e, true, nil
			}
		}
	}
	return nil, false, nil
}
