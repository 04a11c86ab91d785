package rpc

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/storage/faultinject"
	"wangge/storage/mem"
)

// The caller of the order and where the caller lives.
const (
	callerName  = "赵女士"
	callerPhone = "139-0451-7788"
)

// order is an order of the hotline 12345: a caller, a number of its own, an address in words.
func (w *world) order(id, number string) *wanggev1.Report {
	r := w.light(id)
	r.Source, r.Text = wanggev1.Source_SOURCE_HOTLINE, "来电人反映路灯井缺盖"
	r.CallerName, r.CallerPhone, r.ExternalId = callerName, callerPhone, number
	r.Address, r.Building, r.UnitNo, r.Floor = "道里区中央大街 1 号门前", "3 号楼", "2 单元", "5 层"
	return r
}

const orderTaker = "p-acceptor-1"

// A 12345 order keeps its number, its address and its caller. The order that the hotline sends a second time is the same
// case for every acceptor; other content under the number names the case that has it.
func TestReport_HotlineOrderHasANumberOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.fileAs(orderTaker, w.order("o-1", "12345-20260304-0017"))
	got, err := w.cases().GetCase(w.as(orderTaker, "zh"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	want := w.order("o-1", "12345-20260304-0017")
	if !proto.Equal(got.GetReport(), want) {
		t.Errorf("the case says %v, want what was reported: %v", got.GetReport(), want)
	}
	if got.GetAddress() != want.GetAddress() || got.GetExternalId() != want.GetExternalId() || got.GetReporterPhone() == "" || got.GetContactsWithheld() {
		t.Errorf("the case is %v", got)
	}
	again := w.order("o-2", "12345-20260304-0017")
	for _, person := range []roster.PersonID{orderTaker, "p-acceptor-2"} {
		resp, err := w.reports().CreateReport(w.as(person, "en"), &wanggev1.CreateReportRequest{Report: again})
		if err != nil || resp.GetCreated() || resp.GetCase().GetName() != cs.GetName() {
			t.Errorf("sent again by %s it is %v, %v", person, resp, err)
		}
	}
	again.Text = "另一件事"
	_, err = w.reports().CreateReport(w.as("p-acceptor-2", "en"), &wanggev1.CreateReportRequest{Report: again})
	w.want(err, codes.AlreadyExists, "12345-20260304-0017", strings.TrimPrefix(cs.GetName(), "cases/"), "report.text")
	_, err = w.reports().CreateReport(w.as("p-acceptor-2", "zh"), &wanggev1.CreateReportRequest{Report: again})
	w.want(err, codes.AlreadyExists, "外部编号")
	again.Source = wanggev1.Source_SOURCE_MEDIA // numbers of another source are other numbers
	if media := w.fileAs("p-acceptor-2", again); media.GetName() == cs.GetName() {
		t.Error("a number of the media is taken for one of the hotline")
	}
	batch, err := w.reports().BatchCreateReports(w.as(orderTaker, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{
		w.order("b-1", "n-1"), w.order("b-2", "n-1"), w.order("b-3", "n-2"), w.order("b-4", "12345-20260304-0017"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var created []bool
	for _, r := range batch.GetResults() {
		created = append(created, r.GetFiled().GetCreated())
	}
	if !slices.Equal(created, []bool{true, false, true, false}) || batch.GetResults()[3].GetFiled().GetCase().GetName() != cs.GetName() {
		t.Errorf("the batch is %v", batch)
	}
	check, err := wanggev1.NewAdminServiceClient(w.conn).CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{})
	if err != nil || !check.GetOk() {
		t.Errorf("the store check: %v, %v", check, err)
	}
}

// A number that is taken tells another district nothing of the case: neither that the guess of a phone is right, nor which case
// it is. An order that was voided is entered anew under its number.
func TestReport_NumberTellsNoCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := w.order("o-1", "12345-77")
	secret.Confidential = true
	cs := w.fileAs(orderTaker, secret)
	guess := w.order("o-2", "12345-77")
	guess.Confidential, guess.Position = true, w.light("x").GetPosition()
	for _, phone := range []string{callerPhone, "13800000000"} {
		guess.CallerPhone = phone
		_, err := w.reports().CreateReport(w.as("p-230102-leader", "en"), &wanggev1.CreateReportRequest{Report: guess})
		if text := fmt.Sprint(err); strings.Contains(text, "caller") || strings.Contains(text, "confidential") || status.Code(err) != codes.AlreadyExists && phone != callerPhone {
			t.Errorf("a leader guesses %s: %v", phone, err)
		}
	}
	elsewhere := w.order("o-3", "12345-77")
	elsewhere.Position = &wanggev1.Position{Latitude: 45.7076, Longitude: 126.6629, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 10}
	_, err := w.reports().CreateReport(w.as("p-230110-leader", "en"), &wanggev1.CreateReportRequest{Report: elsewhere})
	w.want(err, codes.AlreadyExists, "12345-77", "ask the city's office")
	if text := fmt.Sprint(status.Convert(err).Details()); strings.Contains(text, strings.TrimPrefix(cs.GetName(), "cases/")) || strings.Contains(text, "differs") {
		t.Errorf("another district learns %s", text)
	}
	w.doing(orderTaker, cs.GetName(), &wanggev1.CaseAct{Note: "输错地点", Act: &wanggev1.CaseAct_Void{Void: &wanggev1.VoidAct{}}})
	again := w.order("o-4", "12345-77")
	resp, err := w.reports().CreateReport(w.as(orderTaker, "en"), &wanggev1.CreateReportRequest{Report: again})
	if err != nil || !resp.GetCreated() || resp.GetCase().GetName() == cs.GetName() {
		t.Errorf("entered anew: %v, %v", resp, err)
	}
	check, err := wanggev1.NewAdminServiceClient(w.conn).CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{})
	if err != nil || !check.GetOk() {
		t.Errorf("the store check: %v, %v", check, err)
	}
}

// doing does an act on a case as a person, whatever its etag.
func (w *world) doing(person roster.PersonID, name string, act *wanggev1.CaseAct) *wanggev1.Case {
	w.t.Helper()
	w.deeds++
	cs, err := w.actOn(w.as(person, "en"), name, fmt.Sprint("deed-", w.deeds), act)
	if err != nil {
		w.t.Fatal(err)
	}
	if text := fmt.Sprint(cs); strings.Contains(text, callerPhone) {
		w.t.Errorf("the answer to an act tells the caller: %s", text)
	}
	return cs
}

// The order that comes back after its case was closed is a case with the same caller and number; the number still names the
// first case, and the store is consistent.
func TestReport_ReopenedOrderKeepsItsCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.fileAs(orderTaker, w.order("o-1", "n-1"))
	closed := w.closeOrder(cs.GetName(), func(string) {})
	again := w.doing("p-chief-day", cs.GetName(), caseAct("又坏了", &wanggev1.ReopenAct{}))
	second, err := w.cases().GetCase(w.as(orderTaker, "zh"), &wanggev1.GetCaseRequest{Name: again.GetReopenedAs()})
	if err != nil || second.GetReopens() != closed.GetName() || second.GetReport().GetCallerPhone() != callerPhone || second.GetExternalId() != "n-1" {
		t.Fatalf("reopened as %v, %v", second, err)
	}
	resp, err := w.reports().CreateReport(w.as(orderTaker, "en"), &wanggev1.CreateReportRequest{Report: w.order("o-9", "n-1")})
	if err != nil || resp.GetCreated() || resp.GetCase().GetName() != cs.GetName() {
		t.Errorf("the order, sent again: %v, %v", resp, err)
	}
	check, err := wanggev1.NewAdminServiceClient(w.conn).CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{})
	if err != nil || !check.GetOk() {
		t.Errorf("the store check: %v, %v", check, err)
	}
}

