package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"wangge/storage"
)

// Told keeps what an engine said of each batch, while writes and syncs below it fail, and holds the engine to
// it: what was acknowledged is there at its revision, what was refused is nowhere, what is uncertain is there in
// full or not at all, and nothing is there twice. Each batch must put a value that no other batch puts, so that it is
// known in the feed. Told is safe for concurrent use.
type Told struct {
	mu      sync.Mutex
	batches []told
	shown   []storage.Committed // by Watch, from the first on
	seen    storage.Revision    // the highest that a snapshot had
}

type told struct {
	batch storage.Batch
	rev   storage.Revision
	err   error
}

// Commit commits a batch and notes what the engine says.
func (t *Told) Commit(ctx context.Context, e storage.Engine, b storage.Batch) (storage.Revision, error) {
	rev, err := e.Commit(ctx, b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches = append(t.batches, told{b, rev, err})
	return rev, err
}

// Shown notes what Watch yields from revision 0 on, and reports a gap.
func (t *Told) Shown(c storage.Committed) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.Revision != storage.Revision(len(t.shown)+1) {
		return fmt.Errorf("Watch yields revision %d after %d", c.Revision, len(t.shown))
	}
	t.shown = append(t.shown, c)
	return nil
}

// Seen notes the revision of a snapshot.
func (t *Told) Seen(rev storage.Revision) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = max(t.seen, rev)
}

// Counts returns how many batches were acknowledged, refused and uncertain.
func (t *Told) Counts() (acknowledged, refused, uncertain int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range t.batches {
		switch {
		case b.err == nil:
			acknowledged++
		case errors.Is(b.err, storage.ErrUncertain):
			uncertain++
		default:
			refused++
		}
	}
	return acknowledged, refused, uncertain
}

// surely reports whether an error says that nothing of a batch is written, now or later.
func surely(err error) bool {
	for _, is := range []error{
		storage.ErrConflict, storage.ErrTooLarge, storage.ErrClosed, storage.ErrFull, storage.ErrFailed, storage.ErrBusy,
	} {
		if errors.Is(err, is) {
			return !errors.Is(err, storage.ErrUncertain)
		}
	}
	return false
}

// Check compares an engine with all that was told of it. No commit may be under way.
func (t *Told) Check(ctx context.Context, e storage.Engine) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	snap, err := e.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	if snap.Revision() < t.seen {
		return fmt.Errorf("the store is at revision %d, a snapshot was at %d", snap.Revision(), t.seen)
	}
	var feed []storage.Committed
	if snap.Revision() > 0 {
		if feed, err = watch(ctx, e, 0, int(snap.Revision())); err != nil {
			return err
		}
	}
	where := map[string]storage.Revision{}
	for i, c := range feed {
		if c.Revision != storage.Revision(i+1) {
			return fmt.Errorf("the feed has revision %d after %d", c.Revision, i)
		}
		name := ops(c.Batch)
		if was := where[name]; was != 0 {
			return fmt.Errorf("revisions %d and %d are the same batch %.80q", was, c.Revision, name)
		}
		where[name] = c.Revision
	}
	for i, c := range t.shown {
		if i >= len(feed) || ops(c.Batch) != ops(feed[i].Batch) {
			return fmt.Errorf("revision %d was shown by Watch and is another one or gone", c.Revision)
		}
	}
	var faults []error
	for _, b := range t.batches {
		is := where[ops(b.batch)]
		switch {
		case b.err == nil && is != b.rev:
			faults = append(faults, fmt.Errorf("%.80q was acknowledged at revision %d and is at %d (0 is nowhere)", ops(b.batch), b.rev, is))
		case b.err != nil && surely(b.err) && is != 0:
			faults = append(faults, fmt.Errorf("%.80q was refused (%w) and is at revision %d", ops(b.batch), b.err, is))
		case b.err != nil && !surely(b.err) && !errors.Is(b.err, storage.ErrUncertain):
			faults = append(faults, fmt.Errorf("%.80q: the error %w does not say whether it was written", ops(b.batch), b.err))
		}
	}
	return errors.Join(append(faults, folds(snap, feed))...)
}

// ops is a batch as the feed has it.
func ops(b storage.Batch) string {
	var out bytes.Buffer
	for _, op := range b.Ops {
		fmt.Fprintf(&out, "%q=%q,%t ", op.Key, op.Value, op.Delete)
	}
	return out.String()
}

// folds compares a snapshot with what its feed comes to.
func folds(snap storage.Snapshot, feed []storage.Committed) error {
	want := map[string]storage.Item{}
	for _, c := range feed {
		for _, op := range c.Batch.Ops {
			if delete(want, string(op.Key)); !op.Delete {
				want[string(op.Key)] = storage.Item{Value: op.Value, Revision: c.Revision}
			}
		}
	}
	n := 0
	for it, err := range snap.Scan(storage.Range{}) {
		if err != nil {
			return err
		}
		if w, ok := want[string(it.Key)]; !ok || w.Revision != it.Revision || !bytes.Equal(w.Value, it.Value) {
			return fmt.Errorf("key %q is at revision %d, by the feed at %d", it.Key, it.Revision, w.Revision)
		}
		n++
	}
	if n != len(want) {
		return fmt.Errorf("a scan finds %d keys, the feed comes to %d", n, len(want))
	}
	return nil
}
