package dbfile

import "go.etcd.io/bbolt"

// Pages that a lone commit takes from the end of the feed were written with zeros before, chunk bytes at a time, as
// soon as fewer than spare bytes of them are left. A sync of a page that was never written waits for the file system
// to note where the page lies; a sync of one that was written does not. Groups take so many pages that writing each of
// them twice would cost more.
const (
	chunk = 256 << 10
	spare = 64 << 10
)

var zeros [chunk]byte

// Prefill writes zeros behind the last page of the feed, within the file. tx is the transaction that writes the feed, size
// the length of the file in bytes. No page that is in use lies there. Without room for them all the commit goes on with
// what there is.
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
