package desk_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
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
	if _, err := d.Apply(t.Context(), keeper, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
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

// A list by deadline that is read over another revision of the city shows each case once: a case whose deadline moved
// before or with the revision keeps the position it had on the first page.
func TestRebuild_ListGoesOn(t *testing.T) {
	t.Parallel()
	store, clock := mem.Open(), desktest.NewClock()
	d := toy(t, store, clock)
	var want []dispatch.CaseID
	for _, id := range []string{"first", "second", "third"} {
		cs, _, err := d.File(t.Context(), desktest.Inspector, desktest.Report(id))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, cs.ID)
		clock.Add(time.Minute)
	}
	clock.Add(3*time.Hour + 50*time.Minute)
	q := view.Query{Scope: root(d), Open: true, PageSize: 1}
	var got []dispatch.CaseID
	for page := range 4 {
		p, err := d.List(t.Context(), desktest.Chief, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range p.Cases {
			got = append(got, cs.ID)
		}
		if q.Token = p.Next; p.Next == "" {
			break
		}
		if page > 0 {
			continue
		}
		// The first case comes last from now on.
		back := dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine, Note: "no"}
		if _, err := d.Act(t.Context(), desktest.Owner, want[0], 0, "", back); err != nil {
			t.Fatal(err)
		}
		was := desktest.Directory()
		water := rollout.Proposal{Directory: desktest.ToWater(was), Against: was.Revision(), Policy: revision.Keep}
		if _, err := d.Apply(t.Context(), desktest.Chief, water); err != nil {
			t.Fatal(err)
		}
		now, err := d.List(t.Context(), desktest.Chief, view.Query{Scope: root(d), Open: true, PageSize: 3})
		if err != nil || len(now.Cases) != 3 || now.Cases[2].ID != want[0] {
			t.Fatalf("a list that begins now = %v, %v; want the returned case last", now.Cases, err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages show %v, want %v", got, want)
	}
}
