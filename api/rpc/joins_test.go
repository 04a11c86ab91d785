package rpc

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
)

// A report that says it repeats a case never vanishes in another matter, and is never refused for it: a
// manhole cover in a vendor's case four kilometres away, a case of another district, one that does not
// exist or is closed. What its reporter may not read and what does not exist look the same.
func TestReport_BadJoinsIsACaseOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lid := w.file(w.light("lid"))
	vendor := w.light("vendor")
	vendor.Category, vendor.Position.Latitude = "E0401", 45.7552
	stall := w.file(vendor)
	far := w.light("far")
	far.Position.Latitude = 45.79
	away := w.file(far)
	foreign := proto.Clone(w.light("foreign")).(*wanggev1.Report)
	foreign.Position.Latitude, foreign.Position.Longitude = 45.705, 126.69
	resp, err := w.reports().CreateReport(w.as(otherInspector, "en"), &wanggev1.CreateReportRequest{Report: foreign})
	if err != nil {
		t.Fatal(err)
	}
	other := resp.GetCase()
	for i, tt := range []struct {
		name, joins, why string
		person           roster.PersonID
	}{
		{"the same matter", lid.GetName(), "", inspector},
		{"a vendor's case", stall.GetName(), "category", inspector},
		{"a vendor's case, by the hotline", stall.GetName(), "category", "p-acceptor-3"},
		{"the same sort far away, in a case that waits", away.GetName(), "distance,idle", inspector},
		{"a case of another district", other.GetName(), "unknown", inspector},
		{"no case at all", "cases/20260101-999999", "unknown", inspector},
		{"no case at all, by the hotline", "cases/20260101-999999", "unknown", "p-acceptor-3"},
		{"a case that is yet to come", "cases/20991231-000001", "unknown", inspector},
		{"as an acceptor, who may read it: far away", other.GetName(), "distance", "p-acceptor-3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			r := w.light(fmt.Sprint("joins-", i))
			r.Joins = tt.joins
			if tt.person != inspector {
				r.Source = wanggev1.Source_SOURCE_HOTLINE
			}
			batch, err := w.reports().BatchCreateReports(w.as(tt.person, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{r}})
			if err != nil || batch.GetResults()[0].GetFiled() == nil {
				t.Fatalf("filed as %v, %v", batch, err)
			}
			cs := batch.GetResults()[0].GetFiled().GetCase()
			again, err := w.reports().CreateReport(w.as(tt.person, "en"), &wanggev1.CreateReportRequest{Report: r})
			if err != nil || again.GetCreated() || again.GetCase().GetName() != cs.GetName() {
				t.Errorf("sent again it is %v, %v", again, err)
			}
			events, err := w.cases().ListCaseEvents(w.as("p-leader", "en"), &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
			if err != nil {
				t.Fatal(err)
			}
			at := slices.IndexFunc(events.GetEvents(), func(e *wanggev1.CaseEvent) bool { return e.GetKind() == wanggev1.EventKind_EVENT_KIND_PROPOSED })
			if tt.why == "" {
				if cs.GetStage() != wanggev1.Stage_STAGE_MERGED || cs.GetMergedInto() != tt.joins || cs.GetProposedDuplicateOf() != "" || at >= 0 {
					t.Errorf("joined as %v", cs)
				}
				return
			}
			if tt.why == "unknown" { // nobody is asked whether it repeats a case that nobody finds
				if cs.GetProposedDuplicateOf() != "" || at >= 0 || cs.GetDueTime() == nil || !batch.GetResults()[0].GetFiled().GetJoinsUnknown() || again.GetJoinsUnknown() {
					t.Errorf("filed as %v with events %v; want a case of its own, and an answer that knows no such case", batch, events)
				}
				return
			}
			if batch.GetResults()[0].GetFiled().GetJoinsUnknown() {
				t.Error("the case is called unknown")
			}
			if open := cs.GetStage() == wanggev1.Stage_STAGE_REPORTED || cs.GetStage() == wanggev1.Stage_STAGE_DISPATCHED; !open || cs.GetProposedDuplicateOf() != tt.joins || cs.GetDueTime() == nil || at < 0 {
				t.Fatalf("filed as %v with events %v; want a case of its own that is said to repeat %s", cs, events, tt.joins)
			}
			if e := events.GetEvents()[at]; mismatchWords(e.GetMismatches()) != tt.why || e.GetOther() != tt.joins {
				t.Errorf("proposed %v, want because of %s", e, tt.why)
			}
		})
	}
	w.t = t
	list, err := w.cases().ListLinkedCases(w.as("p-acceptor-3", "en"), &wanggev1.ListLinkedCasesRequest{Parent: other.GetName(), Kind: wanggev1.LinkKind_LINK_KIND_PROPOSED})
	if err != nil || len(list.GetCases()) != 1 {
		t.Errorf("%v are said to repeat the other district's case, %v; want that of the acceptor", list, err)
	}
	closing := wanggev1.NewAdminServiceClient(w.conn)
	if r, err := closing.CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{}); err != nil || !r.GetOk() {
		t.Errorf("the store check: %v, %v", r, err)
	}
}

