package rpc

import (
	"context"
	"strings"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/desk/view"
)

// cases is CaseService.
type cases struct {
	wanggev1.UnimplementedCaseServiceServer
	*server
}

// GetCase implements CaseService.
func (s cases) GetCase(ctx context.Context, req *wanggev1.GetCaseRequest) (*wanggev1.GetCaseResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	readMask(ctx, &f, req.GetReadMask())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	cs, err := s.desk.Case(ctx, auth.PersonOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return &wanggev1.GetCaseResponse{Case: keep(s.wire(ctx, cs), req.GetReadMask())}, nil
}

// ListCases implements CaseService.
func (s cases) ListCases(ctx context.Context, req *wanggev1.ListCasesRequest) (*wanggev1.ListCasesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	q := s.query(ctx, &f, req, req.GetOpen())
	show := caseView(ctx, &f, req.GetView())
	readMask(ctx, &f, req.GetReadMask())
	st, code := stage(ctx, &f, "stage", req.GetStage()), s.category(ctx, &f, "category", req.GetCategory())
	if err := f.err(ctx); err != nil {
		return nil, s.readFirst(ctx, q.Scope, err)
	}
	q.Filter = narrowed(q.Filter, st, code)
	page, err := s.desk.List(ctx, auth.PersonOf(ctx), q)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCasesResponse{Cases: s.wireAll(ctx, show, page.Cases), NextPageToken: page.Next, TotalSize: counted(page.Total)}
	for _, cs := range out.GetCases() {
		keep(cs, req.GetReadMask())
	}
	return out, nil
}

func (s *server) wireAll(ctx context.Context, show wanggev1.CaseView, in []*dispatch.Case) []*wanggev1.Case {
	v := s.viewer(ctx, show)
	out := make([]*wanggev1.Case, len(in))
	for i, cs := range in {
		out[i] = v.show(cs)
	}
	return out
}

// narrowed is a filter that also asks for a stage and a category; zero values ask for nothing.
func narrowed(f view.Filter, st dispatch.Stage, code catalog.Code) view.Filter {
	if st == dispatch.StageUnknown && code == "" {
		return f
	}
	return view.Filter{
		Text: strings.Join([]string{st.String(), string(code), f.Text}, "\x00"),
		Keep: func(facts view.Facts) bool {
			return (st == dispatch.StageUnknown || facts.Stage == st) && (code == "" || facts.Category == code) && (f.Keep == nil || f.Keep(facts))
		},
	}
}

// ListCaseEvents implements CaseService.
func (s cases) ListCaseEvents(ctx context.Context, req *wanggev1.ListCaseEventsRequest) (*wanggev1.ListCaseEventsResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	n := pageSize(ctx, &f, req.GetPageSize(), 1000)
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	if n == 0 {
		n = 100
	}
	events, err := s.desk.Events(ctx, auth.PersonOf(ctx), id, req.GetAfter(), n)
	if err != nil {
		return nil, err
	}
	out, people := &wanggev1.ListCaseEventsResponse{}, s.desk.City().Roster
	for _, e := range events {
		actor, _ := people.Person(e.Actor)
		wire := wireEvent(e)
		wire.ActorDisplayName = actor.Name
		out.Events = append(out.Events, wire)
	}
	return out, nil
}

// ListCaseNotices implements CaseService.
func (s cases) ListCaseNotices(ctx context.Context, req *wanggev1.ListCaseNoticesRequest) (*wanggev1.ListCaseNoticesResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	list, err := s.desk.Deliveries(ctx, auth.PersonOf(ctx), id)
	return &wanggev1.ListCaseNoticesResponse{Notices: s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL).notices(list)}, err
}