// closeOrder takes an order from its report to its end, and calls look after each act with the stage.
func (w *world) closeOrder(name string, look func(stage string)) *wanggev1.Case {
	w.t.Helper()
	look("reported")
	w.doing(orderTaker, name, caseAct("", &wanggev1.AcceptAct{}))
	w.doing("p-dispatcher-1", name, caseAct("", &wanggev1.DispatchAct{Unit: "departments/LIGHTING"}))
	look("dispatched")
	w.doing("p-lighting-owner", name, caseAct("", &wanggev1.StartAct{Handler: "people/p-lighting-handler"}))
	look("handling")
	w.doing("p-lighting-handler", name, caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{strings.Repeat("ab", 32)}}))
	there := w.light("").GetPosition()
	w.doing(inspector, name, caseAct("", &wanggev1.CheckAct{Passed: new(true), Position: there}))
	closed := w.doing(orderTaker, name, caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	look("closed")
	return closed
}

// Who works on a case calls the callers of all that was merged into it, once the case is theirs, as their own; a confidential caller
// stays with acceptors and duty chiefs, and every look is recorded.
func TestContacts_OfMergedPartsForWhoWorksOnTheCase(t *testing.T) {
	t.Parallel()
	owners := []roster.PersonID{"p-lighting-owner", "p-lighting-leader", "p-lighting-handler"}
	others := []roster.PersonID{inspector, "p-green-owner", "p-230102-leader", "p-grid-office"}
	for _, confidential := range []bool{false, true} {
		t.Run(fmt.Sprint("confidential ", confidential), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			main := w.fileAs(orderTaker, w.order("o-1", "n-1"))
			w.doing(orderTaker, main.GetName(), caseAct("", &wanggev1.AcceptAct{}))
			order := w.order("o-2", "n-2")
			order.Joins, order.CallerPhone, order.Confidential = main.GetName(), "138-0451-0002", confidential
			w.doing("p-dispatcher-1", main.GetName(), caseAct("", &wanggev1.DispatchAct{Unit: "departments/LIGHTING"}))
			part := w.fileAs(orderTaker, order)
			if part.GetMergedInto() != main.GetName() {
				t.Fatalf("the second call is %v, want it merged", part)
			}
			sees := func(person roster.PersonID) bool {
				got, err := w.cases().GetCase(w.as(person, "zh"), &wanggev1.GetCaseRequest{Name: part.GetName()})
				if err != nil && status.Code(err) != codes.NotFound {
					t.Fatal(err)
				}
				list, err := w.cases().ListLinkedCases(w.as(person, "zh"), &wanggev1.ListLinkedCasesRequest{Parent: main.GetName(), Kind: wanggev1.LinkKind_LINK_KIND_MERGED})
				if err == nil && (len(list.GetCases()) == 1) != (got != nil) {
					t.Errorf("%s reads %v and lists %v", person, got, list)
				}
				if err == nil && strings.Contains(fmt.Sprint(list), "138-0451-0002") {
					t.Errorf("a list tells %s the caller", person)
				}
				return got.GetReport().GetCallerPhone() == "138-0451-0002" && got.GetReport().GetCallerName() == callerName
			}
			for _, person := range owners {
				if got := sees(person); got == confidential {
					t.Errorf("%s sees the caller: %t", person, got)
				}
			}
			for _, person := range others {
				if sees(person) {
					t.Errorf("%s sees the caller", person)
				}
			}
			if !sees(orderTaker) || !sees("p-chief-day") {
				t.Error("the office does not see the caller")
			}
			w.doing("p-chief-day", main.GetName(), caseAct("另案处理", &wanggev1.RerouteAct{Unit: "departments/GREEN"}))
			for _, person := range owners {
				if sees(person) {
					t.Errorf("%s sees the caller after the case was given to another unit", person)
				}
			}
			if got := sees("p-green-owner"); got == confidential {
				t.Errorf("the new owner sees the caller: %t", got)
			}
		})
	}
}

