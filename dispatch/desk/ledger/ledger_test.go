package ledger_test

import (
	"errors"
	"testing"

	"wangge/dispatch"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/tx"
	"wangge/storage"
	"wangge/storage/mem"
)

// kinds counts what a store holds.
func kinds(t *testing.T, store *tx.Store) map[ledger.Kind]int {
	t.Helper()
	out := map[ledger.Kind]int{}
	err := store.Read(t.Context(), func(snap storage.Snapshot) error {
		for it, err := range snap.Scan(storage.Range{Start: []byte{0}}) {
			if err != nil {
				return err
			}
			out[ledger.KindOf(it.Key)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// load reads a case; nil when there is none.
func load(t *testing.T, store *tx.Store, id dispatch.CaseID) (l ledger.Loaded) {
	t.Helper()
	err := store.Read(t.Context(), func(snap storage.Snapshot) (err error) {
		l, err = ledger.Load(snap, id)
		return err
	})
	if err != nil && !errors.Is(err, ledger.ErrNoCase) {
		t.Fatal(err)
	}
	return l
}

// A new case is its events alone; the first act puts them beside it; the end takes timer and nothing else.
func TestCaseDiff(t *testing.T) {
	t.Parallel()
	store, c := desktest.Store(mem.Open(), desktest.NewClock()), desktest.Compile(t, desktest.Directory())
	if l := load(t, store, desktest.First); l.Cs != nil {
		t.Fatalf("an empty store has %v", l.Cs)
	}
	cs := desktest.File(t, store, c, desktest.First, desktest.Report("r-1"))
	got := kinds(t, store)
	if got[ledger.KindCase] != 1 || got[ledger.KindEvents] != 0 || got[ledger.KindTimer] != 1 || got[ledger.KindPosting] == 0 {
		t.Errorf("after a report: %v; want one case, no events beside it, one timer, postings", got)
	}
	l := load(t, store, cs.ID)
	if len(l.Filing) == 0 || l.Cs.Seq != cs.Seq {
		t.Errorf("loaded with %d events of its filing, at %d; want all, at %d", len(l.Filing), l.Cs.Seq, cs.Seq)
	}
	cs = desktest.Act(t, store, c, desktest.Owner, cs.ID, dispatch.Command{Act: dispatch.ActStart})
	if got = kinds(t, store); got[ledger.KindEvents] != 2 || got[ledger.KindTimer] != 1 {
		t.Errorf("after the first act: %v; want the events of both acts and one timer", got)
	}
	if l = load(t, store, cs.ID); l.Filing != nil || string(l.Timer()) != string(ledger.TimerKey(cs.NextAt, cs.ID)) {
		t.Errorf("loaded %+v; want the fold with its timer", l.Indexed)
	}
	var read int
	err := store.Read(t.Context(), func(snap storage.Snapshot) error {
		for group, err := range ledger.EventsFrom(snap, l, 1) {
			if err != nil {
				return err
			}
			read += len(group)
		}
		return nil
	})
	if err != nil || uint64(read) != cs.Seq {
		t.Errorf("EventsFrom gives %d events, %v; want %d", read, err, cs.Seq)
	}
}

func TestContentHash(t *testing.T) {
	t.Parallel()
	a, b := desktest.Report("r-1"), desktest.Report("r-2")
	if same, err := ledger.SameContent(&b, ledger.ContentHash(&a)); !same || err != nil {
		t.Errorf("the id is part of the content: %v, %v", same, err)
	}
	b.Text = "another"
	if same, err := ledger.SameContent(&b, ledger.ContentHash(&a)); same || err != nil {
		t.Errorf("another text is the same content: %v, %v", same, err)
	}
	if names := ledger.Differs(&a, &b); len(names) != 1 || names[0] != "text" {
		t.Errorf("Differs = %q, want text", names)
	}
}
