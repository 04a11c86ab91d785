package rpc

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/i18n"
)

// admin is AdminService.
type admin struct {
	wanggev1.UnimplementedAdminServiceServer
	*server

	checking sync.Mutex
}

// runs refuses who does not run the service: it is for the city's own leader and duty chief.
func (s *server) runs(ctx context.Context) error {
	c := s.desk.City()
	root := roster.Unit{Kind: roster.UnitArea, ID: string(c.Root)}
	if slices.ContainsFunc(c.Roster.PostsOf(auth.PersonOf(ctx), s.now()), func(h roster.Holding) bool {
		return h.Unit == root && (h.Role == roster.Leader || h.Role == roster.DutyChief)
	}) {
		return nil
	}
	return fail(ctx, codes.PermissionDenied, "NOT_ALLOWED", i18n.F("it needs the post of leader or duty chief of the city", "需要市级领导或值班长岗位"), nil)
}

const (
	defaultFindings = 100
	maxFindings     = 1000
)

// CheckStore implements AdminService.
func (s *admin) CheckStore(ctx context.Context, req *wanggev1.CheckStoreRequest) (*wanggev1.CheckStoreResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var f faults
	most := int(req.GetMaxFindings())
	switch {
	case most == 0:
		most = defaultFindings
	case most < 0 || most > maxFindings:
		f.add(ctx, "max_findings", i18n.F("%[1]d is not within 1 to %[2]d", "%[1]d 不在 1 到 %[2]d 之间", most, maxFindings))
	}
	if req.GetLast() && req.GetRepair() {
		f.add(ctx, "last", i18n.F("the last report repairs nothing; ask for one of the two", "上次报告不能修复，请二选一"))
	}
	if err := f.err(ctx); err != nil {
		return nil, err
	}
	if req.GetLast() {
		r, ok := s.desk.LastCheck()
		if !ok {
			return nil, fail(ctx, codes.FailedPrecondition, "NOT_CHECKED", i18n.F("no check has come to its end yet; ask without last", "尚未完成任何检查，请去掉 last 后重试"), nil)
		}
		return s.checkReport(ctx, r, most), nil
	}
	if !s.checking.TryLock() {
		return nil, fail(ctx, codes.Aborted, "CHECKING", i18n.F("somebody else's check is running; ask for the last report when it is done", "另一检查正在进行，完成后可读取上次报告"), nil)
	}
	defer s.checking.Unlock()
	r, err := s.desk.Check(ctx, fsck.CheckOptions{Repair: req.GetRepair(), Most: most})
	if err != nil {
		return nil, err
	}
	return s.checkReport(ctx, r, most), nil
}

func (s *server) checkReport(ctx context.Context, r fsck.CheckReport, most int) *wanggev1.CheckStoreResponse {
	out := &wanggev1.CheckStoreResponse{
		Ok: r.Whole(), Revision: uint64(r.Revision), CheckTime: stamp(r.At), Keys: int64(r.Keys), Cases: int64(r.Cases), Open: int64(r.Open),
		Timers: int64(r.Timers), Events: int64(r.Events), Found: int64(r.Found), Repaired: int64(r.Repaired),
		Pages: int64(r.Files.Pages), Records: int64(r.Files.Records), Sealed: int64(r.Files.Sealed), Blocks: int64(r.Files.Blocks), Damaged: int64(r.Files.Damaged),
	}
	for _, f := range r.Findings[:min(most, len(r.Findings))] {
		w := &wanggev1.CheckStoreResponse_Finding{
			Kind: string(f.Kind), Key: f.Key, What: f.What.In(auth.LanguageOf(ctx)), Mend: f.Mend.In(auth.LanguageOf(ctx)), Derived: f.Derived, Repaired: f.Repaired,
		}
		if f.Case != 0 {
			w.Case = "cases/" + f.Case.String()
		}
		out.Findings = append(out.Findings, w)
	}
	return out
}

// ListParkedNotices implements AdminService.
func (s *admin) ListParkedNotices(ctx context.Context, req *wanggev1.ListParkedNoticesRequest) (*wanggev1.ListParkedNoticesResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var after ledger.NoticeID
	if t := req.GetPageToken(); t != "" {
		var err error
		if after, err = ledger.ParseNoticeID(t); err != nil {
			return nil, ledger.ErrBadToken
		}
	}
	page, err := s.desk.Parked(ctx, after)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListParkedNoticesResponse{Notices: s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL).notices(page)}
	if len(page) == outbox.MaxDeliveries {
		out.NextPageToken = page[len(page)-1].NoticeID.String()
	}
	return out, nil
}

// ReplayNotices implements AdminService.
func (s *admin) ReplayNotices(ctx context.Context, req *wanggev1.ReplayNoticesRequest) (*wanggev1.ReplayNoticesResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var id dispatch.CaseID
	if req.GetName() != "" {
		var f faults
		id = caseID(ctx, &f, "name", req.GetName())
		if err := f.err(ctx); err != nil {
			return nil, err
		}
	}
	n, err := s.desk.Replay(ctx, id)
	return &wanggev1.ReplayNoticesResponse{Replayed: int64(n)}, err
}

// VerifyAudit implements AdminService.
func (s *admin) VerifyAudit(ctx context.Context, req *wanggev1.VerifyAuditRequest) (*wanggev1.VerifyAuditResponse, error) {
	if err := s.runs(ctx); err != nil {
		return nil, err
	}
	var old auditlog.AuditHead
	if req.GetOldHead() != "" {
		var err error
		if old, err = auditlog.ParseAuditHead(req.GetOldHead()); err != nil {
			var f faults
			f.add(ctx, "old_head", i18n.F("%q is no head; write SIZE:HASH", "%q 不是摘要，请填写 数量:哈希", clip(req.GetOldHead())))
			return nil, f.err(ctx)
		}
	}
	if !s.checking.TryLock() {
		return nil, fail(ctx, codes.Aborted, "CHECKING", i18n.F("another check is running; try again when it is done", "另一检查正在进行，请稍后重试"), nil)
	}
	defer s.checking.Unlock()
	r, err := s.desk.VerifyAudit(ctx, old)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.VerifyAuditResponse{Ok: r.Whole(), Head: r.Head.String(), Consistent: r.Consistent, Unlogged: int64(r.Unlogged), Found: int64(r.Found)}
	for _, f := range r.Findings {
		w := &wanggev1.VerifyAuditResponse_Finding{Leaf: f.Leaf, FirstEvent: f.First, LastEvent: f.Last, What: f.What.In(auth.LanguageOf(ctx))}
		if f.Case != 0 {
			w.Case = "cases/" + f.Case.String()
		}
		out.Findings = append(out.Findings, w)
	}
	for _, h := range r.Proof {
		out.Proof = append(out.Proof, h[:])
	}
	return out, nil
}
