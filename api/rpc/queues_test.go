package rpc

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/citytest"
	"wangge/dispatch/city/roster"
	"wangge/grid"
	"wangge/storage/mem"
)

// toyTown is a server of the toy city, with its people as callers.
type toyTown struct {
	*world
	n int
}

func newToyTown(t testing.TB) *toyTown {
	t.Helper()
	return &toyTown{world: newWorldOf(t, citytest.Toy(t), mem.Open())}
}

// reportAt files a report of the inspector of the city.
func (w *toyTown) reportAt(code catalog.Code, at grid.Point) string {
	w.t.Helper()
	w.n++
	filed, err := w.reports().CreateReport(w.as(citytest.Inspector, "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: fmt.Sprint("r-", w.n), Category: string(code), Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "巡查发现",
		Position:    &wanggev1.Position{Latitude: at.Lat, Longitude: at.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
		CaptureTime: timestamppb.New(w.Now()),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return filed.GetCase().GetName()
}

// do does an act, which must succeed.
func (w *toyTown) do(who roster.PersonID, name string, act proto.Message) *wanggev1.Case {
	w.t.Helper()
	w.n++
	cs, err := w.actOn(w.as(who, "zh"), name, fmt.Sprint("a-", w.n), caseAct("情况说明", act))
	if err != nil {
		w.t.Fatalf("%T by %s: %v", act, who, err)
	}
	return cs
}

// queue lists a queue of a scope for a caller, and compares its length with the count.
func (w *world) queue(who roster.PersonID, scope string, q wanggev1.CaseQueue) (names []string) {
	w.t.Helper()
	r, err := w.cases().ListCases(w.as(who, "zh"), &wanggev1.ListCasesRequest{Scope: scope, Queue: q})
	if err != nil {
		w.t.Fatalf("%s of %s for %s: %v", q, scope, who, err)
	}
	for _, cs := range r.GetCases() {
		names = append(names, cs.GetName())
	}
	counts, err := w.cases().CountQueues(w.as(who, "zh"), &wanggev1.CountQueuesRequest{Scope: scope})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, n := range counts.GetQueues() {
		if n.GetQueue() == q && int(n.GetCases()) != len(names) {
			w.t.Errorf("%s of %s: %d are counted, %v listed", q, scope, n.GetCases(), names)
		}
	}
	return names
}

// mine is the queue of the caller.
func (w *world) mine(who roster.PersonID, q wanggev1.CaseQueue) []string {
	w.t.Helper()
	return w.queue(who, "people/"+string(who), q)
}

func (w *world) wantMine(what string, q wanggev1.CaseQueue, want ...string) func(...roster.PersonID) {
	return func(people ...roster.PersonID) {
		w.t.Helper()
		for _, p := range people {
			if got := w.mine(p, q); !slices.Equal(got, want) {
				w.t.Errorf("%s: %s of %s is %v, want %v", what, q, p, got, want)
			}
		}
	}
}

var photo = strings.Repeat("ab", 32)

// A check is the task of the inspector on duty on that ground, and not of the checkers at the city. Ground without an
// inspector of its own is the city's.
func TestQueues_TheInspectorOnThatGroundChecks(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	const check = wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK
	west, east := w.reportAt(citytest.Rubbish, citytest.InW1A), w.reportAt(citytest.Rubbish, citytest.InE1A)
	for name, owner := range map[string]roster.PersonID{west: citytest.OwnerW1, east: citytest.GridE1A} {
		w.do(owner, name, &wanggev1.StartAct{})
		w.do(owner, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	}
	w.wantMine("work done in the west", check, west)(citytest.InspectorW1A)
	w.wantMine("work done in the east", check, east)(citytest.Checker)
	w.wantMine("not theirs", check)(citytest.Inspector, citytest.OwnerW1, citytest.Acceptor, citytest.Mayor)
	if got := w.queue(citytest.Mayor, "areas/TOY", check); len(got) != 2 {
		t.Errorf("the city waits for the checks of %v, want both", got)
	}
	if got := w.queue(citytest.LeaderW, "areas/W", check); !slices.Equal(got, []string{west}) {
		t.Errorf("the west waits for the checks of %v, want its own", got)
	}
	cs, err := w.cases().GetCase(w.as(citytest.Mayor, "zh"), &wanggev1.GetCaseRequest{Name: west})
	if err != nil || len(cs.GetWaits()) != 1 || cs.GetWaits()[0].GetDisplayName() != "核查" || !slices.Equal(cs.GetWaits()[0].GetPeople(), []string{"people/inspector-w1a"}) {
		t.Errorf("the case waits for %v, %v; want the check of the inspector", cs.GetWaits(), err)
	}
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	w.do(citytest.InspectorW1A, west, &wanggev1.CheckAct{Passed: new(false), Position: at})
	w.wantMine("checked", check)(citytest.InspectorW1A)
	w.wantMine("the check failed", wanggev1.CaseQueue_CASE_QUEUE_REWORK, west)(citytest.OwnerW1)
	w.wantMine("the check failed", wanggev1.CaseQueue_CASE_QUEUE_MY_WORK, west)(citytest.OwnerW1)
}

// The task falls to the next post upwards while the inspector of the ground is off duty, and back.
func TestQueues_OffDutyTheTaskIsTheNextPosts(t *testing.T) {
	t.Parallel()
	posts := string(citytest.ToyDirectory()["posts.csv"]) + ",area:E1,inspector,grid-e1b,1,day,,\n"
	w := &toyTown{world: newWorldOf(t, citytest.Varied(t, map[string]string{"posts.csv": posts}), mem.Open())}
	const check = wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK
	name := w.reportAt(citytest.Rubbish, citytest.InE1A)
	w.do(citytest.GridE1A, name, &wanggev1.StartAct{})
	w.do(citytest.GridE1A, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	w.wantMine("by day", check, name)(citytest.GridE1B)
	w.wantMine("by day", check)(citytest.Checker, citytest.Inspector)
	w.setNow(w.Now().Add(12 * time.Hour))
	w.wantMine("in the evening", check)(citytest.GridE1B)
	w.wantMine("in the evening", check, name)(citytest.Checker)
	w.setNow(w.Now().Add(12 * time.Hour))
	w.wantMine("the next day", check, name)(citytest.GridE1B)
}

// A report by telephone waits for the acceptor, then for the inspector on that ground, then for the acceptor and for the
// dispatcher.
func TestQueues_TheOfficeAndTheVerification(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	r := &wanggev1.Report{
		ClientId: "call", Category: string(citytest.Rubbish), Source: wanggev1.Source_SOURCE_HOTLINE, CaptureTime: timestamppb.New(w.Now()), Text: "楼下垃圾成堆",
		Position: &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
	}
	filed, err := w.reports().CreateReport(w.as(citytest.Acceptor, "zh"), &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		t.Fatal(err)
	}
	name := filed.GetCase().GetName()
	w.wantMine("reported", wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT, name)(citytest.Acceptor)
	w.do(citytest.Acceptor, name, &wanggev1.VerifyAct{})
	w.wantMine("to be verified", wanggev1.CaseQueue_CASE_QUEUE_TO_ACCEPT)(citytest.Acceptor)
	w.wantMine("to be verified", wanggev1.CaseQueue_CASE_QUEUE_TO_VERIFY, name)(citytest.InspectorW1A)
	w.wantMine("to be verified", wanggev1.CaseQueue_CASE_QUEUE_TO_VERIFY)(citytest.Inspector, citytest.Checker)
	w.do(citytest.InspectorW1A, name, &wanggev1.ConfirmAct{Passed: new(true), PhotoHashes: []string{photo}})
	w.wantMine("verified", wanggev1.CaseQueue_CASE_QUEUE_TO_FILE, name)(citytest.Acceptor)
	w.do(citytest.Acceptor, name, &wanggev1.AcceptAct{})
	w.wantMine("filed", wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH, name)(citytest.Dispatcher)
	w.wantMine("filed", wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH)(citytest.DispatcherW)
}

// A leader finds the extension that waits for that leader's decision, and afterwards the dispatcher does.
func TestQueues_TheLeaderFindsTheExtension(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	const decide = wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE
	name := w.reportAt(citytest.Rubbish, citytest.InW1A)
	w.do(citytest.OwnerW1, name, &wanggev1.ExtendAct{})
	w.wantMine("asked", decide, name)(citytest.LeaderW)
	w.wantMine("asked", decide)(citytest.LeaderE, citytest.Mayor, citytest.Dispatcher, citytest.OwnerW1)
	w.do(citytest.LeaderW, name, &wanggev1.DecideExtensionAct{Granted: new(true)})
	w.wantMine("granted by the leader", decide)(citytest.LeaderW)
	w.wantMine("granted by the leader", decide, name)(citytest.Dispatcher)
	list, err := w.cases().ListCases(w.as(citytest.LeaderW, "zh"), &wanggev1.ListCasesRequest{Scope: "areas/W", Queue: decide, Filter: "requested = extension"})
	if err != nil || len(list.GetCases()) != 1 {
		t.Errorf("extensions to decide in the west: %v, %v; want one", list, err)
	}
	w.do(citytest.Dispatcher, name, &wanggev1.DecideExtensionAct{Granted: new(true)})
	w.wantMine("granted", decide)(citytest.Dispatcher)
}

// A supervisor finds the supervisions to which nobody has answered; the people who must answer find them, too.
func TestQueues_SupervisedWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	const supervised = wanggev1.CaseQueue_CASE_QUEUE_SUPERVISED
	name, other := w.reportAt(citytest.Rubbish, citytest.InW1A), w.reportAt(citytest.Rubbish, citytest.InE1A)
	w.do(citytest.Mayor, name, &wanggev1.SuperviseAct{})
	if got := w.queue(citytest.Mayor, "areas/TOY", supervised); !slices.Equal(got, []string{name}) {
		t.Errorf("supervised without answer: %v, want %s and not %s", got, name, other)
	}
	w.wantMine("supervised", supervised, name)(citytest.OwnerW1)
	w.do(citytest.OwnerW1, name, &wanggev1.AnswerAct{})
	if got := w.queue(citytest.Mayor, "areas/TOY", supervised); len(got) > 0 {
		t.Errorf("answered, and %v still wait", got)
	}
}

// The arbiter finds the dispute, can read it, and rules.
func TestQueues_TheArbiterReadsAndRules(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	name := w.reportAt(citytest.Rubbish, citytest.InW1A)
	w.do(citytest.OwnerW1, name, &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})
	w.wantMine("returned", wanggev1.CaseQueue_CASE_QUEUE_RETURNED, name)(citytest.Dispatcher)
	w.wantMine("returned", wanggev1.CaseQueue_CASE_QUEUE_TO_DISPATCH, name)(citytest.Dispatcher)
	w.do(citytest.Dispatcher, name, &wanggev1.DispatchAct{Unit: "departments/GREEN"})
	w.do(citytest.GreenOwner, name, &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE})
	for _, q := range []wanggev1.CaseQueue{wanggev1.CaseQueue_CASE_QUEUE_DISPUTED, wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE} {
		w.wantMine("in dispute", q, name)(citytest.Arbiter)
		w.wantMine("in dispute", q)(citytest.Mayor, citytest.Dispatcher)
	}
	if _, err := w.cases().GetCase(w.as(citytest.Arbiter, "zh"), &wanggev1.GetCaseRequest{Name: name}); err != nil {
		t.Errorf("the arbiter can't read the dispute: %v", err)
	}
	cs := w.do(citytest.Arbiter, name, &wanggev1.ArbitrateAct{Unit: "departments/GREEN"})
	if cs.GetOwner().GetUnit() != "departments/GREEN" {
		t.Errorf("after the ruling the owner is %v", cs.GetOwner())
	}
	w.wantMine("ruled", wanggev1.CaseQueue_CASE_QUEUE_DISPUTED)(citytest.Arbiter)
}

// A department's leader who must rule reads a dispute whose place lies outside the department's ground.
func TestQueues_TheArbiterOfADepartmentReads(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, wards(t), mem.Open())
	tt := &toyTown{world: w}
	filed, err := w.reports().CreateReport(w.as("inspector-area-T", "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "r", Category: "E01", Source: wanggev1.Source_SOURCE_INSPECTOR, CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: 45.7045, Longitude: 126.5005, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 2},
	}})
	if err != nil {
		t.Fatal(err)
	}
	name := filed.GetCase().GetName()
	back := &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}
	const leader = "leader-department-GREEN"
	tt.do("dispatcher-area-T", name, &wanggev1.RerouteAct{Unit: "sections/park"})
	tt.do("owner-section-park", name, back)
	tt.do("dispatcher-area-T", name, &wanggev1.DispatchAct{Unit: "departments/PARKS"})
	tt.do("owner-department-PARKS", name, back)
	cs, err := w.cases().GetCase(w.as(leader, "zh"), &wanggev1.GetCaseRequest{Name: name})
	if err != nil || cs.GetArbiter() != "departments/GREEN" {
		t.Fatalf("the leader who must rule reads %v, %v; want the dispute", cs, err)
	}
	w.wantMine("in dispute", wanggev1.CaseQueue_CASE_QUEUE_DISPUTED, name)(leader)
	_, err = w.cases().GetCase(w.as("owner-department-GREEN", "zh"), &wanggev1.GetCaseRequest{Name: name})
	w.want(err, codes.NotFound)
	tt.do(leader, name, &wanggev1.ArbitrateAct{Unit: "departments/GREEN"})
}

