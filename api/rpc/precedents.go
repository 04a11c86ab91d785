package rpc

import (
	"context"
	"strconv"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/ledger"
)

// precedents is PrecedentService.
type precedents struct {
	wanggev1.UnimplementedPrecedentServiceServer
	*server
}

// CreatePrecedent implements PrecedentService.
func (s precedents) CreatePrecedent(ctx context.Context, req *wanggev1.CreatePrecedentRequest) (*wanggev1.CreatePrecedentResponse, error) {
	if err := s.govern(ctx, dispatch.ActRule); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	p := f.Precedent(req.GetPrecedent())
	if err := f.Err(); err != nil {
		return nil, err
	}
	made, err := s.desk.Rule(ctx, auth.PersonOf(ctx), p)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return &wanggev1.CreatePrecedentResponse{Precedent: s.full(ctx).Precedent(&made)}, nil
}

// ListPrecedents implements PrecedentService.
func (s precedents) ListPrecedents(ctx context.Context, req *wanggev1.ListPrecedentsRequest) (*wanggev1.ListPrecedentsResponse, error) {
	list, err := s.desk.Precedents(ctx, auth.PersonOf(ctx))
	if err != nil {
		return nil, err
	}
	from := 0
	if t := req.GetPageToken(); t != "" { // how many precedents are older: it holds when new ones come
		older, err := strconv.Atoi(t)
		if err != nil || older < 1 || older > len(list) {
			return nil, ledger.ErrBadToken
		}
		from = len(list) - older
	}
	out := &wanggev1.ListPrecedentsResponse{}
	n := rowsAPage(req.GetPageSize())
	for i := from; i < len(list); i++ {
		if len(out.Precedents) == n {
			out.NextPageToken = strconv.Itoa(len(list) - i)
			break
		}
		if m := s.full(ctx).Precedent(&list[i]); m.InForce || !req.GetInForce() {
			out.Precedents = append(out.Precedents, m)
		}
	}
	return out, nil
}

// RevokePrecedent implements PrecedentService.
func (s precedents) RevokePrecedent(ctx context.Context, req *wanggev1.RevokePrecedentRequest) (*wanggev1.RevokePrecedentResponse, error) {
	f := s.read(ctx)
	reason := f.Words("reason", req.GetReason())
	if err := f.Err(); err != nil {
		return nil, err
	}
	p, err := s.desk.Revoke(ctx, auth.PersonOf(ctx), req.GetId(), reason)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return &wanggev1.RevokePrecedentResponse{Precedent: s.full(ctx).Precedent(&p)}, nil
}
