package rpc

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/lifecycle"
	"wangge/dispatch/routing"
)

// maxProofs is how many proofs a server works on at once: each takes a core for some seconds in a
// large city.
const maxProofs = 2

// OnDuty implements CityService.
func (s ground) OnDuty(ctx context.Context, req *wanggev1.OnDutyRequest) (*wanggev1.OnDutyResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var f faults
	c := s.desk.City()
	pos := s.position(ctx, &f, "position", req.GetPosition())
	code := s.needCategory(ctx, &f, "category", req.GetCategory())
	at := instant(ctx, &f, "time", req.GetTime(), s.now())
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	p, err := routing.PlaceOf(c, pos)
	if err != nil {
		return nil, err
	}
	d, standing, ok, err := explain.OnDuty(c, p, code, at)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.OnDutyResponse{Owner: s.owner(ctx, d.Owner, at), Rule: d.Rule, CityRevision: c.Revision, Considered: s.duty(ctx, c, c.Roster.Consider(d.Owner.Post, at), at)}
	if ok {
		out.OffHours, out.Answers = standing.OffHours, standingOf(ctx, c, standing.Unit, standing.Post, standing.Person)
	}
	return out, nil
}

func standingOf(ctx context.Context, c *city.City, u roster.Unit, post roster.PostID, person roster.PersonID) *wanggev1.Standing {
	p, _ := c.Roster.Person(person)
	return &wanggev1.Standing{Unit: u.String(), UnitDisplayName: c.UnitName(u).In(auth.LanguageOf(ctx)), Post: string(post), Person: string(person), PersonDisplayName: p.Name}
}

// duty is the rows of a post at an instant. The reason and the end of an absence are told to the absent
// person and to the grid office; others read that the person is absent.
func (s *server) duty(ctx context.Context, c *city.City, rows []roster.Considered, at time.Time) []*wanggev1.DutyConsidered {
	out := make([]*wanggev1.DutyConsidered, 0, len(rows))
	now := s.now()
	for _, k := range rows {
		p, _ := c.Roster.Person(k.Person)
		why := k.Why
		if c.Roster.Absent(k.Person, at) && !lifecycle.MayKnow(c, auth.PersonOf(ctx), k.Person, now) {
			why = i18n.F("absent", "缺勤")
		}
		if k.For != "" && k.Stands && !lifecycle.MayKnow(c, auth.PersonOf(ctx), k.For, now) { // until when an absence lasts
			why = i18n.F("rank %[1]d, stands in for %[2]s", "次序 %[1]d，代 %[2]s", k.Rank, k.For)
		}
		out = append(out, &wanggev1.DutyConsidered{Person: string(k.Person), PersonDisplayName: p.Name, Rank: int32(k.Rank), Shift: k.Shift, Stands: k.Stands, Why: why.In(auth.LanguageOf(ctx))})
	}
	return out
}

// reasons adds to an explanation who stands where and why, the ladder and the clock.
func (s *server) reasons(ctx context.Context, c *city.City, e *explain.Explanation, at time.Time, out *wanggev1.ExplainRouteResponse) {
	out.CityRevision, out.Duty, out.Ladder, out.LimitBy, out.OffHours = e.Revision, s.duty(ctx, c, e.Duty, at), e.Ladder, e.LimitBy, e.Standing.OffHours
	if e.Standing.Person != "" {
		out.Answers = standingOf(ctx, c, e.Standing.Unit, e.Standing.Post, e.Standing.Person)
	}
	for _, r := range e.Chain {
		out.Chain = append(out.Chain, standingOf(ctx, c, r.Unit, r.Post, r.Person))
	}
	for _, t := range e.Steps {
		step := &wanggev1.LadderStep{Time: stamp(t.At), AtPercent: int32(t.AtPercent), Light: t.Light}
		for _, a := range t.People {
			step.People = append(step.People, standingOf(ctx, c, a.Unit, a.Post, a.Person))
		}
		out.Steps = append(out.Steps, step)
	}
	for _, i := range e.Due.Counted {
		out.Counted = append(out.Counted, &wanggev1.Stretch{BeginTime: stamp(i.From), EndTime: stamp(i.To)})
	}
	for _, k := range e.Due.Skipped {
		out.Skipped = append(out.Skipped, &wanggev1.Stretch{BeginTime: stamp(k.From), EndTime: stamp(k.To), Why: i18n.Text{En: k.Why, Zh: k.WhyZh}.In(auth.LanguageOf(ctx))})
	}
}

