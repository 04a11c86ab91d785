package view_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/desktest"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/desk/tx"
	"wangge/dispatch/desk/view"
	"wangge/storage"
	"wangge/storage/mem"
)

// room is a view that follows a store, with the city that decides there.
type room struct {
	*view.View
	store *tx.Store
	clock *desktest.Clock
	city  *city.City
}

func open(t *testing.T, e storage.Engine) *room {
	t.Helper()
	clock := desktest.NewClock()
	store := desktest.Store(e, clock)
	r := revision.New(store)
	dir := desktest.Directory()
	c, err := r.Start(t.Context(), desktest.Compile(t, dir), dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.Open(t.Context(), store, r)
	if err != nil {
		t.Fatal(err)
	}
	v.Follow(t.Context(), func(storage.Batch) {}, func() {})
	t.Cleanup(v.Close)
	return &room{v, store, clock, c}
}

func unit(id string) roster.Unit { return roster.Unit{Kind: roster.UnitArea, ID: id} }

func east(clientID string) dispatch.Report {
	r := desktest.Report(clientID)
	r.Position.Lng = 126.615
	return r
}

// A list shows what this process was told of, by deadline, and counts it.
func TestList(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	first := desktest.File(t, v.store, v.city, desktest.First, desktest.Report("r-1"))
	v.clock.Add(time.Minute)
	report := east("r-2")
	report.Address = "中山路7号"
	second := desktest.File(t, v.store, v.city, desktest.First+1, report)
	for _, tt := range []struct {
		name string
		q    view.Query
		want []dispatch.CaseID
	}{
		{"the city", view.Query{Scope: unit("T"), Open: true}, []dispatch.CaseID{first.ID, second.ID}},
		{"the other way round", view.Query{Scope: unit("T"), Open: true, Order: view.DueLast}, []dispatch.CaseID{second.ID, first.ID}},
		{"a street", view.Query{Scope: unit("E"), Open: true}, []dispatch.CaseID{second.ID}},
		{"all, from the store", view.Query{Scope: unit("D")}, []dispatch.CaseID{first.ID, second.ID}},
		{"a filter", view.Query{Scope: unit("T"), Open: true, Filter: view.Filter{Text: "east", Keep: func(f view.Attributes) bool { return f.Area == "E" }}}, []dispatch.CaseID{second.ID}},
		{"words of an address", view.Query{Scope: unit("T"), Open: true, Filter: view.Filter{Text: "7号", Keep: func(f view.Attributes) bool { return strings.Contains(f.Text, "7号") }}}, []dispatch.CaseID{second.ID}},
	} {
		page, err := v.List(t.Context(), desktest.Chief, tt.q)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []dispatch.CaseID
		for _, cs := range page.Cases {
			got = append(got, cs.ID)
		}
		if len(got) != len(tt.want) || got[0] != tt.want[0] || got[len(got)-1] != tt.want[len(got)-1] {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if s := v.Stats(); s.Open != 2 || s.Armed != 2 || s.Owned != 2 {
		t.Errorf("Stats = %+v, want two open cases", s)
	}
	if ids := v.OpenIDs(first.ID, 10); len(ids) != 1 || ids[0] != second.ID {
		t.Errorf("OpenIDs after the first = %v", ids)
	}
}

// The pages of a list go on where the last one ended, and a token belongs to its query.
func TestList_Pages(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	for i := range 5 {
		desktest.File(t, v.store, v.city, desktest.First+dispatch.CaseID(i), desktest.Report(string(rune('a'+i))))
	}
	q, seen := view.Query{Scope: unit("T"), Open: true, PageSize: 2}, 0
	for {
		page, err := v.List(t.Context(), desktest.Chief, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range page.Cases {
			if want := desktest.First + dispatch.CaseID(seen); cs.ID != want {
				t.Errorf("place %d: %v, want %v", seen, cs.ID, want)
			}
			seen++
		}
		if q.Token = page.Next; q.Token == "" {
			break
		}
		other := q
		other.Scope = unit("W")
		if _, err := v.List(t.Context(), desktest.Chief, other); !errors.Is(err, ledger.ErrBadToken) {
			t.Errorf("a token of another query = %v", err)
		}
	}
	if seen != 5 {
		t.Errorf("%d cases on all pages, want 5", seen)
	}
}

func TestList_Refuses(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	if _, err := v.List(t.Context(), desktest.Owner, view.Query{Scope: unit("T"), Open: true}); !errors.Is(err, ledger.ErrNoScope) {
		t.Errorf("a scope above one's own = %v, want ErrNoScope", err)
	}
	if _, err := v.List(t.Context(), desktest.Chief, view.Query{Scope: unit("T"), Order: view.DueFirst}); !errors.Is(err, view.ErrOnlyOpen) {
		t.Errorf("all cases by deadline = %v, want ErrOnlyOpen", err)
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	cs := desktest.File(t, v.store, v.city, desktest.First, desktest.Report("r-1"))
	rows, err := v.Summarize(t.Context(), desktest.Chief, unit("D"), cs.Clock.Due.Add(time.Hour))
	if err != nil || len(rows) != 3 {
		t.Fatalf("Summarize = %+v, %v; want the district and two streets", rows, err)
	}
	if rows[0].Open != 1 || rows[0].Overdue != 1 || rows[0].WorstLate != time.Hour || rows[2].Overdue != 1 || rows[1].Open != 0 {
		t.Errorf("Summarize = %+v, want the west street late by an hour", rows)
	}
}

// Each commit of a scope is told once, in order, and a bookmark says from where to go on.
func TestWatch(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var cs *dispatch.Case
	var got []storage.Revision
	for m, err := range v.Watch(ctx, desktest.Chief, unit("W"), view.NoQueue, nil, time.Hour) {
		if err != nil {
			t.Fatal(err)
		}
		switch len(got) {
		case 0: // the bookmark
			desktest.File(t, v.store, v.city, desktest.First+1, east("another street"))
			cs = desktest.File(t, v.store, v.city, desktest.First, desktest.Report("r-1"))
		case 1:
			if len(m.Changes) != 1 || m.Changes[0].Case.ID != cs.ID || m.Changes[0].Left {
				t.Errorf("told of %+v, want the new case", m.Changes)
			}
			desktest.Act(t, v.store, v.city, desktest.Owner, cs.ID, dispatch.Command{Act: dispatch.ActStart})
		default:
			if m.Changes[0].Case.Stage == cs.Stage || m.Revision <= got[1] {
				t.Errorf("told of %v at %d, want the act", m.Changes[0].Case.Stage, m.Revision)
			}
			stop()
		}
		got = append(got, m.Revision)
	}
	if len(got) != 3 {
		t.Errorf("%d moments, want a bookmark and two changes", len(got))
	}
	ahead := v.Stats().Revision + 100
	for _, err := range v.Watch(t.Context(), desktest.Chief, unit("W"), view.NoQueue, &ahead, time.Hour) {
		if !errors.Is(err, view.ErrAhead) {
			t.Errorf("from a revision that is yet to come = %v, want ErrAhead", err)
		}
	}
}

// After Close lists end, and say so.
func TestClose(t *testing.T) {
	t.Parallel()
	v := open(t, mem.Open())
	v.Close()
	desktest.File(t, v.store, v.city, desktest.First, desktest.Report("r-1"))
	if _, err := v.List(t.Context(), desktest.Chief, view.Query{Scope: unit("T"), Open: true}); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("List after Close = %v, want ErrStopped", err)
	}
}
