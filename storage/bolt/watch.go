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
	held  []held // in order of revision
	bytes int
}

type held struct {
	c    storage.Committed
	size int
}

// since returns the batches after a revision up to the newest; false when not all of them are held.
func (r *recent) since(rev storage.Revision) ([]held, bool) {
	if len(r.held) == 0 || rev+1 < r.held[0].c.Revision {
		return nil, false
	}
	return r.held[min(rev+1-r.held[0].c.Revision, storage.Revision(len(r.held))):], true
}

// add appends the batch after the newest, and drops the oldest beyond recentBytes.
func (r *recent) add(c storage.Committed, size int) {
	r.held = append(r.held, held{c, size})
	for r.bytes += size; r.bytes > recentBytes && len(r.held) > 1; r.held = r.held[1:] {
		r.bytes -= r.held[0].size
		r.held[0] = held{} // its bytes can go before the slice grows next
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
	held, ok := e.recent.since(rev)
	if rev < e.rev && !ok {
		upTo := e.rev
		e.mu.RUnlock()
		page, err := e.stored(rev, upTo)
		if errors.Is(err, errNoFeed) {
			err = nil
		}
		return page, changed, err
	}
	for _, h := range held[:min(len(held), feedPage)] {
		page = append(page, h.c)
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