// An appeal against an overtime is about a closed case. The case waits for the decision, in the queue and for the dispatcher,
// also after a restart; lists of open cases and their counts leave it out.
func TestQueues_AppealOfAClosedCase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "desk.db")
	s := &scoped{TB: t}
	w := &toyTown{world: overBolt(s, citytest.Toy(t), path, Config{})}
	const decide = wanggev1.CaseQueue_CASE_QUEUE_TO_DECIDE
	name := w.reportAt(citytest.Rubbish, citytest.InW1A)
	w.do(citytest.OwnerW1, name, &wanggev1.StartAct{})
	w.setNow(w.Now().AddDate(0, 0, 3))
	late := w.Now()
	w.do(citytest.OwnerW1, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	w.do(citytest.InspectorW1A, name, &wanggev1.CheckAct{Passed: new(true), Position: at})
	w.wantMine("checked", wanggev1.CaseQueue_CASE_QUEUE_TO_CLOSE, name)(citytest.Acceptor)
	w.do(citytest.Acceptor, name, &wanggev1.CloseAct{Closing: "清运", Outcome: wanggev1.Outcome_OUTCOME_FIXED})
	w.do(citytest.OwnerW1, name, &wanggev1.AppealAct{})
	for _, when := range []string{"before", "after"} {
		w.wantMine(when+" a restart", decide, name)(citytest.Dispatcher)
		w.wantMine(when+" a restart", decide)(citytest.Acceptor, citytest.OwnerW1)
		if got := w.queue(citytest.LeaderW, "areas/W", decide); !slices.Equal(got, []string{name}) {
			t.Errorf("%s a restart: to decide in the west: %v", when, got)
		}
		open, err := w.cases().ListCases(w.as(citytest.Mayor, "zh"), &wanggev1.ListCasesRequest{Scope: "areas/TOY", State: wanggev1.CaseState_CASE_STATE_OPEN})
		if err != nil || len(open.GetCases()) != 0 || open.GetTotalSize() != 0 {
			t.Errorf("%s a restart: open: %v, %v; want none", when, open, err)
		}
		if when == "before" {
			s.end()
			s = &scoped{TB: t}
			w = &toyTown{world: overBolt(s, citytest.Toy(t), path, Config{}), n: w.n}
			w.setNow(late)
		}
	}
	defer s.end()
	w.do(citytest.Dispatcher, name, &wanggev1.DecideAppealAct{Granted: new(true)})
	w.wantMine("passed on", decide, name)(citytest.Acceptor)
	w.do(citytest.Acceptor, name, &wanggev1.DecideAppealAct{Granted: new(true)})
	w.wantMine("decided", decide)(citytest.Acceptor, citytest.Dispatcher)
	closed, err := w.cases().ListCases(w.as(citytest.Mayor, "zh"), &wanggev1.ListCasesRequest{
		Scope: "areas/TOY", Filter: fmt.Sprintf("appeal = exempted AND outcome = fixed AND source = inspector AND text = %q AND close_time <= %q", "发现", late.Format(time.RFC3339)),
	})
	if err != nil || len(closed.GetCases()) != 1 {
		t.Errorf("closed cases with an appeal that was granted: %v, %v; want one", closed, err)
	}
}

