package rpc

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/storage/mem"
)

const massEvents = wanggev1.CaseQueue_CASE_QUEUE_MASS_EVENTS

// hasEvents compares the mass events of a scope, by number, and their count.
func (w *toyTown) hasEvents(what, scope string, want ...string) {
	w.t.Helper()
	got := w.queue(citytest.Mayor, scope, massEvents)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: the mass events of %s are %v, want %v", what, scope, got, want)
	}
}

// get reads a case.
func (w *toyTown) get(name string) *wanggev1.Case {
	w.t.Helper()
	cs, err := w.cases().GetCase(w.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return cs
}

// grouped lists a mass event by the filter, in a state.
func (w *toyTown) grouped(main string, state wanggev1.CaseState) (names []string) {
	w.t.Helper()
	r, err := w.cases().ListCases(w.as(citytest.Mayor, "zh"), &wanggev1.ListCasesRequest{
		Scope: "areas/TOY", State: state, Filter: fmt.Sprintf("group = %q", main),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, cs := range r.GetCases() {
		names = append(names, cs.GetName())
	}
	slices.Sort(names)
	return names
}

var detach = &wanggev1.DetachAct{}

// A storm: the main case is in the queue of mass events from its first part until its last part is gone: detached, void, or
// merged into another case.
func TestMassEvents_MainCaseIsListedWithItsParts(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	main, one, two := w.reportAt(citytest.FallenTree, citytest.InE1B), w.reportAt(citytest.FallenTree, citytest.InW1B), w.reportAt(citytest.FallenTree, citytest.InW1B)
	w.hasEvents("before", "areas/TOY")
	w.do(citytest.Dispatcher, one, &wanggev1.AttachAct{Target: main})
	w.hasEvents("the first part", "areas/TOY", main, one)
	w.hasEvents("the first part", "areas/W", one)
	w.hasEvents("the first part", "areas/E", main)
	w.do(citytest.Dispatcher, two, &wanggev1.AttachAct{Target: main})
	w.hasEvents("the second part", "areas/TOY", main, one, two)
	owner := roster.PersonID(w.get(main).GetOwner().GetPerson()[len("people/"):])
	if got := w.mine(owner, massEvents); !slices.Contains(got, main) {
		t.Errorf("the owner of the main case has the mass events %v, want %s among them", got, main)
	}
	for _, state := range []wanggev1.CaseState{wanggev1.CaseState_CASE_STATE_OPEN, wanggev1.CaseState_CASE_STATE_UNSPECIFIED} {
		if got, want := w.grouped(main, state), []string{main, one, two}; !slices.Equal(got, want) {
			t.Errorf("the mass event of %s is %v in %s, want %v", main, got, state, want)
		}
	}
	w.do(citytest.Dispatcher, one, detach)
	w.hasEvents("one detached", "areas/TOY", main, two)
	w.do(citytest.DutyChief, two, &wanggev1.VoidAct{})
	w.hasEvents("the other void", "areas/TOY")

	three := w.reportAt(citytest.FallenTree, citytest.InW1B)
	w.do(citytest.Dispatcher, three, &wanggev1.AttachAct{Target: main})
	w.hasEvents("a part again", "areas/TOY", main, three)
	w.do(citytest.Dispatcher, three, &wanggev1.MergeAct{Target: one})
	w.hasEvents("the part merged", "areas/TOY")
	w.do(citytest.Dispatcher, three, &wanggev1.UnmergeAct{})
	w.hasEvents("the part unmerged", "areas/TOY", main, three)
	w.do(citytest.Dispatcher, three, &wanggev1.AttachAct{Target: one})
	w.hasEvents("the part moves to another mass event", "areas/TOY", one, three)
}

// closes takes a tree in the west to its closing.
func (w *toyTown) closes(name string) {
	w.t.Helper()
	owner := roster.PersonID(w.get(name).GetOwner().GetPerson()[len("people/"):])
	w.do(owner, name, &wanggev1.StartAct{})
	w.do(owner, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	w.do(citytest.InspectorW1A, name, &wanggev1.CheckAct{Passed: new(true), Position: w.get(name).GetReport().GetPosition()})
	w.do(citytest.Acceptor, name, &wanggev1.CloseAct{Closing: "清除", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
}

// The storm is over when its main case is closed, which comes after its parts: until then the main case is a mass event, also
// after a restart, and when the main case was merged by mistake meanwhile.
func TestMassEvents_MainCaseStaysUntilItsEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	s := &scoped{TB: t}
	w := &toyTown{world: overBolt(s, citytest.Toy(t), path, Config{})}
	restart := func() {
		t.Helper()
		now := w.Now()
		s.end()
		s = &scoped{TB: t}
		w = &toyTown{world: overBolt(s, citytest.Toy(t), path, Config{}), n: w.n}
		w.setNow(now)
	}
	other := w.reportAt(citytest.FallenTree, citytest.InW1A)
	main, one, two := w.reportAt(citytest.FallenTree, citytest.InW1A), w.reportAt(citytest.FallenTree, citytest.InW1A), w.reportAt(citytest.FallenTree, citytest.InW1A)
	w.do(citytest.Dispatcher, one, &wanggev1.AttachAct{Target: main})
	w.do(citytest.Dispatcher, two, &wanggev1.AttachAct{Target: main})
	restart()
	w.hasEvents("two parts", "areas/TOY", main, one, two)
	w.closes(one)
	w.hasEvents("one closed", "areas/TOY", main, two)
	w.do(citytest.Dispatcher, two, detach)
	w.hasEvents("one closed, the other detached", "areas/TOY", main)
	restart()
	w.hasEvents("after a restart", "areas/TOY", main)
	w.do(citytest.Dispatcher, main, &wanggev1.MergeAct{Target: other})
	w.hasEvents("merged by mistake", "areas/TOY")
	restart()
	w.do(citytest.Dispatcher, main, &wanggev1.UnmergeAct{})
	w.hasEvents("unmerged", "areas/TOY", main)
	w.closes(main)
	w.hasEvents("closed", "areas/TOY")
	if got, want := w.grouped(main, wanggev1.CaseState_CASE_STATE_UNSPECIFIED), []string{main, one}; !slices.Equal(got, want) {
		t.Errorf("the mass event of all time is %v, want %v", got, want)
	}
	s.end()
}

// A watch of the mass events tells that a main case comes with its first part and goes with its last one; a watch of another
// queue, and of all changes, says nothing of a main case that has not changed. A watch that resumes is told, too.
func TestMassEvents_Watch(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	main, one, two := w.reportAt(citytest.FallenTree, citytest.InE1B), w.reportAt(citytest.FallenTree, citytest.InW1B), w.reportAt(citytest.FallenTree, citytest.InW1B)
	short := map[string]string{main: "main", one: "one", two: "two"}
	start := uint64(0)
	watch := func(scope string, q wanggev1.CaseQueue, from *uint64) func(int) []string {
		ctx, cancel := context.WithCancel(w.as(citytest.Mayor, "zh"))
		t.Cleanup(cancel)
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: scope, Queue: q, AfterRevision: from})
		if err != nil {
			t.Fatal(err)
		}
		if from == nil {
			m, err := stream.Recv() // the bookmark of the beginning
			if err != nil {
				t.Fatal(err)
			}
			start = m.GetRevision()
		}
		return func(n int) (seen []string) {
			t.Helper()
			for len(seen) < n {
				m, err := stream.Recv()
				if err != nil {
					t.Fatal(err)
				}
				for _, cs := range m.GetCases() {
					seen = append(seen, "in "+short[cs.GetName()])
				}
				for _, gone := range m.GetRemoved() {
					seen = append(seen, "out "+short[gone])
				}
			}
			return seen
		}
	}
	events, all := watch("areas/TOY", massEvents, nil), watch("areas/TOY", wanggev1.CaseQueue_CASE_QUEUE_UNSPECIFIED, nil)
	east := watch("areas/E", massEvents, nil)
	w.do(citytest.Dispatcher, one, &wanggev1.AttachAct{Target: main})
	w.do(citytest.Dispatcher, two, &wanggev1.AttachAct{Target: main})
	w.do(citytest.Dispatcher, one, detach)
	w.do(citytest.DutyChief, two, &wanggev1.VoidAct{})
	w.do(citytest.Dispatcher, main, &wanggev1.CommentAct{})
	want := []string{"in one", "in main", "in two", "out one", "out two", "out main"}
	if got := events(len(want)); !slices.Equal(got, want) {
		t.Errorf("the watch of the mass events saw %v, want %v", got, want)
	}
	if got, want := east(2), []string{"in main", "out main"}; !slices.Equal(got, want) {
		t.Errorf("the watch of the mass events of the east saw %v, want %v", got, want)
	}
	want = []string{"in one", "in two", "in one", "in two", "in main"}
	if got := all(len(want)); !slices.Equal(got, want) {
		t.Errorf("the watch of all changes saw %v, want %v", got, want)
	}
	if got, want := watch("areas/E", massEvents, &start)(2), []string{"in main", "out main"}; !slices.Equal(got, want) {
		t.Errorf("the watch that resumes saw %v, want %v", got, want)
	}
}

// The pages of the mass events are read one after the other, each case once, while parts come and go.
func TestMassEvents_Pages(t *testing.T) {
	t.Parallel()
	w := &toyTown{world: newWorldOf(t, citytest.Toy(t), mem.Open())}
	main := w.reportAt(citytest.FallenTree, citytest.InE1B)
	want := []string{main}
	for range 7 {
		part := w.reportAt(citytest.FallenTree, citytest.InW1B)
		w.do(citytest.Dispatcher, part, &wanggev1.AttachAct{Target: main})
		want = append(want, part)
	}
	var got []string
	req := &wanggev1.ListCasesRequest{Scope: "areas/TOY", Queue: massEvents, PageSize: 3}
	for {
		r, err := w.cases().ListCases(w.as(citytest.Mayor, "zh"), req)
		if err != nil {
			t.Fatal(err)
		}
		if req.GetPageToken() == "" && r.GetTotalSize() != int32(len(want)) {
			t.Errorf("the first page says %d cases, want %d", r.GetTotalSize(), len(want))
		}
		for _, cs := range r.GetCases() {
			got = append(got, cs.GetName())
		}
		if req.PageToken = r.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the pages list %v, want %v", got, want)
	}
}
