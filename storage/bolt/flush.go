package bolt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
	"wangge/storage/bolt/internal/wal"

	"go.etcd.io/bbolt"
)

// limits bound what is not flushed. A memtable of ops entries or of bytes is frozen and flushed; if the active one grows to twice
// that while the frozen one is still being flushed, the writer waits. One transaction writes slice entries. retry replaces
// retryInterval unless it is 0. The check of the WAL's path after one group serves the next group too, if that begins within
// fresh.
type limits struct {
	ops, bytes, slice int
	retry, fresh      time.Duration
}

// The larger a memtable, the fewer pages its flush writes for each key. Memory is bounded to some 300 MB.
var defaultLimits = limits{ops: 256 << 10, bytes: 96 << 20, slice: 64 << 10, fresh: 100 * time.Microsecond}

// makeRoom freezes a full memtable, and waits if the frozen one and the active one are both full. It returns the reason if
// flushing fails, and fails again.
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

// backlogErr returns why commits are refused because of a failing flush, or nil. The caller holds mu.
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

// flushLoop flushes frozen memtables and rebuilds a damaged keys file. After a failure it tries again, at intervals and whenever
// the writer asks.
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

// flushFrozen flushes the frozen memtable, if any.
func (e *Engine) flushFrozen() error {
	e.mu.RLock()
	t := e.frozen
	e.mu.RUnlock()
	if t == nil {
		return nil
	}
	if err := e.flushTable(t); err != nil {
		return e.noteReadError(e.keys.handle, err) // changed by flushLoop alone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.frozen = nil
	return nil
}

// errClosing means that Close interrupted a flush or a rebuild; the next Open does it again.
var errClosing = errors.New("engine is closing")

// flushTable flushes an immutable memtable to the keys file.
func (e *Engine) flushTable(t *memtable.Table) error {
	mark, err := e.flushInto(t, e.updateKeys)
	if err == nil {
		e.keys.flushed = mark
	}
	return segment.DamagedBlocks(e.keys.handle, err) // changed by flushLoop alone
}

// flushInto writes the newest entry of each key of an immutable memtable in key order, one slice in one transaction. The mark
// moves with the last slice, so that an interrupted flush is repeated.
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
			return tx.Bucket(pages.MetaBucket).Put(segment.MarkKey, segment.Mark{Rev: mark, Sum: sum, ID: e.wal.ID()}.Encode())
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

// recover reads the records after the mark into the memtable, and flushes whenever it is full. An engine opened read-only keeps
// up to maxReaderTables full memtables instead, and returns errReaderBound beyond.
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

// readInto reads records from after one revision up to another into a memtable, until that is most times full. It returns the
// revision of the last record read; there is at least one.
func (e *Engine) readInto(t *memtable.Table, after, upTo storage.Revision, most int) (last storage.Revision, err error) {
	last = after
	err = e.wal.Records(after+1, func(rev storage.Revision, record []byte) error {
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
		err = e.wal.Missing(last + 1)
	}
	return last, err
}
