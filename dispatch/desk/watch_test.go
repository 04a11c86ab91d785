package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/view"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// watched collects moments until enough cases have been seen, or ctx ends.
func watched(ctx context.Context, d *desk.Desk, scope roster.Unit, after *storage.Revision, changes int) (got []view.ChangeSet, err error) {
	for m, failed := range d.Watch(ctx, chief, scope, view.NoQueue, after, time.Minute) {
		if failed != nil {
			return got, failed
		}
		got = append(got, m)
		if changes -= len(m.Changes); changes <= 0 {
			return got, nil
		}
	}
	return got, ctx.Err()
}

// wardW is the ward of the toy city in which the watched cases lie.
var wardW = roster.Unit{Kind: roster.UnitArea, ID: "W"}

// seen flattens moments into "case@seq", and checks that revisions rise.
func seen(t *testing.T, moments []view.ChangeSet) (out []string) {
	t.Helper()
	var last storage.Revision
	for _, m := range moments {
		if m.Revision < last || m.Revision == last && len(m.Changes) > 0 {
			t.Errorf("revision %d after %d", m.Revision, last)
		}
		last = m.Revision
		for _, c := range m.Changes {
			text := fmt.Sprintf("%s@%d", c.Case.ID, c.Case.Seq)
			if c.Left {
				text += " left"
			}
			out = append(out, text)
		}
	}
	return out
}

func TestWatch_EachChangeOnceAndResumes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	store, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	d, clock := openOn(t, store)
	var want []string
	note := func(cs *dispatch.Case, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, fmt.Sprintf("%s@%d", cs.ID, cs.Seq))
	}
	for i := range 5 {
		cs, _, err := d.File(t.Context(), chief, report(tree, fmt.Sprint("r-", i)))
		note(cs, err)
		note(d.Act(t.Context(), onDuty(t, d, cs, clock.Now()), cs.ID, 0, "", dispatch.Command{Act: dispatch.ActStart}))
	}
	scope := wardW
	all, err := watched(t.Context(), d, scope, new(storage.Revision), len(want))
	if err != nil || !slices.Equal(seen(t, all), want) {
		t.Fatalf("from the beginning: %v, %v; want %v", seen(t, all), err, want)
	}
	at := all[4].Revision // cut in the middle, and restarted
	skipped := len(seen(t, all[:5]))
	d.Close()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if store, err = bolt.Open(path); err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d, _ = openOn(t, store)
	defer d.Close()
	rest, err := watched(t.Context(), d, scope, &at, len(want)-skipped)
	if err != nil || !slices.Equal(seen(t, rest), want[skipped:]) {
		t.Errorf("resumed after %d: %v, %v; want %v", at, seen(t, rest), err, want[skipped:])
	}
	ahead := storage.Revision(1 << 40)
	if _, err := watched(t.Context(), d, scope, &ahead, 1); !errors.Is(err, view.ErrAhead) {
		t.Errorf("a revision of another store: %v, want ErrAhead", err)
	}
	for _, err := range d.Watch(t.Context(), citytest.LeaderE, scope, view.NoQueue, nil, time.Minute) {
		if !errors.Is(err, ledger.ErrNoCase) {
			t.Errorf("another district's leader: %v, want ErrNoCase", err)
		}
	}
}

// A unit that a case is taken from is told that it left.
func TestWatch_CaseThatLeft(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	cs, _, err := d.File(t.Context(), chief, report(citytest.WaterCover, "r-1"))
	if err != nil {
		t.Fatal(err)
	}
	lost := cs.Owner.Unit
	if _, err = d.Act(t.Context(), onDuty(t, d, cs, clock.Now()), cs.ID, 0, "", dispatch.Command{Act: dispatch.ActReturn, Reason: dispatch.NotMyLine}); err != nil {
		t.Fatal(err)
	}
	got, err := watched(t.Context(), d, lost, new(storage.Revision), 2)
	if err != nil || len(seen(t, got)) != 2 || seen(t, got)[1] != fmt.Sprintf("%s@4 left", cs.ID) {
		t.Errorf("%s sees %v, %v; want the case come and left", lost, seen(t, got), err)
	}
}

