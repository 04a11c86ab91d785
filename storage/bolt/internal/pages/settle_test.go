package pages

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wangge/storage"

	"go.etcd.io/bbolt"
)

// An engine that is opened after a process ended with a failed sync first makes durable what the file shows; a head that
// is torn, missing or foreign is left as it is.
func TestSettle(t *testing.T) {
	t.Parallel()
	page := os.Getpagesize()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "grown.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(61) {
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			return errors.Join(err, b.Put(Uint64(n), bytes.Repeat([]byte{byte(n)}, 900)))
		}); err != nil {
			t.Fatal(err)
		}
	}
	feed, err := os.ReadFile(db.Path())
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	head := func(at int64) Head {
		f := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(f, feed, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Open(f, false)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		h, ok := p.headPage(at)
		if !ok {
			t.Fatalf("no head page at %d", at)
		}
		return h
	}
	newest, older := head(0), head(int64(page))
	if older.TxID > newest.TxID {
		newest, older = older, newest
	}
	harm := func(at int64, n int) []byte {
		b := []byte(string(feed))
		for i := range n {
			b[int(at)+i] ^= 0xa5
		}
		return b
	}
	for _, tt := range []struct {
		name string
		file []byte
		txid uint64 // 0: no head is valid
	}{
		{"whole", feed, newest.TxID},
		{"the other head is torn", harm(older.At, 60), newest.TxID},
		{"the newest is torn", harm(newest.At, 60), older.TxID},
		{"the newest has another checksum", harm(newest.At+MetaSum, 1), older.TxID},
		{"both are torn", harm(0, 2*page), 0},
		{"empty", nil, 0},
		{"cut in its first page", feed[:page/2], 0},
		{"foreign", []byte(strings.Repeat("not a store ", 1000)), 0},
	} {
		path := filepath.Join(t.TempDir(), "store.db")
		if err := os.WriteFile(path, tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		settled, err := Settle(f)
		if settled.TxID != tt.txid || (err == nil) != (tt.txid > 0) || err != nil && !errors.Is(err, storage.ErrCorrupt) {
			t.Errorf("%s: settle = %d, %v; want %d", tt.name, settled.TxID, err, tt.txid)
		}
		f.Close()
		if now, err := os.ReadFile(path); err != nil || string(now) != string(tt.file) {
			t.Errorf("%s: settling changed the file, %v", tt.name, err)
		}
	}
}
