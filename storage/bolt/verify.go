package bolt

import (
	"bytes"
	"errors"
	"wangge/storage"
)

// verifySlice is how many pages a verification reads in one transaction: while one is open the file keeps what
// it frees.
const verifySlice = 4096

// records is feedFile.records in one tree. It goes on after what v.damage lets pass.
func (t tree) records(h header, from storage.Revision, v visitor, visit func(rev storage.Revision, record []byte, summed bool) error) error {
	next := from // 0 = whatever comes
	tell := func(kind storage.DamageKind, rev storage.Revision, at int64, what string) error {
		d := t.p.damage(kind, at, "%s", what)
		d.Revision = rev
		if v.damage == nil {
			return d
		}
		return v.damage(d)
	}
	inner := visitor{page: v.page}
	if v.damage != nil {
		inner.damage = func(d *storage.DamageError) error {
			next = 0
			return v.damage(d)
		}
	}
	inner.item = func(key, record []byte, bucket bool, at int64) error {
		rev, err := revision(key)
		if err != nil || rev == 0 || bucket {
			return tell(storage.PageDamaged, next, at, "a key is no revision")
		}
		if next != 0 && rev != next {
			if err := tell(storage.RecordMissing, next, at, "later ones follow"); err != nil {
				return err
			}
		}
		next = rev + 1
		ok, summed := h.sealed(record, rev)
		if ok {
			_, _, err := decode(record)
			ok = err == nil
		}
		if !ok {
			return tell(storage.RecordDamaged, rev, at, "it is not what was written")
		}
		return visit(rev, record, summed)
	}
	return t.walk(u64(uint64(from)), inner)
}

// blocks reads the folded blocks from the one that begins at low or behind it, compares each with its checksum
// and with where the one before it ends, and stops after so many pages, 0 = no bound. It returns where the next
// block begins; nil after the last. It goes on after what v.damage lets pass.
func (t tree) blocks(low []byte, most int, v visitor) (next []byte, err error) {
	if bytes.Equal(low, lowest) {
		next = lowest
	}
	read, ended := 0, false
	tell := func(d *storage.DamageError) error {
		if next = nil; v.damage == nil {
			return d
		}
		return v.damage(d)
	}
	inner := visitor{damage: tell, page: func(n node) error {
		if read++; v.page != nil {
			return v.page(n)
		}
		return nil
	}}
	inner.item = func(key, value []byte, bucket bool, at int64) error {
		b, err := openBlock(key, value)
		if err == nil {
			_, err = pairs(nil, nil, b.items)
		}
		if err != nil || bucket {
			return tell(t.p.damage(storage.BlockDamaged, at, "it is not what was written"))
		}
		if ended || next != nil && !bytes.Equal(next, key) {
			return tell(t.p.damage(storage.BlockDamaged, at, "it is not the one that follows"))
		}
		if v.item != nil {
			if err := v.item(key, value, false, at); err != nil {
				return err
			}
		}
		next, ended = bytes.Clone(b.end), b.end == nil
		if most > 0 && read >= most && !ended {
			return errStop
		}
		return nil
	}
	if err := t.walk(low, inner); err != nil {
		return nil, err
	}
	if most == 0 || read < most { // it came to the end
		if !ended && next != nil {
			err = tell(t.p.damage(storage.BlockDamaged, t.h.at, "the blocks end before the last"))
		}
		return nil, err
	}
	return next, nil
}

// Verify implements storage.Verifier.
func (e *Engine) Verify(found func(*storage.DamageError) error) (storage.Verified, error) {
	e.mu.RLock()
	last, groups, closed := e.rev, e.stats.Groups, e.closed
	e.mu.RUnlock()
	if closed {
		return storage.Verified{}, storage.ErrClosed
	}
	v := verification{e: e, told: map[spot]bool{}, found: found}
	if d := e.feed.suspect; d != nil && groups == 0 { // else it was written since
		if err := v.tell(d); err != nil {
			return v.Verified, err
		}
	}
	if d := e.keys.remade; d != nil && e.options.readOnly {
		if err := v.tell(d); err != nil {
			return v.Verified, err
		}
	}
	if err := e.feed.verify(last, &v.Verified, v.tell); err != nil {
		return v.Verified, err
	}
	return v.Verified, v.keys()
}

// verification is one run of Verify.
type verification struct {
	storage.Verified
	e     *Engine
	told  map[spot]bool
	found func(*storage.DamageError) error
}

// spot is where damage was found: a page of which two slices read is told once.
type spot struct {
	path string
	at   int64
	rev  storage.Revision
}

func (v *verification) tell(d *storage.DamageError) error {
	at := spot{d.Path, d.Offset, d.Revision}
	if v.told[at] {
		return nil
	}
	v.told[at] = true
	v.Damaged++
	return v.found(d)
}

// verify reads every batch up to a revision at least, counts what is read, and hands damage to tell, which counts it. A
// file that nobody writes is read in one go, and each of its pages must be in use or free.
func (f *feedFile) verify(last storage.Revision, count *storage.Verified, tell func(*storage.DamageError) error) error {
	next, more := storage.Revision(1), true
	for more {
		more = false
		err := f.reading(func(t tree) error {
			var use usage
			if f.options.readOnly {
				use = newUsage(t.h)
			}
			read := 0
			err := t.records(f.header, next, visitor{damage: tell, page: func(n node) error {
				read += int(n.pages)
				count.Pages += int(n.pages)
				return use.take(t.p, n)
			}}, func(rev storage.Revision, _ []byte, summed bool) error {
				next = rev + 1
				if count.Records++; summed {
					count.Sealed++
				}
				if use == nil && read >= verifySlice {
					more = true
					return errStop
				}
				return nil
			})
			if err != nil || use == nil || count.Damaged > 0 {
				return err
			}
			return t.p.accounted(use, tell)
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
		return tell(f.lacks(next))
	}
	return nil
}

func (v *verification) keys() error {
	for low := lowest; low != nil; {
		err := v.e.readingKeys(func(t tree, of *handle) (err error) {
			damage := func(d *storage.DamageError) error { return v.tell(v.e.damaged(of, d)) }
			low, err = t.blocks(low, verifySlice, visitor{damage: damage, page: func(n node) error {
				v.Pages += int(n.pages)
				return nil
			}, item: func([]byte, []byte, bool, int64) error {
				v.Blocks++
				return nil
			}})
			return err
		})
		if d, ok := errors.AsType[*storage.DamageError](err); ok {
			low, err = nil, v.tell(d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
