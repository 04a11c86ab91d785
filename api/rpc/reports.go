package rpc

import (
	"context"
	"strconv"

	"google.golang.org/grpc/status"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// reports is ReportService.
type reports struct {
	wanggev1.UnimplementedReportServiceServer
	*server
}

// CreateReport implements ReportService.
func (s reports) CreateReport(ctx context.Context, req *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	r, show := s.report(ctx, &f, "report", req.GetReport()), caseView(ctx, &f, req.GetView())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	cs, created, err := s.desk.File(ctx, auth.PersonOf(ctx), r)
	if err != nil {
		return nil, within("report.", err)
	}
	return &wanggev1.CreateReportResponse{Case: s.viewer(ctx, show).show(cs), Created: created}, nil
}

// BatchCreateReports implements ReportService.
func (s reports) BatchCreateReports(ctx context.Context, req *wanggev1.BatchCreateReportsRequest) (*wanggev1.BatchCreateReportsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	if n := len(req.GetReports()); n < 1 || n > maxBatch {
		var f faults
		f.add(ctx, "reports", i18n.F("%[1]d reports; send 1 to %[2]d", "%[1]d 条上报；每批 1 至 %[2]d 条", n, maxBatch))
		return nil, f.err(ctx)
	}
	var f faults
	show := caseView(ctx, &f, req.GetView())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	out := &wanggev1.BatchCreateReportsResponse{Results: make([]*wanggev1.BatchCreateReportsResponse_Result, len(req.GetReports()))}
	refuse := func(i int, err error) {
		st, _ := status.FromError(s.outward(ctx, "BatchCreateReports", err))
		out.Results[i] = &wanggev1.BatchCreateReportsResponse_Result{Outcome: &wanggev1.BatchCreateReportsResponse_Result_Error{Error: st.Proto()}}
	}
	var sound []dispatch.Report
	var at []int
	for i, in := range req.GetReports() {
		var f faults
		r := s.report(ctx, &f, "reports["+strconv.Itoa(i)+"]", in)
		if err := f.err(ctx); err != nil {
			refuse(i, err)
			continue
		}
		sound, at = append(sound, r), append(at, i)
	}
	v := s.viewer(ctx, show)
	for i, res := range s.desk.FileBatch(ctx, auth.PersonOf(ctx), sound) {
		if res.Err != nil {
			refuse(at[i], within("reports["+strconv.Itoa(at[i])+"].", res.Err))
			continue
		}
		out.Results[at[i]] = &wanggev1.BatchCreateReportsResponse_Result{Outcome: &wanggev1.BatchCreateReportsResponse_Result_Filed{
			Filed: &wanggev1.CreateReportResponse{Case: v.show(res.Case), Created: res.Created},
		}}
	}
	return out, nil
}
