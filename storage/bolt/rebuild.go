package bolt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"wangge/storage"
	"wangge/storage/bolt/internal/dbfile"
	"wangge/storage/bolt/internal/memtable"
	"wangge/storage/bolt/internal/pages"
	"wangge/storage/bolt/internal/segment"
)

// maxRebuildWait bounds how long a rebuild that failed for want of room, or by a write, waits before the next attempt.
// The wait doubles from retryEvery on.
const maxRebuildWait = time.Minute

// rebuild is what a working engine knows of damage of its keys. The goroutine that folds makes them anew, once while
// the engine is open: keys that were made anew and are damaged again point to a disk or a memory that fails.
type rebuild struct {
	mu     sync.Mutex
	cause  *storage.DamageError // of the present file; nil when no damage of it was found
	done   bool                 // the present file was made while the engine works
	failed error                // why the present file is not made anew any more; nil as long as it can be
	tries  int                  // attempts that failed and are made again
	log    *slog.Logger         // nil = nobody is told
}

// SetLog hands the engine a logger for what an operator must know: damage of the keys that was found while the engine
// works, and what became of it. Without one nothing is logged.
func (e *Engine) SetLog(log *slog.Logger) {
	e.rebuild.mu.Lock()
	defer e.rebuild.mu.Unlock()
	e.rebuild.log = log
}

// noteReadError is called with each error of reading a file of the keys. When the error is damage of that file, and the file is
// the present one, the keys are made anew in the background; the error then says so. Other errors pass.
func (e *Engine) noteReadError(h *dbfile.Handle, err error) error {
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Derived && !e.options.ReadOnly {
		return e.noteDamage(h, d)
	}
	return err
}

// noteDamage is hurt for damage that was found in a file of the keys.
func (e *Engine) noteDamage(h *dbfile.Handle, d *storage.DamageError) *storage.DamageError {
	if e.options.ReadOnly {
		return d
	}
	told := *d
	d = &told
	r := &e.rebuild
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Rebuild = storage.RebuildRunning; h.Replaced { // a new snapshot reads the file that was made since
		return d
	}
	if r.cause == nil {
		r.cause = d
		if r.done {
			r.giveUp(errors.New("they were made anew once since the start and are damaged again"))
		} else {
			r.logLine(slog.LevelError, "store: the derived keys are damaged and are being made anew from the feed; reads and commits that meet the damage are refused until then; look at the disk", "damage", d)
			e.wakeFlusher()
		}
	}
	if r.failed != nil {
		d.Rebuild = storage.RebuildFailed
	}
	return d
}

// giveUp notes that the keys are not made anew any more; mu is held.
func (r *rebuild) giveUp(why error) {
	d := *r.cause
	d.Rebuild = storage.RebuildFailed
	r.cause = &d
	r.failed = fmt.Errorf("%w; %w", r.cause, why)
	r.logLine(slog.LevelError, "store: the derived keys are damaged and can't be made anew while the service runs; what meets the damage is refused; look at the disk, then start the service again", "error", r.failed)
}

// logLine logs one line; mu is held.
func (r *rebuild) logLine(level slog.Level, text string, more ...any) {
	if r.log != nil {
		r.log.Log(context.Background(), level, text, more...)
	}
}

// health is why some of the keys can't be read; nil when no damage of them is known.
func (r *rebuild) health() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.failed != nil:
		return r.failed
	case r.cause != nil:
		return r.cause
	}
	return nil
}

// wanted reports whether the keys are to be made anew.
func (r *rebuild) wanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause != nil && r.failed == nil
}

// delay is how long the next attempt at a rebuild or a fold waits: usual, and after more than one rebuild that failed
// longer each time.
func (r *rebuild) delay(usual time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(usual, min(usual<<max(0, min(r.tries-1, 6)), maxRebuildWait))
}

// rebuildKeys makes damaged keys anew from the feed, under another name, and puts them in the place of the present
// ones. Snapshots that are open go on reading the file that they began with. Only folds call it, so that nothing is
// folded meanwhile and both files hold the same batches. It returns why another attempt is needed.
func (e *Engine) rebuildKeys() error {
	r := &e.rebuild
	if !r.wanted() {
		return nil
	}
	h, err := e.newKeys()
	if err == nil {
		e.replaceKeys(h)
		return nil
	}
	if errors.Is(err, errClosing) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, storage.ErrCorrupt) {
		r.giveUp(fmt.Errorf("making them anew failed: %w", err))
		return nil
	}
	if r.tries++; r.tries == 1 {
		r.logLine(slog.LevelError, "store: the derived keys could not be made anew yet; trying again", "error", err)
	}
	return fmt.Errorf("make the keys anew: %w", err)
}

// newKeys makes a file of keys with everything that is in the present one, and gives it that one's name.
func (e *Engine) newKeys() (h *dbfile.Handle, err error) {
	path := e.keys.place.Path
	name := path + dbfile.TempSuffix + "rebuilt"
	if err := dbfile.RemoveUnfinished(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			_ = os.Remove(name) // what is left goes at the next attempt, or at the next opening
			h = nil
		}
	}()
	if err := segment.Create(name, e.feed.ID()); err != nil {
		return nil, err
	}
	if h, err = e.openNewKeys(name); err != nil {
		return nil, err
	}
	for mark := storage.Revision(0); mark < e.keys.flushed; {
		t := memtable.New()
		last, err := e.readInto(t, mark, e.keys.flushed, 1)
		if err != nil {
			return h, err
		}
		if ops, _ := t.Size(); ops > 0 {
			if _, err := e.flushInto(t, h.Update); err != nil {
				return h, segment.DamagedBlocks(h, err)
			}
		}
		mark = last
		select {
		case <-e.stopping:
			return h, errClosing
		default:
		}
	}
	if _, err := h.Pages.Look(func(p *pages.File, at pages.Head) error {
		_, err := segment.Check(p, at)
		return err
	}); err != nil {
		return h, err
	}
	if err := os.Rename(name, path); err != nil {
		return h, err
	}
	h.Pages.Path = path
	return h, errors.Join(dbfile.SyncDir(filepath.Dir(path)), e.keys.place.Bind())
}

// replaceKeys lets new views read another file of the keys.
func (e *Engine) replaceKeys(h *dbfile.Handle) {
	k, r := &e.keys, &e.rebuild
	e.mu.Lock()
	r.mu.Lock()
	defer e.mu.Unlock()
	defer r.mu.Unlock()
	before := append(k.old, k.handle)
	for _, old := range before {
		old.Replaced = true
	}
	k.handle, k.old, k.replaced, k.doubt = h, nil, append(k.replaced, before...), false
	r.cause, r.done, r.tries = nil, true, 0
	r.logLine(slog.LevelWarn, "store: the derived keys have been made anew from the feed, and everything goes on; look at the disk", "revision", uint64(k.flushed))
}
