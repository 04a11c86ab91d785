package rpc

import (
	"context"
	"strconv"
	"time"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"

	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// reports is ReportService.
type reports struct {
	wanggev1.UnimplementedReportServiceServer
	*server
}

// CreateReport implements ReportService.
func (s reports) CreateReport(ctx context.Context, req *wanggev1.CreateReportRequest) (*wanggev1.CreateReportResponse, error) {
	var f faults
	r := s.report(ctx, &f, "report", req.GetReport())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	return s.file(ctx, r)
}

func (s *server) file(ctx context.Context, r dispatch.Report) (*wanggev1.CreateReportResponse, error) {
	cs, created, err := s.desk.File(ctx, caller(ctx), r)
	if err != nil {
		return nil, err
	}
	return &wanggev1.CreateReportResponse{Case: s.wire(ctx, cs), Created: created}, nil
}

// BatchCreateReports implements ReportService.
func (s reports) BatchCreateReports(ctx context.Context, req *wanggev1.BatchCreateReportsRequest) (*wanggev1.BatchCreateReportsResponse, error) {
	if n := len(req.GetReports()); n < 1 || n > maxBatch {
		var f faults
		f.add(ctx, "reports", say.F("%[1]d reports; send 1 to %[2]d", "%[1]d 条上报；每批 1 至 %[2]d 条", n, maxBatch))
		return nil, f.err(ctx)
	}
	out := &wanggev1.BatchCreateReportsResponse{}
	for i, in := range req.GetReports() {
		var f faults
		r := s.report(ctx, &f, "reports["+strconv.Itoa(i)+"]", in)
		err := f.err(ctx)
		var filed *wanggev1.CreateReportResponse
		if err == nil {
			filed, err = s.file(ctx, r)
		}
		res := &wanggev1.BatchCreateReportsResponse_Result{Outcome: &wanggev1.BatchCreateReportsResponse_Result_Filed{Filed: filed}}
		if err != nil {
			st, _ := status.FromError(s.outward(ctx, "BatchCreateReports", err))
			res.Outcome = &wanggev1.BatchCreateReportsResponse_Result_Error{Error: st.Proto()}
		}
		out.Results = append(out.Results, res)
	}
	return out, nil
}

// cases is CaseService.
type cases struct {
	wanggev1.UnimplementedCaseServiceServer
	*server
}

// GetCase implements CaseService.
func (s cases) GetCase(ctx context.Context, req *wanggev1.GetCaseRequest) (*wanggev1.GetCaseResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	cs, err := s.desk.Case(ctx, caller(ctx), id)
	if err != nil {
		return nil, err
	}
	return &wanggev1.GetCaseResponse{Case: s.wire(ctx, cs)}, nil
}

// ListCases implements CaseService.
func (s cases) ListCases(ctx context.Context, req *wanggev1.ListCasesRequest) (*wanggev1.ListCasesResponse, error) {
	var f faults
	q := desk.Query{
		Scope: unit(ctx, &f, "scope", req.GetScope()), Open: req.GetOpen(), Stage: dispatch.Stage(req.GetStage()),
		Category: catalog.Code(req.GetCategory()), PageSize: pageSize(ctx, &f, req.GetPageSize(), 200), Token: req.GetPageToken(),
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	page, err := s.desk.List(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	return &wanggev1.ListCasesResponse{Cases: s.wireAll(ctx, page.Cases), NextPageToken: page.Next}, nil
}

func (s *server) wireAll(ctx context.Context, in []*dispatch.Case) []*wanggev1.Case {
	var out []*wanggev1.Case
	for _, cs := range in {
		out = append(out, s.wire(ctx, cs))
	}
	return out
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
	events, err := s.desk.Events(ctx, caller(ctx), id, req.GetAfter(), n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListCaseEventsResponse{}
	for _, e := range events {
		out.Events = append(out.Events, wireEvent(e))
	}
	return out, nil
}

// do runs one act: what all acts carry is checked here, fill adds what is its own.
func (s cases) do(ctx context.Context, a dispatch.Act, in *wanggev1.ActContext, fill func(*faults, *dispatch.Command)) (*wanggev1.Case, error) {
	var f faults
	id, seq, cmd := act(ctx, &f, in)
	cmd.Act = a
	if fill != nil {
		fill(&f, &cmd)
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	cs, err := s.desk.Act(ctx, caller(ctx), id, seq, in.GetRequestId(), cmd)
	if err != nil {
		return nil, err
	}
	return s.wire(ctx, cs), nil
}

// AcceptCase implements CaseService.
func (s cases) AcceptCase(ctx context.Context, req *wanggev1.AcceptCaseRequest) (*wanggev1.AcceptCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAccept, req.GetAct(), func(_ *faults, cmd *dispatch.Command) { cmd.Condition = req.GetCondition() })
	return &wanggev1.AcceptCaseResponse{Case: cs}, err
}

// DispatchCase implements CaseService.
func (s cases) DispatchCase(ctx context.Context, req *wanggev1.DispatchCaseRequest) (*wanggev1.DispatchCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDispatch, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		if req.GetUnit() != "" {
			cmd.Owner = &dispatch.Owner{Unit: unit(ctx, f, "unit", req.GetUnit())}
		}
	})
	return &wanggev1.DispatchCaseResponse{Case: cs}, err
}

// ReturnCase implements CaseService.
func (s cases) ReturnCase(ctx context.Context, req *wanggev1.ReturnCaseRequest) (*wanggev1.ReturnCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReturn, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Reason = dispatch.ReturnReason(req.GetReason())
		if cmd.Reason <= dispatch.ReasonNone || cmd.Reason > dispatch.Duplicate {
			f.add(ctx, "reason", say.F("is not set", "未设置"))
		}
	})
	return &wanggev1.ReturnCaseResponse{Case: cs}, err
}

