package desk_test

import (
	"context"
	"sync/atomic"
	"testing"

	"wangge/dispatch/desk"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/storage"
	"wangge/storage/mem"
)

// rebuilding is a store whose next reads meet keys that are being made anew.
type rebuilding struct {
	storage.Engine
	left atomic.Int64
}

func (r *rebuilding) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	if r.left.Add(-1) >= 0 {
		return nil, &storage.DamageError{Kind: storage.BlockDamaged, Path: "keys", Offset: -1, Derived: true, Rebuild: storage.RebuildRunning}
	}
	return r.Engine.Snapshot(ctx)
}

// A desk that is to show the cases of a new city while the store makes its keys anew waits, and shows them when the
// store reads again. It neither stops following nor takes the city for one that can't be read.
func TestView_WaitsForKeysThatAreRebuilt(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	d, _ := kept(t, store)
	was := directory(t)
	is := toRoads(t, was)
	filed(t, d, "old")
	hurt := &rebuilding{Engine: store}
	second, err := desk.Open(t.Context(), desk.Config{Store: hurt, City: town(t)}) // its clock is the machine's
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	hurt.left.Store(2)
	if _, err := d.Apply(t.Context(), chief, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	filed(t, d, "new")
	snap, err := store.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	if err := second.WaitFor(t.Context(), snap.Revision()); err != nil {
		t.Fatalf("the board does not get there: %v", err)
	}
	if got := second.City().Base(); got != is.Revision() || hurt.left.Load() > 0 {
		t.Errorf("city %s decides, want %s; %d reads were to fail", got, is.Revision(), hurt.left.Load())
	}
}
