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

// maxRebuildWait bounds the wait before the next attempt at a rebuild that failed. The wait doubles from retryInterval on.
const maxRebuildWait = time.Minute

// rebuild is what a running engine knows of damage of its keys file. flushLoop rebuilds the file once while the engine is open:
// a rebuilt file that is damaged again points to a failing disk or memory.
type rebuild struct {
	mu     sync.Mutex
	cause  *storage.DamageError // damage of the current file, or nil
	done   bool                 // the current file is a rebuilt one
	failed error                // why the current file will not be rebuilt, or nil
	tries  int                  // failed attempts that will be repeated
	log    *slog.Logger         // nil = nothing is logged
}

// SetLog sets the logger that tells an operator about damage of the keys file and the outcome of its rebuild. Without one nothing
// is logged.
func (e *Engine) SetLog(log *slog.Logger) {
	e.rebuild.mu.Lock()
	defer e.rebuild.mu.Unlock()
	e.rebuild.log = log
}

// noteReadError is called with each error of reading the keys file. If the error is damage of the current file, it starts a
// rebuild and returns the damage with the state of the rebuild. Other errors are unchanged.
func (e *Engine) noteReadError(h *dbfile.Handle, err error) error {
	if d, ok := errors.AsType[*storage.DamageError](err); ok && d.Derived && !e.options.ReadOnly {
		return e.noteDamage(h, d)
	}
	return err
}

// noteDamage is noteReadError for damage.
func (e *Engine) noteDamage(h *dbfile.Handle, d *storage.DamageError) *storage.DamageError {
	if e.options.ReadOnly {
		return d
	}
	told := *d
	d = &told
	r := &e.rebuild
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Rebuild = storage.RebuildRunning; h.Replaced { // new snapshots read the rebuilt file
		return d
	}
	if r.cause == nil {
		r.cause = d
		if r.done {
			r.giveUp(errors.New("they were made anew once since the start and are damaged again"))
		} else {
			r.logLine(slog.LevelError, "store: the derived keys are damaged and are being made anew from the feed; "+
				"reads and commits that meet the damage are refused until then; look at the disk", "damage", d)
			e.wakeFlusher()
		}
	}
	if r.failed != nil {
		d.Rebuild = storage.RebuildFailed
	}
	return d
}

// giveUp records that the keys file will not be rebuilt any more. The caller holds mu.
func (r *rebuild) giveUp(why error) {
	d := *r.cause
	d.Rebuild = storage.RebuildFailed
	r.cause = &d
	r.failed = fmt.Errorf("%w; %w", r.cause, why)
	r.logLine(slog.LevelError, "store: the derived keys are damaged and can't be made anew while the service runs; "+
		"what meets the damage is refused; look at the disk, then start the service again", "error", r.failed)
}

// logLine logs one line. The caller holds mu.
func (r *rebuild) logLine(level slog.Level, text string, more ...any) {
	if r.log != nil {
		r.log.Log(context.Background(), level, text, more...)
	}
}

// health returns why some keys cannot be read, or nil.
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

// wanted reports whether the keys file is to be rebuilt.
func (r *rebuild) wanted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause != nil && r.failed == nil
}

// delay returns the wait before the next attempt at a flush or a rebuild: usual, doubled with each failed rebuild after the
// first.
func (r *rebuild) delay(usual time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(usual, min(usual<<max(0, min(r.tries-1, 6)), maxRebuildWait))
}

// rebuildKeys rebuilds a damaged keys file from the WAL under another name and replaces it. Open snapshots keep the old file. Only
// flushLoop calls it, so nothing is flushed meanwhile and both files hold the same batches. An error means that another attempt
// is needed.
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

// newKeys makes a keys file with everything that the current one holds, and renames it into its place.
func (e *Engine) newKeys() (h *dbfile.Handle, err error) {
	path := e.keys.place.Path
	name := path + dbfile.TempSuffix + "rebuilt"
	if err := dbfile.RemoveUnfinished(path); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
			_ = os.Remove(name) // if this fails the next attempt, or the next Open, removes it
			h = nil
		}
	}()
	if err := segment.Create(name, e.wal.ID()); err != nil {
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

// replaceKeys makes new views use another keys file.
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
	r.logLine(slog.LevelWarn, "store: the derived keys have been made anew from the feed, and everything goes on; look at the disk",
		"revision", uint64(k.flushed))
}