// ProveCoverage implements CityService. The summary says how many gaps follow.
func (s ground) ProveCoverage(req *wanggev1.ProveCoverageRequest, stream grpc.ServerStreamingServer[wanggev1.ProveCoverageResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return err
	}
	if s.proofs.Add(1) > maxProofs {
		s.proofs.Add(-1)
		return fail(ctx, codes.ResourceExhausted, "TOO_MANY_PROOFS", i18n.F("%d proofs are under way; ask again when they are done", "已有 %d 个证明正在进行，请稍后再试", maxProofs), nil)
	}
	defer s.proofs.Add(-1)
	c := s.desk.City()
	var f faults
	from := instant(ctx, &f, "begin_time", req.GetBeginTime(), s.now())
	to := instant(ctx, &f, "end_time", req.GetEndTime(), from.In(c.Location).AddDate(0, 0, 90))
	if err := f.err(ctx); err != nil {
		return err
	}
	p, err := coverage.Prove(c, from, to)
	var horizon *coverage.HorizonError
	if errors.As(err, &horizon) {
		f.add(ctx, "end_time", i18n.F("must be after begin_time, at most %d days", "必须晚于 begin_time，且不超过 %d 天", coverage.MaxHorizon))
		return f.err(ctx)
	}
	if err != nil {
		return err
	}
	n := p.Counts
	err = stream.Send(&wanggev1.ProveCoverageResponse{Summary: &wanggev1.CoverageSummary{
		CityRevision: p.Revision, BeginTime: stamp(p.From), EndTime: stamp(p.To), Cells: n.Cells, Categories: int32(n.Categories), Minutes: n.Minutes, Combinations: n.Combinations,
		Proved: n.Proved(), Open: n.Open, PlaceClasses: int32(n.PlaceClasses), RuleClasses: int32(n.RuleClasses), Units: int32(n.Units), People: int32(n.People),
		FallbackCategories: int32(n.Fallback), Gaps: int32(len(p.Gaps)), MoreGaps: int32(p.MoreGaps),
		CellsWithoutBlock: cellNames(p.Lists.BareCells), PointsWithoutCell: p.Lists.LostPoints, MattersWithoutPerson: names(p.Lists.OpenMatters), PeopleWithoutDuty: names(p.Lists.IdlePeople), IdleRules: p.IdleRules,
	}})
	for i := 0; i < len(p.Gaps) && err == nil; i++ {
		err = stream.Send(&wanggev1.ProveCoverageResponse{Gap: gapOf(ctx, &p.Gaps[i])})
	}
	return err
}

func gapOf(ctx context.Context, g *coverage.Gap) *wanggev1.CoverageGap {
	out := &wanggev1.CoverageGap{
		Reason: string(g.Reason), Areas: names(g.Areas), BareOf: names(g.BareOf), Categories: names(g.Categories), BeginTime: stamp(g.From), EndTime: stamp(g.To), StretchCount: int32(g.Stretches), Minutes: g.Minutes,
		Cells: g.Cells, Unit: g.Unit.String(), Post: string(g.Post), Person: string(g.Person), Why: g.Why.In(auth.LanguageOf(ctx)), Add: g.Add(), BareCells: cellNames(g.Bare),
	}
	for _, s := range g.When {
		out.Stretches = append(out.Stretches, &wanggev1.Stretch{BeginTime: stamp(s.From), EndTime: stamp(s.To)})
	}
	return out
}

func names[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func cellNames[T interface{ String() string }](cells []T) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = c.String()
	}
	return out
}
