package rpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// storm is how many reports of one mass event come in.
const storm = 300

// A storm: three hundred reports become parts of one case and are acted on together, a hundred at a
// time, each with its own result; half of them refuse. While it goes on the clock of the service is
// set back by hours: no case is lost or acted on twice, the events keep their order and the deadline
// stays where it was. Every reporter is told.
func TestMassEvent_Storm(t *testing.T) {
	w := newWorld(t)
	parent := w.file(w.light("storm"))
	office := w.as("p-dispatcher-1", "en")
	var parts []*wanggev1.Case
	for i := range storm {
		r := w.light(fmt.Sprint("storm-", i))
		who := roster.PersonID(inspector)
		if i%3 == 0 {
			who = "p-230102-inspector-2"
		}
		resp, err := w.reports().CreateReport(w.as(who, "en"), &wanggev1.CreateReportRequest{Report: r})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, resp.GetCase())
	}
	for page := range slices.Chunk(parts, request.MaxBatch) {
		results := w.batch(targets(page), "attach", caseAct("", &wanggev1.AttachAct{Target: parent.GetName()}), "p-dispatcher-1")
		if done, refused := count(results); done != len(page) || len(refused) > 0 {
			t.Fatalf("attached %d of %d, refused %v", done, len(page), refused)
		}
	}
	_, err := w.cases().BatchActOnCases(office, &wanggev1.BatchActOnCasesRequest{Targets: targets(parts[:request.MaxBatch+1]), RequestId: "much", Act: caseAct("x", &wanggev1.CommentAct{})})
	w.want(err, codes.InvalidArgument, "100")

	owner := personOf(parent.GetOwner().GetPerson())
	due := map[string]time.Time{}
	var half []*wanggev1.Case
	for i, cs := range parts {
		due[cs.GetName()] = cs.GetDueTime().AsTime()
		if i%2 == 0 {
			half = append(half, cs)
		}
	}
	w.setNow(w.Now().Add(30 * time.Minute))
	start := caseAct("", &wanggev1.StartAct{})
	for page := range slices.Chunk(half, request.MaxBatch) {
		w.batch(targets(page), "half", start, owner)
	}
	results := w.onGroup(parent, "start", start, owner)
	if done, refused := count(results); done != storm/2 || refused[codes.FailedPrecondition] != storm/2 || len(refused) != 1 {
		t.Errorf("started %d, refused %v; want half of them done and half refused", done, refused)
	}
	for _, v := range results {
		said := v.GetStatus().GetMessage()
		if v.GetCase() == nil && (!strings.Contains(said, "being handled") || !strings.Contains(said, "resolve") || possibleOf(status.FromProto(v.GetStatus()).Err()) == "") {
			t.Fatalf("%s: %v; want where it is and what is possible instead", v.GetName(), v.GetStatus())
		}
	}

	w.setNow(w.Now().Add(-5 * time.Hour))
	resolve := caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{strings.Repeat("ab", 32)}})
	for range 2 { // the second time, after a lost answer, changes nothing
		results = w.onGroup(parent, "resolve", resolve, owner)
		if done, refused := count(results); done != storm || len(refused) > 0 {
			t.Fatalf("with the clock set back %d were resolved, refused %v; want all", done, refused)
		}
	}
	check := caseAct("", &wanggev1.CheckAct{Passed: new(true), Position: parent.GetReport().GetPosition()})
	if done, refused := count(w.onGroup(parent, "check", check, "p-checker-1")); done != storm {
		t.Fatalf("checked %d, refused %v", done, refused)
	}
	w.setNow(w.Now().Add(5 * time.Hour))
	closing := &wanggev1.CloseAct{Closing: "the storm is over", Outcome: wanggev1.Outcome_OUTCOME_FIXED}
	w.road(parent, owner, closing, true)
	last := w.onGroup(parent, "close", caseAct("", closing), "p-acceptor-1")
	if done, refused := count(last); done != storm {
		t.Fatalf("closed %d, refused %v", done, refused)
	}
	w.road(parent, owner, closing, false)

	for i, v := range last {
		events, err := w.cases().ListCaseEvents(w.as("p-leader", "en"), &wanggev1.ListCaseEventsRequest{Parent: v.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for n, e := range events.GetEvents() {
			if e.GetSequence() != uint64(n+1) {
				t.Fatalf("%s: event %d has the number %d", v.GetName(), n+1, e.GetSequence())
			}
			kinds = append(kinds, eventWord(e.GetKind()))
		}
		// In half an hour nobody has signed: three alarms, made up for before the work is started. Nobody is told of two of them.
		road := "reported filed dispatched attached receipt_missed receipt_missed receipt_missed started resolved check_passed closed"
		if got := strings.Join(kinds, " "); got != road {
			t.Fatalf("%s: events %s, want %s", v.GetName(), got, road)
		}
		alarmed := slices.Concat(events.GetEvents()[4].GetNotified(), events.GetEvents()[5].GetNotified(), events.GetEvents()[6].GetNotified())
		if slices.Sort(alarmed); len(alarmed) == 0 || len(slices.Compact(slices.Clone(alarmed))) < len(alarmed) {
			t.Fatalf("%s: of the alarms %v are told, want some people, each once", v.GetName(), alarmed)
		}
		end := events.GetEvents()[len(kinds)-1]
		if reporter := v.GetCase().GetReporter(); !slices.Contains(end.GetNotified(), reporter) || reporter == "" {
			t.Fatalf("%s: of the end %v are told, want %s", v.GetName(), end.GetNotified(), reporter)
		}
		if v.GetCase().GetOverrun() != nil {
			t.Fatalf("%s is %v late", v.GetName(), v.GetCase().GetOverrun())
		}
		x, err := w.cases().ExplainDeadline(w.as("p-leader", "en"), &wanggev1.ExplainDeadlineRequest{Question: &wanggev1.ExplainDeadlineRequest_Name{Name: v.GetName()}})
		if err != nil || !x.GetDueTime().AsTime().Equal(due[v.GetName()]) {
			t.Fatalf("part %d is due %v, %v; want %v as before", i, x.GetDueTime().AsTime(), err, due[v.GetName()])
		}
		at := x.GetStartTime().AsTime()
		for _, p := range inOrder(x) {
			if !p.GetStartTime().AsTime().Equal(at) {
				t.Fatalf("%s: a gap or an overlap at %v in %v", v.GetName(), at, x)
			}
			at = p.GetEndTime().AsTime()
		}
	}
}

// road takes the parent to its check, where it may not close while parts are open; and closes it.
func (w *world) road(parent *wanggev1.Case, owner roster.PersonID, closing *wanggev1.CloseAct, open bool) {
	w.t.Helper()
	act := func(who roster.PersonID, message proto.Message) *wanggev1.ActResult {
		id := fmt.Sprintf("parent-%s", message.ProtoReflect().Descriptor().Name())
		return w.batch(targets([]*wanggev1.Case{parent}), id, caseAct("", message), who)[0]
	}
	if open {
		act(owner, &wanggev1.StartAct{})
		act(owner, &wanggev1.ResolveAct{PhotoHashes: []string{strings.Repeat("cd", 32)}})
		act("p-checker-1", &wanggev1.CheckAct{Passed: new(true), Position: parent.GetReport().GetPosition()})
	}
	v := act("p-acceptor-1", closing)
	if refused := v.GetCase() == nil; refused != open || open && !strings.Contains(v.GetStatus().GetMessage(), fmt.Sprint(storm)) {
		w.t.Errorf("closing the parent, parts open %v: %v", open, v)
	}
}

// batch does one act on several cases.
func (w *world) batch(on []*wanggev1.ActTarget, id string, act *wanggev1.CaseAct, who roster.PersonID) []*wanggev1.ActResult {
	w.t.Helper()
	resp, err := w.cases().BatchActOnCases(w.as(who, "en"), &wanggev1.BatchActOnCasesRequest{Targets: on, RequestId: id, Act: act})
	if err != nil {
		w.t.Fatalf("%s: %v", id, err)
	}
	return resp.GetResults()
}

// onGroup acts on all open parts of a case, page by page.
func (w *world) onGroup(parent *wanggev1.Case, id string, act *wanggev1.CaseAct, who roster.PersonID) []*wanggev1.ActResult {
	w.t.Helper()
	ctx, page := w.as(who, "en"), &wanggev1.BatchActOnCasesRequest{Group: parent.GetName(), RequestId: id, Act: act}
	var out []*wanggev1.ActResult
	for {
		resp, err := w.cases().BatchActOnCases(ctx, page)
		if err != nil {
			w.t.Fatalf("%s: %v", id, err)
		}
		if n := len(resp.GetResults()); n > request.MaxBatch {
			w.t.Fatalf("a page of %d results", n)
		}
		out = append(out, resp.GetResults()...)
		if page.PageToken = resp.GetNextPageToken(); page.GetPageToken() == "" {
			return out
		}
	}
}

func targets(list []*wanggev1.Case) []*wanggev1.ActTarget {
	var out []*wanggev1.ActTarget
	for _, cs := range list {
		out = append(out, &wanggev1.ActTarget{Name: cs.GetName()})
	}
	return out
}

// count tells how many were done, and how many were not by code.
func count(results []*wanggev1.ActResult) (done int, refused map[codes.Code]int) {
	refused = map[codes.Code]int{}
	for _, r := range results {
		if r.GetCase() != nil {
			done++
		} else {
			refused[codes.Code(r.GetStatus().GetCode())]++
		}
	}
	return done, refused
}

// inOrder are all parts of a deadline in the order of time.
func inOrder(x *wanggev1.ExplainDeadlineResponse) []*wanggev1.Interval {
	parts := append(slices.Clone(x.GetCounted()), x.GetSkipped()...)
	slices.SortFunc(parts, func(a, b *wanggev1.Interval) int { return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime()) })
	return parts
}
