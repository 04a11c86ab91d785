package rpc

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/citytest"
)

// 两件A级积水上报均待受理：热线人员认定为同一问题，可将后案并入前案；前案保持A级和原时限。
// 后案已有人处置时，不得并入待受理的前案；并入后，前案不得不予立案。
func TestMerge_TwoUrgentCasesThatWait(t *testing.T) {
	t.Parallel()
	w := newToyTown(t)
	report := func(id string) *wanggev1.Case {
		filed, err := w.reports().CreateReport(w.as(citytest.Acceptor, "zh"), &wanggev1.CreateReportRequest{Report: &wanggev1.Report{
			ClientId: id, Category: citytest.Flooding, Source: wanggev1.Source_SOURCE_HOTLINE, Text: "路面积水",
			Position:    &wanggev1.Position{Latitude: citytest.InW1A.Lat, Longitude: citytest.InW1A.Lng, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 5},
			CaptureTime: timestamppb.New(w.Now()),
		}})
		if err != nil {
			t.Fatal(err)
		}
		return filed.GetCase()
	}
	first, second, third := report("a"), report("b"), report("c")
	if first.GetStage() != wanggev1.Stage_STAGE_REPORTED || first.GetSeverity() != wanggev1.Severity_SEVERITY_A {
		t.Fatalf("the first report is %s, %s", first.GetStage(), first.GetSeverity())
	}
	w.do(citytest.Acceptor, third.GetName(), &wanggev1.AcceptAct{})
	w.do(citytest.Dispatcher, third.GetName(), &wanggev1.DispatchAct{})
	_, err := w.actOn(w.as(citytest.Acceptor, "zh"), third.GetName(), "m-1", caseAct("同一积水", &wanggev1.MergeAct{Target: first.GetName()}))
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "目前无人处置") {
		t.Errorf("work in hand ends in a case that waits: %v", err)
	}
	merged := w.do(citytest.Acceptor, second.GetName(), &wanggev1.MergeAct{Target: first.GetName()})
	if merged.GetStage() != wanggev1.Stage_STAGE_MERGED || merged.GetMergedInto() != first.GetName() {
		t.Errorf("the second is %s, into %s", merged.GetStage(), merged.GetMergedInto())
	}
	now, err := w.cases().GetCase(w.as(citytest.Acceptor, "zh"), &wanggev1.GetCaseRequest{Name: first.GetName()})
	if err != nil || now.GetSeverity() != wanggev1.Severity_SEVERITY_A || !now.GetDueTime().AsTime().Equal(first.GetDueTime().AsTime()) {
		t.Errorf("the first is %v, %v; want severity A, due as before", now, err)
	}
	_, err = w.actOn(w.as(citytest.Acceptor, "zh"), first.GetName(), "m-2", caseAct("不立案", &wanggev1.RejectAct{}))
	if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), "先撤销其合并") {
		t.Errorf("the first is rejected with the second in it: %v", err)
	}
}
