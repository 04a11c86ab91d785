package segment

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"
)

const (
	keysVersion = 4 // of the folded keys; older ones are made anew
)

var (
	Bucket = []byte("blocks")
)

// Create makes a keys file in which nothing is folded, in the place of the one that may be there.
func Create(path string, id pages.StoreID) error {
	return dbfile.Create(path, true, func(tx *bbolt.Tx) error {
		if err := pages.FillMeta(tx, Bucket, keysVersion, MarkKey, Mark{ID: id}.Encode()); err != nil {
			return err
		}
		return tx.Bucket(Bucket).Put(Lowest, SealBlock(Lowest, nil, nil))
	})
}

var (
	MarkKey = []byte("mark")
)

// Mark says up to which batch of which store the keys are folded.
type Mark struct {
	Rev storage.Revision
	Sum uint32 // of that batch; 0 before the first
	ID  pages.StoreID
}

func (m Mark) Encode() []byte {
	b := binary.BigEndian.AppendUint32(pages.Uint64(uint64(m.Rev)), m.Sum)
	return crc.Append(append(b, m.ID[:]...))
}

func parseMark(b []byte) (m Mark, ok bool) {
	b, ok = crc.Strip(b, 8+crc.Size+len(m.ID))
	if !ok {
		return m, false
	}
	m.Rev, m.Sum = storage.Revision(binary.BigEndian.Uint64(b)), binary.BigEndian.Uint32(b[8:])
	copy(m.ID[:], b[8+crc.Size:])
	return m, true
}

var ErrOlderFormat = errors.New("an older program folded them")

// Check reads every page of the keys: bbolt would walk them in a goroutine of its own, where damage ends
// the process.
func Check(p *pages.File, h pages.Head) (m Mark, err error) {
	buckets, meta, err := p.Store(h, nil)
	if err != nil {
		return m, err
	}
	format := meta[string(pages.FormatKey)]
	if len(format) != 8 {
		return m, p.Damage(storage.FileForeign, -1, "it has no format")
	}
	switch f := binary.BigEndian.Uint64(format); {
	case f < keysVersion:
		return m, ErrOlderFormat
	case f > keysVersion:
		return m, pages.NewerFormat(p.Path, f, keysVersion)
	}
	t, ok := buckets[string(Bucket)]
	if !ok {
		return m, p.Damage(storage.FileForeign, -1, "it has no bucket %q", Bucket)
	}
	if m, ok = parseMark(meta[string(MarkKey)]); !ok {
		return m, p.Damage(storage.PageDamaged, int64(h.Root)*h.Size, "what the file says of itself does not match its checksum")
	}
	_, err = Blocks(t, Lowest, 0, pages.Visitor{})
	return m, err
}
