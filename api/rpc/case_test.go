package rpc

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
)

func TestCase_FromReportToClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("r-1"))
	if cs.GetStage() != wanggev1.Stage_STAGE_DISPATCHED || cs.GetOwner().GetUnit() != "departments/LIGHTING" || cs.GetDueTime() == nil {
		t.Fatalf("filed as %v", cs)
	}
	owner := personOf(cs.GetOwner().GetPerson())
	ctx := w.as(owner, "en")
	got, err := w.cases().GetCase(ctx, &wanggev1.GetCaseRequest{Name: cs.GetName()})
	if err != nil || !slices.Equal(actsOf(got), []dispatch.Act{"return", "acknowledge", "start", "extend", "comment"}) {
		t.Fatalf("the owner may %v, %v; want return, acknowledge, start, extend and comment", got.GetOffers(), err)
	}
	started, err := w.act(ctx, cs, "a-1", caseAct("", &wanggev1.StartAct{}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.act(ctx, cs, "a-1", caseAct("", &wanggev1.StartAct{}))
	if err != nil || again.GetEtag() != started.GetEtag() {
		t.Errorf("the same request again = %v, %v; want the same case", again.GetEtag(), err)
	}
	after := strings.Repeat("ab", 32)
	_, err = w.act(ctx, cs, "a-2", caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{after}}))
	w.want(err, codes.Aborted, "moved on")
	resolved, err := w.act(ctx, started, "a-3", caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{after}}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.act(w.as(inspector, "en"), resolved, "a-4", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	w.want(err, codes.PermissionDenied, "acceptor")
	_, err = w.act(w.as("p-acceptor-1", "en"), resolved, "a-4", caseAct("", &wanggev1.CloseAct{Closing: strings.Repeat("x", 5000)}))
	w.want(err, codes.InvalidArgument, "4000", "outcome")
	_, err = w.act(w.as(inspector, "en"), resolved, "a-4", caseAct("", &wanggev1.CheckAct{}))
	w.want(err, codes.InvalidArgument, "passed")
	_, err = w.act(w.as("p-acceptor-1", "en"), resolved, "a-5", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	w.want(err, codes.FailedPrecondition, "check")
	checked, err := w.act(w.as(inspector, "en"), resolved, "a-6", caseAct("", &wanggev1.CheckAct{Passed: new(true), Position: cs.GetReport().GetPosition()}))
	if err != nil {
		t.Fatal(err)
	}
	closed, err := w.act(w.as("p-acceptor-1", "en"), checked, "a-7", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	if err != nil || closed.GetStage() != wanggev1.Stage_STAGE_CLOSED || closed.GetOutcome() != wanggev1.Outcome_OUTCOME_FIXED {
		t.Fatalf("closed = %v, %v", closed, err)
	}
	events, err := w.cases().ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events.GetEvents() {
		kinds = append(kinds, eventWord(e.GetKind()))
	}
	if got, want := strings.Join(kinds, " "), "reported filed dispatched started resolved check_passed closed"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
}

func TestCase_HotlineIsAcceptedDispatchedAndReturned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("h-1")
	r.Source = wanggev1.Source_SOURCE_HOTLINE
	cs := w.fileAs("p-acceptor-1", r)
	if cs.GetStage() != wanggev1.Stage_STAGE_REPORTED || cs.GetOwner() != nil {
		t.Fatalf("filed as %v", cs)
	}
	accepted, err := w.act(w.as("p-acceptor-1", "en"), cs, "a-1", caseAct("", &wanggev1.AcceptAct{}))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := w.act(w.as("p-dispatcher-1", "en"), accepted, "a-2", caseAct("", &wanggev1.DispatchAct{Unit: "departments/GREEN"}))
	if err != nil || sent.GetOwner().GetUnit() != "departments/GREEN" {
		t.Fatalf("dispatched to %v, %v", sent.GetOwner(), err)
	}
	owner := w.as(personOf(sent.GetOwner().GetPerson()), "en")
	_, err = w.act(owner, sent, "a-3", caseAct("", &wanggev1.ReturnAct{}))
	w.want(err, codes.InvalidArgument, "reason")
	back, err := w.act(owner, sent, "a-4", caseAct("", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}))
	if err != nil || back.GetStage() != wanggev1.Stage_STAGE_RETURNED || back.GetReturns() != 1 {
		t.Fatalf("returned = %v, %v", back, err)
	}
}

