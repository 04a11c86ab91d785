package bolt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"wangge/storage"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"
)

// limits bound what is not folded yet: a table is frozen and folded when it holds ops entries or
// bytes; at twice as much, with the one before it still being folded, the writer waits. One
// transaction folds a slice. retry is how often an engine that does not write looks whether it can; 0 stands for
// retryEvery. A look at the feed's path after a group serves the next group too, when that begins within fresh.
type limits struct {
	ops, bytes, slice int
	retry, fresh      time.Duration
}

// The larger a table, the fewer pages its fold writes for each of its keys. At worst some 300 MB.
var defaultLimits = limits{ops: 256 << 10, bytes: 96 << 20, slice: 64 << 10, fresh: 100 * time.Microsecond}

// makeRoom freezes a full table for folding, and waits when two are full. It returns why folding
// fails, if it does and fails once more.
func (e *Engine) makeRoom() error {
	for tried := false; ; {
		ops, size := e.active.Size()
		if ops < e.limits.ops && size < e.limits.bytes {
			return nil
		}
		e.mu.Lock()
		frozen, failing, settled, closed := e.frozen, e.flushErr, e.flushed, e.closed
		if frozen == nil {
			e.frozen, e.active = e.active, memtable.NewLike(e.active)
		}
		e.mu.Unlock()
		e.wakeFlusher()
		if frozen == nil || closed || ops < 2*e.limits.ops && size < 2*e.limits.bytes {
			return nil
		}
		if failing != nil && tried {
			e.mu.RLock()
			defer e.mu.RUnlock()
			return refused(cmp.Or(e.backlogErr(), failing))
		}
		tried = failing != nil
		select {
		case <-settled:
		case <-e.stopping:
		}
	}
}

// backlogErr is why a commit would be refused for what can't be folded; mu is held.
func (e *Engine) backlogErr() error {
	ops, size := e.active.Size()
	if e.flushErr == nil || ops < 2*e.limits.ops && size < 2*e.limits.bytes {
		return nil
	}
	return fmt.Errorf("what is written can't be folded: %w", e.flushErr)
}

func (e *Engine) wakeFlusher() {
	select {
	case e.flushes <- struct{}{}:
	default:
	}
}

// flushLoop folds each frozen table. One that fails stays, and is tried again when the writer
// asks, and at times.
func (e *Engine) flushLoop() {
	defer e.stopped.Done()
	again := stoppedTimer()
	defer again.Stop()
	for {
		select {
		case <-e.stopping:
			return
		case <-e.flushes:
		case <-again.C:
		}
		err := e.rebuildKeys()
		if err == nil {
			err = e.flushFrozen()
		}
		if errors.Is(err, errClosing) {
			return
		}
		wait := e.rebuild.delay(cmp.Or(e.limits.retry, retryInterval))
		unread, closing := closeUnread(e.keys.replaced)
		e.keys.replaced = unread
		if err == nil {
			err = closing
		}
		e.mu.Lock()
		if e.flushErr = err; err != nil || len(unread) > 0 {
			again.Reset(wait)
		}
		close(e.flushed)
		e.flushed = make(chan struct{})
		e.mu.Unlock()
	}
}

// flushFrozen folds the frozen table, when there is one.
func (e *Engine) flushFrozen() error {
	e.mu.RLock()
	t := e.frozen
	e.mu.RUnlock()
	if t == nil {
		return nil
	}
	if err := e.flushTable(t); err != nil {
		return e.noteReadError(e.keys.handle, err) // only folds change it
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frozen = nil
	return nil
}

// errClosing says that a fold was cut by Close; the next Open does it again.
var errClosing = errors.New("engine is closing")

// flushTable folds a table that no longer changes into the keys.
func (e *Engine) flushTable(t *memtable.Table) error {
	mark, err := e.flushInto(t, e.updateKeys)
	if err == nil {
		e.keys.flushed = mark
	}
	return segment.DamagedBlocks(e.keys.handle, err) // only folds change it
}

// flushInto writes the newest revision of each key of a table that no longer changes, in key order, slice by slice,
// each in one write transaction; the mark moves with the last one. A fold that was cut is done again.
func (e *Engine) flushInto(t *memtable.Table, write func(func(*bbolt.Tx) error) error) (mark storage.Revision, err error) {
	var sum uint32
	all := t.Sorted()
	slice := make(memtable.Run, 0, min(len(all), e.limits.slice))
	var before []byte
	for {
		slice = slice[:0]
		for ; len(all) > 0 && len(slice) < e.limits.slice; all = all[1:] {
			at := all[0]
			mark = max(mark, at.Rev)
			if before != nil && bytes.Equal(before, at.Op.Key) {
				continue
			}
			before = at.Op.Key
			slice = append(slice, at)
		}
		more := len(all) > 0
		if !more {
			if sum, err = e.markSum(mark); err != nil {
				return 0, err
			}
		}
		err = write(func(tx *bbolt.Tx) error {
			blocks := tx.Bucket(segment.Bucket)
			blocks.FillPercent = 0.9
			if err := segment.Merge(blocks, slice); err != nil {
				return err
			}
			if more {
				return nil
			}
			return tx.Bucket(pages.MetaBucket).Put(segment.MarkKey, segment.Mark{Rev: mark, Sum: sum, ID: e.feed.ID()}.Encode())
		})
		if err != nil || !more {
			return mark, err
		}
		select {
		case <-e.stopping:
			return 0, errClosing
		default:
		}
	}
}

// recover reads what the feed holds after the mark into the table, and folds it where it is much. Who may only
// read holds up to heldTables full tables in memory, and gets errTooMuch beyond that.
func (e *Engine) recover(mark storage.Revision) error {
	for mark < e.rev {
		most := 1
		if e.keysReadOnly() {
			most = maxReaderTables
		}
		last, err := e.readInto(e.active, mark, e.rev, most)
		if err != nil || last == e.rev {
			return err
		}
		if e.keysReadOnly() {
			return errReaderBound
		}
		if err := e.flushTable(e.active); err != nil {
			return err
		}
		e.active, mark = memtable.New(), last
	}
	return nil
}

// readInto reads the batches of the feed after one revision and up to another into a table, until that holds so many
// full tables. It returns the revision of the last one, of which there is one at least.
func (e *Engine) readInto(t *memtable.Table, after, upTo storage.Revision, most int) (last storage.Revision, err error) {
	last = after
	err = e.feed.Records(after+1, func(rev storage.Revision, record []byte) error {
		if rev > upTo {
			return pages.ErrStop
		}
		record = bytes.Clone(record)
		_, entries, err := wal.Decode(record)
		if err != nil {
			return fmt.Errorf("feed %d: %w", rev, err)
		}
		for i := range entries {
			entries[i].Rev = rev
		}
		t.Put(entries, len(record))
		last = rev
		if ops, size := t.Size(); ops >= most*e.limits.ops || size >= most*e.limits.bytes {
			return pages.ErrStop
		}
		return nil
	})
	if err == nil && last == after {
		err = e.feed.Missing(last + 1)
	}
	return last, err
}
