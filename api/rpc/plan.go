package rpc

import (
	"context"
	"slices"

	"google.golang.org/grpc"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/looks"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
)

const (
	planPage = 200 // rows of one message of a plan
	holePage = 20  // holes of one message: each may list a thousand cells and areas
)

// PlanCity implements CityService.
func (s cityService) PlanCity(stream grpc.BidiStreamingServer[wanggev1.PlanCityRequest, wanggev1.PlanCityResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActPlan); err != nil {
		return err
	}
	done, err := s.calls.Transferring(ctx)
	if err != nil {
		return err
	}
	defer done()
	prop, err := receiveProposal(s.read(ctx), stream.Recv)
	if err != nil {
		return err
	}
	plan, err := s.desk.Plan(ctx, auth.PersonOf(ctx), prop)
	if err != nil {
		return err
	}
	var rows []i18n.Text
	for _, c := range plan.Changes {
		rows = append(rows, i18n.Text{En: c.File, Zh: c.File})
	}
	if err := looks.Rows(ctx, s.desk, s.full(ctx), "PlanCity", rows); err != nil {
		return err
	}
	return s.sendPlan(ctx, plan, stream.Send)
}

func (s cityService) sendPlan(ctx context.Context, p *rollout.Plan, send func(*wanggev1.PlanCityResponse) error) error {
	lang := auth.LanguageOf(ctx)
	out := &wanggev1.PlanCityResponse{CityRevisionBefore: p.Was, CityRevisionAfter: p.Is}
	if p.Stale != nil {
		for _, r := range p.Stale.Since {
			out.Missed = append(out.Missed, s.full(ctx).Revision(r))
		}
	}
	if err := send(out); err != nil {
		return err
	}
	t := &wanggev1.PlanTotals{
		Changes: int64(len(p.Changes)), Opened: int64(len(p.Opened)), Closed: int64(len(p.Closed)),
		Idle: int64(len(p.Idle)), Expectations: int64(len(p.Checks.Results)), Unmet: int64(p.Checks.Failed),
		Fallback: int64(p.Checks.Fallback), Lost: int64(p.LostCount), Undecided: int64(p.UndecidedCount),
		ChangedGaps: int64(len(p.Changed)), ReturnedGaps: int64(len(p.Returned)),
	}
	for page := range slices.Chunk(p.Changes, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, c := range page {
			m.Changes = append(m.Changes, &wanggev1.CityChange{
				File: c.File, Line: int32(c.Line), Key: c.Key, Kind: wanggev1.ChangeKind(c.What), Text: c.Text.In(lang),
			})
		}
		if err := send(m); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Ground, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, g := range page {
			m.Ground = append(m.Ground, &wanggev1.GroundMove{
				Level: g.Level, FromArea: resource.Area(g.From), ToArea: resource.Area(g.To), SquareKm: g.KM2,
				Text: p.GroundText(g).In(lang),
			})
		}
		if err := send(m); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Opened, holePage) {
		if err := send(&wanggev1.PlanCityResponse{Opened: s.full(ctx).Gaps(page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Closed, holePage) {
		if err := send(&wanggev1.PlanCityResponse{Closed: s.full(ctx).Gaps(page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Changed, holePage) {
		if err := send(&wanggev1.PlanCityResponse{ChangedGaps: s.full(ctx).Gaps(page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Returned, holePage) {
		if err := send(&wanggev1.PlanCityResponse{ReturnedGaps: s.full(ctx).Gaps(page)}); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Idle, planPage) {
		m := &wanggev1.PlanCityResponse{}
		for _, i := range page {
			m.Idle = append(m.Idle, &wanggev1.IdlePerson{
				Person: resource.Person(i.Person), DisplayName: i.Name, PreviousPosts: convert.All(i.Had, resource.Post),
			})
		}
		if err := send(m); err != nil {
			return err
		}
	}
	for page := range slices.Chunk(p.Removed, planPage) {
		rows := convert.All(page, func(r rollout.Removal) *wanggev1.Removal { return removal(p, &r, lang) })
		if err := send(&wanggev1.PlanCityResponse{Removals: rows}); err != nil {
			return err
		}
	}
	return s.sendMoves(ctx, p, t, send)
}

// removal renders something that a plan removes and open cases name.
func removal(p *rollout.Plan, r *rollout.Removal, lang string) *wanggev1.Removal {
	out := &wanggev1.Removal{
		DisplayName: r.Name.In(lang), Cases: int64(r.Cases), Undecided: int64(r.Undecided), Text: r.Why.In(lang), Fix: r.Fix.In(lang),
	}
	s := p.Successors()
	switch {
	case r.Category != "":
		out.Name, out.Successor = resource.Category(r.Category), resource.Category(s.Categories[r.Category])
	case r.Person != "":
		out.Name, out.Successor = resource.Person(r.Person), resource.Person(s.People[r.Person])
	default:
		out.Name, out.Successor = resource.Unit(r.Unit), resource.Unit(s.Units[r.Unit])
	}
	return out
}

func (s cityService) sendMoves(ctx context.Context, p *rollout.Plan, t *wanggev1.PlanTotals,
	send func(*wanggev1.PlanCityResponse) error,
) error {
	var page []*wanggev1.CaseMove
	v := s.full(ctx)
	after := v.In(p.City())
	for m, err := range s.desk.Moves(ctx, p, 0) {
		if err != nil {
			return err
		}
		t.Cases++
		add := func(n *int64, yes bool) {
			if yes {
				*n++
			}
		}
		stuck := m.Stuck != (i18n.Text{})
		add(&t.OwnerMoves, m.Owner())
		add(&t.DeadlineMoves, m.Deadline())
		add(&t.EscalationMoves, m.StepsChange)
		add(&t.Stuck, stuck)
		row := &wanggev1.CaseMove{
			Case: resource.Case(m.Case), Stage: wanggev1.Stage(m.Stage), OwnerBefore: v.Owner(m.Was), OwnerAfter: after.Owner(m.Is),
			DueTimeBefore: convert.Stamp(m.DueWas), DueTimeAfter: convert.Stamp(m.DueIs), OwnerMoves: m.Owner(), DeadlineMoves: m.Deadline(),
			EscalationMoves: m.StepsChange, Stuck: m.Stuck.In(auth.LanguageOf(ctx)), Lost: apierr.Texts(m.Lost, auth.LanguageOf(ctx)),
			CategoryAfter: string(m.Category), HandlerAfter: resource.Person(m.Handler),
			Undecided: apierr.Texts(m.Undecided, auth.LanguageOf(ctx)),
		}
		if id, ok := routing.PrecedentOf(m.Rule); ok {
			row.DecidedBy = &wanggev1.CaseMove_Precedent{Precedent: resource.Precedent(id)}
		} else if m.Rule != "" {
			row.DecidedBy = &wanggev1.CaseMove_Rule{Rule: m.Rule}
		}
		page = append(page, row)
		if len(page) == planPage {
			if err := send(&wanggev1.PlanCityResponse{Moves: page}); err != nil {
				return err
			}
			page = nil
		}
	}
	return send(&wanggev1.PlanCityResponse{Moves: page, Totals: t})
}
