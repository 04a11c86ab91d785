package wal

import (
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
)

// VerifySlice is how many pages a verification reads in one transaction: while one is open the file keeps what
// it frees.
const VerifySlice = 4096

// Verify reads every batch up to a revision at least, counts what is read, and hands damage to tell, which counts it. A
// file that nobody writes is read in one go, and each of its pages must be in use or free.
func (f *File) Verify(last storage.Revision, count *storage.Verified, tell func(*storage.DamageError) error) error {
	next, more := storage.Revision(1), true
	for more {
		more = false
		err := f.read(func(t pages.Tree) error {
			var use pages.Usage
			if f.Options.ReadOnly {
				use = pages.NewUsage(t.Head)
			}
			read := 0
			err := records(t, f.Header, next, pages.Visitor{Damage: tell, Page: func(n pages.Node) error {
				read += int(n.Pages)
				count.Pages += int(n.Pages)
				return use.Take(t.File, n)
			}}, func(rev storage.Revision, _ []byte, summed bool) error {
				next = rev + 1
				if count.Records++; summed {
					count.Sealed++
				}
				if use == nil && read >= VerifySlice {
					more = true
					return pages.ErrStop
				}
				return nil
			})
			if err != nil || use == nil || count.Damaged > 0 {
				return err
			}
			return accounted(t.File, use, tell)
		})
		if err != nil {
			if d, ok := errors.AsType[*storage.DamageError](err); ok {
				err = tell(d)
			}
			if err != nil {
				return err
			}
		}
	}
	if next <= last && count.Damaged == 0 {
		return tell(f.Missing(next))
	}
	return nil
}
