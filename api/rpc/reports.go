package rpc

import (
	"context"
	"strconv"

	"google.golang.org/grpc/status"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// reportService implements ReportService.
type reportService struct {
	wanggev1.UnimplementedReportServiceServer
	*server
}

// CreateReport implements ReportService.
func (s reportService) CreateReport(ctx context.Context, req *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	r, show := f.Report("report", req.GetReport()), f.CaseView(req.GetView())
	if err := f.Err(); err != nil {
		return nil, err
	}
	cs, created, err := s.desk.File(ctx, auth.PersonOf(ctx), r)
	if err != nil {
		return nil, apierr.Within("report.", err)
	}
	s.calls.Renew(ctx)
	return s.viewer(ctx, show).Filed(cs, created), nil
}

// BatchCreateReports implements ReportService.
func (s reportService) BatchCreateReports(ctx context.Context,
	req *wanggev1.BatchCreateReportsRequest,
) (*wanggev1.BatchCreateReportsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	if n := len(req.GetReports()); n < 1 || n > request.MaxBatch {
		f := s.read(ctx)
		f.Add("reports", i18n.F("%[1]d reports; send 1 to %[2]d", "%[1]d 条上报；每批 1 至 %[2]d 条", n, request.MaxBatch))
		return nil, f.Err()
	}
	f := s.read(ctx)
	show := f.CaseView(req.GetView())
	if err := f.Err(); err != nil {
		return nil, err
	}
	out := &wanggev1.BatchCreateReportsResponse{Results: make([]*wanggev1.BatchCreateReportsResponse_Result, len(req.GetReports()))}
	refuse := func(i int, err error) {
		st, _ := status.FromError(s.calls.Status(ctx, "BatchCreateReports", err))
		refused := &wanggev1.BatchCreateReportsResponse_Result_Status{Status: st.Proto()}
		out.Results[i] = &wanggev1.BatchCreateReportsResponse_Result{Outcome: refused}
	}
	var sound []dispatch.Report
	var at []int
	for i, in := range req.GetReports() {
		f := s.read(ctx)
		r := f.Report("reports["+strconv.Itoa(i)+"]", in)
		if err := f.Err(); err != nil {
			refuse(i, err)
			continue
		}
		sound, at = append(sound, r), append(at, i)
	}
	filed := s.desk.FileBatch(ctx, auth.PersonOf(ctx), sound)
	s.calls.Renew(ctx)
	v := s.viewer(ctx, show)
	for i, res := range filed {
		if res.Err != nil {
			refuse(at[i], apierr.Within("reports["+strconv.Itoa(at[i])+"].", res.Err))
			continue
		}
		out.Results[at[i]] = &wanggev1.BatchCreateReportsResponse_Result{Outcome: &wanggev1.BatchCreateReportsResponse_Result_Filed{
			Filed: v.Filed(res.Case, res.Created),
		}}
	}
	return out, nil
}
