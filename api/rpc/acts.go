package rpc

import (
	"context"

	"wangge/api/auth"
	"wangge/api/wangge/v1"
	"wangge/dispatch"
)

// Each act has a method. The method puts the fields of its request into the arguments that all acts share; do reads them.

// AcceptCase implements CaseService.
func (s caseService) AcceptCase(ctx context.Context, req *wanggev1.AcceptCaseRequest) (*wanggev1.AcceptCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAccept, req.GetAct(), &wanggev1.ActArguments{Condition: req.GetCondition()})
	return &wanggev1.AcceptCaseResponse{Case: cs}, err
}

// DispatchCase implements CaseService.
func (s caseService) DispatchCase(ctx context.Context, req *wanggev1.DispatchCaseRequest) (*wanggev1.DispatchCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDispatch, req.GetAct(), &wanggev1.ActArguments{Unit: req.GetUnit()})
	return &wanggev1.DispatchCaseResponse{Case: cs}, err
}

// ReturnCase implements CaseService.
func (s caseService) ReturnCase(ctx context.Context, req *wanggev1.ReturnCaseRequest) (*wanggev1.ReturnCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReturn, req.GetAct(), &wanggev1.ActArguments{Reason: req.GetReason()})
	return &wanggev1.ReturnCaseResponse{Case: cs}, err
}

// StartCase implements CaseService.
func (s caseService) StartCase(ctx context.Context, req *wanggev1.StartCaseRequest) (*wanggev1.StartCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActStart, req.GetAct(), &wanggev1.ActArguments{Handler: req.GetHandler()})
	return &wanggev1.StartCaseResponse{Case: cs}, err
}

// ResolveCase implements CaseService.
func (s caseService) ResolveCase(ctx context.Context, req *wanggev1.ResolveCaseRequest) (*wanggev1.ResolveCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActResolve, req.GetAct(), &wanggev1.ActArguments{PhotoHashes: req.GetPhotoHashes()})
	return &wanggev1.ResolveCaseResponse{Case: cs}, err
}

// CheckCase implements CaseService.
func (s caseService) CheckCase(ctx context.Context, req *wanggev1.CheckCaseRequest) (*wanggev1.CheckCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActCheck, req.GetAct(), &wanggev1.ActArguments{
		Passed: req.Passed, PhotoHashes: req.GetPhotoHashes(),
		Position: req.GetPosition(),
	})
	return &wanggev1.CheckCaseResponse{Case: cs}, err
}

// CloseCase implements CaseService.
func (s caseService) CloseCase(ctx context.Context, req *wanggev1.CloseCaseRequest) (*wanggev1.CloseCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActClose, req.GetAct(), &wanggev1.ActArguments{Closing: req.GetClosing(), Outcome: req.GetOutcome()})
	return &wanggev1.CloseCaseResponse{Case: cs}, err
}

// EscalateCase implements CaseService.
func (s caseService) EscalateCase(ctx context.Context, req *wanggev1.EscalateCaseRequest) (*wanggev1.EscalateCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActEscalate, req.GetAct(), &wanggev1.ActArguments{To: req.GetTo()})
	return &wanggev1.EscalateCaseResponse{Case: cs}, err
}

// VerifyCase implements CaseService.
func (s caseService) VerifyCase(ctx context.Context, req *wanggev1.VerifyCaseRequest) (*wanggev1.VerifyCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActVerify, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.VerifyCaseResponse{Case: cs}, err
}

// ConfirmCase implements CaseService.
func (s caseService) ConfirmCase(ctx context.Context, req *wanggev1.ConfirmCaseRequest) (*wanggev1.ConfirmCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActConfirm, req.GetAct(), &wanggev1.ActArguments{Passed: req.Passed, PhotoHashes: req.GetPhotoHashes()})
	return &wanggev1.ConfirmCaseResponse{Case: cs}, err
}

// RejectCase implements CaseService.
func (s caseService) RejectCase(ctx context.Context, req *wanggev1.RejectCaseRequest) (*wanggev1.RejectCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReject, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.RejectCaseResponse{Case: cs}, err
}

// VoidCase implements CaseService.
func (s caseService) VoidCase(ctx context.Context, req *wanggev1.VoidCaseRequest) (*wanggev1.VoidCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActVoid, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.VoidCaseResponse{Case: cs}, err
}

