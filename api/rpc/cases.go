package rpc

import (
	"context"
	"strings"
	"wangge/dispatch"
	"wangge/dispatch/catalog"
	"wangge/dispatch/city"
	"wangge/dispatch/desk"
	"wangge/dispatch/roster"
	"wangge/dispatch/say"

	wanggev1 "wangge/api/wangge/v1"
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
		Scope: unit(ctx, &f, "scope", req.GetScope()), Open: req.GetOpen(), Newest: order(ctx, &f, req),
		Filter: s.filter(ctx, &f, "filter", req.GetFilter()), PageSize: pageSize(ctx, &f, req.GetPageSize(), 200), Token: req.GetPageToken(),
	}
	show := view(ctx, &f, req.GetView())
	st, code := stage(ctx, &f, "stage", req.GetStage()), s.category(ctx, &f, "category", req.GetCategory())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	q.Filter = narrowed(q.Filter, st, code)
	page, err := s.desk.List(ctx, caller(ctx), q)
	if err != nil {
		return nil, err
	}
	return &wanggev1.ListCasesResponse{Cases: s.wireAll(ctx, show, page.Cases), NextPageToken: page.Next}, nil
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
func narrowed(f desk.Filter, st dispatch.Stage, code catalog.Code) desk.Filter {
	if st == dispatch.StageUnknown && code == "" {
		return f
	}
	return desk.Filter{
		Text: strings.Join([]string{st.String(), string(code), f.Text}, "\x00"),
		Keep: func(facts desk.Facts) bool {
			return (st == dispatch.StageUnknown || facts.Stage == st) && (code == "" || facts.Category == code) && (f.Keep == nil || f.Keep(facts))
		},
	}
}

// order reports whether the newest cases come first.
func order(ctx context.Context, f *faults, req *wanggev1.ListCasesRequest) bool {
	by := strings.Join(strings.Fields(req.GetOrderBy()), " ")
	switch {
	case by == "", by == "due_time" && req.GetOpen(), by == "create_time" && !req.GetOpen():
		return false
	case by == "create_time desc" && !req.GetOpen():
		return true
	}
	f.add(ctx, "order_by", say.F("%q: write due_time with open, else create_time or create_time desc", "%q：open 时为 due_time，否则为 create_time 或 create_time desc", clip(by)))
	return false
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
	cs, err := s.do(ctx, dispatch.ActAccept, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Condition = short(ctx, f, "condition", req.GetCondition(), maxName)
	})
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
			f.add(ctx, "handler", say.F("%q is not a person of this city", "%q 不是本市人员", clip(req.GetHandler())))
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
		if req.GetPosition() != nil {
			p := s.position(ctx, f, "position", req.GetPosition())
			cmd.Position = &p
		}
		cmd.Passed, cmd.Photos = req.GetPassed(), photos(ctx, f, "photo_hashes", req.GetPhotoHashes())
		if req.Passed == nil {
			f.add(ctx, "passed", say.F("say whether the closing condition is met", "请说明是否满足结案条件"))
		}
	})
	return &wanggev1.CheckCaseResponse{Case: cs}, err
}

// CloseCase implements CaseService.
func (s cases) CloseCase(ctx context.Context, req *wanggev1.CloseCaseRequest) (*wanggev1.CloseCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActClose, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.Closing, cmd.Outcome = short(ctx, f, "closing", req.GetClosing(), maxText), dispatch.Outcome(req.GetOutcome())
		if cmd.Closing == "" {
			f.add(ctx, "closing", say.F("name the closing condition that was met", "请填写满足的结案条件"))
		}
		if cmd.Outcome != dispatch.OutcomeFixed && cmd.Outcome != dispatch.OutcomeNotFixed {
			f.add(ctx, "outcome", say.F("say whether it was fixed: OUTCOME_FIXED or OUTCOME_NOT_FIXED", "请说明是否已解决：OUTCOME_FIXED 或 OUTCOME_NOT_FIXED"))
		}
	})
	return &wanggev1.CloseCaseResponse{Case: cs}, err
}

// EscalateCase implements CaseService.
func (s cases) EscalateCase(ctx context.Context, req *wanggev1.EscalateCaseRequest) (*wanggev1.EscalateCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActEscalate, req.GetAct(), func(f *faults, cmd *dispatch.Command) {
		cmd.To = short(ctx, f, "to", req.GetTo(), maxName)
		if !s.desk.City().KnownWhom(cmd.To) {
			f.add(ctx, "to", say.F("%[1]q says nobody; write one of %[2]s", "%[1]q 未指明对象，可填写：%[2]s", clip(cmd.To), city.Whoms))
		}
		if cmd.Note == "" {
			f.add(ctx, "act.note", say.F("say why", "请说明原因"))
		}
	})
	return &wanggev1.EscalateCaseResponse{Case: cs}, err
}

// ListCaseNotices implements CaseService.
func (s cases) ListCaseNotices(ctx context.Context, req *wanggev1.ListCaseNoticesRequest) (*wanggev1.ListCaseNoticesResponse, error) {
	var f faults
	id := caseID(ctx, &f, "name", req.GetName())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	list, err := s.desk.Deliveries(ctx, caller(ctx), id)
	return &wanggev1.ListCaseNoticesResponse{Notices: notices(list)}, err
}
