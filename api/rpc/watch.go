package rpc

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"wangge/api/auth"
	"wangge/api/resource"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/view"
	"wangge/storage"
)

// overviewEvery is the time between two reads of an overview.
const overviewEvery = time.Second

// WatchCases implements CaseService.
func (s caseService) WatchCases(req *wanggev1.WatchCasesRequest, stream grpc.ServerStreamingServer[wanggev1.WatchCasesResponse]) error {
	ctx := stream.Context()
	done, err := s.calls.Watching(ctx)
	if err != nil {
		return err
	}
	defer done()
	f := s.read(ctx)
	scope, self := f.Watched(req.GetScope(), auth.PersonOf(ctx))
	queue, beat := f.Queue("queue", req.GetQueue()), f.BookmarkInterval(req.GetBookmarkInterval())
	if err := f.Err(); err != nil {
		return err
	}
	var after *storage.Revision
	if req.AfterRevision != nil {
		after = (*storage.Revision)(req.AfterRevision)
	}
	changes := s.desk.Watch(ctx, auth.PersonOf(ctx), scope, queue, after, beat)
	if self {
		changes = s.desk.WatchPerson(ctx, auth.PersonOf(ctx), queue, after, beat)
	}
	for m, err := range changes {
		if err != nil {
			return err
		}
		if err := stream.Send(s.changes(ctx, m)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// changes renders one message of a watch, by the active revision of the city.
func (s *server) changes(ctx context.Context, m view.ChangeSet) *wanggev1.WatchCasesResponse {
	out := &wanggev1.WatchCasesResponse{Revision: uint64(m.Revision), Behind: m.Behind}
	s.calls.Renew(ctx)
	v := s.full(ctx)
	for _, c := range m.Changes {
		if c.Left {
			out.Removed = append(out.Removed, resource.Case(c.Case.ID))
		} else {
			out.Cases = append(out.Cases, v.Case(c.Case))
		}
	}
	return out
}

// WatchOverview implements SupervisionService. Each message is rendered by the revision of the city that decides then.
func (s supervisionService) WatchOverview(req *wanggev1.WatchOverviewRequest,
	stream grpc.ServerStreamingServer[wanggev1.WatchOverviewResponse],
) error {
	ctx := stream.Context()
	done, err := s.calls.Watching(ctx)
	if err != nil {
		return err
	}
	defer done()
	f := s.read(ctx)
	scope, beat := f.Scope(req.GetScope()), f.BookmarkInterval(req.GetBookmarkInterval())
	if err := f.Err(); err != nil {
		return err
	}
	for o, err := range s.desk.WatchOverview(ctx, auth.PersonOf(ctx), scope, overviewEvery, beat) {
		if err != nil {
			return err
		}
		s.calls.Renew(ctx)
		if err := stream.Send(&wanggev1.WatchOverviewResponse{Revision: uint64(o.Revision), Rows: s.full(ctx).Rows(o.Rows)}); err != nil {
			return err
		}
	}
	return ctx.Err()
}