// SelfResolveCase implements CaseService.
func (s caseService) SelfResolveCase(ctx context.Context, req *wanggev1.SelfResolveCaseRequest) (*wanggev1.SelfResolveCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActSelfResolve, req.GetAct(), &wanggev1.ActArguments{PhotoHashes: req.GetPhotoHashes()})
	return &wanggev1.SelfResolveCaseResponse{Case: cs}, err
}

// RerouteCase implements CaseService.
func (s caseService) RerouteCase(ctx context.Context, req *wanggev1.RerouteCaseRequest) (*wanggev1.RerouteCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReroute, req.GetAct(), &wanggev1.ActArguments{Unit: req.GetUnit()})
	return &wanggev1.RerouteCaseResponse{Case: cs}, err
}

// ReferCase implements CaseService.
func (s caseService) ReferCase(ctx context.Context, req *wanggev1.ReferCaseRequest) (*wanggev1.ReferCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActRefer, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.ReferCaseResponse{Case: cs}, err
}

// ArbitrateCase implements CaseService.
func (s caseService) ArbitrateCase(ctx context.Context, req *wanggev1.ArbitrateCaseRequest) (*wanggev1.ArbitrateCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActArbitrate, req.GetAct(), &wanggev1.ActArguments{
		Unit: req.GetUnit(), RadiusM: req.GetRadiusM(),
		Categories: req.GetCategories(), Until: req.GetUntil(),
	})
	return &wanggev1.ArbitrateCaseResponse{Case: cs}, err
}

// ExtendCase implements CaseService.
func (s caseService) ExtendCase(ctx context.Context, req *wanggev1.ExtendCaseRequest) (*wanggev1.ExtendCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActExtend, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.ExtendCaseResponse{Case: cs}, err
}

// DecideExtension implements CaseService.
func (s caseService) DecideExtension(ctx context.Context, req *wanggev1.DecideExtensionRequest) (*wanggev1.DecideExtensionResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDecideExtension, req.GetAct(), &wanggev1.ActArguments{Granted: req.Granted})
	return &wanggev1.DecideExtensionResponse{Case: cs}, err
}

// SuspendCase implements CaseService.
func (s caseService) SuspendCase(ctx context.Context, req *wanggev1.SuspendCaseRequest) (*wanggev1.SuspendCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActSuspend, req.GetAct(), &wanggev1.ActArguments{Until: req.GetUntil()})
	return &wanggev1.SuspendCaseResponse{Case: cs}, err
}

// DecideSuspension implements CaseService.
func (s caseService) DecideSuspension(ctx context.Context,
	req *wanggev1.DecideSuspensionRequest,
) (*wanggev1.DecideSuspensionResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDecideSuspension, req.GetAct(), &wanggev1.ActArguments{Granted: req.Granted})
	return &wanggev1.DecideSuspensionResponse{Case: cs}, err
}

// ResumeCase implements CaseService.
func (s caseService) ResumeCase(ctx context.Context, req *wanggev1.ResumeCaseRequest) (*wanggev1.ResumeCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActResume, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.ResumeCaseResponse{Case: cs}, err
}

// ReachMilestone implements CaseService.
func (s caseService) ReachMilestone(ctx context.Context, req *wanggev1.ReachMilestoneRequest) (*wanggev1.ReachMilestoneResponse, error) {
	cs, err := s.do(ctx, dispatch.ActCompleteMilestone, req.GetAct(), &wanggev1.ActArguments{
		Milestone:   req.GetMilestone(),
		PhotoHashes: req.GetPhotoHashes(),
	})
	return &wanggev1.ReachMilestoneResponse{Case: cs}, err
}

// AssistCase implements CaseService.
func (s caseService) AssistCase(ctx context.Context, req *wanggev1.AssistCaseRequest) (*wanggev1.AssistCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAssist, req.GetAct(), &wanggev1.ActArguments{PhotoHashes: req.GetPhotoHashes(), Unit: req.GetUnit()})
	return &wanggev1.AssistCaseResponse{Case: cs}, err
}

// ForceCloseCase implements CaseService.
func (s caseService) ForceCloseCase(ctx context.Context, req *wanggev1.ForceCloseCaseRequest) (*wanggev1.ForceCloseCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActForceClose, req.GetAct(), &wanggev1.ActArguments{Closing: req.GetClosing(), Outcome: req.GetOutcome()})
	return &wanggev1.ForceCloseCaseResponse{Case: cs}, err
}

