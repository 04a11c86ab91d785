package desk_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/view"
	"wangge/storage/bolt"
	"wangge/storage/mem"

	"github.com/google/go-cmp/cmp"
)

// testdata/layout1.db.gz was written by the first layout of keys, in the first format of the
// engine: 39 records of Boston, some of them open. layout2.db.gz is the same upgraded to the second
// layout, with three reports filed in it, of which two were acted on.
func TestUpgrade_OlderLayouts(t *testing.T) {
	t.Parallel()
	for file, cases := range map[string]int{"layout1.db.gz": 39, "layout2.db.gz": 42} {
		t.Run(file, func(t *testing.T) { opensOlder(t, filepath.Join("testdata", file), cases) })
	}
}

func opensOlder(t *testing.T, file string, cases int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "old.db")
	unpack(t, file, path)
	c := citytest.Boston(t)
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	post, _ := c.Roster.Post(root, roster.Leader)
	clock := &fakeClock{now: time.Date(2012, 1, 1, 9, 0, 0, 0, c.Location)}
	leader, _ := c.Roster.OnDuty(post, clock.now)
	for range 2 { // the second time it is upgraded already
		store, err := bolt.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		d, err := desk.Open(t.Context(), desk.Config{Store: free(t, store), City: c, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		if r := checked(t, d, fsck.CheckOptions{}); !r.Whole() {
			t.Errorf("%d things are wrong after the upgrade, first %+v", r.Found, r.Findings[0])
		}
		all, err := d.List(t.Context(), leader, view.Query{Scope: root, PageSize: 200})
		if err != nil || len(all.Cases) != cases {
			t.Fatalf("%d cases, %v; want %d", len(all.Cases), err, cases)
		}
		want, byUnit := 0, 0
		for _, cs := range all.Cases {
			if cs.Open() {
				want++
			}
			events, err := d.Events(t.Context(), leader, cs.ID, 1, 0)
			if err != nil || uint64(len(events)) != cs.Seq-1 {
				t.Errorf("case %s: %d events after the first, %v; want %d", cs.ID, len(events), err, cs.Seq-1)
			}
		}
		open, err := d.List(t.Context(), leader, view.Query{Scope: root, Open: true, PageSize: 200})
		if err != nil || len(open.Cases) != want || want == 0 {
			t.Errorf("%d open cases, %v; want %d, not 0", len(open.Cases), err, want)
		}
		for dep := range c.Departments {
			page, err := d.List(t.Context(), leader, view.Query{Scope: roster.Unit{Kind: roster.UnitDepartment, ID: dep}, PageSize: 200})
			if err != nil {
				t.Fatal(err)
			}
			byUnit += len(page.Cases)
		}
		if byUnit < cases {
			t.Errorf("%d cases in all departments, want at least %d", byUnit, cases)
		}
		if res, err := d.ImportBatch(t.Context(), []desk.ImportRecord{{Report: all.Cases[0].Report}}); err != nil || res[0].Err != nil || res[0].Created || res[0].Case.ID != all.Cases[0].ID {
			t.Errorf("the first record again: %+v, %v; want its case, known by the first version's hash", res, err)
		}
		if n, _, err := d.FireDue(t.Context(), clock.now); err != nil {
			t.Errorf("FireDue = %d, %v", n, err)
		}
		if r, err := d.Check(t.Context(), fsck.CheckOptions{}); err != nil || r.Found != 0 || r.Cases != cases {
			t.Errorf("Check = %+v, %v; want %d cases and nothing found", r, err, cases)
		}
		d.Close()
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A new case is stored as its events alone; the first act puts them beside it, unchanged.
func TestEvents_OutliveTheFirstAct(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	d, clock := openOn(t, store)
	defer d.Close()
	cs, _, err := d.File(t.Context(), chief, report(tree, "r-1"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(entries(t, store, "e/")); n != 0 {
		t.Errorf("%d entries of events beside a new case, want none", n)
	}
	before, err := d.Events(t.Context(), chief, cs.ID, 0, 0)
	if err != nil || uint64(len(before)) != cs.Seq {
		t.Fatalf("%d events, %v; want %d", len(before), err, cs.Seq)
	}
	if _, err := d.Act(t.Context(), onDuty(t, d, cs, clock.Now()), cs.ID, cs.Seq, "a-1", dispatch.Command{Act: dispatch.ActStart}); err != nil {
		t.Fatal(err)
	}
	after, err := d.Events(t.Context(), chief, cs.ID, 0, 0)
	if err != nil || len(after) != len(before)+1 || cmp.Diff(before, after[:len(before)]) != "" {
		t.Errorf("after the act: %v, %s; want the same events and one more", err, cmp.Diff(before, after))
	}
	if n := len(entries(t, store, "e/")); n != 2 {
		t.Errorf("%d entries of events, want one of each act", n)
	}
}

// A store belongs to the city that opened it first.
func TestOpen_AnotherCity(t *testing.T) {
	t.Parallel()
	store := mem.Open()
	defer store.Close()
	openOn(t, store)
	c := small(t, twoSteps)
	if _, err := desk.Open(t.Context(), desk.Config{Store: store, City: c}); err == nil || !strings.Contains(err.Error(), "city TOY, not of") {
		t.Errorf("Open with Boston over the toy city's store = %v, want it refused", err)
	}
}
