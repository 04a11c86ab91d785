package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// feedPage is how many batches a watcher takes at a time.
const feedPage = 256

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

// after returns the batches that follow a revision, none when there are none yet, and what is
// closed when there are.
func (e *Engine) after(rev storage.Revision) ([]storage.Committed, <-chan struct{}, error) {
	e.mu.RLock()
	if e.closed {
		e.mu.RUnlock()
		return nil, nil, storage.ErrClosed
	}
	changed := e.changed
	var page []storage.Committed
	if rev < e.rev && e.recent[(rev+1)%recentLen].Revision != rev+1 {
		e.mu.RUnlock()
		page, err := e.stored(rev)
		return page, changed, err
	}
	for n := rev + 1; n <= e.rev && len(page) < feedPage; n++ {
		page = append(page, e.recent[n%recentLen])
	}
	e.mu.RUnlock()
	return page, changed, nil
}

func (e *Engine) stored(rev storage.Revision) (page []storage.Committed, err error) {
	err = e.feed.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(feedB).Cursor()
		for k, v := c.Seek(u64(uint64(rev) + 1)); k != nil && len(page) < feedPage; k, v = c.Next() {
			at, err := revision(k)
			if err != nil {
				return fmt.Errorf("feed: %w", err)
			}
			entries, err := decode(bytes.Clone(v))
			if err != nil {
				return fmt.Errorf("feed %d: %w", at, err)
			}
			page = append(page, storage.Committed{Revision: at, Batch: storage.Batch{Ops: opsOf(entries)}})
		}
		return nil
	})
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		err = storage.ErrClosed
	}
	return page, err
}