func TestReport_SameIDSameReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.file(w.light("r-1"))
	if again := w.file(w.light("r-1")); again.GetName() != first.GetName() {
		t.Errorf("the same report became %s and %s", first.GetName(), again.GetName())
	}
	other := w.light("r-1")
	other.Text = "another"
	_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: other})
	w.want(err, codes.AlreadyExists, "text")
}

func TestReport_BatchHasAResultForEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.light("b-2")
	bad.Category = "nothing"
	resp, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("b-1"), bad, w.light("b-1")}})
	if err != nil {
		t.Fatal(err)
	}
	rs := resp.GetResults()
	if len(rs) != 3 || !rs[0].GetFiled().GetCreated() || rs[1].GetStatus().GetCode() != int32(codes.InvalidArgument) || rs[2].GetFiled().GetCreated() ||
		!proto.Equal(rs[0].GetFiled().GetCase(), rs[2].GetFiled().GetCase()) {
		t.Errorf("results %v", rs)
	}
}

func TestOverdue_ListAndSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("late"))
	w.setNow(cs.GetDueTime().AsTime().Add(time.Hour))
	sup := wanggev1.NewSupervisionServiceClient(w.conn)
	ctx := w.as("p-leader", "zh")
	list, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", State: wanggev1.CaseState_CASE_STATE_OVERDUE})
	if err != nil || len(list.GetCases()) != 1 || list.GetCases()[0].GetLate().AsDuration() != time.Hour {
		t.Fatalf("overdue %v, %v; want one case an hour late", list, err)
	}
	sum, err := sup.SummarizeOverdue(ctx, &wanggev1.SummarizeOverdueRequest{Scope: "areas/230100"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sum.GetRows() {
		want := int32(0)
		if slices.Contains([]string{"areas/230102", "areas/230100", "departments/LIGHTING"}, r.GetUnit()) {
			want = 1
		}
		if r.GetOverdue() != want {
			t.Errorf("%s (%s): %d overdue, want %d", r.GetUnit(), r.GetDisplayName(), r.GetOverdue(), want)
		}
	}
}

// The second page belongs to the first one's instant, however late it is asked for.
func TestOverdue_GoesOnAfterThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 7 {
		w.file(w.light(fmt.Sprint("late-", i)))
	}
	w.setNow(w.Now().Add(30 * 24 * time.Hour))
	seen := map[string]bool{}
	req := &wanggev1.ListCasesRequest{Scope: "areas/230102", State: wanggev1.CaseState_CASE_STATE_OVERDUE, PageSize: 3}
	for {
		page, err := w.cases().ListCases(w.as("p-230102-leader", "en"), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range page.GetCases() {
			seen[cs.GetName()] = true
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
		w.setNow(w.Now().Add(time.Minute))
	}
	if len(seen) != 7 {
		t.Errorf("%d cases in all pages, want 7", len(seen))
	}
}

func TestCity_Answers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := wanggev1.NewCityServiceClient(w.conn)
	ctx := w.as(inspector, "en")
	pos := &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84}
	at, err := c.Locate(ctx, &wanggev1.LocateRequest{Position: pos})
	if err != nil || len(at.GetPlace().GetAreas()) != 4 || at.GetPlace().GetAreas()[1].GetDisplayName() != "Daoli District" || at.GetPlace().GetBorderM() <= 0 {
		t.Errorf("Locate = %v, %v", at, err)
	}
	x, err := c.ExplainRoute(ctx, &wanggev1.ExplainRouteRequest{Position: pos, Category: "路灯井盖"})
	if err != nil || x.GetOwner().GetUnit() != "departments/LIGHTING" || !x.GetConsidered()[len(x.GetConsidered())-1].GetMatched() {
		t.Errorf("ExplainRoute = %v, %v", x, err)
	}
	if city, err := c.GetCity(ctx, &wanggev1.GetCityRequest{}); err != nil || city.GetCode() != "HRB" {
		t.Errorf("GetCity = %v, %v", city, err)
	}
	if h, err := healthv1.NewHealthClient(w.conn).Check(context.Background(), &healthv1.HealthCheckRequest{}); err != nil || h.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health without a token = %v, %v", h, err)
	}
}

