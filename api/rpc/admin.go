package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/i18n"
	"wangge/dispatch/rights"
)

// adminService implements AdminService.
type adminService struct {
	wanggev1.UnimplementedAdminServiceServer
	*server

	checking sync.Mutex
}

// runs returns PERMISSION_DENIED unless the caller is the leader or duty chief of the city as a whole.
func (s *server) runs(ctx context.Context) error {
	if rights.Runs(s.city(ctx), auth.PersonOf(ctx), s.now()) {
		return nil
	}
	return apierr.Fail(ctx, codes.PermissionDenied, "NOT_ALLOWED",
		i18n.F("it needs the post of leader or duty chief of the city", "需要市级领导或值班长岗位"), nil)
}

const (
	defaultFindings = 100
	maxFindings     = 1000
)

// CheckStore implements AdminService.
func (s *adminService) CheckStore(ctx context.Context, req *wanggev1.CheckStoreRequest) (*wanggev1.CheckStoreResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	most := int(req.GetMaxFindings())
	switch {
	case most == 0:
		most = defaultFindings
	case most < 0 || most > maxFindings:
		f.Add("max_findings", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", most, maxFindings))
	}
	if req.GetLast() && req.GetRepair() {
		f.Add("last", i18n.F("the last report repairs nothing; ask for one of the two", "上次报告不能修复，请二选一"))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if req.GetLast() {
		r, ok := s.desk.LastCheck()
		if !ok {
			return nil, apierr.Fail(ctx, codes.FailedPrecondition, "NOT_CHECKED",
				i18n.F("no check has come to its end yet; ask without last", "尚未完成任何检查，请去掉 last 后重试"), nil)
		}
		return s.full(ctx).CheckReport(r, most), nil
	}
	if !s.checking.TryLock() {
		return nil, apierr.Fail(ctx, codes.Aborted, "CHECKING",
			i18n.F("somebody else's check is running; ask for the last report when it is done", "另一检查正在进行，完成后可读取上次报告"), nil)
	}
	defer s.checking.Unlock()
	r, err := s.desk.Check(ctx, fsck.CheckOptions{Repair: req.GetRepair(), Most: most})
	if err != nil {
		return nil, err
	}
	return s.full(ctx).CheckReport(r, most), nil
}

// ListDeadLetters implements AdminService.
func (s *adminService) ListDeadLetters(
	ctx context.Context, req *wanggev1.ListDeadLettersRequest,
) (*wanggev1.ListDeadLettersResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	after, n := f.NoticePage(req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	list, err := s.desk.DeadLetters(ctx, after)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListDeadLettersResponse{}
	out.Notices, out.NextPageToken, err = s.notices(ctx, req, list, n)
	return out, err
}

// ReplayNotices implements AdminService.
func (s *adminService) ReplayNotices(ctx context.Context, req *wanggev1.ReplayNoticesRequest) (*wanggev1.ReplayNoticesResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var id dispatch.CaseID
	if req.GetCase() != "" {
		f := s.read(ctx)
		id = f.CaseID("case", req.GetCase())
		if err := f.Err(); err != nil {
			return nil, err
		}
	}
	n, err := s.desk.Replay(ctx, id)
	return &wanggev1.ReplayNoticesResponse{Replayed: int64(n)}, err
}

// VerifyAudit implements AdminService.
func (s *adminService) VerifyAudit(ctx context.Context, req *wanggev1.VerifyAuditRequest) (*wanggev1.VerifyAuditResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var old auditlog.AuditHead
	if req.GetOldHead() != "" {
		var err error
		if old, err = auditlog.ParseAuditHead(req.GetOldHead()); err != nil {
			f := s.read(ctx)
			f.Add("old_head", i18n.F("%q is no head; write SIZE:HASH", "%q 不是摘要，请填写 数量:哈希", apierr.Clip(req.GetOldHead())))
			return nil, f.Err()
		}
	}
	if !s.checking.TryLock() {
		return nil, apierr.Fail(ctx, codes.Aborted, "CHECKING", i18n.F("another check is running; try again when it is done",
			"另一检查正在进行，请稍后重试"), nil)
	}
	defer s.checking.Unlock()
	r, err := s.desk.VerifyAudit(ctx, old)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.VerifyAuditResponse{
		Ok: r.Whole(), Head: r.Head.String(), Consistent: r.Consistent, Unlogged: int64(r.Unlogged),
		Found: int64(r.Found),
	}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, &wanggev1.VerifyAuditResponse_Finding{
			Leaf: f.Leaf, Case: resource.Case(f.Case), FirstEvent: f.First, LastEvent: f.Last, What: f.What.In(auth.LanguageOf(ctx)),
		})
	}
	for _, h := range r.Proof {
		out.Proof = append(out.Proof, h[:])
	}
	return out, nil
}
