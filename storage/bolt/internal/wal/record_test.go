package wal

import (
	"bytes"
	"errors"
	"testing"

	"wangge/storage"
)

func FuzzDecode(f *testing.F) {
	whole, _, _ := Encode([]storage.Op{{Key: []byte("k"), Value: []byte("v")}, {Key: []byte("d"), Delete: true}})
	f.Add(whole)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		ops, entries, err := Decode(data)
		if err != nil {
			if !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("decode = %v, want ErrCorrupt", err)
			}
			return
		}
		record, own, _ := Encode(ops)
		again, _, err := Decode(record)
		if err != nil || len(again) != len(ops) {
			t.Fatalf("encode of %v decodes to %v, %v", ops, again, err)
		}
		for i, op := range ops {
			at := int(entries[i].ValueAt)
			for _, other := range []storage.Op{own[i], again[i], *entries[i].Op, {Key: op.Key, Value: data[at : at+len(op.Value)], Delete: op.Delete}} {
				if !bytes.Equal(op.Key, other.Key) || !bytes.Equal(op.Value, other.Value) || op.Delete != other.Delete {
					t.Errorf("op %d: %v, then %v", i, op, other)
				}
			}
		}
	})
}
