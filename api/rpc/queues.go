package rpc

import (
	"context"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
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
	out := &wanggev1.CountQueuesResponse{Revision: uint64(counts.Revision)}
	for _, n := range counts.Queues {
		out.Queues = append(out.Queues, &wanggev1.QueueCount{
			Queue: wanggev1.CaseQueue(n.Queue), Cases: int32(n.Cases), Overdue: int32(n.Overdue),
		})
	}
	return out, nil
}
