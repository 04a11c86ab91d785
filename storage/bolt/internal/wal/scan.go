package wal

import (
	"encoding/binary"
	"fmt"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
)

// revision decodes a stored revision; no bytes are 0.
func revision(b []byte) (storage.Revision, error) {
	switch len(b) {
	case 0:
		return 0, nil
	case 8:
		return storage.Revision(binary.BigEndian.Uint64(b)), nil
	default:
		return 0, fmt.Errorf("revision %x: %w", b, storage.ErrCorrupt)
	}
}

// lastRevision returns the revision of the newest record, 0 if there is none.
func lastRevision(t pages.Tree) (storage.Revision, error) {
	var buf [pages.MaxDepth][]byte
	way, err := t.Path(nil, &buf)
	if err != nil {
		return 0, err
	}
	leaf := way[len(way)-1]
	if leaf.N == 0 {
		return 0, nil
	}
	key, _, _, _ := leaf.Element(leaf.N - 1)
	rev, err := revision(key)
	if err != nil || rev == 0 {
		return 0, t.File.Damage(storage.PageDamaged, leaf.At, "the last key %x is no revision", key)
	}
	return rev, nil
}

// accounted checks that each page that use does not hold is either part of the file's own structure or free, exactly once. A
// tree that lost a branch, or leads to an old copy of one, leaves pages over.
func accounted(p *pages.File, use pages.Usage, tell func(*storage.DamageError) error) error {
	whole, _, err := p.Heads()
	if err != nil {
		return err
	}
	h := whole[0]
	buckets, _, err := p.Store(h, func(n pages.Node) error { return use.Take(p, n) })
	if err != nil {
		return err
	}
	if old, ok := buckets[string(OldKeysBucket)]; ok { // of format 1
		if err := old.Walk(nil, pages.Visitor{Page: func(n pages.Node) error { return use.Take(p, n) }}); err != nil {
			return err
		}
	}
	ids, n, err := p.Free(h)
	if err != nil {
		return err
	}
	at := int64(h.List) * h.Size
	if n > 0 && !use.Add(h.List, n) {
		return tell(p.Damage(storage.ListDamaged, at, "it stands where something else is"))
	}
	for _, id := range ids {
		if !use.Add(id, 1) {
			return tell(p.Damage(storage.ListDamaged, at, "page %d is in use and is said to be free", id))
		}
	}
	for id := uint64(0); id < h.High; id++ {
		if use.Add(id, 1) {
			return tell(p.Damage(storage.ListDamaged, at, "page %d is not in use and not said to be free", id))
		}
	}
	return nil
}

// records is File.Records for one tree. After damage that v.Damage accepts, the walk goes on.
func records(t pages.Tree, h header, from storage.Revision, v pages.Visitor,
	visit func(rev storage.Revision, record []byte, summed bool) error,
) error {
	next := from // 0 = whatever comes
	tell := func(kind storage.DamageKind, rev storage.Revision, at int64, what string) error {
		d := t.File.Damage(kind, at, "%s", what)
		d.Revision = rev
		if v.Damage == nil {
			return d
		}
		return v.Damage(d)
	}
	inner := pages.Visitor{Page: v.Page}
	if v.Damage != nil {
		inner.Damage = func(d *storage.DamageError) error {
			next = 0
			return v.Damage(d)
		}
	}
	inner.Item = func(key, record []byte, bucket bool, at int64) error {
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
		ok, summed := h.verify(record, rev)
		if ok {
			_, _, err := Decode(record)
			ok = err == nil
		}
		if !ok {
			return tell(storage.RecordDamaged, rev, at, "it is not what was written")
		}
		return visit(rev, record, summed)
	}
	return t.Walk(pages.Uint64(uint64(from)), inner)
}
