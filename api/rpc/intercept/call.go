package intercept

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wangge/api/auth"
	"wangge/api/rpc/apierr"
	"wangge/dispatch/city"
	"wangge/dispatch/i18n"
)

// call is one call from its header to its end, and the context of the call. The service can end a call at any moment,
// even while the handler waits for the caller.
type call struct {
	context.Context
	answer answer // nil until serve
	caller auth.Caller
	token  auth.Session
	shown  bool      // a token was sent
	began  time.Time // by the clock of the service,
	wall   time.Time // and by the machine's, which measures how long the call has lasted

	due      atomic.Int64 // how old the call is when waiting for the caller has lasted too long, in nanoseconds; 0 = not waiting
	receives atomic.Int64 // how old the call was when the message that comes in began, in nanoseconds; 0 = none
	ended    atomic.Pointer[ending]

	// Used by the handler alone.
	transfer, waited time.Duration // how long all waits together may last, 0 = no bound, and have lasted
	city             *city.City    // the revision that the call sees; nil until it is first asked for

	timed timed
}

// answer is the part of a call in the transport that can end the call: WriteStatus sends the status, unless
// one has been sent, and cancels the context. Safe beside everything that the handler does.
type answer interface{ WriteStatus(*status.Status) error }

// age returns how long the call has lasted, by the monotonic clock.
func (c *call) age() time.Duration { return max(1, time.Since(c.wall)) }

// wait records that the service waits for the caller from now until served, for at most most. began is the age of the
// call.
func (c *call) wait(most time.Duration) (began time.Duration) {
	began = c.age()
	if c.transfer > 0 {
		most = min(most, c.transfer-c.waited)
	}
	c.due.Store(int64(max(1, began+most)))
	return began
}

// served records the end of a wait.
func (c *call) served(began time.Duration) {
	c.due.Store(0)
	if c.transfer > 0 {
		c.waited += c.age() - began
	}
}

// ending is the reason for which the service ended a call.
type ending struct {
	code   codes.Code
	reason string
	text   i18n.Text
}

var (
	endedByToken = ending{
		codes.Unauthenticated, "TOKEN_ENDED",
		i18n.F("the token has expired or was revoked, or the person is no longer active; ask the grid office for a new one (wangge token)",
			"令牌已过期或被撤销，或人员已不在任；请向网格办申请新令牌（wangge token）"),
	}
	endedByTime = ending{
		codes.DeadlineExceeded, "CALLER_TOO_SLOW",
		i18n.F("the message did not come in, or the answer was not read, in time; send again, in smaller parts over a slow link",
			"请求未在时限内传完，或应答未在时限内读取；请重发，网络较慢时请分批发送"),
	}
	endedByMany = ending{
		codes.ResourceExhausted, "TOO_MANY_SLOW_CALLS",
		i18n.F("%d messages of this person are coming in slowly already; send one after the other", "该人员已有 %d 个请求正在缓慢传输，请逐个发送", slowReceives),
	}
)

// err returns the status of the ended call.
func (e *ending) err(ctx context.Context) error {
	return apierr.Fail(ctx, e.code, e.reason, e.text, nil)
}

// end ends a call. The first reason counts.
func (c *call) end(e *ending) {
	if c.ended.CompareAndSwap(nil, e) {
		_ = c.answer.WriteStatus(status.Convert(e.err(c))) // an error means that the call is over
	}
}

// Value implements context.Context.
func (c *call) Value(key any) any {
	switch key {
	case callKey{}:
		return c
	case auth.Key{}:
		return &c.caller
	}
	return c.Context.Value(key)
}

type callKey struct{}

// callOf is the call of a context that Begin has made; nil for any other.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}
