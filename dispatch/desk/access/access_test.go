package access

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/desktest"
	"wangge/storage/mem"
)

// logged is a log over an empty store, and its clock.
func logged(t *testing.T) (*Log, *desktest.Clock) {
	t.Helper()
	clock := desktest.NewClock()
	return New(desktest.Store(mem.Open(), clock)), clock
}

// list is every look of a filter, in pages.
func list(t *testing.T, l *Log, f Filter, size int) (out []Look) {
	t.Helper()
	var before *Cursor
	for {
		page, next, err := l.List(t.Context(), f, before, size)
		if err != nil {
			t.Fatal(err)
		}
		if out = append(out, page...); next == nil {
			return out
		}
		before = next
	}
}

// The newest looks are kept, up to the bound; older ones than a year are dropped.
func TestLog_Bounded(t *testing.T) {
	t.Parallel()
	l, clock := logged(t)
	l.most = 5
	drop := func() {
		t.Helper()
		if err := l.drop(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 9 {
		if err := l.Record(t.Context(), roster.PersonID(fmt.Sprint("p-", i)), "GetCase", 7); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Hour)
	}
	if got := list(t, l, Filter{}, 100); len(got) != 9 {
		t.Errorf("%d looks, want all nine: no reader waits for old ones to be dropped", len(got))
	}
	drop()
	got := list(t, l, Filter{}, 2)
	if len(got) != 5 || got[0].Person != "p-8" || got[4].Person != "p-4" {
		t.Errorf("kept: %v; want the newest five", got)
	}
	clock.Add(Kept - 2*time.Hour)
	if err := l.Record(t.Context(), "p-9", "GetCase", 7); err != nil {
		t.Fatal(err)
	}
	drop()
	if got := list(t, l, Filter{}, 100); len(got) != 2 || got[0].Person != "p-9" || got[1].Person != "p-8" {
		t.Errorf("a year later: %v; want the look of that day and the last one before", got)
	}
}

// More looks than one commit may drop are dropped in several.
func TestLog_DropsInBatches(t *testing.T) {
	t.Parallel()
	l, clock := logged(t)
	for i := range 2*dropBatch + 10 {
		if err := l.Record(t.Context(), "p-1", "GetCase", dispatch.CaseID(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	l.most = 3
	if err := l.drop(t.Context(), clock.Now()); err != nil {
		t.Fatal(err)
	}
	if got := list(t, l, Filter{}, 100); len(got) != 3 {
		t.Errorf("kept %d looks, want 3", len(got))
	}
}

// Of the looks of a person at a case in an hour the first is on record, and a filter finds the looks of one person and one case.
func TestLog_OneLookAnHour(t *testing.T) {
	t.Parallel()
	l, clock := logged(t)
	first := clock.Now()
	for range 3 {
		for _, id := range []dispatch.CaseID{7, 8} {
			if err := l.Record(t.Context(), "p-1", "GetCase", id); err != nil {
				t.Fatal(err)
			}
		}
		clock.Add(time.Minute)
	}
	if err := l.Record(t.Context(), "p-2", "GetCase", 7); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		f    Filter
		want int
	}{{Filter{}, 3}, {Filter{Person: "p-1"}, 2}, {Filter{Case: 7}, 2}, {Filter{Person: "p-1", Case: 7}, 1}, {Filter{Person: "p-3"}, 0}} {
		if got := list(t, l, tt.f, 1); len(got) != tt.want {
			t.Errorf("List(%v) = %v, want %d looks", tt.f, got, tt.want)
		}
	}
	if got := list(t, l, Filter{Person: "p-1", Case: 7}, 1); !got[0].At.Equal(first) || got[0].Method != "GetCase" {
		t.Errorf("the look is %v, want the first, at %v", got[0], first)
	}
}

// The worker drops what is too old when the server starts, and ends with its context.
func TestLog_RunDropsAtStart(t *testing.T) {
	t.Parallel()
	l, clock := logged(t)
	if err := l.Record(t.Context(), "p-1", "GetCase", 7); err != nil {
		t.Fatal(err)
	}
	clock.Add(Kept + time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	for len(list(t, l, Filter{}, 100)) > 0 {
		runtime.Gosched()
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

// Looks are listed from the latest on, over pages of every size, whatever the numbers of the cases: within one hour, too.
func TestLog_LatestFirst(t *testing.T) {
	t.Parallel()
	l, clock := logged(t)
	var want []dispatch.CaseID
	for i := range 40 {
		id := dispatch.CaseID(1 + i*17%40)
		if err := l.Record(t.Context(), "p-1", "GetCase", id); err != nil {
			t.Fatal(err)
		}
		want = append(want, id)
		clock.Add(7 * time.Minute)
	}
	slices.Reverse(want)
	for _, size := range []int{1, 2, 3, 7, 39, 40, 41, 100} {
		var got []dispatch.CaseID
		for _, look := range list(t, l, Filter{}, size) {
			got = append(got, look.Case)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", size, got, want)
		}
	}
}
