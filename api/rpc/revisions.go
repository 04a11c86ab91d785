package rpc

import (
	"context"
	"maps"
	"slices"

	"google.golang.org/grpc"

	"wangge/api/auth"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/i18n"
)

// ApplyCity implements CityService.
func (s cityService) ApplyCity(stream grpc.ClientStreamingServer[wanggev1.ApplyCityRequest, wanggev1.ApplyCityResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActApply); err != nil {
		return err
	}
	done, err := s.calls.Transferring(ctx)
	if err != nil {
		return err
	}
	defer done()
	prop, err := receiveProposal(s.read(ctx), stream.Recv)
	if err != nil {
		return err
	}
	a, err := s.desk.Apply(ctx, auth.PersonOf(ctx), prop)
	if err != nil {
		return err
	}
	s.calls.Renew(ctx)
	return stream.SendAndClose(&wanggev1.ApplyCityResponse{Revision: s.full(ctx).Revision(a)})
}

// WithdrawRevision implements CityService.
func (s cityService) WithdrawRevision(ctx context.Context,
	req *wanggev1.WithdrawRevisionRequest,
) (*wanggev1.WithdrawRevisionResponse, error) {
	if err := s.govern(ctx, dispatch.ActApply); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	if req.GetNumber() == 0 {
		f.Add("number", i18n.F("is missing", "缺失"))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	a, err := s.desk.Withdraw(ctx, auth.PersonOf(ctx), req.GetNumber())
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return &wanggev1.WithdrawRevisionResponse{Revision: s.full(ctx).Revision(a)}, nil
}

// rowsAPage returns the rows of a page: 50 by default, at most 200. A larger number is cut to 200.
func rowsAPage(n int32) int {
	if n <= 0 {
		return 50
	}
	return min(int(n), 200)
}

// ListRevisions implements CityService.
func (s cityService) ListRevisions(ctx context.Context, req *wanggev1.ListRevisionsRequest) (*wanggev1.ListRevisionsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	before := request.After[uint64](f, req)
	if err := f.Err(); err != nil {
		return nil, err
	}
	n := rowsAPage(req.GetPageSize())
	list, err := s.desk.Revisions(ctx, before, n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListRevisionsResponse{}
	for _, r := range list {
		out.Revisions = append(out.Revisions, s.full(ctx).Revision(r))
	}
	if len(list) == n && list[n-1].Number > 1 {
		out.NextPageToken, err = request.Next(req, list[n-1].Number)
	}
	return out, err
}

// GetRevision implements CityService.
func (s cityService) GetRevision(req *wanggev1.GetRevisionRequest, stream grpc.ServerStreamingServer[wanggev1.GetRevisionResponse]) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActDirectory); err != nil {
		return err
	}
	done, err := s.calls.Transferring(ctx)
	if err != nil {
		return err
	}
	defer done()
	revision := request.Base(req.GetRevision())
	if revision == "" {
		revision = s.city(ctx).Base()
	}
	dir, err := s.desk.Directory(ctx, revision)
	if err != nil {
		return err
	}
	if err := stream.Send(&wanggev1.GetRevisionResponse{Revision: revision}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		data := dir[name]
		for from := 0; from == 0 || from < len(data); from += maxPart {
			part := &wanggev1.FilePart{Name: name, Data: data[from:min(len(data), from+maxPart)]}
			if err := stream.Send(&wanggev1.GetRevisionResponse{Part: part}); err != nil {
				return err
			}
		}
	}
	return nil
}
