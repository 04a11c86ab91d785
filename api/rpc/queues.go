package rpc

import (
	"context"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/desk/view"
)

// CountQueues implements CaseService.
func (s caseService) CountQueues(ctx context.Context, req *wanggev1.CountQueuesRequest) (*wanggev1.CountQueuesResponse, error) {
	if err := s.govern(ctx, dispatch.ActReview); err != nil {
		return nil, err
	}
	f := s.read(ctx)
	scope, person := f.Whose(req.GetScope())
	if err := f.Err(); err != nil {
		return nil, s.readFirst(ctx, scope, err)
	}
	counts, err := s.desk.CountQueues(ctx, auth.PersonOf(ctx), scope, person)
	if err != nil {
		return nil, err
	}
	return &wanggev1.CountQueuesResponse{Queues: queueCounts(counts), Revision: uint64(counts.Revision)}, nil
}

// queueCounts has a row for every queue, in the order of CaseQueue.
func queueCounts(counts view.QueueCounts) []*wanggev1.QueueCount {
	out := make([]*wanggev1.QueueCount, len(counts.Queues))
	for i, n := range counts.Queues {
		out[i] = &wanggev1.QueueCount{Queue: wanggev1.CaseQueue(n.Queue), Cases: int32(n.Cases), Overdue: int32(n.Overdue)}
	}
	return out
}
