package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"wangge/storage"
)

// feedPage is how many batches a watcher takes at a time.
const feedPage = 256

// recentBytes bounds the batches that watchers find in memory.
const recentBytes = 16 << 20

// recent holds the last batches, without a gap up to the newest.
type recent struct {
	held  map[storage.Revision]held
	first storage.Revision // the oldest that is held
	bytes int
}

type held struct {
	c    storage.Committed
	size int
}

func (r *recent) has(rev storage.Revision) bool {
	_, ok := r.held[rev]
	return ok
}

func (r *recent) add(c storage.Committed, size int) {
	if len(r.held) == 0 {
		r.first = c.Revision
	}
	r.held[c.Revision] = held{c, size}
	for r.bytes += size; r.bytes > recentBytes && r.first < c.Revision; r.first++ {
		r.bytes -= r.held[r.first].size
		delete(r.held, r.first)
	}
}

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
	if rev < e.rev && !e.recent.has(rev+1) {
		upTo := e.rev
		e.mu.RUnlock()
		page, err := e.stored(rev, upTo)
		if errors.Is(err, errNoFeed) {
			err = nil
		}
		return page, changed, err
	}
	for n := rev + 1; n <= e.rev && len(page) < feedPage; n++ {
		page = append(page, e.recent.held[n].c)
	}
	e.mu.RUnlock()
	return page, changed, nil
}

// stored reads what follows a revision from the feed, up to another: what comes after it may never be
// acknowledged.
func (e *Engine) stored(rev, upTo storage.Revision) (page []storage.Committed, err error) {
	err = e.feed.records(rev+1, func(at storage.Revision, record []byte) error {
		if at > upTo {
			return errStop
		}
		ops, _, err := decode(bytes.Clone(record))
		if err != nil {
			return fmt.Errorf("feed %d: %w", at, err)
		}
		if page = append(page, storage.Committed{Revision: at, Batch: storage.Batch{Ops: ops}}); len(page) == feedPage {
			return errStop
		}
		return nil
	})
	if err == nil && len(page) == 0 { // what was acknowledged is later: a watcher would wait for what has long been there
		err = e.feed.lacks(rev + 1)
	}
	return page, err
}
