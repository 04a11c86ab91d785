package desk_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/desk/view"
	"wangge/storage"
	"wangge/storage/mem"
)

// stuck is an engine that hands out one city directory only when it is told to: reading and compiling that city lasts.
type stuck struct {
	storage.Engine
	base    string
	reached chan struct{}
	release chan struct{}
}

func (s stuck) Snapshot(ctx context.Context) (storage.Snapshot, error) {
	snap, err := s.Engine.Snapshot(ctx)
	return stuckSnapshot{snap, s}, err
}

type stuckSnapshot struct {
	storage.Snapshot
	of stuck
}

func (s stuckSnapshot) Get(key []byte) (storage.Item, error) {
	if bytes.Equal(key, ledger.DirectoryKey(s.of.base)) {
		s.of.reached <- struct{}{}
		<-s.of.release
	}
	return s.Snapshot.Get(key)
}

// toy opens a desk over the toy city.
func toy(t *testing.T, store storage.Engine, clock *desktest.Clock) *desk.Desk {
	t.Helper()
	dir := desktest.Directory()
	d, err := desk.Open(t.Context(), desk.Config{Store: free(t, store), City: desktest.Compile(t, dir), Directory: dir, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// While a desk compiles a revision whose instant has come, everything goes on under the city that decides.
func TestCompile_ActsGoOn(t *testing.T) {
	t.Parallel()
	store, clock := mem.Open(), desktest.NewClock()
	was := desktest.Directory()
	is := desktest.ToWater(was)
	first := toy(t, store, clock)
	slow := stuck{store, is.Revision(), make(chan struct{}, 100), make(chan struct{})}
	second := toy(t, slow, clock)
	old, _, err := second.File(t.Context(), desktest.Inspector, desktest.Report("old"))
	if err != nil {
		t.Fatal(err)
	}
	proposal := rollout.Proposal{Directory: is, Against: was.Revision(), From: clock.Now().Add(time.Hour), Policy: revision.Reroute}
	if _, err := first.Apply(t.Context(), desktest.Chief, proposal); err != nil {
		t.Fatal(err)
	}
	clock.Add(2 * time.Hour)
	done := make(chan error, 1)
	go func() {
		_, err := second.AdvanceRollout(t.Context(), clock.Now())
		done <- err
	}()
	<-slow.reached
	cs, err := second.Act(t.Context(), desktest.Owner, old.ID, 0, "", dispatch.Command{Act: dispatch.ActStart})
	if err != nil || cs.CityRevision != was.Revision() {
		t.Errorf("Act while another city compiles = %v, by %v; want %s", err, cs, was.Revision())
	}
	cs, _, err = second.File(t.Context(), desktest.Inspector, desktest.Report("new"))
	if err != nil || cs.CityRevision != was.Revision() {
		t.Errorf("File while another city compiles = %v, by %v; want %s", err, cs, was.Revision())
	}
	if _, _, err := second.FireDue(t.Context(), clock.Now()); err != nil {
		t.Errorf("FireDue while another city compiles = %v", err)
	}
	if page, err := second.List(t.Context(), desktest.Chief, view.Query{Scope: root(second), Open: true}); err != nil || len(page.Cases) != 2 {
		t.Errorf("List while another city compiles = %d cases, %v; want 2", len(page.Cases), err)
	}
	close(slow.release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	cs, _, err = second.File(t.Context(), desktest.Inspector, desktest.Report("newer"))
	if err != nil || cs.CityRevision != is.Revision() {
		t.Errorf("File afterwards = %v, by %v; want %s", err, cs, is.Revision())
	}
}

// A desk that has yet to compile the city that decides holds nobody longer than they want to wait, and reads go on.
func TestCompile_WaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	store, clock := mem.Open(), desktest.NewClock()
	was := desktest.Directory()
	is := desktest.ToWater(was)
	first := toy(t, store, clock)
	slow := stuck{store, is.Revision(), make(chan struct{}, 100), make(chan struct{})}
	second := toy(t, slow, clock)
	old, _, err := second.File(t.Context(), desktest.Inspector, desktest.Report("old"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Apply(t.Context(), desktest.Chief, rollout.Proposal{Directory: is, Against: was.Revision(), Policy: revision.Keep}); err != nil {
		t.Fatal(err)
	}
	<-slow.reached // the second desk's own feed, or the act below
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if _, _, err := second.File(ctx, desktest.Inspector, desktest.Report("new")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("File whose caller gave up = %v, want its deadline", err)
	}
	if cs, err := second.Case(t.Context(), desktest.Chief, old.ID); err != nil || cs.ID != old.ID {
		t.Errorf("Case meanwhile = %v", err)
	}
	close(slow.release)
	cs, _, err := second.File(t.Context(), desktest.Inspector, desktest.Report("new"))
	if err != nil || cs.CityRevision != is.Revision() {
		t.Errorf("File afterwards = %v, by %v; want %s", err, cs, is.Revision())
	}
}

func root(d *desk.Desk) roster.Unit {
	return roster.Unit{Kind: roster.UnitArea, ID: string(d.City().Root)}
}
