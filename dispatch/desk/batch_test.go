package desk_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/storage"
	"wangge/storage/mem"
)

// cutShort is a store that loses the race of one commit and cannot be read from then on.
type cutShort struct {
	storage.Engine
	armed, broken atomic.Bool
}

var errUnreadable = errors.New("can't be read")

func (c *cutShort) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if c.armed.CompareAndSwap(true, false) {
		c.broken.Store(true)
		return 0, &storage.ConflictError{Key: b.Guards[len(b.Guards)-1].Key}
	}
	return c.Engine.Commit(ctx, b)
}

func (c *cutShort) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := c.Engine.Snapshot(ctx)
	return unreadable{snap, c}, err
}

type unreadable struct {
	storage.Snapshot
	store *cutShort
}

func (u unreadable) Get(key []byte) (storage.Item, error) {
	if u.store.broken.Load() {
		return storage.Item{}, errUnreadable
	}
	return u.Snapshot.Get(key)
}

// A batch whose commit lost the race, and whose next try cannot read the store, acknowledges no report: what the first try
// decided was never written.
func TestFileBatch_NothingOfALostTryIsAcknowledged(t *testing.T) {
	store := &cutShort{Engine: mem.Open()}
	c := small(t, twoSteps)
	clock := &fakeClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	store.armed.Store(true)
	for i, r := range d.FileBatch(t.Context(), "b-leader", []dispatch.Report{bicycle("one"), bicycle("two")}) {
		if !errors.Is(r.Err, errUnreadable) || r.Case != nil || r.Created {
			t.Errorf("report %d = %+v, want that the store can't be read", i, r)
		}
	}
	store.broken.Store(false)
	for _, id := range []string{"one", "two"} {
		if cs, created, err := d.File(t.Context(), "b-leader", bicycle(id)); err != nil || !created {
			t.Errorf("%s again = %v, %v, %v; want it filed for the first time", id, cs, created, err)
		}
	}
}
