package rpc

import (
	"context"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/desk"

	wanggev1 "wangge/api/wangge/v1"
)

// supervision is SupervisionService.
type supervision struct {
	wanggev1.UnimplementedSupervisionServiceServer
	*server
}

// ListOverdueCases implements SupervisionService.
func (s supervision) ListOverdueCases(ctx context.Context, req *wanggev1.ListOverdueCasesRequest) (*wanggev1.ListOverdueCasesResponse, error) {
	var f faults
	q := desk.Query{
		Scope: unit(ctx, &f, "scope", req.GetScope()), Filter: s.filter(ctx, &f, "filter", req.GetFilter()),
		PageSize: pageSize(ctx, &f, req.GetPageSize(), 200), Token: req.GetPageToken(),
	}
	code, show := s.category(ctx, &f, "category", req.GetCategory()), view(ctx, &f, req.GetView())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	q.Filter = narrowed(q.Filter, dispatch.StageUnknown, code)
	page, err := s.desk.Overdue(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	return &wanggev1.ListOverdueCasesResponse{Cases: s.wireAll(ctx, show, page.Cases), NextPageToken: page.Next}, nil
}

// SummarizeOverdue implements SupervisionService.
func (s supervision) SummarizeOverdue(ctx context.Context, req *wanggev1.SummarizeOverdueRequest) (*wanggev1.SummarizeOverdueResponse, error) {
	var f faults
	scope := unit(ctx, &f, "scope", req.GetScope())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	rows, err := s.desk.Summarize(ctx, caller(ctx), scope, s.now())
	if err != nil {
		return nil, err
	}
	return &wanggev1.SummarizeOverdueResponse{Rows: s.rows(ctx, rows)}, nil
}

func (s *server) rows(ctx context.Context, rows []desk.SummaryRow) []*wanggev1.SummarizeOverdueResponse_Row {
	var out []*wanggev1.SummarizeOverdueResponse_Row
	for _, r := range rows {
		out = append(out, &wanggev1.SummarizeOverdueResponse_Row{
			Unit: r.Unit.String(), DisplayName: s.desk.City().UnitName(r.Unit).In(language(ctx)),
			Open: int32(r.Open), Overdue: int32(r.Overdue), WorstLateSeconds: int64(r.WorstLate / time.Second),
		})
	}
	return out
}