// StartCase implements CaseService.
func (s cases) StartCase(ctx context.Context, req *wanggev1.StartCaseRequest) (*wanggev1.StartCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActStart, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Handler = roster.PersonID(req.GetHandler())
		if _, ok := s.desk.City().Roster.Person(cmd.Handler); cmd.Handler != "" && !ok {
			f.add(ctx, "handler", say.F("%q is not a person of this city", "%q 不是本市人员", req.GetHandler()))
		}
	})
	return &wanggev1.StartCaseResponse{Case: cs}, err
}

// ResolveCase implements CaseService.
func (s cases) ResolveCase(ctx context.Context, req *wanggev1.ResolveCaseRequest) (*wanggev1.ResolveCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActResolve, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Photos = photos(ctx, f, "photo_hashes", req.GetPhotoHashes())
	})
	return &wanggev1.ResolveCaseResponse{Case: cs}, err
}

// CheckCase implements CaseService.
func (s cases) CheckCase(ctx context.Context, req *wanggev1.CheckCaseRequest) (*wanggev1.CheckCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActCheck, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Passed, cmd.Photos = req.GetPassed(), photos(ctx, f, "photo_hashes", req.GetPhotoHashes())
	})
	return &wanggev1.CheckCaseResponse{Case: cs}, err
}

// CloseCase implements CaseService.
func (s cases) CloseCase(ctx context.Context, req *wanggev1.CloseCaseRequest) (*wanggev1.CloseCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActClose, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Closing, cmd.Outcome = req.GetClosing(), dispatch.Outcome(req.GetOutcome())
		if cmd.Closing == "" {
			f.add(ctx, "closing", say.F("name the closing condition that was met", "请填写满足的结案条件"))
		}
		if cmd.Outcome < dispatch.OutcomeNone || cmd.Outcome > dispatch.OutcomeNotFixed {
			f.add(ctx, "outcome", say.F("is unknown", "未知"))
		}
	})
	return &wanggev1.CloseCaseResponse{Case: cs}, err
}

// supervision is SupervisionService.
type supervision struct {
	wanggev1.UnimplementedSupervisionServiceServer
	*server
}

