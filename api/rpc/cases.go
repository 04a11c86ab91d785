package rpc

import (
	"cmp"
	"context"
	"strings"

	"wangge/api/auth"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/looks"
	"wangge/api/rpc/request"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/catalog"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/desk/view"
)

// caseService implements CaseService.
type caseService struct {
	wanggev1.UnimplementedCaseServiceServer
	*server
}

// GetCase implements CaseService.
func (s caseService) GetCase(ctx context.Context, req *wanggev1.GetCaseRequest) (*wanggev1.Case, error) {
	f := s.read(ctx)
	id := f.CaseID("name", req.GetName())
	f.ReadMask(req.GetReadMask())
	if err := f.Err(); err != nil {
		return nil, err
	}
	cs, main, err := s.desk.CaseWithMain(ctx, auth.PersonOf(ctx), id)
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	if !request.Asks(req.GetReadMask(), contactPaths...) || !v.MaySeeContacts(cs, main) {
		return request.Keep(v.Case(cs), req.GetReadMask()), nil
	}
	if err := s.desk.RecordAccess(ctx, v.Person, "GetCase", id); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return request.Keep(v.Case(cs), req.GetReadMask()), nil
	}
	return request.Keep(v.CaseWithContacts(cs, main), req.GetReadMask()), nil
}

// contactPaths lead to the caller and the phone of the reporter in a case.
var contactPaths = []string{"report.caller_name", "report.caller_phone", "reporter_phone"}

// ListCases implements CaseService.
func (s caseService) ListCases(ctx context.Context, req *wanggev1.ListCasesRequest) (*wanggev1.ListCasesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	q := f.Query(req)
	show := f.CaseView(req.GetView())
	f.ReadMask(req.GetReadMask())
	st, code := f.Stage("stage", req.GetStage()), f.Category("category", req.GetCategory())
	if err := f.Err(); err != nil {
		return nil, s.readFirst(ctx, q.Scope, err)
	}
	q.Filter = narrowed(q.Filter, st, code)
	list := s.desk.List
	if req.GetState() == wanggev1.CaseState_CASE_STATE_OVERDUE {
		list = s.desk.Overdue
	}
	page, err := list(ctx, auth.PersonOf(ctx), q)
	if err != nil {
		return nil, err
	}
	if err := looks.Found(ctx, s.desk, s.full(ctx), q.Filter, page.Cases); err != nil {
		return nil, err
	}
	out := &wanggev1.ListCasesResponse{
		Cases: s.wireAll(ctx, show, q.Person, page.Cases), NextPageToken: page.Next, TotalSize: convert.Total(page.Total),
	}
	for _, cs := range out.GetCases() {
		request.Keep(cs, req.GetReadMask())
	}
	return out, nil
}

// wireAll renders cases in a view, under the scope of a person if there is one.
func (s *server) wireAll(ctx context.Context, show wanggev1.CaseView, under roster.PersonID, in []*dispatch.Case) []*wanggev1.Case {
	v := s.viewer(ctx, show).Under(under)
	out := make([]*wanggev1.Case, len(in))
	for i, cs := range in {
		out[i] = v.Case(cs)
	}
	return out
}

// narrowed adds a stage and a category to a filter. A zero value adds nothing.
func narrowed(f view.Filter, st dispatch.Stage, code catalog.Code) view.Filter {
	if st == dispatch.StageUnknown && code == "" {
		return f
	}
	return view.Filter{
		Text: strings.Join([]string{st.String(), string(code), f.Text}, "\x00"),
		Keep: func(facts view.Attributes) bool {
			return (st == dispatch.StageUnknown || facts.Stage == st) && (code == "" || facts.Category == code) && (f.Keep == nil || f.Keep(facts))
		},
		Contacts: f.Contacts,
	}
}

// ListCaseEvents implements CaseService.
func (s caseService) ListCaseEvents(ctx context.Context, req *wanggev1.ListCaseEventsRequest) (*wanggev1.ListCaseEventsResponse, error) {
	f := s.read(ctx)
	id := f.CaseID("parent", req.GetParent())
	n := cmp.Or(f.PageSize(req.GetPageSize(), 1000), 100)
	after := request.After[uint64](f, req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	events, err := s.desk.Events(ctx, auth.PersonOf(ctx), id, after, n)
	if err != nil {
		return nil, err
	}
	out, v := &wanggev1.ListCaseEventsResponse{}, s.full(ctx)
	for _, e := range events {
		out.Events = append(out.Events, v.Event(e))
	}
	if len(events) == n {
		out.NextPageToken, err = request.Next(req, events[n-1].Seq)
	}
	return out, err
}

// ListCaseNotices implements CaseService.
func (s caseService) ListCaseNotices(ctx context.Context, req *wanggev1.ListCaseNoticesRequest) (*wanggev1.ListCaseNoticesResponse, error) {
	f := s.read(ctx)
	id := f.CaseID("parent", req.GetParent())
	after, n := f.NoticePage(req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	list, err := s.desk.Deliveries(ctx, auth.PersonOf(ctx), id, after)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCaseNoticesResponse{}
	out.Notices, out.NextPageToken, err = s.notices(ctx, req, list, n)
	return out, err
}

// notices renders the first n notices of what a read of at most outbox.MaxDeliveries found, and the token of the page
// after them.
func (s *server) notices(
	ctx context.Context, req request.Paged, read []outbox.Delivery, n int,
) (out []*wanggev1.Notice, next string, err error) {
	page := read[:min(n, len(read))]
	if len(read) > n || len(read) == outbox.MaxDeliveries {
		next, err = request.Next(req, page[len(page)-1].NoticeID.String())
	}
	return s.full(ctx).Notices(page), next, err
}

// CountQueues implements CaseService.
func (s caseService) CountQueues(ctx context.Context, req *wanggev1.CountQueuesRequest) (*wanggev1.CountQueuesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	scope, person := f.Whose(req.GetScope())
	if err := f.Err(); err != nil {
		return nil, s.readFirst(ctx, scope, err)
	}
	counts, err := s.desk.CountQueues(ctx, auth.PersonOf(ctx), scope, person)
	if err != nil {
		return nil, err
	}
	return &wanggev1.CountQueuesResponse{Queues: queueCounts(counts), Revision: uint64(counts.Revision)}, nil
}

// queueCounts has a row for every queue, in the order of CaseQueue.
func queueCounts(counts view.QueueCounts) []*wanggev1.QueueCount {
	out := make([]*wanggev1.QueueCount, len(counts.Queues))
	for i, n := range counts.Queues {
		out[i] = &wanggev1.QueueCount{Queue: wanggev1.CaseQueue(n.Queue), Cases: int32(n.Cases), Overdue: int32(n.Overdue)}
	}
	return out
}
