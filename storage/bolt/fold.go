package bolt

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"time"
	"wangge/storage"

	bbolt "go.etcd.io/bbolt"
)

// limits bound what is not folded yet: a table is frozen and folded when it holds ops entries or
// bytes; at twice as much, with the one before it still being folded, the writer waits. One
// transaction folds a slice. retry is how often an engine that does not write looks whether it can; 0 stands for
// retryEvery.
type limits struct {
	ops, bytes, slice int
	retry             time.Duration
}

// The larger a table, the fewer pages its fold writes for each of its keys. At worst some 300 MB.
var defaultLimits = limits{ops: 256 << 10, bytes: 96 << 20, slice: 64 << 10}

// makeRoom freezes a full table for folding, and waits when two are full. It returns why folding
// fails, if it does and fails once more.
func (e *Engine) makeRoom() error {
	for tried := false; ; {
		ops, size := e.active.size()
		if ops < e.limits.ops && size < e.limits.bytes {
			return nil
		}
		e.mu.Lock()
		frozen, failing, settled, closed := e.frozen, e.folding, e.settled, e.closed
		if frozen == nil {
			e.frozen, e.active = e.active, newTableLike(e.active)
		}
		e.mu.Unlock()
		e.poke()
		if frozen == nil || closed || ops < 2*e.limits.ops && size < 2*e.limits.bytes {
			return nil
		}
		if failing != nil && tried {
			e.mu.RLock()
			defer e.mu.RUnlock()
			return refused(cmp.Or(e.crowded(), failing))
		}
		tried = failing != nil
		select {
		case <-settled:
		case <-e.stopping:
		}
	}
}

// crowded is why a commit would be refused for what can't be folded; mu is held.
func (e *Engine) crowded() error {
	ops, size := e.active.size()
	if e.folding == nil || ops < 2*e.limits.ops && size < 2*e.limits.bytes {
		return nil
	}
	return fmt.Errorf("what is written can't be folded: %w", e.folding)
}

func (e *Engine) poke() {
	select {
	case e.fold <- struct{}{}:
	default:
	}
}

// keepFolding folds each frozen table. One that fails stays, and is tried again when the writer
// asks, and at times.
func (e *Engine) keepFolding() {
	defer e.stopped.Done()
	again := stoppedTimer()
	defer again.Stop()
	for {
		select {
		case <-e.stopping:
			return
		case <-e.fold:
		case <-again.C:
		}
		e.mu.RLock()
		t := e.frozen
		e.mu.RUnlock()
		if t == nil {
			continue
		}
		err := e.foldTable(t)
		if errors.Is(err, errStopped) {
			return
		}
		e.mu.Lock()
		if e.folding = err; err == nil {
			e.frozen = nil
		} else {
			again.Reset(cmp.Or(e.limits.retry, retryEvery))
		}
		close(e.settled)
		e.settled = make(chan struct{})
		e.mu.Unlock()
	}
}

// errStopped says that a fold was cut by Close; the next Open does it again.
var errStopped = errors.New("engine is closing")

// foldTable writes the newest revision of each key of a table that no longer changes, in key
// order, slice by slice; the mark moves with the last one. A fold that was cut is done again.
func (e *Engine) foldTable(t *table) error {
	var mark storage.Revision
	var sum uint32
	var err error
	all := t.whole()
	slice := make(run, 0, min(len(all), e.limits.slice))
	var before []byte
	for {
		slice = slice[:0]
		for ; len(all) > 0 && len(slice) < e.limits.slice; all = all[1:] {
			at := all[0]
			mark = max(mark, at.rev)
			if before != nil && bytes.Equal(before, at.op.Key) {
				continue
			}
			before = at.op.Key
			slice = append(slice, at)
		}
		more := len(all) > 0
		if !more {
			if sum, err = e.markSum(mark); err != nil {
				return err
			}
		}
		err = e.updateKeys(func(tx *bbolt.Tx) error {
			blocks := tx.Bucket(blocksB)
			blocks.FillPercent = 0.9
			if err := rewrite(blocks, slice); err != nil {
				return err
			}
			if more {
				return nil
			}
			return tx.Bucket(metaB).Put(markKey, markOf{mark, sum, e.feed.header.id}.encode())
		})
		if errors.Is(err, storage.ErrCorrupt) {
			h := e.keys.now // only folds change it
			err = named(h.pages, storage.BlockDamaged, err, func() error {
				return h.reading(blocksB, func(t tree) error {
					_, err := t.blocks(lowest, 0, visitor{})
					return err
				})
			})
		}
		if err != nil || !more {
			return err
		}
		select {
		case <-e.stopping:
			return errStopped
		default:
		}
	}
}

// recover reads what the feed holds after the mark into the table, and folds it where it is much. Who may only
// read holds up to heldTables full tables in memory, and gets errTooMuch beyond that.
func (e *Engine) recover(mark storage.Revision) error {
	for mark < e.rev {
		last := mark
		err := e.feed.records(mark+1, func(rev storage.Revision, record []byte) error {
			record = bytes.Clone(record)
			_, entries, err := decode(record)
			if err != nil {
				return fmt.Errorf("feed %d: %w", rev, err)
			}
			for i := range entries {
				entries[i].rev = rev
			}
			e.active.put(entries, len(record))
			last = rev
			most := 1
			if e.keepsKeys() {
				most = heldTables
			}
			if ops, size := e.active.size(); ops >= most*e.limits.ops || size >= most*e.limits.bytes {
				return errStop
			}
			return nil
		})
		if err != nil {
			return err
		}
		if last == e.rev {
			return nil
		}
		if last == mark {
			return e.feed.lacks(last + 1)
		}
		if e.keepsKeys() {
			return errTooMuch
		}
		if err := e.foldTable(e.active); err != nil {
			return err
		}
		e.active, mark = newTable(), last
	}
	return nil
}
