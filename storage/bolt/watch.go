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

// watchPage is how many batches a watcher takes at a time.
const watchPage = 256

// Watch implements storage.Engine. It holds nothing while it yields. Who keeps up finds the
// batches in memory.
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

// after returns the batches that follow a revision, none when there are none yet or when the feed can't be read
// at present, and what is closed when that changes.
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

// readWAL reads what follows a revision from the feed, up to another: what comes after it may never be
// acknowledged.
func (e *Engine) readWAL(rev, upTo storage.Revision) (page []storage.Committed, err error) {
	err = e.feed.Records(rev+1, func(at storage.Revision, record []byte) error {
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
	if err == nil && len(page) == 0 { // what was acknowledged is later: a watcher would wait for what has long been there
		err = e.feed.Missing(rev + 1)
	}
	return page, err
}
