package rpc

import (
	"context"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
)

// supervisionService implements SupervisionService.
type supervisionService struct {
	wanggev1.UnimplementedSupervisionServiceServer
	*server
}

// SummarizeOverdue implements SupervisionService.
func (s supervisionService) SummarizeOverdue(ctx context.Context,
	req *wanggev1.SummarizeOverdueRequest,
) (*wanggev1.SummarizeOverdueResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	scope := f.Scope(req.GetScope())
	if err := f.Err(); err != nil {
		return nil, err
	}
	rows, err := s.desk.Summarize(ctx, auth.PersonOf(ctx), scope, s.now())
	if err != nil {
		return nil, err
	}
	return &wanggev1.SummarizeOverdueResponse{Rows: s.full(ctx).Rows(rows)}, nil
}

// ListEscalations implements SupervisionService.
func (s supervisionService) ListEscalations(ctx context.Context,
	req *wanggev1.ListEscalationsRequest,
) (*wanggev1.ListEscalationsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	scope, size := f.Scope(req.GetScope()), f.PageSize(req.GetPageSize(), request.MaxCases)
	f.EscalationsToken(req.GetPageToken())
	if err := f.Err(); err != nil {
		return nil, s.readFirst(ctx, scope, err)
	}
	page, err := s.desk.Escalations(ctx, auth.PersonOf(ctx), scope, size, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	c, out := s.city(ctx), &wanggev1.ListEscalationsResponse{NextPageToken: page.Next, Truncated: page.Cut}
	for _, r := range page.Rows {
		person, _ := c.Roster.Person(r.Person)
		row := &wanggev1.ListEscalationsResponse_Row{
			Post: resource.Post(r.Post), Unit: resource.Unit(r.Unit), UnitDisplayName: c.UnitName(r.Unit).In(auth.LanguageOf(ctx)),
			Person: resource.Person(r.Person), PersonDisplayName: person.Name,
			Overdue: int32(r.Overdue), WorstLate: convert.Lasting(r.WorstLate),
		}
		for _, id := range r.Cases {
			row.Cases = append(row.Cases, resource.Case(id))
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}
