package dbfile

import "go.etcd.io/bbolt"

// The pages that a lone commit takes from the end of the WAL have been filled with zeros, chunk bytes at a time, as soon as
// fewer than spare bytes of them are left. Syncing a page that was never written waits for the file system to allocate it;
// syncing a page that was written does not. Larger groups take so many pages that writing each of them twice costs more.
const (
	chunk = 256 << 10
	spare = 64 << 10
)

var zeros [chunk]byte

// Prefill writes zeros behind the last page in use, within the file. tx is the write transaction, size the length of the
// file in bytes. If the disk is too full, the commit goes on without.
func (h *Handle) Prefill(tx *bbolt.Tx, size int64) error {
	h.zeroed = max(h.zeroed, tx.Size())
	n := min(chunk, size-h.zeroed)
	if h.zeroed-tx.Size() >= spare || n <= 0 {
		return nil
	}
	wrote, err := h.file.WriteAt(zeros[:n], h.zeroed)
	h.zeroed += int64(wrote)
	if Full(err) {
		return nil
	}
	return err
}
