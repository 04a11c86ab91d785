package bolt

import (
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"
)

// Verify implements storage.Verifier.
func (e *Engine) Verify(found func(*storage.DamageError) error) (storage.Verified, error) {
	e.mu.RLock()
	last, groups, closed := e.rev, e.stats.Groups, e.closed
	e.mu.RUnlock()
	if closed {
		return storage.Verified{}, storage.ErrClosed
	}
	v := verification{e: e, told: map[spot]bool{}, found: found}
	if d := e.wal.Suspect; d != nil && groups == 0 { // else a commit wrote the page since
		if err := v.tell(d); err != nil {
			return v.Verified, err
		}
	}
	if d := e.keys.damage; d != nil && e.options.ReadOnly {
		if err := v.tell(d); err != nil {
			return v.Verified, err
		}
	}
	if err := e.wal.Verify(last, &v.Verified, v.tell); err != nil {
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

// spot is the place of damage. A page that two transactions read is reported once.
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

func (v *verification) keys() error {
	for low := segment.Lowest; low != nil; {
		err := v.e.readingKeys(func(t pages.Tree, of *dbfile.Handle) (err error) {
			damage := func(d *storage.DamageError) error { return v.tell(v.e.noteDamage(of, d)) }
			low, err = segment.Blocks(t, low, wal.VerifySlice, pages.Visitor{Damage: damage, Page: func(n pages.Node) error {
				v.Pages += int(n.Pages)
				return nil
			}, Item: func([]byte, []byte, bool, int64) error {
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
