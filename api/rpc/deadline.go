package rpc

import (
	"context"
	"time"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/calendar"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// ExplainDeadline implements CaseService.
func (s caseService) ExplainDeadline(ctx context.Context, req *wanggev1.ExplainDeadlineRequest) (*wanggev1.ExplainDeadlineResponse, error) {
	f := s.read(ctx)
	c := s.city(ctx)
	if req.GetName() != "" {
		id := f.CaseID("name", req.GetName())
		if err := f.Err(); err != nil {
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
		return s.full(ctx).Deadline(sla.ExplainDeadline(c, cs, events)), nil
	}
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	var owner roster.Unit
	if req.GetOwner() != "" {
		owner = f.KnownUnit("owner", req.GetOwner())
	}
	u, err := calendar.ParseUnit(req.GetUnit())
	if err != nil {
		f.Add("unit", i18n.F("%q: write hours, work_hours, work_days or days", "%q：请填写 hours、work_hours、work_days 或 days",
			apierr.Clip(req.GetUnit())))
	}
	start := f.Instant("start", req.GetStart(), time.Time{})
	if req.GetStart() == nil {
		f.Add("start", i18n.F("is missing", "缺失"))
	}
	if req.GetLimit() < 1 || req.GetLimit() > calendar.MaxN {
		f.Add("limit", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", req.GetLimit(), calendar.MaxN))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	d, err := sla.ExplainLimit(c, owner, start.In(c.Location), calendar.Limit{N: int(req.GetLimit()), Unit: u})
	if err != nil {
		return nil, err
	}
	return s.full(ctx).Deadline(d), nil
}

// ReprojectDeadlines implements CaseService.
func (s caseService) ReprojectDeadlines(ctx context.Context,
	req *wanggev1.ReprojectDeadlinesRequest,
) (*wanggev1.ReprojectDeadlinesResponse, error) {
	if err := s.govern(ctx, dispatch.ActApply); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	reason := f.Short("reason", req.GetReason(), request.MaxText)
	if reason == "" {
		f.Add("reason", i18n.F("say why, such as the notice that moved the holiday", "请说明原因，例如调整放假安排的通知"))
	}
	after := request.After[dispatch.CaseID](f, req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	r, err := s.desk.Reproject(ctx, auth.PersonOf(ctx), reason, after)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ReprojectDeadlinesResponse{LookedAt: int32(r.LookedAt), Moved: int32(r.Moved)}
	if r.Next != 0 {
		out.NextPageToken, err = request.Next(req, r.Next)
	}
	return out, err
}
