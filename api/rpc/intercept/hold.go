package intercept

import (
	"context"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// MaxPersonTransfers bounds the city directories of one person in transfer at once.
const MaxPersonTransfers = 2

// hold adds one to a counter of a person, unless the counter has reached most. done takes the one away. The call is
// open, so that its person has counters.
func (s *Calls) hold(person roster.PersonID, what func(*load) *int, most int) (done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := what(s.people[person])
	if *n >= most {
		return nil, false
	}
	*n++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		*n--
	}, true
}

// Watching counts the call as a watch, in all and of its person. The caller calls done at the end. Errors:
// RESOURCE_EXHAUSTED at either bound of Limits.
func (s *Calls) Watching(ctx context.Context) (done func(), err error) {
	most := s.cfg.Limits.PersonWatches
	mine, ok := s.hold(auth.PersonOf(ctx), func(l *load) *int { return &l.watches }, most)
	if !ok {
		return nil, apierr.TooMany(ctx, "TOO_MANY_WATCHES",
			i18n.F("%d watches of one person at once is the most; end one, or watch a unit above", "每人同时最多 %d 个订阅；请先结束一个，或订阅上级单位", most))
	}
	if s.watches.Add(1) > int64(s.cfg.Limits.Watches) {
		s.watches.Add(-1)
		mine()
		return nil, apierr.Fail(ctx, codes.ResourceExhausted, "TOO_MANY_WATCHERS",
			i18n.F("%d watch already; poll the list instead", "已有 %d 个订阅，请改用列表查询",
				s.cfg.Limits.Watches), nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(30 * time.Second)})
	}
	return func() { s.watches.Add(-1); mine() }, nil
}

// Transferring counts a city directory that comes in or goes out, in all and of its person. All waits of the call
// for the caller together may last as long as Limits.Transfer, so that a caller who stalls gives the place back.
// The caller calls done at the end. Errors: RESOURCE_EXHAUSTED at either bound.
func (s *Calls) Transferring(ctx context.Context) (done func(), err error) {
	mine, ok := s.hold(auth.PersonOf(ctx), func(l *load) *int { return &l.transfers }, MaxPersonTransfers)
	if !ok {
		return nil, apierr.TooMany(ctx, "TOO_MANY_UPLOADS",
			i18n.F("%d city directories of one person at once is the most; wait for an answer or end a call",
				"每人同时最多处理 %d 个城市目录，请等待应答或结束一个调用", MaxPersonTransfers))
	}
	if s.transfers.Add(1) > maxTransfers {
		s.transfers.Add(-1)
		mine()
		return nil, apierr.TooMany(ctx, "TOO_MANY_UPLOADS", i18n.F("%d city directories are being looked at; try again in a moment",
			"正在处理 %d 个城市目录，请稍后重试", maxTransfers))
	}
	callOf(ctx).transfer = s.cfg.Limits.Transfer
	return func() { s.transfers.Add(-1); mine() }, nil
}
