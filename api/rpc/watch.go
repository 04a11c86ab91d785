package rpc

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/desk/view"
	"wangge/dispatch/i18n"
	"wangge/storage"
)

const lookOverview = time.Second

// watching counts a stream, in all and of its person; an error when there are too many.
func (s *server) watching(ctx context.Context) (done func(), err error) {
	most := s.limits.PersonWatches
	mine, ok := s.calls.hold(auth.PersonOf(ctx), func(l *load) *int { return &l.watches }, most)
	if !ok {
		return nil, tooMany(ctx, "TOO_MANY_WATCHES", i18n.F("%d watches of one person at once is the most; end one, or watch a unit above", "每人同时最多 %d 个订阅；请先结束一个，或订阅上级单位", most))
	}
	if s.watchers.Add(1) > int64(s.limits.Watches) {
		s.watchers.Add(-1)
		mine()
		return nil, fail(ctx, codes.ResourceExhausted, "TOO_MANY_WATCHERS", i18n.F("%d watch already; poll the list instead", "已有 %d 个订阅，请改用列表查询", s.limits.Watches), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(30 * time.Second)})
	}
	return func() { s.watchers.Add(-1); mine() }, nil
}

// every is the time between bookmarks.
func every(ctx context.Context, f *faults, seconds int32) time.Duration {
	switch {
	case seconds == 0:
		return 30 * time.Second
	case seconds < 5 || seconds > 300:
		f.add(ctx, "bookmark_seconds", i18n.F("%d is not within 5 to 300", "%d 不在 5 到 300 之间", seconds))
	}
	return time.Duration(seconds) * time.Second
}

// WatchCases implements CaseService.
func (s cases) WatchCases(req *wanggev1.WatchCasesRequest, stream grpc.ServerStreamingServer[wanggev1.WatchCasesResponse]) error {
	ctx := stream.Context()
	done, err := s.watching(ctx)
	if err != nil {
		return err
	}
	defer done()
	var f faults
	scope, beat := s.scope(ctx, &f, req.GetScope()), every(ctx, &f, req.GetBookmarkSeconds())
	if err := f.err(ctx); err != nil {
		return err
	}
	var after *storage.Revision
	if req.AfterRevision != nil {
		after = (*storage.Revision)(req.AfterRevision)
	}
	for m, err := range s.desk.Watch(ctx, auth.PersonOf(ctx), scope, after, beat) {
		if err != nil {
			return err
		}
		if err := stream.Send(s.moment(ctx, m)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (s *server) moment(ctx context.Context, m view.Moment) *wanggev1.WatchCasesResponse {
	out := &wanggev1.WatchCasesResponse{Revision: uint64(m.Revision), Behind: m.Behind}
	v := s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL)
	for _, c := range m.Changes {
		if c.Left {
			out.Left = append(out.Left, "cases/"+c.Case.ID.String())
		} else {
			out.Cases = append(out.Cases, v.show(c.Case))
		}
	}
	return out
}

// WatchOverview implements SupervisionService.
func (s supervision) WatchOverview(req *wanggev1.WatchOverviewRequest, stream grpc.ServerStreamingServer[wanggev1.WatchOverviewResponse]) error {
	ctx := stream.Context()
	done, err := s.watching(ctx)
	if err != nil {
		return err
	}
	defer done()
	var f faults
	scope, beat := s.scope(ctx, &f, req.GetScope()), every(ctx, &f, req.GetBookmarkSeconds())
	if err := f.err(ctx); err != nil {
		return err
	}
	for o, err := range s.desk.WatchOverview(ctx, auth.PersonOf(ctx), scope, lookOverview, beat) {
		if err != nil {
			return err
		}
		if err := stream.Send(&wanggev1.WatchOverviewResponse{Revision: uint64(o.Revision), Rows: s.rows(ctx, o.Rows)}); err != nil {
			return err
		}
	}
	return ctx.Err()
}
