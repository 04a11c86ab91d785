package rpc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	wanggev1 "wangge/api/wangge/v1"
)

// The basic view is the full one with less in it, wherever cases are answered.
func TestView_BasicIsPartOfFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := w.as(inspector, "en")
	const basic, full = wanggev1.CaseView_CASE_VIEW_BASIC, wanggev1.CaseView_CASE_VIEW_FULL
	filed, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: w.light("r-1"), View: basic})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: w.light("r-1"), View: full})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.cases().GetCase(ctx, &wanggev1.GetCaseRequest{Name: filed.GetCase().GetName()})
	if err != nil || !proto.Equal(got, whole.GetCase()) || got.GetReport() == nil {
		t.Fatalf("GetCase = %v, %v; want the full view %v", got, err, whole)
	}
	want := proto.CloneOf(got)
	areas := want.GetPlace().GetAreas()
	want.Place = &wanggev1.Place{Latitude: want.GetPlace().GetLatitude(), Longitude: want.GetPlace().GetLongitude(), Areas: areas[len(areas)-1:]}
	want.Condition, want.CoOwners, want.DecidedBy, want.Limit, want.Report, want.Reporter, want.UpdateTime, want.CityRevision = "", nil, nil, nil, nil, "", nil, ""
	want.Offers, want.CoOwnerWork, want.CaptureTime, want.Waits, want.ContactsWithheld = nil, nil, nil, nil, false
	want.ConditionDisplayName, want.HandlerDisplayName, want.RequestedByDisplayName, want.RuleOrder, want.ReporterDisplayName = "", "", "", 0, ""
	if diff := cmp.Diff(want, filed.GetCase(), protocmp.Transform()); diff != "" {
		t.Errorf("CreateReport in the basic view: %s", diff)
	}
	batch, err := w.reports().BatchCreateReports(ctx, &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("r-1")}, View: basic})
	if err != nil || !proto.Equal(batch.GetResults()[0].GetFiled().GetCase(), want) {
		t.Errorf("BatchCreateReports in the basic view: %v, %v", batch, err)
	}
	list, err := w.cases().ListCases(w.as("p-230102-leader", "en"), &wanggev1.ListCasesRequest{Scope: "areas/230102", View: basic})
	if err != nil || len(list.GetCases()) != 1 || !proto.Equal(list.GetCases()[0], want) {
		t.Errorf("ListCases in the basic view: %v, %v", list, err)
	}
	_, err = w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: w.light("r-2"), View: 9})
	w.want(err, codes.InvalidArgument, "9 is not a view")
}
