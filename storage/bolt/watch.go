package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"wangge/storage"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/wal"
)

// watchPage is the largest number of batches that a watcher takes at a time.
const watchPage = 256

// Watch implements storage.Engine. It holds no lock or transaction while it yields. A watcher that keeps up reads from memory.
func (e *Engine) Watch(ctx context.Context, after storage.Revision) iter.Seq2[storage.Committed, error] {
	return func(yield func(storage.Committed, error) bool) {
		for ctx.Err() == nil {
			page, changed, err := e.after(after)
			if err != nil {
				yield(storage.Committed{}, err)
				return
			}
			for _, c := range page {
				if ctx.Err() != nil || !yield(c, nil) {
					return
				}
				after = c.Revision
			}
			if len(page) == 0 {
				select {
				case <-ctx.Done():
				case <-changed:
				}
			}
		}
	}
}

// after returns the batches after a revision, none if there are none yet or if the WAL cannot be read now, and the channel that
// is closed when that changes.
func (e *Engine) after(rev storage.Revision) ([]storage.Committed, <-chan struct{}, error) {
	e.mu.RLock()
	if e.closed {
		e.mu.RUnlock()
		return nil, nil, storage.ErrClosed
	}
	changed := e.changed
	var page []storage.Committed
	held, ok := e.recent.Since(rev)
	if rev < e.rev && !ok {
		upTo := e.rev
		e.mu.RUnlock()
		page, err := e.readWAL(rev, upTo)
		if errors.Is(err, wal.ErrNotOpen) {
			err = nil
		}
		return page, changed, err
	}
	for _, h := range held[:min(len(held), watchPage)] {
		page = append(page, h.Committed)
	}
	e.mu.RUnlock()
	return page, changed, nil
}

// readWAL reads the records after one revision up to another. Later records may not be acknowledged.
func (e *Engine) readWAL(rev, upTo storage.Revision) (page []storage.Committed, err error) {
	err = e.wal.Records(rev+1, func(at storage.Revision, record []byte) error {
		if at > upTo {
			return pages.ErrStop
		}
		ops, _, err := wal.Decode(bytes.Clone(record))
		if err != nil {
			return fmt.Errorf("feed %d: %w", at, err)
		}
		if page = append(page, storage.Committed{Revision: at, Batch: storage.Batch{Ops: ops}}); len(page) == watchPage {
			return pages.ErrStop
		}
		return nil
	})
	if err == nil && len(page) == 0 { // the records are missing: without an error the watcher would wait for ever
		err = e.wal.Missing(rev + 1)
	}
	return page, err
}
