package rpc

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/looks"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/access"
	"wangge/dispatch/desk/revision"
	"wangge/dispatch/i18n"
)

// ApplyCity implements CityService.
func (s cityService) ApplyCity(stream grpc.ClientStreamingServer[wanggev1.ApplyCityRequest, wanggev1.Revision]) error {
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
	return stream.SendAndClose(s.full(ctx).Revision(a))
}

// WithdrawRevision implements CityService.
func (s cityService) WithdrawRevision(ctx context.Context, req *wanggev1.WithdrawRevisionRequest) (*wanggev1.Revision, error) {
	if err := s.govern(ctx, dispatch.ActApply); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	number := f.RevisionNumber("name", req.GetName())
	if err := f.Err(); err != nil {
		return nil, err
	}
	a, err := s.desk.Withdraw(ctx, auth.PersonOf(ctx), number)
	if err != nil {
		return nil, err
	}
	s.calls.Renew(ctx)
	return s.full(ctx).Revision(a), nil
}

// GetRevision implements CityService.
func (s cityService) GetRevision(ctx context.Context, req *wanggev1.GetRevisionRequest) (*wanggev1.Revision, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	number := f.RevisionNumber("name", req.GetName())
	if err := f.Err(); err != nil {
		return nil, err
	}
	a, err := s.desk.Revision(ctx, number)
	if errors.Is(err, revision.ErrNoRevision) {
		return nil, apierr.Fail(ctx, codes.NotFound, "NO_REVISION",
			i18n.F("there is no %s; city log lists the revisions that were applied", "没有 %s；可用 city log 查看已提交的版本", req.GetName()), nil)
	}
	if err == nil {
		err = looks.Rows(ctx, s.desk, s.full(ctx), "GetRevision", a.Changes)
	}
	if err != nil {
		return nil, err
	}
	return s.full(ctx).Revision(a), nil
}

// rowsAPage reads how many rows a page holds: 50 by default, at most 200.
func rowsAPage(f *request.Reader, n int32) int { return cmp.Or(f.PageSize(n, 200), 50) }

// ListRevisions implements CityService.
func (s cityService) ListRevisions(ctx context.Context, req *wanggev1.ListRevisionsRequest) (*wanggev1.ListRevisionsResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	before, n := request.After[uint64](f, req), rowsAPage(f, req.GetPageSize())
	if err := f.Err(); err != nil {
		return nil, err
	}
	list, err := s.desk.Revisions(ctx, before, n)
	if err != nil {
		return nil, err
	}
	out := &wanggev1.ListRevisionsResponse{}
	for _, r := range list {
		if err := looks.Rows(ctx, s.desk, s.full(ctx), "ListRevisions", r.Changes); err != nil {
			return nil, err
		}
		out.Revisions = append(out.Revisions, s.full(ctx).Revision(r))
	}
	if len(list) == n && list[n-1].Number > 1 {
		out.NextPageToken, err = request.Next(req, list[n-1].Number)
	}
	return out, err
}

// DownloadCity implements CityService.
func (s cityService) DownloadCity(
	req *wanggev1.DownloadCityRequest, stream grpc.ServerStreamingServer[wanggev1.DownloadCityResponse],
) error {
	ctx := stream.Context()
	if err := s.govern(ctx, dispatch.ActDirectory); err != nil {
		return err
	}
	done, err := s.calls.Transferring(ctx)
	if err != nil {
		return err
	}
	defer done()
	base := request.Base(req.GetCityRevision())
	if base == "" {
		base = s.city(ctx).Base()
	}
	dir, err := s.desk.Directory(ctx, base)
	if err != nil {
		return err
	}
	if err := s.desk.RecordAccess(ctx, auth.PersonOf(ctx), "DownloadCity", access.Directory); err != nil {
		return err
	}
	if err := stream.Send(&wanggev1.DownloadCityResponse{CityRevision: base}); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(dir)) {
		data := dir[name]
		for from := 0; from == 0 || from < len(data); from += maxPart {
			part := &wanggev1.FilePart{Name: name, Data: data[from:min(len(data), from+maxPart)]}
			if err := stream.Send(&wanggev1.DownloadCityResponse{Part: part}); err != nil {
				return err
			}
		}
	}
	return nil
}
