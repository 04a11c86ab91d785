package rpc

import (
	"context"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	"wangge/api/wangge/v1"
)

// ActOnCase implements CaseService. The fields that all acts share and the fields of this act are checked together, so
// that a caller reads all violations at once.
func (s caseService) ActOnCase(ctx context.Context, req *wanggev1.ActOnCaseRequest) (*wanggev1.Case, error) {
	f := s.read(ctx)
	id, seq := f.Target("", req.GetName(), req.GetEtag())
	requestID := f.RequestID(req.GetRequestId())
	cmd, lacks := f.CaseAct(req.GetAct())
	if err := f.Err(); err != nil {
		return nil, s.mayFirst(ctx, id, cmd.Act, err, f.Len() == lacks)
	}
	cs, err := s.desk.Act(ctx, auth.PersonOf(ctx), id, seq, requestID, cmd)
	if err != nil {
		return nil, apierr.Within(request.ActPath(cmd.Act), err)
	}
	s.calls.Renew(ctx)
	return s.full(ctx).Case(cs), nil
}
