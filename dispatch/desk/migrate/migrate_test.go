package migrate_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/migrate"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
	"wangge/storage/mem"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	e := mem.Open()
	store := desktest.Store(e, desktest.NewClock())
	if err := migrate.CheckCityOf(t.Context(), e, "TWN"); err != nil {
		t.Errorf("a store of nobody = %v", err)
	}
	for range 2 {
		if err := migrate.Claim(t.Context(), store, "TWN"); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{migrate.Claim(t.Context(), store, "BOS"), migrate.CheckCityOf(t.Context(), e, "BOS")} {
		if err == nil || !strings.Contains(err.Error(), "TWN, not of BOS") {
			t.Errorf("another city = %v, want that it is refused by name", err)
		}
	}
	if err := migrate.CheckCityOf(t.Context(), e, "TWN"); err != nil {
		t.Errorf("its own city = %v", err)
	}
}

// watched is an engine that counts the snapshots that are open when a commit comes.
type watched struct {
	storage.Engine
	open, nested atomic.Int64
	before       func() // each commit
}

func (w *watched) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := w.Engine.Snapshot(ctx)
	w.open.Add(1)
	return watchedSnapshot{snap, w}, err
}

func (w *watched) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	w.nested.Add(w.open.Load())
	w.before()
	return w.Engine.Commit(ctx, b)
}

type watchedSnapshot struct {
	storage.Snapshot
	of *watched
}

func (s watchedSnapshot) Close() error {
	s.of.open.Add(-1)
	return s.Snapshot.Close()
}

// old returns a store of layout 1: some open cases, of which one has no timer, with the entries that layout 1 kept.
func old(t *testing.T, c *city.City, cases int) *mem.Engine {
	t.Helper()
	e := mem.Open()
	store := desktest.Store(e, desktest.NewClock())
	for i := range cases {
		id := desktest.First + dispatch.CaseID(i)
		desktest.File(t, store, c, id, desktest.Report(fmt.Sprint("r-", i)))
		cs := desktest.Act(t, store, c, desktest.Owner, id, dispatch.Command{Act: dispatch.ActStart})
		var ops []storage.Op
		for _, u := range ledger.Postings(c, cs) {
			ops = append(ops, storage.Op{Key: ledger.OldOpenKey(u, cs.Clock.Due, id)})
		}
		if _, err := e.Commit(t.Context(), storage.Batch{Ops: ops}); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// An upgrade commits under no snapshot, goes on after a lost race, and leaves a store that is whole.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	c := desktest.Compile(t, desktest.Directory())
	const cases = 2000 // more than one commit holds
	e := old(t, c, cases)
	if layout, err := ledger.LayoutOf(t.Context(), e); err != nil || layout != 1 {
		t.Fatalf("LayoutOf = %d, %v; want 1", layout, err)
	}
	commits, other := 0, desktest.Store(e, desktest.NewClock())
	w := &watched{Engine: e}
	w.before = func() {
		if commits++; commits == 1 { // somebody acts on a case of the first portion
			desktest.Act(t, other, c, desktest.Chief, desktest.First, dispatch.Command{Act: dispatch.ActComment, Note: "seen"})
		}
	}
	store := desktest.Store(w, desktest.NewClock())
	if err := migrate.Upgrade(t.Context(), store, c, 1); err != nil {
		t.Fatal(err)
	}
	if n := w.nested.Load(); n != 0 {
		t.Errorf("%d snapshots were open when the upgrade committed, want none", n)
	}
	if commits < 4 {
		t.Errorf("%d commits, want two portions, one of them twice, and the layout", commits)
	}
	if layout, err := ledger.LayoutOf(t.Context(), e); err != nil || layout != ledger.Layout {
		t.Errorf("LayoutOf = %d, %v; want %d", layout, err, ledger.Layout)
	}
	if r, err := fsck.Check(t.Context(), e, c, fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != cases {
		t.Errorf("Check = %d cases, %v, %v; want whole, without entries of layout 1", r.Cases, r.ByKind, err)
	}
	before := commits
	if err := migrate.Upgrade(t.Context(), store, c, ledger.Layout); err != nil || commits != before {
		t.Errorf("an upgrade of the present layout = %v, and commits", err)
	}
}

// A case that is acted on all the time ends an upgrade with an error that says so, and the upgrade may be run again.
func TestUpgrade_IsBounded(t *testing.T) {
	t.Parallel()
	c := desktest.Compile(t, desktest.Directory())
	e := old(t, c, 1)
	other := desktest.Store(e, desktest.NewClock())
	w := &watched{Engine: e}
	w.before = func() {
		desktest.Act(t, other, c, desktest.Chief, desktest.First, dispatch.Command{Act: dispatch.ActComment, Note: "again"})
	}
	err := migrate.Upgrade(t.Context(), desktest.Store(w, desktest.NewClock()), c, 1)
	if !tx.IsConflict(err) || !strings.Contains(err.Error(), "upgrade: cases are being worked on") {
		t.Errorf("Upgrade = %v, want a conflict that says what to do", err)
	}
	w.before = func() {}
	if err := migrate.Upgrade(t.Context(), desktest.Store(w, desktest.NewClock()), c, 1); err != nil {
		t.Errorf("the second Upgrade = %v", err)
	}
}

// A store of layout 4 kept no timer for a closed case with an open appeal: after the upgrade the case has one, and is found.
func TestUpgrade_OpenAppealsAreFound(t *testing.T) {
	t.Parallel()
	c := desktest.Compile(t, desktest.Directory())
	e, clock := mem.Open(), desktest.NewClock()
	store := desktest.Store(e, clock)
	r := desktest.Report("r-1")
	desktest.File(t, store, c, desktest.First, r)
	act := func(who roster.PersonID, cmd dispatch.Command) *dispatch.Case {
		return desktest.Act(t, store, c, who, desktest.First, cmd)
	}
	act(desktest.Owner, dispatch.Command{Act: dispatch.ActStart})
	clock.Add(30 * 24 * time.Hour)
	act(desktest.Owner, dispatch.Command{Act: dispatch.ActResolve, Photos: []string{"after"}})
	act(desktest.Inspector, dispatch.Command{Act: dispatch.ActCheck, Passed: true, Position: &r.Position})
	act("acceptor", dispatch.Command{Act: dispatch.ActClose, Closing: "done", Outcome: dispatch.OutcomeFixed})
	cs := act(desktest.Owner, dispatch.Command{Act: dispatch.ActAppeal, Note: "it rained"})
	timer := ledger.TimerKey(cs.NextAt, cs.ID)
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{
		{Key: timer, Delete: true}, {Key: ledger.LayoutKey, Value: []byte{ledger.Layout}},
	}}); err != nil {
		t.Fatal(err)
	}
	if r, err := fsck.Check(t.Context(), e, c, fsck.CheckOptions{}); err != nil || r.ByKind[fsck.TimerMissing] != 1 {
		t.Fatalf("Check before = %v, %v; want one timer missing", r.ByKind, err)
	}
	if err := migrate.Upgrade(t.Context(), store, c, 4); err != nil {
		t.Fatal(err)
	}
	if r, err := fsck.Check(t.Context(), e, c, fsck.CheckOptions{}); err != nil || !r.Whole() {
		t.Errorf("Check after = %v, %v; want whole", r.ByKind, err)
	}
}

