package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"wangge/storage"
)

// A bbolt file begins with two heads, one page each, which transactions write in turn; the valid one with
// the higher transaction number counts. A head is written after the pages of its transaction were synced:
// when a head is there, its pages are on the disk. What is not known after a failed sync is whether the head
// itself is there.
const (
	headMagic   = 0xED0CDAED
	headVersion = 2
	headFrom    = 16 // the header of the page comes before it
	headSum     = 56 // where its checksum stands, after all that it is of
	headBytes   = headFrom + headSum + 8
)

// head is one of the two.
type head struct {
	at   int64
	page []byte
	txid uint64
}

// headAt reads a head; false when what stands there is not a valid one.
func headAt(f io.ReaderAt, at int64) (head, int64, bool) {
	b := make([]byte, headBytes)
	if _, err := f.ReadAt(b, at); err != nil {
		return head{}, 0, false
	}
	meta, order := b[headFrom:], binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(meta[:headSum]) // a hash takes all
	if order.Uint32(meta) != headMagic || order.Uint32(meta[4:]) != headVersion || order.Uint64(meta[headSum:]) != sum.Sum64() {
		return head{}, 0, false
	}
	return head{at: at, txid: order.Uint64(meta[headSum-8:])}, int64(order.Uint32(meta[8:])), true
}

// newestHead reads the head that counts, with its whole page. A file without a valid one gives ErrCorrupt.
func newestHead(f io.ReaderAt) (head, error) {
	first, size, ok := headAt(f, 0)
	if !ok {
		size = int64(os.Getpagesize())
	}
	if second, other, valid := headAt(f, size); valid && (!ok || second.txid > first.txid) {
		first, size, ok = second, other, true
	}
	if !ok {
		return head{}, fmt.Errorf("no valid head: %w", storage.ErrCorrupt)
	}
	first.page = make([]byte, size)
	if _, err := f.ReadAt(first.page, first.at); errors.Is(err, io.EOF) {
		return head{}, fmt.Errorf("the file ends in its head: %w", storage.ErrCorrupt)
	} else if err != nil {
		return head{}, err
	}
	return first, nil
}

// settle makes what a bbolt file shows durable: it writes the head that counts once more, as it is, and syncs.
// After a failed sync the system may hold a head in memory that is on no disk, and no later sync would write it;
// the next transaction would then overwrite pages that the head on the disk still needs. settle returns the
// number of the transaction that counts. The file must not be written meanwhile.
func settle(f *os.File) (uint64, error) {
	h, err := newestHead(f)
	if err != nil {
		return 0, err
	}
	if _, err := f.WriteAt(h.page, h.at); err != nil {
		return 0, err
	}
	return h.txid, f.Sync()
}

// settleFile settles a file that no handle of this process has open, before it is opened for writing. A file
// that is not there, is empty, is held by another process or has no valid head is left alone: opening it tells.
func settleFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil //nolint:nilerr // opening it tells
	}
	defer f.Close()
	if !lock(f) {
		return nil
	}
	if _, err = settle(f); errors.Is(err, storage.ErrCorrupt) {
		return nil
	}
	return err
}