func FuzzCreateReport(f *testing.F) {
	w := newWorld(f)
	seed, err := proto.Marshal(w.light("seed"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	ctx := w.as(inspector, "zh")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &wanggev1.Report{}
		if proto.Unmarshal(data, r) != nil {
			return
		}
		_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: r})
		if c := status.Code(err); c == codes.Internal || c == codes.Unknown {
			t.Errorf("CreateReport(%v) = %v", r, err)
		}
	})
}

// Ids in a case, in its events and in its notices come with names, in the caller's language, so that a page of people needs no other call.
func TestCase_NamesBesideIDs(t *testing.T) {
	w := newTownWorld(t)
	w.at("2026-03-04 09:00")
	resp, err := w.reports().CreateReport(w.as("eyes", "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
		ClientId: "r-1", Category: "C01", Condition: "1", Source: wanggev1.Source_SOURCE_INSPECTOR, CaptureTime: timestamppb.New(w.Now()),
		Position: &wanggev1.Position{Latitude: 45.706, Longitude: oldTown, Datum: wanggev1.Datum_DATUM_WGS84},
	}})
	if err != nil {
		t.Fatal(err)
	}
	cs := resp.GetCase()
	for i, act := range []*wanggev1.CaseAct{
		{Act: &wanggev1.CaseAct_Start{Start: &wanggev1.StartAct{}}},
		{Act: &wanggev1.CaseAct_CompleteMilestone{CompleteMilestone: &wanggev1.CompleteMilestoneAct{Milestone: "safe", PhotoHashes: []string{strings.Repeat("ab", 32)}}}},
		{Note: "x", Act: &wanggev1.CaseAct_Extend{Extend: &wanggev1.ExtendAct{}}},
	} {
		if cs, err = w.actOn(w.as("pipe", "zh"), cs.GetName(), fmt.Sprint("a-", i), act); err != nil {
			t.Fatal(err)
		}
	}
	got := []string{
		cs.GetConditionDisplayName(), cs.GetHandlerDisplayName(), cs.GetRequestedByDisplayName(),
		cs.GetMilestones()[0].GetCompletedByDisplayName(), fmt.Sprint(cs.GetRuleOrder()),
	}
	if want := []string{"管道破损，路面开挖", "供水负责人", "供水负责人", "供水负责人", "10"}; !slices.Equal(got, want) {
		t.Errorf("the names of the case are %q, want %q", got, want)
	}
	for lang, want := range map[string]string{"zh": "供水公司", "en": "Water"} {
		events, err := w.cases().ListCaseEvents(w.as("pipe", lang), &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.GetEvents() {
			if e.GetKind() == wanggev1.EventKind_EVENT_KIND_DISPATCHED && e.GetUnitDisplayName() != want {
				t.Errorf("in %s the case was dispatched to %q, want %q", lang, e.GetUnitDisplayName(), want)
			}
			if e.GetKind() == wanggev1.EventKind_EVENT_KIND_STARTED && e.GetHandlerDisplayName() != "供水负责人" {
				t.Errorf("the handler is named %q", e.GetHandlerDisplayName())
			}
		}
	}
}
