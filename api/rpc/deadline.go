package rpc

import (
	"context"
	"time"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// ExplainDeadline implements CaseService.
func (s cases) ExplainDeadline(ctx context.Context, req *wanggev1.ExplainDeadlineRequest) (*wanggev1.ExplainDeadlineResponse, error) {
	var f faults
	c := s.desk.City()
	if req.GetName() != "" {
		id := caseID(ctx, &f, "name", req.GetName())
		if err := f.err(ctx); err != nil {
			return nil, err
		}
		cs, err := s.desk.Case(ctx, auth.PersonOf(ctx), id)
		if err != nil {
			return nil, err
		}
		events, err := s.desk.Events(ctx, auth.PersonOf(ctx), id, 0, 0)
		if err != nil {
			return nil, err
		}
		return wireDeadline(ctx, sla.ExplainDeadline(c, cs, events)), nil
	}
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var owner roster.Unit
	if req.GetOwner() != "" {
		var bad i18n.Text
		if owner, bad = s.unitOf(req.GetOwner()); bad != (i18n.Text{}) {
			f.add(ctx, "owner", bad)
		}
	}
	u, err := calendar.ParseUnit(req.GetUnit())
	if err != nil {
		f.add(ctx, "unit", i18n.F("%q: write hours, work_hours, work_days or days", "%q：请填写 hours、work_hours、work_days 或 days", clip(req.GetUnit())))
	}
	start := instant(ctx, &f, "start", req.GetStart(), time.Time{})
	if req.GetStart() == nil {
		f.add(ctx, "start", i18n.F("is missing", "缺失"))
	}
	if req.GetLimit() < 1 || req.GetLimit() > calendar.MaxN {
		f.add(ctx, "limit", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", req.GetLimit(), calendar.MaxN))
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	d, err := sla.ExplainLimit(c, owner, start.In(c.Location), calendar.Limit{N: int(req.GetLimit()), Unit: u})
	if err != nil {
		return nil, err
	}
	return wireDeadline(ctx, d), nil
}

func wireDeadline(ctx context.Context, d sla.Deadline) *wanggev1.ExplainDeadlineResponse {
	out := &wanggev1.ExplainDeadlineResponse{
		Start: stamp(d.Start), Limit: int32(d.Limit.N), Due: stamp(d.Due), Extensions: int32(d.Extended), LimitRule: d.LimitRule, Provisional: d.Provisional, Paused: d.Paused,
		CountedSeconds: int64(d.Used / time.Second),
	}
	if d.Limit.N > 0 {
		out.Unit = d.Limit.Unit.String()
	}
	for _, i := range d.Counted {
		out.Counted = append(out.Counted, &wanggev1.DeadlinePart{From: stamp(i.From), To: stamp(i.To)})
	}
	for _, i := range d.Skipped {
		out.Skipped = append(out.Skipped, &wanggev1.DeadlinePart{From: stamp(i.From), To: stamp(i.To), Why: i18n.Text{En: i.Why, Zh: i.WhyZh}.In(auth.LanguageOf(ctx)), CountedSeconds: int64(i.Counts / time.Second)})
	}
	return out
}

// ReprojectDeadlines implements CaseService.
func (s cases) ReprojectDeadlines(ctx context.Context, req *wanggev1.ReprojectDeadlinesRequest) (*wanggev1.ReprojectDeadlinesResponse, error) {
	if err := s.govern(ctx, dispatch.ActApply); err != nil {
		return nil, err
	}
	var f faults
	reason := short(ctx, &f, "reason", req.GetReason(), maxText)
	if reason == "" {
		f.add(ctx, "reason", i18n.F("say why, such as the notice that moved the holiday", "请说明原因，例如调整放假安排的通知"))
	}
	var after dispatch.CaseID
	if req.GetPageToken() != "" {
		after = caseID(ctx, &f, "page_token", req.GetPageToken())
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	r, err := s.desk.Reproject(ctx, auth.PersonOf(ctx), reason, after)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ReprojectDeadlinesResponse{LookedAt: int32(r.LookedAt), Moved: int32(r.Moved)}
	if r.Next != 0 {
		out.NextPageToken = "cases/" + r.Next.String()
	}
	return out, nil
}