// Live watchers see what comes, in order, and a bookmark when nothing does; one that reads slowly
// misses nothing.
func TestWatch_Bookmarks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.Open()
		defer store.Close()
		c := town(t)
		<-time.After(time.Until(time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)))
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var moments []view.ChangeSet
		so := func() []view.ChangeSet {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(moments)
		}
		ended := make(chan error, 1)
		go func() {
			for m, err := range d.Watch(ctx, chief, wardW, view.NoQueue, nil, 30*time.Second) {
				if err != nil {
					ended <- err
					return
				}
				mu.Lock()
				moments = append(moments, m)
				mu.Unlock()
			}
			ended <- nil
		}()
		if got := so(); len(got) != 1 || got[0].Changes != nil {
			t.Fatalf("at the start %v, want one bookmark", got)
		}
		for i := range 3 {
			if _, _, err := d.File(ctx, citytest.InspectorW1A, report(tree, fmt.Sprint("r-", i))); err != nil {
				t.Fatal(err)
			}
		}
		elsewhere := report(tree, "elsewhere")
		elsewhere.Position = position(citytest.InE1B)
		if _, _, err := d.File(ctx, chief, elsewhere); err != nil {
			t.Fatal(err)
		}
		before := so()
		if got := seen(t, before); len(got) != 3 {
			t.Errorf("saw %v, want the three cases of the district", got)
		}
		<-time.After(31 * time.Second)
		after := so()
		snap, err := store.Snapshot(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer snap.Close()
		if n := len(before); len(after) != n+1 || after[n].Changes != nil || after[n].Revision != snap.Revision() {
			t.Errorf("after half a minute %v, want a bookmark at %d", after[n:], snap.Revision())
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Watch ended with %v", err)
		}
	})
}

func TestWatchOverview_ChangesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mem.Open()
		defer store.Close()
		c := town(t)
		<-time.After(time.Until(time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location)))
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		cs, _, err := d.File(t.Context(), chief, report(citytest.Flooding, "r-1"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Until(cs.Clock.Due)+2*time.Second)
		defer cancel()
		var told []view.Overview
		for o, err := range d.WatchOverview(ctx, chief, wardW, time.Second, 30*time.Minute) {
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, o)
		}
		figures := 0
		for _, o := range told {
			if o.Rows != nil {
				figures++
			}
		}
		last := told[len(told)-1]
		if figures != 2 || last.Rows == nil || last.Rows[0].Overdue != 1 || len(told) < 5 {
			t.Errorf("%d messages, %d with figures, the last %+v; want the first, bookmarks, and the one when the case became overdue", len(told), figures, last)
		}
	})
}

// One who falls far behind reads on from the store, and is told.
func TestWatch_BehindReadsTheStore(t *testing.T) {
	t.Parallel()
	d, clock := open(t)
	var recs []desk.ImportRecord
	for i := range 20_000 {
		r := report(tree, fmt.Sprint("r-", i))
		r.ReceivedAt = clock.Now().Add(-time.Hour)
		recs = append(recs, desk.ImportRecord{Report: r, ClosedAt: clock.Now(), Outcome: dispatch.OutcomeFixed})
	}
	if _, err := d.ImportBatch(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.File(t.Context(), chief, report(tree, "last")); err != nil {
		t.Fatal(err)
	}
	got, err := watched(t.Context(), d, wardW, new(storage.Revision), 20_001)
	if err != nil || len(seen(t, got)) != 20_001 || !slices.ContainsFunc(got, func(m view.ChangeSet) bool { return m.Behind }) {
		t.Errorf("%d changes, %v; want all 20,001, and to be told of being behind", len(seen(t, got)), err)
	}
}