// A watch of a queue tells what enters and what leaves it, and nothing else.
func TestQueues_Watch(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	name, other := w.reportAt(citytest.Rubbish, citytest.InW1A), w.reportAt(citytest.Rubbish, citytest.InW1A)
	ctx, cancel := context.WithCancel(w.as(citytest.LeaderW, "zh"))
	defer cancel()
	stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/W", Queue: wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK})
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	next := func() {
		t.Helper()
		for {
			m, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			for _, cs := range m.GetCases() {
				seen = append(seen, "in "+cs.GetName())
			}
			for _, gone := range m.GetRemoved() {
				seen = append(seen, "out "+gone)
			}
			if len(m.GetCases())+len(m.GetRemoved()) > 0 || seen == nil {
				return
			}
		}
	}
	next() // the bookmark of the beginning
	w.do(citytest.OwnerW1, other, &wanggev1.StartAct{})
	w.do(citytest.OwnerW1, name, &wanggev1.StartAct{})
	w.do(citytest.OwnerW1, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	next()
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	w.do(citytest.InspectorW1A, name, &wanggev1.CheckAct{Passed: new(true), Position: at})
	next()
	if want := []string{"in " + name, "out " + name}; !slices.Equal(seen, want) {
		t.Errorf("the watch saw %v, want %v", seen, want)
	}
	_, err = w.cases().ListCases(w.as(citytest.LeaderW, "zh"), &wanggev1.ListCasesRequest{Scope: "areas/W", Queue: 99})
	w.want(err, codes.InvalidArgument, "queue", "99")
}

// A person watches what waits for that person, wherever it is: the inspector the checks on duty, the owner the work. Nobody
// watches what waits for others.
func TestQueues_WatchOneself(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	watch := func(who roster.PersonID, q wanggev1.CaseQueue) func() string {
		ctx, cancel := context.WithCancel(w.as(who, "zh"))
		t.Cleanup(cancel)
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "people/" + string(who), Queue: q})
		if err == nil {
			_, err = stream.Recv() // the bookmark with which it begins: what follows comes from memory, not from the store
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() string {
			for {
				m, err := stream.Recv()
				switch {
				case err != nil:
					t.Fatal(err)
				case len(m.GetCases()) > 0:
					return fmt.Sprint("in ", m.GetCases()[0].GetName(), len(m.GetCases())+len(m.GetRemoved()))
				case len(m.GetRemoved()) > 0:
					return fmt.Sprint("out ", m.GetRemoved()[0], len(m.GetRemoved()))
				}
			}
		}
	}
	inspector, owner := watch(citytest.InspectorW1A, wanggev1.CaseQueue_CASE_QUEUE_TO_CHECK), watch(citytest.OwnerW1, wanggev1.CaseQueue_CASE_QUEUE_UNSPECIFIED)
	w.reportAt(citytest.FallenTree, citytest.InE1B) // nobody's of the two
	name := w.reportAt(citytest.Rubbish, citytest.InW1A)
	w.do(citytest.OwnerW1, name, &wanggev1.StartAct{})
	w.do(citytest.OwnerW1, name, &wanggev1.ResolveAct{PhotoHashes: []string{photo}})
	at := &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5}
	w.do(citytest.InspectorW1A, name, &wanggev1.CheckAct{Passed: new(true), Position: at})
	if got, want := []string{inspector(), inspector()}, []string{"in " + name + "1", "out " + name + "1"}; !slices.Equal(got, want) {
		t.Errorf("the inspector sees %v, want %v", got, want)
	}
	if got, want := []string{owner(), owner(), owner()}, []string{"in " + name + "1", "in " + name + "1", "out " + name + "1"}; !slices.Equal(got, want) {
		t.Errorf("the owner sees %v, want %v", got, want)
	}
	stream, err := w.cases().WatchCases(w.as(citytest.Mayor, "zh"), &wanggev1.WatchCasesRequest{Scope: "people/" + string(citytest.OwnerW1)})
	if err == nil {
		_, err = stream.Recv()
	}
	w.want(err, codes.InvalidArgument, "scope", "本人")
}
