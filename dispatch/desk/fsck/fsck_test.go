package fsck_test

import (
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/storage"
	"wangge/storage/mem"
)

// filled returns a store with one new case and one that was acted on.
func filled(t *testing.T) (*mem.Engine, *city.City) {
	t.Helper()
	e, c := mem.Open(), desktest.Compile(t, desktest.Directory())
	store := desktest.Store(e, desktest.NewClock())
	put(t, e, storage.Op{Key: ledger.LayoutKey, Value: []byte{ledger.Layout}})
	desktest.File(t, store, c, desktest.First, desktest.Report("r-1"))
	desktest.File(t, store, c, desktest.First+1, desktest.Report("r-2"))
	desktest.Act(t, store, c, desktest.Owner, desktest.First+1, dispatch.Command{Act: dispatch.ActStart})
	return e, c
}

func put(t *testing.T, e storage.Engine, ops ...storage.Op) {
	t.Helper()
	if _, err := e.Commit(t.Context(), storage.Batch{Ops: ops}); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, e storage.Engine, c *city.City, o fsck.CheckOptions) fsck.CheckReport {
	t.Helper()
	r, err := fsck.Check(t.Context(), e, c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCheck_Whole(t *testing.T) {
	t.Parallel()
	e, c := filled(t)
	if r := check(t, e, c, fsck.CheckOptions{}); !r.Whole() || r.Cases != 2 || r.Open != 2 || r.Timers != 2 {
		t.Errorf("Check = %+v; want two open cases with their timers, and nothing wrong", r)
	}
}

// Each damage is found under its kind, by its key, and mended where it is derived.
func TestCheck_Damage(t *testing.T) {
	t.Parallel()
	load := func(t *testing.T, e storage.Engine, id dispatch.CaseID) (l ledger.Loaded) {
		t.Helper()
		err := desktest.Store(e, desktest.NewClock()).Read(t.Context(), func(snap storage.Snapshot) (err error) {
			l, err = ledger.Load(snap, id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, tt := range []struct {
		name   string
		damage func(l ledger.Loaded) storage.Op
		want   fsck.FindingKind
		mends  bool
	}{
		{"no timer", func(l ledger.Loaded) storage.Op { return storage.Op{Key: l.Timer(), Delete: true} }, fsck.TimerMissing, true},
		{"a second timer", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.TimerKey(desktest.Start, l.Cs.ID)}
		}, fsck.TimerStray, true},
		{"no posting", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.PostingKey(l.Postings[0], l.Cs.ID), Delete: true}
		}, fsck.PostingMissing, true},
		{"no report id", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.ReportKey(desktest.Inspector, l.Cs.Report.ClientID), Delete: true}
		}, fsck.ReportIDMissing, true},
		{"a link to nowhere", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.Link{To: 7, Kind: ledger.LinkPart, From: l.Cs.ID}.Key()}
		}, fsck.LinkStray, true},
		{"a case that is damaged", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.CaseKey(l.Cs.ID), Value: []byte("?")}
		}, fsck.CaseUnreadable, true},
		{"events that are gone", func(l ledger.Loaded) storage.Op {
			return storage.Op{Key: ledger.EventKey(l.Cs.ID, 1), Delete: true}
		}, fsck.EventsBroken, false},
		{"a key of a later program", func(ledger.Loaded) storage.Op { return storage.Op{Key: []byte("?/1")} }, fsck.KeyUnknown, false},
		{"a cut key", func(ledger.Loaded) storage.Op { return storage.Op{Key: []byte("t/1")} }, fsck.KeyUnknown, false},
	} {
		e, c := filled(t)
		op := tt.damage(load(t, e, desktest.First+1))
		put(t, e, op)
		r := check(t, e, c, fsck.CheckOptions{})
		if r.ByKind[tt.want] == 0 || r.Repaired != 0 {
			t.Errorf("%s: found %v, want %s", tt.name, r.ByKind, tt.want)
		}
		if r = check(t, e, c, fsck.CheckOptions{Repair: true}); r.Whole() != tt.mends {
			t.Errorf("%s: repaired %d of %d", tt.name, r.Repaired, r.Found)
		}
		if tt.mends {
			if r = check(t, e, c, fsck.CheckOptions{}); r.Found != 0 {
				t.Errorf("%s: found %v after the repair", tt.name, r.ByKind)
			}
		}
	}
}

func TestCheck_RepairNeedsACity(t *testing.T) {
	t.Parallel()
	if _, err := fsck.Check(t.Context(), mem.Open(), nil, fsck.CheckOptions{Repair: true}); err == nil {
		t.Error("a repair without a city, want an error")
	}
}

func TestCheck_OlderLayout(t *testing.T) {
	t.Parallel()
	e, c := filled(t)
	put(t, e, storage.Op{Key: ledger.LayoutKey, Value: []byte{2}})
	if r := check(t, e, c, fsck.CheckOptions{}); r.Found != 1 || r.ByKind[fsck.LayoutOlder] != 1 {
		t.Errorf("Check of an older layout = %v, want that it says so alone", r.ByKind)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	e, _ := filled(t)
	err := desktest.Store(e, desktest.NewClock()).Read(t.Context(), func(snap storage.Snapshot) error {
		events, broken, err := fsck.Events(snap, desktest.First+1)
		if broken != nil || len(events) < 2 || events[0].Seq != 1 {
			t.Errorf("Events = %d, %v; want all of both acts", len(events), broken)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
