package segment

import (
	"encoding/binary"
	"errors"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/pages"

	"go.etcd.io/bbolt"
)

// keysVersion is the format of the keys file. A file of an older format is rebuilt.
const keysVersion = 4

var (
	// Bucket holds the blocks, each under its low key.
	Bucket = []byte("blocks")
	// MarkKey is the key of the mark in the meta bucket.
	MarkKey = []byte("mark")
)

// Create makes an empty keys file, and replaces the one that has its name.
func Create(path string, id pages.StoreID) error {
	return dbfile.Create(path, true, func(tx *bbolt.Tx) error {
		if err := pages.FillMeta(tx, Bucket, keysVersion, MarkKey, Mark{ID: id}.Encode()); err != nil {
			return err
		}
		return tx.Bucket(Bucket).Put(Lowest, SealBlock(Lowest, nil, nil))
	})
}

// Mark says up to which batch of which store the keys file is flushed.
type Mark struct {
	Rev storage.Revision
	Sum uint32 // checksum of the record of that batch; 0 if Rev is 0
	ID  pages.StoreID
}

// Encode returns the stored form.
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

// ErrOlderFormat means that an older program wrote the keys file.
var ErrOlderFormat = errors.New("an older program folded them")

// Check reads and checks every page and block of a keys file, and returns its mark. bbolt would walk the pages in a goroutine
// of its own, where a panic ends the process. Errors: ErrOlderFormat, *storage.DamageError.
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
