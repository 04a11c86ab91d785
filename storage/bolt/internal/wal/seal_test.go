package wal

import (
	"bytes"
	"testing"

	"wangge/storage"
	"wangge/storage/bolt/internal/crc"
	"wangge/storage/bolt/internal/pages"
)

// A batch without a checksum is damage where batches have one: an encoding can't be made to pass by its version.
func TestSeal(t *testing.T) {
	t.Parallel()
	h := header{id: pages.NewStoreID(), from: 5}
	record, _, _ := Encode([]storage.Op{{Key: []byte("k"), Value: []byte("v")}})
	old := append([]byte{encodingV1}, record[1+crc.Size:]...)
	seal(h.id, record, 7, Sum(record))
	other := header{id: pages.NewStoreID(), from: 5}
	for _, tt := range []struct {
		name   string
		h      header
		record []byte
		rev    storage.Revision
		ok     bool
	}{
		{"as it was written", h, record, 7, true},
		{"at another revision", h, record, 8, false},
		{"in another store", other, record, 7, false},
		{"old, before the first checksum", h, old, 4, true},
		{"old, after it", h, old, 5, false},
		{"cut", h, record[:3], 7, false},
		{"empty", h, nil, 7, false},
		{"of no version", h, append([]byte{9}, record[1:]...), 7, false},
	} {
		if ok, _ := tt.h.verify(tt.record, tt.rev); ok != tt.ok {
			t.Errorf("%s: sealed = %v, want %v", tt.name, ok, tt.ok)
		}
	}
	for at := range record {
		for bit := range 8 {
			hurt := bytes.Clone(record)
			hurt[at] ^= 1 << bit
			if ok, _ := h.verify(hurt, 7); ok {
				t.Errorf("a flipped bit %d of byte %d is not found", bit, at)
			}
		}
	}
}
