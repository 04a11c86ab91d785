package rpc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/coverage"
	"wangge/dispatch/explain"
	"wangge/dispatch/i18n"
	"wangge/dispatch/routing"
)

// maxProofs bounds the proofs that run at once; beyond: RESOURCE_EXHAUSTED. A proof of a large city keeps one core busy
// for seconds.
const maxProofs = 2

// OnDuty implements CityService.
func (s cityService) OnDuty(ctx context.Context, req *wanggev1.OnDutyRequest) (*wanggev1.OnDutyResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	c := s.city(ctx)
	p, code, at, err := s.placed(ctx, req)
	if err != nil {
		return nil, err
	}
	d, on, ok, err := explain.OnDuty(c, p, code, at)
	if err != nil {
		return nil, err
	}
	v := s.full(ctx)
	out := &wanggev1.OnDutyResponse{
		Owner: v.At(at).Owner(d.Owner), CityRevision: c.Revision,
		Considered: v.Duty(c.Roster.Consider(d.Owner.Post, at), at),
	}
	if id, ok := routing.PrecedentOf(d.Rule); ok {
		out.DecidedBy = &wanggev1.OnDutyResponse_Precedent{Precedent: resource.Precedent(id)}
	} else {
		out.DecidedBy = &wanggev1.OnDutyResponse_Rule{Rule: d.Rule}
	}
	if ok {
		out.OffHours, out.OnCall = on.OffHours, v.OnCall(on.Unit, on.Post, on.Person)
	}
	return out, nil
}

// ProveCoverage implements CityService. The summary says how many gaps follow.
func (s cityService) ProveCoverage(req *wanggev1.ProveCoverageRequest,
	stream grpc.ServerStreamingServer[wanggev1.ProveCoverageResponse],
) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return err
	}
	if s.proofs.Add(1) > maxProofs {
		s.proofs.Add(-1)
		return apierr.Fail(ctx, codes.ResourceExhausted, "TOO_MANY_PROOFS",
			i18n.F("%d proofs are under way; ask again when they are done", "已有 %d 个证明正在进行，请稍后再试", maxProofs), nil)
	}
	defer s.proofs.Add(-1)
	c := s.city(ctx)
	f := s.read(ctx)
	from := f.Instant("start_time", req.GetStartTime(), s.now())
	to := f.Instant("end_time", req.GetEndTime(), from.In(c.Location).AddDate(0, 0, 90))
	channels := channelsOf(f, req.GetChannels(), s.desk.Channels())
	if err := f.Err(); err != nil {
		return err
	}
	p, err := coverage.Prove(c, from, to, channels...)
	if _, ok := errors.AsType[*coverage.HorizonError](err); ok {
		f.Add("end_time", i18n.F("must be after start_time, at most %d days", "必须晚于 start_time，且不超过 %d 天", coverage.MaxHorizon))
		return f.Err()
	}
	if err != nil {
		return err
	}
	n := p.Counts
	summary := &wanggev1.CoverageSummary{
		CityRevision: p.Revision, StartTime: convert.Stamp(p.From), EndTime: convert.Stamp(p.To), Cells: n.Cells,
		Categories: int32(n.Categories), Minutes: n.Minutes, Combinations: n.Combinations,
		Proved: n.Proved(), Open: n.Open, PlaceClasses: int32(n.PlaceClasses), RuleClasses: int32(n.RuleClasses), Units: int32(n.Units),
		People:             int32(n.People),
		FallbackCategories: int32(n.Fallback), Gaps: int32(len(p.Gaps)), MoreGaps: int32(p.MoreGaps), OverlappingGaps: int32(n.Overlapping),
		CellsWithoutBlock: convert.CellNames(p.Lists.BareCells), PointsWithoutCell: convert.All(p.Lists.LostPoints, resource.Point),
		CategoriesWithoutPerson: convert.Names(p.Lists.OpenMatters), PeopleWithoutDuty: convert.All(p.Lists.IdlePeople, resource.Person),
		IdleRules: p.IdleRules, Channels: convert.All(p.Channels, convert.Channel), Note: p.Untold().In(s.full(ctx).Language),
	}
	err = stream.Send(&wanggev1.ProveCoverageResponse{Content: &wanggev1.ProveCoverageResponse_Summary{Summary: summary}})
	for i := 0; i < len(p.Gaps) && err == nil; i++ {
		gap := &wanggev1.ProveCoverageResponse_Gap{Gap: s.full(ctx).Gap(&p.Gaps[i])}
		err = stream.Send(&wanggev1.ProveCoverageResponse{Content: gap})
	}
	return err
}

// channelsOf reads channels by their words, each once; none given = unset.
func channelsOf(f *request.Reader, given []wanggev1.NoticeChannel, unset []string) []string {
	if len(given) == 0 {
		return unset
	}
	var out []string
	for _, ch := range city.Channels {
		if slices.Contains(given, convert.Channel(ch)) {
			out = append(out, ch)
		}
	}
	for i, ch := range given {
		if !slices.ContainsFunc(out, func(word string) bool { return convert.Channel(word) == ch }) {
			f.Add(fmt.Sprintf("channels[%d]", i), i18n.F("is no channel", "不是通知渠道"))
			break
		}
	}
	return out
}
