package rpc

import (
	"context"
	"time"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/view"
)

// supervision is SupervisionService.
type supervision struct {
	wanggev1.UnimplementedSupervisionServiceServer
	*server
}

// ListOverdueCases implements SupervisionService.
func (s supervision) ListOverdueCases(ctx context.Context, req *wanggev1.ListOverdueCasesRequest) (*wanggev1.ListOverdueCasesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	q := s.query(ctx, &f, req, true)
	code, show := s.category(ctx, &f, "category", req.GetCategory()), caseView(ctx, &f, req.GetView())
	if err := f.err(ctx); err != nil {
		return nil, s.readFirst(ctx, q.Scope, err)
	}
	q.Filter = narrowed(q.Filter, dispatch.StageUnknown, code)
	page, err := s.desk.Overdue(ctx, auth.PersonOf(ctx), q)
	if err != nil {
		return nil, err
	}
	return &wanggev1.ListOverdueCasesResponse{Cases: s.wireAll(ctx, show, page.Cases), NextPageToken: page.Next, TotalSize: counted(page.Total)}, nil
}

// SummarizeOverdue implements SupervisionService.
func (s supervision) SummarizeOverdue(ctx context.Context, req *wanggev1.SummarizeOverdueRequest) (*wanggev1.SummarizeOverdueResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	scope := s.scope(ctx, &f, req.GetScope())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	rows, err := s.desk.Summarize(ctx, auth.PersonOf(ctx), scope, s.now())
	if err != nil {
		return nil, err
	}
	return &wanggev1.SummarizeOverdueResponse{Rows: s.rows(ctx, rows)}, nil
}

func (s *server) rows(ctx context.Context, rows []view.SummaryRow) []*wanggev1.SummarizeOverdueResponse_Row {
	var out []*wanggev1.SummarizeOverdueResponse_Row
	for _, r := range rows {
		out = append(out, &wanggev1.SummarizeOverdueResponse_Row{
			Unit: r.Unit.String(), DisplayName: s.desk.City().UnitName(r.Unit).In(auth.LanguageOf(ctx)),
			Open: int32(r.Open), Overdue: int32(r.Overdue), WorstLateSeconds: int64(r.WorstLate / time.Second),
		})
	}
	return out
}

// ListEscalations implements SupervisionService.
func (s supervision) ListEscalations(ctx context.Context, req *wanggev1.ListEscalationsRequest) (*wanggev1.ListEscalationsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	scope, size := s.scope(ctx, &f, req.GetScope()), pageSize(ctx, &f, req.GetPageSize(), maxCases)
	if err := f.err(ctx); err != nil {
		return nil, s.readFirst(ctx, scope, err)
	}
	page, err := s.desk.Escalations(ctx, auth.PersonOf(ctx), scope, size, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	c, out := s.desk.City(), &wanggev1.ListEscalationsResponse{NextPageToken: page.Next, Cut: page.Cut}
	for _, r := range page.Rows {
		person, _ := c.Roster.Person(r.Person)
		row := &wanggev1.ListEscalationsResponse_Row{
			Post: string(r.Post), Unit: r.Unit.String(), UnitDisplayName: c.UnitName(r.Unit).In(auth.LanguageOf(ctx)), Person: string(r.Person), PersonDisplayName: person.Name,
			Overdue: int32(r.Overdue), WorstLateSeconds: int64(r.WorstLate / time.Second),
		}
		for _, id := range r.Cases {
			row.Cases = append(row.Cases, "cases/"+id.String())
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}