// A store of layout 5 holds nothing that is to change: the upgrade writes the mark alone. A program that knows an older layout
// refuses the store from then on.
func TestUpgrade_FromLayout5IsTheMark(t *testing.T) {
	t.Parallel()
	c := desktest.Compile(t, desktest.Directory())
	e := mem.Open()
	clock := desktest.NewClock()
	store := desktest.Store(e, clock)
	desktest.File(t, store, c, desktest.First, desktest.Report("r-1"))
	desktest.Act(t, store, c, desktest.Owner, desktest.First, dispatch.Command{Act: dispatch.ActStart})
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.LayoutKey, Value: []byte{5}}}}); err != nil {
		t.Fatal(err)
	}
	commits := 0
	w := &watched{Engine: e, before: func() { commits++ }}
	if err := migrate.Upgrade(t.Context(), desktest.Store(w, clock), c, 5); err != nil || commits != 1 {
		t.Errorf("Upgrade = %v in %d commits, want the mark alone", err, commits)
	}
	if layout, err := ledger.LayoutOf(t.Context(), e); err != nil || layout != 6 {
		t.Errorf("LayoutOf = %d, %v; want 6", layout, err)
	}
	if r, err := fsck.Check(t.Context(), e, c, fsck.CheckOptions{}); err != nil || !r.Whole() || r.Cases != 1 {
		t.Errorf("Check = %d cases, %v, %v; want one, whole", r.Cases, r.ByKind, err)
	}
	next := []byte{ledger.Layout + 1}
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: []storage.Op{{Key: ledger.LayoutKey, Value: next}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.LayoutOf(t.Context(), e); err == nil || !strings.Contains(err.Error(), "the store has layout [7], this program knows 6") {
		t.Errorf("a store of a later layout: %v, want it refused", err)
	}
}