// SuperviseCase implements CaseService.
func (s caseService) SuperviseCase(ctx context.Context, req *wanggev1.SuperviseCaseRequest) (*wanggev1.SuperviseCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActSupervise, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.SuperviseCaseResponse{Case: cs}, err
}

// AnswerSupervision implements CaseService.
func (s caseService) AnswerSupervision(ctx context.Context,
	req *wanggev1.AnswerSupervisionRequest,
) (*wanggev1.AnswerSupervisionResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAnswer, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.AnswerSupervisionResponse{Case: cs}, err
}

// ReclassifyCase implements CaseService.
func (s caseService) ReclassifyCase(ctx context.Context, req *wanggev1.ReclassifyCaseRequest) (*wanggev1.ReclassifyCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReclassify, req.GetAct(), &wanggev1.ActArguments{
		Category:  req.GetCategory(),
		Condition: req.GetCondition(),
	})
	return &wanggev1.ReclassifyCaseResponse{Case: cs}, err
}

// MergeCase implements CaseService.
func (s caseService) MergeCase(ctx context.Context, req *wanggev1.MergeCaseRequest) (*wanggev1.MergeCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActMerge, req.GetAct(), &wanggev1.ActArguments{Target: req.GetTarget()})
	return &wanggev1.MergeCaseResponse{Case: cs}, err
}

// UnmergeCase implements CaseService.
func (s caseService) UnmergeCase(ctx context.Context, req *wanggev1.UnmergeCaseRequest) (*wanggev1.UnmergeCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActUnmerge, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.UnmergeCaseResponse{Case: cs}, err
}

// AttachCase implements CaseService.
func (s caseService) AttachCase(ctx context.Context, req *wanggev1.AttachCaseRequest) (*wanggev1.AttachCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAttach, req.GetAct(), &wanggev1.ActArguments{Target: req.GetTarget()})
	return &wanggev1.AttachCaseResponse{Case: cs}, err
}

// DetachCase implements CaseService.
func (s caseService) DetachCase(ctx context.Context, req *wanggev1.DetachCaseRequest) (*wanggev1.DetachCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDetach, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.DetachCaseResponse{Case: cs}, err
}

// AppealCase implements CaseService.
func (s caseService) AppealCase(ctx context.Context, req *wanggev1.AppealCaseRequest) (*wanggev1.AppealCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActAppeal, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.AppealCaseResponse{Case: cs}, err
}

// DecideAppeal implements CaseService.
func (s caseService) DecideAppeal(ctx context.Context, req *wanggev1.DecideAppealRequest) (*wanggev1.DecideAppealResponse, error) {
	cs, err := s.do(ctx, dispatch.ActDecideAppeal, req.GetAct(), &wanggev1.ActArguments{Granted: req.Granted})
	return &wanggev1.DecideAppealResponse{Case: cs}, err
}

// ReopenCase implements CaseService.
func (s caseService) ReopenCase(ctx context.Context, req *wanggev1.ReopenCaseRequest) (*wanggev1.ReopenCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReopen, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.ReopenCaseResponse{Case: cs}, err
}

// ReplyCase implements CaseService.
func (s caseService) ReplyCase(ctx context.Context, req *wanggev1.ReplyCaseRequest) (*wanggev1.ReplyCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActReply, req.GetAct(), &wanggev1.ActArguments{Satisfaction: req.GetSatisfaction()})
	return &wanggev1.ReplyCaseResponse{Case: cs}, err
}

// CommentCase implements CaseService.
func (s caseService) CommentCase(ctx context.Context, req *wanggev1.CommentCaseRequest) (*wanggev1.CommentCaseResponse, error) {
	cs, err := s.do(ctx, dispatch.ActComment, req.GetAct(), &wanggev1.ActArguments{})
	return &wanggev1.CommentCaseResponse{Case: cs}, err
}

// do runs one act. The fields that all acts share and the fields of this act are checked together, so that a caller reads
// all violations at once.
func (s caseService) do(ctx context.Context, a dispatch.Act, in *wanggev1.ActContext, args *wanggev1.ActArguments) (*wanggev1.Case, error) {
	f := s.read(ctx)
	id, seq, cmd := f.Act(in)
	cmd.Act = a
	lacks := f.Arguments("", "act.note", args, &cmd)
	if err := f.Err(); err != nil {
		return nil, s.mayFirst(ctx, id, a, err, f.Len() == lacks)
	}
	cs, err := s.desk.Act(ctx, auth.PersonOf(ctx), id, seq, in.GetRequestId(), cmd)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return s.full(ctx).Case(cs), nil
}