// ListOverdueCases implements SupervisionService.
func (s supervision) ListOverdueCases(ctx context.Context, req *wanggev1.ListOverdueCasesRequest) (*wanggev1.ListOverdueCasesResponse, error) {
	var f faults
	q := desk.Query{
		Scope: unit(ctx, &f, "scope", req.GetScope()), OverdueAt: s.now(), Category: catalog.Code(req.GetCategory()),
		PageSize: pageSize(ctx, &f, req.GetPageSize(), 200), Token: req.GetPageToken(),
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	page, err := s.desk.Overdue(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	return &wanggev1.ListOverdueCasesResponse{Cases: s.wireAll(ctx, page.Cases), NextPageToken: page.Next}, nil
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
	out := &wanggev1.SummarizeOverdueResponse{}
	for _, r := range rows {
		out.Rows = append(out.Rows, &wanggev1.SummarizeOverdueResponse_Row{
			Unit: r.Unit.String(), DisplayName: s.desk.City().UnitName(r.Unit).In(language(ctx)),
			Open: int32(r.Open), Overdue: int32(r.Overdue), WorstLateSeconds: int64(r.WorstLate / time.Second),
		})
	}
	return out, nil
}

// ground is CityService.
type ground struct {
	wanggev1.UnimplementedCityServiceServer
	*server
}

// GetCity implements CityService.
func (s ground) GetCity(ctx context.Context, _ *wanggev1.GetCityRequest) (*wanggev1.GetCityResponse, error) {
	c := s.desk.City()
	return &wanggev1.GetCityResponse{
		Code: c.Code, DisplayName: say.Text{En: c.NameEn, Zh: c.Name}.In(language(ctx)), Revision: c.Revision, TimeZone: c.Location.String(),
		Levels: c.Levels, CellResolution: int32(c.Resolution), TableVersion: c.TableVersion, Areas: int32(len(c.Areas)), Categories: int32(len(c.Categories)), Rules: int32(len(c.Rules)),
	}, nil
}

// Locate implements CityService.
func (s ground) Locate(ctx context.Context, req *wanggev1.LocateRequest) (*wanggev1.LocateResponse, error) {
	var f faults
	pos := s.position(ctx, &f, "position", req.GetPosition())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	p, err := dispatch.PlaceOf(s.desk.City(), pos)
	if err != nil {
		return nil, err
	}
	return &wanggev1.LocateResponse{Place: s.place(ctx, p)}, nil
}

// ExplainRoute implements CityService.
func (s ground) ExplainRoute(ctx context.Context, req *wanggev1.ExplainRouteRequest) (*wanggev1.ExplainRouteResponse, error) {
	var f faults
	c := s.desk.City()
	pos := s.position(ctx, &f, "position", req.GetPosition())
	cat, near := c.Category(req.GetCategory())
	if cat == nil {
		f.add(ctx, "category", say.F("%[1]q is not in the table; nearest: %[2]v", "类别 %[1]q 不存在；相近的有：%[2]v", req.GetCategory(), near))
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	at := s.now()
	if req.GetTime() != nil {
		at = req.GetTime().AsTime()
	}
	p, err := dispatch.PlaceOf(c, pos)
	if err != nil {
		return nil, err
	}
	d, err := dispatch.Explain(c, p, cat.Code, at)
	if err != nil {
		return nil, err
	}
	cond, err := dispatch.ConditionOf(c, cat.Code, req.GetCondition())
	if err != nil {
		return nil, err
	}
	due, err := c.Calendar.DueAt(at, cond.Limit)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ExplainRouteResponse{
		Place: s.place(ctx, p), Owner: s.owner(ctx, d.Owner, at), CoOwners: s.owners(ctx, d.CoOwners, at), Rule: d.Rule,
		Fallback: d.Fallback, Limit: cond.Limit.String(), DueTime: stamp(due),
	}
	for _, k := range d.Considered {
		out.Considered = append(out.Considered, &wanggev1.ExplainRouteResponse_Considered{Rule: k.Rule, Matched: k.Matched, Why: k.Why.In(language(ctx))})
	}
	return out, nil
}