// An office merges only what may be one matter, into a case that it may read; every reason is told.
func TestMerge_OutsideItsMatterIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stallReport := w.light("vendor")
	stallReport.Category = "E0401"
	stallReport.Position.Latitude = 45.79
	stall := w.file(stallReport)
	foreign := w.light("foreign")
	foreign.Position.Latitude, foreign.Position.Longitude = 45.705, 126.69
	resp, err := w.reports().CreateReport(w.as(otherInspector, "en"), &wanggev1.CreateReportRequest{Report: foreign})
	if err != nil {
		t.Fatal(err)
	}
	first := w.file(w.light("first"))
	lid := w.file(w.light("lid"))
	merge := func(person roster.PersonID, lang, into string) error {
		_, err := w.actOn(w.as(person, lang), lid.GetName(), "m-"+strings.TrimPrefix(into, "cases/"), caseAct("", &wanggev1.MergeAct{Target: into}))
		return err
	}
	w.want(merge("p-acceptor-3", "en", stall.GetName()), codes.FailedPrecondition, "E0401", "m away")
	w.want(merge("p-acceptor-3", "zh", stall.GetName()), codes.FailedPrecondition, "改类", "相距")
	w.want(merge("p-acceptor-3", "en", resp.GetCase().GetName()), codes.FailedPrecondition, "m away")
	w.want(merge("p-230102-dispatcher", "en", resp.GetCase().GetName()), codes.FailedPrecondition, "there is no case")
	w.want(merge("p-230102-dispatcher", "en", "cases/20260101-999999"), codes.FailedPrecondition, "there is no case")
	attach := func(into string) error {
		_, err := w.act(w.as("p-230102-dispatcher", "en"), lid, "t-1", caseAct("", &wanggev1.AttachAct{Target: into}))
		return err
	}
	w.want(attach(resp.GetCase().GetName()), codes.FailedPrecondition, "there is no case")
	if err := merge("p-230102-dispatcher", "en", first.GetName()); err != nil {
		t.Errorf("the same matter: %v", err)
	}
}

// A report of severity A that ended in another case keeps its work: the other case is neither voided nor made less urgent while
// the report hangs on it. Unmerged, it goes on by itself.
func TestMerge_UrgentReportIsNotLostWithItsCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	call := w.light("call")
	call.Source = wanggev1.Source_SOURCE_HOTLINE
	first := w.fileAs("p-acceptor-3", call)
	early := w.light("early")
	early.Joins = first.GetName()
	alone := w.file(early)
	if alone.GetStage() != wanggev1.Stage_STAGE_DISPATCHED || alone.GetProposedDuplicateOf() != first.GetName() {
		t.Fatalf("while nobody works on the other it is %v; want it dispatched, and the other proposed", alone)
	}
	merge := func(lang string) error {
		_, err := w.actOn(w.as("p-acceptor-3", lang), alone.GetName(), "m-"+lang, caseAct("", &wanggev1.MergeAct{Target: first.GetName()}))
		return err
	}
	w.want(merge("en"), codes.FailedPrecondition, "nobody works", "reported")
	w.want(merge("zh"), codes.FailedPrecondition, "目前无人处置", "请先")
	w.doing("p-acceptor-3", first.GetName(), caseAct("", &wanggev1.AcceptAct{}))
	w.doing("p-dispatcher-1", first.GetName(), caseAct("", &wanggev1.DispatchAct{Unit: "departments/LIGHTING"}))
	lid := w.light("lid")
	lid.Joins = first.GetName()
	joined := w.file(lid)
	if joined.GetStage() != wanggev1.Stage_STAGE_MERGED || joined.GetSeverity() != wanggev1.Severity_SEVERITY_A {
		t.Fatalf("joined as %v", joined)
	}
	number := strings.TrimPrefix(joined.GetName(), "cases/")
	void := func(lang string) error {
		_, err := w.actOn(w.as("p-chief-day", lang), first.GetName(), "v-"+lang, caseAct("试录", &wanggev1.VoidAct{}))
		return err
	}
	w.want(void("en"), codes.FailedPrecondition, number, "severity A", "unmerge")
	w.want(void("zh"), codes.FailedPrecondition, number, "A 级", "撤销")
	_, err := w.actOn(w.as("p-chief-day", "en"), first.GetName(), "force", caseAct("no budget", &wanggev1.ForceCloseAct{}))
	w.want(err, codes.FailedPrecondition, number, "severity A", "unmerge")
	reclassify := func(condition string) error {
		_, err := w.actOn(w.as("p-acceptor-3", "en"), first.GetName(), "r-"+condition, caseAct("not urgent", &wanggev1.ReclassifyAct{Category: "C0101", Condition: condition}))
		return err
	}
	w.want(reclassify("3"), codes.FailedPrecondition, number, "severity A")
	if err := reclassify("1"); err != nil { // as urgent
		t.Errorf("to another category as urgent: %v", err)
	}
	if back := w.doing("p-acceptor-3", joined.GetName(), caseAct("另一处", &wanggev1.UnmergeAct{})); back.GetDueTime() == nil {
		t.Errorf("unmerged it is %v", back)
	}
	if err := void("en"); err != nil {
		t.Errorf("void, with nothing merged into it: %v", err)
	}
}

// mismatchWords are reasons as the model has them, divided by commas.
func mismatchWords(reasons []wanggev1.MismatchReason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = strings.ToLower(strings.TrimPrefix(r.String(), "MISMATCH_REASON_"))
	}
	return strings.Join(words, ",")
}