// The name and phone of a caller are for who works on the case: the office, and while the case is open its owner's people and
// its handler. Nobody else gets them from any method; who may see them gets them from GetCase alone.
func TestContacts_OnlyWhoWorksOnTheCase(t *testing.T) {
	t.Parallel()
	office := []roster.PersonID{orderTaker, "p-dispatcher-1", "p-chief-day"}
	owners := []roster.PersonID{"p-lighting-owner", "p-lighting-leader", "p-lighting-handler"}
	others := []roster.PersonID{inspector, otherInspector, "p-leader", "p-230102-leader", "p-230110-leader", "p-green-owner", "p-grid-office", "p-checker-1"}
	for _, confidential := range []bool{false, true} {
		t.Run(fmt.Sprint("confidential ", confidential), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			order := w.order("o-1", "n-1")
			order.Confidential = confidential
			batch, err := w.reports().BatchCreateReports(w.as(orderTaker, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{order}})
			if err != nil {
				t.Fatal(err)
			}
			cs := batch.GetResults()[0].GetFiled().GetCase()
			filed := w.fileAs(orderTaker, order)
			w.silent(t, "CreateReport", fmt.Sprint(batch, filed))
			may := map[string][]roster.PersonID{
				"reported": office, "dispatched": slices.Concat(office, owners), "handling": slices.Concat(office, owners), "closed": office,
			}
			callers := may
			if confidential {
				only := []roster.PersonID{orderTaker, "p-chief-day"}
				callers = map[string][]roster.PersonID{"reported": only, "dispatched": only, "handling": only, "closed": only}
			}
			w.closeOrder(cs.GetName(), func(stage string) {
				for _, person := range slices.Concat(office, owners, others) {
					got, err := w.cases().GetCase(w.as(person, "zh"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
					if code := status.Code(err); err != nil && code != codes.NotFound {
						t.Fatal(err)
					}
					caller := got.GetReport().GetCallerPhone() == callerPhone && got.GetReport().GetCallerName() == callerName
					if want := slices.Contains(callers[stage], person); caller != want {
						t.Errorf("%s: %s sees the caller: %v, want %v", stage, person, caller, want)
					}
					reporter := got.GetReporterPhone() == "0451-55550004"
					if err == nil && got.GetReporterDisplayName() != "陈永刚" {
						t.Errorf("%s: %s reads the reporter's name as %q", stage, person, got.GetReporterDisplayName())
					}
					if want := slices.Contains(may[stage], person); reporter != want {
						t.Errorf("%s: %s sees the reporter: %v, want %v", stage, person, reporter, want)
					}
					if withheld := err == nil && !(caller && reporter); got.GetContactsWithheld() != withheld {
						t.Errorf("%s: %s is told that contacts are withheld: %v", stage, person, got.GetContactsWithheld())
					}
					if !caller {
						w.silent(t, stage+": GetCase of "+string(person), fmt.Sprint(got))
					}
				}
				for _, person := range []roster.PersonID{orderTaker, "p-lighting-owner", otherInspector, "p-leader"} {
					w.readsNothing(t, person, cs, stage)
				}
			})
		})
	}
}

// lastDigits are those of the caller's phone, but not within a longer number, such as the random name of a token.
var lastDigits = regexp.MustCompile(`\b7788\b`)

// silent checks that a text holds no name and no phone of the caller.
func (w *world) silent(t *testing.T, who, text string) {
	t.Helper()
	if strings.Contains(text, callerPhone) || strings.Contains(text, callerName) || lastDigits.MatchString(text) {
		t.Errorf("%s tells the caller: %s", who, text)
	}
}

// readsNothing calls every method but GetCase that changes nothing, in a request about the case, and looks for the caller in
// everything that comes back.
func (w *world) readsNothing(t *testing.T, person roster.PersonID, cs *wanggev1.Case, stage string) {
	t.Helper()
	fill, words := plausible(cs, "x", "", "")
	fill["position"] = w.light("").GetPosition()
	words["scope"], words["unit"], words["category"] = "areas/230100", "departments/LIGHTING", "C0106"
	answered := 0
	for name, m := range methods(t) {
		reads := false
		for _, verb := range []string{"List", "Get", "Watch", "Summarize", "Explain", "Locate", "OnDuty"} {
			reads = reads || strings.HasPrefix(name, verb)
		}
		if !reads || name == "GetCase" {
			continue
		}
		ctx, cancel := context.WithTimeout(w.as(person, "zh"), 20*time.Second)
		text, err := w.call(ctx, asking(m, fill, words))
		cancel()
		if err == nil {
			answered++
		}
		w.silent(t, fmt.Sprintf("%s: %s of %s", stage, name, person), text)
	}
	if answered < 6 {
		t.Errorf("%s: %s is answered by only %d methods: the test looks at nothing", stage, person, answered)
	}
}

// Every look at a phone is recorded: who, at which case, by which method, when; of an hour the first. The grid office
// and the duty chief list the looks, by person and by case, page by page.
func TestContacts_LooksAreRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := wanggev1.NewAdminServiceClient(w.conn)
	first, second := w.fileAs(orderTaker, w.order("o-1", "n-1")), w.fileAs(orderTaker, w.order("o-2", "n-2"))
	look := func(person roster.PersonID, cs *wanggev1.Case, paths ...string) *wanggev1.Case {
		t.Helper()
		req := &wanggev1.GetCaseRequest{Name: cs.GetName()}
		if paths != nil {
			req.ReadMask = &fieldmaskpb.FieldMask{Paths: paths}
		}
		got, err := w.cases().GetCase(w.as(person, "zh"), req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	start := w.Now()
	look(orderTaker, first)
	w.setNow(start.Add(10 * time.Minute))
	look(orderTaker, first, "report")         // within the hour
	look(inspector, first)                    // sees no phone
	look("p-chief-day", first, "report.text") // asks for none
	look("p-dispatcher-1", first, "*")
	w.setNow(start.Add(time.Hour))
	look(orderTaker, first)
	look(orderTaker, second, "report.caller_phone")
	list := func(req *wanggev1.ListAccessRequest) (out []string) {
		t.Helper()
		for {
			page, err := admin.ListAccess(w.as("p-grid-office", "zh"), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.GetRecords() {
				if r.GetMethod() != "GetCase" || r.GetPersonDisplayName() == "" {
					t.Errorf("a look is %v", r)
				}
				out = append(out, fmt.Sprintf("%s %s +%v", strings.TrimPrefix(r.GetPerson(), "people/"), strings.TrimPrefix(r.GetCase(), "cases/20260304-"), r.GetTime().AsTime().Sub(start)))
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				return out
			}
		}
	}
	all := []string{"p-acceptor-1 000002 +1h0m0s", "p-acceptor-1 000001 +1h0m0s", "p-dispatcher-1 000001 +10m0s", "p-acceptor-1 000001 +0s"}
	for _, size := range []int32{0, 1, 2, 4} {
		if got := list(&wanggev1.ListAccessRequest{PageSize: size}); !slices.Equal(got, all) {
			t.Errorf("in pages of %d the looks are %q, want %q", size, got, all)
		}
	}
	if got := list(&wanggev1.ListAccessRequest{Person: "people/p-dispatcher-1", PageSize: 1}); !slices.Equal(got, all[2:3]) {
		t.Errorf("the dispatcher's looks are %q", got)
	}
	if got := list(&wanggev1.ListAccessRequest{Case: second.GetName()}); !slices.Equal(got, all[:1]) {
		t.Errorf("looks at the second case are %q", got)
	}
	for _, person := range []roster.PersonID{"p-leader", orderTaker, inspector, "p-230102-leader"} {
		_, err := admin.ListAccess(w.as(person, "en"), &wanggev1.ListAccessRequest{})
		w.want(err, codes.PermissionDenied, "grid office")
		_, err = admin.ListAccess(w.as(person, "zh"), &wanggev1.ListAccessRequest{})
		w.want(err, codes.PermissionDenied, "网格办")
	}
	if _, err := admin.ListAccess(w.as("p-chief-day", "en"), &wanggev1.ListAccessRequest{}); err != nil {
		t.Errorf("the duty chief: %v", err)
	}
	_, err := admin.ListAccess(w.as("p-grid-office", "en"), &wanggev1.ListAccessRequest{Person: "x", Case: "y", PageSize: 1001, PageToken: "z"})
	if got := slices.Sorted(slices.Values(fieldsOf(err))); !slices.Equal(got, []string{"case", "page_size", "page_token", "person"}) {
		t.Errorf("%v names %v", err, got)
	}
	check, err := admin.CheckStore(w.as("p-leader", "en"), &wanggev1.CheckStoreRequest{})
	if err != nil || !check.GetOk() {
		t.Errorf("the store check: %v, %v", check, err)
	}
}

// A store that takes no writes records no look: the case is answered without names and phones, and says so.
func TestContacts_UnrecordedIsWithheld(t *testing.T) {
	t.Parallel()
	store := &faultinject.Disk{Engine: mem.Open()}
	w := newWorldOver(t, store)
	cs := w.fileAs(orderTaker, w.order("o-1", "n-1"))
	look := func(person roster.PersonID) *wanggev1.Case {
		t.Helper()
		got, err := w.cases().GetCase(w.as(person, "zh"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := look(orderTaker); got.GetReport().GetCallerPhone() != callerPhone {
		t.Fatalf("the case is %v", got)
	}
	store.Full.Store(true)
	if got := look(orderTaker); got.GetReport().GetCallerPhone() != callerPhone {
		t.Error("a look that is on record already is withheld while the disk is full")
	}
	got := look("p-dispatcher-1")
	w.silent(t, "a full disk", fmt.Sprint(got))
	if !got.GetContactsWithheld() || got.GetReporterPhone() != "" || got.GetReport().GetText() == "" {
		t.Errorf("with a full disk the case is %v", got)
	}
	store.Full.Store(false)
	if got := look("p-dispatcher-1"); got.GetReport().GetCallerPhone() != callerPhone || got.GetContactsWithheld() {
		t.Errorf("with room again the case is %v", got)
	}
}

// An inspector claims neither the mayor, nor a newspaper, nor the hotline as a source, and no caller; at the desk of the
// neighbouring district nobody does it for this one.
func TestReport_SourceNeedsItsPost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	claim := func(change func(*wanggev1.Report)) *wanggev1.Report {
		r := w.light("claim")
		change(r)
		return r
	}
	claims := map[string]*wanggev1.Report{
		"the mayor":     claim(func(r *wanggev1.Report) { r.Source = wanggev1.Source_SOURCE_LEADER }),
		"a newspaper":   claim(func(r *wanggev1.Report) { r.Source = wanggev1.Source_SOURCE_MEDIA }),
		"the hotline":   claim(func(r *wanggev1.Report) { r.Source = wanggev1.Source_SOURCE_HOTLINE }),
		"the public":    claim(func(r *wanggev1.Report) { r.Source = wanggev1.Source_SOURCE_PUBLIC }),
		"a camera":      claim(func(r *wanggev1.Report) { r.Source, r.Confidence = wanggev1.Source_SOURCE_VIDEO, 0.9 }),
		"a caller":      claim(func(r *wanggev1.Report) { r.CallerPhone = callerPhone }),
		"an order's no": claim(func(r *wanggev1.Report) { r.ExternalId = "12345-1" }),
	}
	for name, r := range claims {
		for _, person := range []roster.PersonID{inspector, otherInspector, "p-230110-leader", "p-green-owner"} {
			_, err := w.reports().CreateReport(w.as(person, "en"), &wanggev1.CreateReportRequest{Report: r})
			w.want(err, codes.PermissionDenied, "acceptor", "around the place")
			if t.Failed() {
				t.Fatalf("%s claims %s", person, name)
			}
		}
		_, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: r})
		w.want(err, codes.PermissionDenied, "受理员", "监督员")
		for _, person := range []roster.PersonID{orderTaker, "p-230102-leader"} {
			mine := proto.CloneOf(r)
			mine.ClientId = fmt.Sprintf("%s-%d-%d", person, len(name), r.GetSource())
			if mine.GetExternalId() != "" {
				mine.ExternalId += string(person)
			}
			if got := w.fileAs(person, mine); got.GetStage() == wanggev1.Stage_STAGE_UNSPECIFIED {
				t.Errorf("%s files for %s: %v", person, name, got)
			}
		}
	}
	// What an inspector sees may say where it is: nothing of that needs another post.
	own := w.light("own")
	own.Address, own.ComponentId, own.Building, own.UnitNo, own.Floor = "中央大街", "2301020106000017", "3", "2", "5"
	if cs := w.file(own); cs.GetAddress() != "中央大街" || cs.GetReport().GetComponentId() != own.GetComponentId() || cs.GetPoint() != "" {
		t.Errorf("filed as %v", cs)
	}
}

// Every field of a report is held to its bounds, and all that is wrong is told at once, in both languages.
func TestReport_FieldsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.order("o-1", " n-1")
	r.CallerName, r.CallerPhone, r.Address, r.ComponentId = strings.Repeat("赵", 101), "call me", strings.Repeat("a", 201), "a\x00b"
	r.Building, r.UnitNo, r.Floor, r.Confidence = strings.Repeat("a", 51), strings.Repeat("b", 51), "5\x1b[2J", 0.5
	_, err := w.reports().CreateReport(w.as(orderTaker, "en"), &wanggev1.CreateReportRequest{Report: r})
	want := []string{
		"report.address", "report.building", "report.caller_name", "report.caller_phone", "report.component_id", "report.confidence",
		"report.external_id", "report.floor", "report.unit_no",
	}
	if got := slices.Sorted(slices.Values(fieldsOf(err))); status.Code(err) != codes.InvalidArgument || !slices.Equal(got, want) {
		t.Errorf("%v names %v, want %v", err, got, want)
	}
	secret := w.light("s-1")
	secret.Source, secret.Confidential, secret.CallerPhone = wanggev1.Source_SOURCE_HOTLINE, true, ""
	_, err = w.reports().CreateReport(w.as(orderTaker, "zh"), &wanggev1.CreateReportRequest{Report: secret})
	w.want(err, codes.InvalidArgument, "没有需要保密的来电人")
	for i, phone := range []string{"13904517788", "+86 139-0451-7788", "139****7788", "12345", "0451-84664512"} {
		ok := w.order(fmt.Sprint("p-", i), "")
		ok.CallerPhone = phone
		w.fileAs(orderTaker, ok)
	}
}
