package rpc

import (
	"context"
	"errors"

	"wangge/api/auth"
	"wangge/api/resource"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
	"wangge/dispatch/i18n"
)

// precedentService implements PrecedentService.
type precedentService struct {
	wanggev1.UnimplementedPrecedentServiceServer
	*server
}

// CreatePrecedent implements PrecedentService.
func (s precedentService) CreatePrecedent(ctx context.Context,
	req *wanggev1.CreatePrecedentRequest,
) (*wanggev1.Precedent, error) {
	if err := s.govern(ctx, dispatch.ActRule); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	p := f.Precedent(req.GetPrecedent())
	if p.Case != "" && !f.Has("precedent.case") {
		id, _ := resource.ParseCase(req.GetPrecedent().GetCase())
		if _, err := s.desk.Case(ctx, auth.PersonOf(ctx), id); errors.Is(err, ledger.ErrNoCase) {
			f.Add("precedent.case", i18n.F("no such case, or it is not yours to see", "案件不存在或无权查看"))
		} else if err != nil {
			return nil, err
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	made, err := s.desk.Rule(ctx, auth.PersonOf(ctx), p)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return s.full(ctx).Precedent(&made), nil
}

// ListPrecedents implements PrecedentService.
func (s precedentService) ListPrecedents(ctx context.Context,
	req *wanggev1.ListPrecedentsRequest,
) (*wanggev1.ListPrecedentsResponse, error) {
	list, err := s.desk.Precedents(ctx, auth.PersonOf(ctx))
	if err != nil {
		return nil, err
	}
	f := s.read(ctx)
	older := len(list) // how many precedents are older than the page before: it holds when new ones come
	if n := request.After[int](f, req); n != 0 {
		older = n
	}
	if older < 0 || older > len(list) {
		f.Add("page_token", apierr.OtherToken)
	}
	n := rowsAPage(f, req.GetPageSize())
	if err := f.Err(); err != nil {
		return nil, err
	}
	out := &wanggev1.ListPrecedentsResponse{}
	for i := len(list) - older; i < len(list); i++ {
		if len(out.Precedents) == n {
			out.NextPageToken, err = request.Next(req, len(list)-i)
			break
		}
		if m := s.full(ctx).Precedent(&list[i]); m.InForce || !req.GetInForce() {
			out.Precedents = append(out.Precedents, m)
		}
	}
	return out, err
}

// RevokePrecedent implements PrecedentService.
func (s precedentService) RevokePrecedent(ctx context.Context,
	req *wanggev1.RevokePrecedentRequest,
) (*wanggev1.Precedent, error) {
	if err := s.govern(ctx, dispatch.ActRule); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	reason := f.Words("reason", req.GetReason())
	id := f.PrecedentID("name", req.GetName())
	if req.GetReason() == "" {
		f.Add("reason", i18n.F("a revocation needs a reason", "撤销必须说明原因"))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	p, err := s.desk.Revoke(ctx, auth.PersonOf(ctx), id, reason)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return s.full(ctx).Precedent(&p), nil
}
