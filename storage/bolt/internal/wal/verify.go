package wal

import (
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
)

// VerifySlice is the number of pages that a verification reads in one transaction. An open transaction keeps pages from
// being reused.
const VerifySlice = 4096

// Verify reads every record, at least up to last, adds to count, and passes damage to tell, which counts it. A read-only file
// is read in one transaction, and each of its pages must then be in use or free.
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
			err := records(t, f.header, next, pages.Visitor{Damage: tell, Page: func(n pages.Node) error {
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
