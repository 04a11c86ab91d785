package rpc

import (
	"context"
	"time"

	"wangge/api/auth"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/rollout"
	"wangge/dispatch/i18n"
	"wangge/dispatch/sla"
)

// ExplainDeadline implements CaseService.
func (s caseService) ExplainDeadline(ctx context.Context, req *wanggev1.ExplainDeadlineRequest) (*wanggev1.ExplainDeadlineResponse, error) {
	switch req.GetQuestion().(type) {
	case *wanggev1.ExplainDeadlineRequest_Name:
		return s.caseDeadline(ctx, req.GetName())
	case *wanggev1.ExplainDeadlineRequest_LimitQuestion_:
		return s.limitDeadline(ctx, req.GetLimitQuestion())
	}
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	f.Add("name", i18n.F("is missing; write a case, or else limit_question", "缺失；请填写案件，或填写 limit_question"))
	return nil, f.Err()
}

// caseDeadline explains the deadline of a case.
func (s caseService) caseDeadline(ctx context.Context, name string) (*wanggev1.ExplainDeadlineResponse, error) {
	f := s.read(ctx)
	id := f.CaseID("name", name)
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
	return s.full(ctx).CaseDeadline(cs, sla.ExplainDeadline(s.city(ctx), cs, events)), nil
}

// limitDeadline explains when a limit ends.
func (s caseService) limitDeadline(
	ctx context.Context, q *wanggev1.ExplainDeadlineRequest_LimitQuestion,
) (*wanggev1.ExplainDeadlineResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f, c := s.read(ctx), s.city(ctx)
	var owner roster.Unit
	if q.GetCalendarUnit() != "" {
		owner = f.KnownUnit("limit_question.calendar_unit", q.GetCalendarUnit())
	}
	start := f.Instant("limit_question.start_time", q.GetStartTime(), time.Time{})
	if q.GetStartTime() == nil {
		f.Add("limit_question.start_time", i18n.F("is missing", "缺失"))
	}
	limit := f.Limit("limit_question.limit", q.GetLimit())
	if err := f.Err(); err != nil {
		return nil, err
	}
	d, err := sla.ExplainLimit(c, owner, start.In(c.Location), limit)
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
	after, most := request.After[dispatch.CaseID](f, req), f.PageSize(req.GetPageSize(), rollout.MaxReprojected)
	if err := f.Err(); err != nil {
		return nil, err
	}
	r, err := s.desk.Reproject(ctx, auth.PersonOf(ctx), reason, after, most)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ReprojectDeadlinesResponse{Evaluated: int32(r.LookedAt), Moved: int32(r.Moved)}
	if r.Next != 0 {
		out.NextPageToken, err = request.Next(req, r.Next)
	}
	return out, err
}
