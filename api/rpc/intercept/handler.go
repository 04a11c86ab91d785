package intercept

import (
	"context"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/tap"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/api/rpc/conn"
	"wangge/dispatch/i18n"
)

// public reports whether a method never needs a token: health and reflection.
func public(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.") || reflects(method)
}

func reflects(method string) bool { return strings.HasPrefix(method, "/grpc.reflection.") }

// Begin authenticates a call after its header has come and before any of its messages is read. Begin refuses no call:
// grpc-go would keep the timer of a call refused here until the call's deadline, which an anonymous caller chooses.
// Handler refuses.
func (s *Calls) Begin(ctx context.Context, info *tap.Info) (context.Context, error) {
	c := &call{Context: ctx, began: s.cfg.Clock(), wall: time.Now()}
	c.caller.Language = auth.Language(info.Header["accept-language"])
	g := conn.Of(ctx)
	if c.token, c.shown = s.cfg.Auth.Authenticate(info.Header["authorization"], g.LastToken(), c.began); c.token.Person != "" {
		c.caller.Person, c.caller.Token = c.token.Person, c.token.Token
		g.Prove()
	}
	return c, nil
}

// Handler returns the handler of one method, of any kind. The handler admits or refuses the caller before a message is
// received.
func (s *Calls) Handler(method string, next grpc.StreamHandler) grpc.StreamHandler {
	public, reflects := public(method), reflects(method)
	return func(impl any, ss grpc.ServerStream) (err error) {
		ctx := ss.Context()
		defer s.recovered(ctx, method, &err)
		c := callOf(ctx)
		c.answer = grpc.ServerTransportStreamFromContext(ctx).(answer) // which every stream of the transport is
		t := &c.timed
		*t = timed{ServerStream: ss, call: c, receive: s.cfg.Limits.Receive, send: s.cfg.Limits.Send}
		if c.caller.Person == "" {
			open := !public && s.cfg.Open != nil && s.cfg.Open(method, s.City(ctx))
			if !public && !open {
				return unidentified(ctx, c.shown)
			}
			count, most := &s.anonymous, int64(anonymousCalls)
			switch {
			case open:
				count, most, t.allowance = &s.opened, openCalls, &s.answer
			case reflects:
				t.allowance = &s.reflection
			}
			done, err := admitAnonymous(ctx, count, most)
			if err != nil {
				return err
			}
			defer done()
			t.receive, t.send = min(t.receive, anonymousReceive), min(t.send, anonymousReceive)
		}
		if err := s.enter(ctx, c); err != nil {
			return err
		}
		defer s.leave(c)
		err = next(impl, t)
		if e := c.ended.Load(); e != nil && err != nil {
			return e.err(ctx)
		}
		return s.Status(ctx, method, err)
	}
}

// admitAnonymous bounds calls without a token: at most most of those that count counts are open at once.
func admitAnonymous(ctx context.Context, count *atomic.Int64, most int64) (done func(), err error) {
	if compressed(ctx) {
		return nil, apierr.Fail(ctx, codes.InvalidArgument, "COMPRESSED",
			i18n.F("without a token messages must come uncompressed", "未携带令牌时，消息不得压缩"), nil)
	}
	if count.Add(1) > most {
		count.Add(-1)
		return nil, apierr.TooMany(ctx, "TOO_MANY_CALLS", i18n.F("%d calls without a token are open already; try again in a moment",
			"无令牌的调用已达 %d 个，请稍后重试", most))
	}
	return func() { count.Add(-1) }, nil
}

// unidentified refuses a call without a valid token.
func unidentified(ctx context.Context, shown bool) error {
	if shown {
		return apierr.Fail(ctx, codes.Unauthenticated, "TOKEN_UNKNOWN",
			i18n.F("the token is unknown or has expired; ask the grid office for a new one (wangge token)",
				"令牌无效或已过期，请向网格办申请新令牌（wangge token）"), nil)
	}
	return apierr.Fail(ctx, codes.Unauthenticated, "TOKEN_MISSING",
		i18n.F("send the metadata 'authorization: Bearer TOKEN'; wangge token makes one",
			"请在元数据中携带 authorization: Bearer 令牌；可用 wangge token 生成"), nil)
}

// compressed reports whether the messages of a call are compressed. A compressed message may grow a thousandfold.
func compressed(ctx context.Context) bool {
	t, ok := grpc.ServerTransportStreamFromContext(ctx).(interface{ RecvCompress() string })
	return ok && t.RecvCompress() != "" && t.RecvCompress() != "identity"
}

// Status maps an error to the status that the caller is sent. An error that no mapping knows is logged and becomes
// INTERNAL.
func (s *Calls) Status(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	out, ok := apierr.Status(ctx, apierr.Scene{City: s.City(ctx), Now: s.cfg.Clock()}, err)
	if !ok {
		s.cfg.Log.ErrorContext(ctx, "call failed", "method", method, "err", err)
		return apierr.Internal(ctx)
	}
	return out
}

// recovered turns a panic into INTERNAL and logs its stack: one bad call does not end the service.
func (s *Calls) recovered(ctx context.Context, method string, err *error) {
	if p := recover(); p != nil {
		s.cfg.Log.ErrorContext(ctx, "panic", "method", method, "panic", p, "stack", string(debug.Stack()))
		*err = apierr.Internal(ctx)
	}
}
