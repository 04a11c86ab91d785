package rpc

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"wangge/api/auth"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/i18n"
)

// call is one call from its first header to its end, and the context of the call. The service can end
// a call at any moment, also one that waits for its caller.
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

	timed timed
}

// answer is the part of a call in the transport that can end the call: WriteStatus sends the status, unless
// one has been sent, and cancels the context. Safe beside everything that the handler does.
type answer interface{ WriteStatus(*status.Status) error }

// age is how long the call has lasted, by a clock that nobody can set.
func (c *call) age() time.Duration { return max(1, time.Since(c.wall)) }

// wait notes that the service waits for the caller, at most so long, from now until served. began is the
// call's age now.
func (c *call) wait(most time.Duration) (began time.Duration) {
	began = c.age()
	if c.transfer > 0 {
		most = min(most, c.transfer-c.waited)
	}
	c.due.Store(int64(max(1, began+most)))
	return began
}

// served notes the end of a wait.
func (c *call) served(began time.Duration) {
	c.due.Store(0)
	if c.transfer > 0 {
		c.waited += c.age() - began
	}
}

// ending is why the service ended a call.
type ending struct {
	code   codes.Code
	reason string
	text   i18n.Text
}

var (
	endedByToken = ending{codes.Unauthenticated, "TOKEN_ENDED", i18n.F("the token has expired or was revoked, or the person is no longer active; ask the grid office for a new one (wangge token)", "令牌已过期或被撤销，或人员已不在任；请向网格办申请新令牌（wangge token）")}
	endedByTime  = ending{codes.DeadlineExceeded, "CALLER_TOO_SLOW", i18n.F("the message did not come in, or the answer was not read, in time; send again, in smaller parts over a slow link", "请求未在时限内传完，或应答未在时限内读取；请重发，网络较慢时请分批发送")}
	endedByMany  = ending{codes.ResourceExhausted, "TOO_MANY_SLOW_CALLS", i18n.F("%d messages of this person are coming in slowly already; send one after the other", "该人员已有 %d 个请求正在缓慢传输，请逐个发送", slowReceives)}
)

// err is what the caller of a call that was ended is told.
func (e *ending) err(ctx context.Context) error { return fail(ctx, e.code, e.reason, e.text, nil) }

// end ends a call for a reason. The first reason counts.
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

// calls are the calls that are open. Safe for concurrent use.
type calls struct {
	limits Limits
	auth   auth.Authenticator

	mu       sync.Mutex
	open     map[*call]struct{}
	people   map[roster.PersonID]*load
	sweeping bool
}

// load is what one person has open.
type load struct{ calls, watches, uploads int }

func (s *calls) enter(ctx context.Context, c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := c.caller.Person; p != "" {
		l := s.people[p]
		if l == nil {
			l = &load{}
			s.people[p] = l
		}
		if l.calls >= s.limits.PersonCalls {
			return tooMany(ctx, "TOO_MANY_CALLS", i18n.F("%d calls of one person at once is the most; wait for answers, or send several things in one batch", "每人同时最多 %d 个调用；请等待应答，或合并为批量请求", s.limits.PersonCalls))
		}
		l.calls++
	}
	s.open[c] = struct{}{}
	if !s.sweeping {
		s.sweeping = true
		go s.sweep()
	}
	return nil
}

func (s *calls) leave(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	if l := s.people[c.caller.Person]; l != nil {
		if l.calls--; l.calls == 0 {
			delete(s.people, c.caller.Person)
		}
	}
}

// hold counts one more of something that a person may have only so often at once. The call itself is
// open, so that its person is counted.
func (s *calls) hold(person roster.PersonID, what func(*load) *int, most int) (done func(), ok bool) {
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

// tooMany is the refusal at a bound of one person.
func tooMany(ctx context.Context, reason string, text i18n.Text) error {
	return fail(ctx, codes.ResourceExhausted, reason, text, nil, &errdetails.RetryInfo{RetryDelay: durationpb.New(5 * time.Second)})
}

// sweep ends calls whose time is over or whose token is no longer good, until no call is open.
func (s *calls) sweep() {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for range tick.C {
		if !s.sweepOnce(time.Now()) {
			return
		}
	}
}

func (s *calls) sweepOnce(wall time.Time) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	valid, slow := s.auth.Checker(), map[roster.PersonID]int{}
	for c := range s.open {
		age := wall.Sub(c.wall)
		if c.caller.Person != "" && !valid(c.token, c.began.Add(age)) {
			c.end(&endedByToken)
			continue
		}
		if due := c.due.Load(); due != 0 && int64(age) > due {
			c.end(&endedByTime)
		}
		if at := c.receives.Load(); at != 0 && int64(age)-at > int64(sweepEvery) {
			if slow[c.caller.Person]++; slow[c.caller.Person] > slowReceives && c.caller.Person != "" {
				c.end(&endedByMany)
			}
		}
	}
	s.sweeping = len(s.open) > 0
	return s.sweeping
}

// timed is the stream of a call: every wait for the caller has an end.
type timed struct {
	grpc.ServerStream
	call          *call
	receive, send time.Duration
	meter         *meter // nil, or what the answers are charged to,
	turns         pacers // and what each waits for
}

// RecvMsg implements grpc.ServerStream.
func (t *timed) RecvMsg(m any) error {
	began := t.call.wait(t.receive)
	defer t.call.served(began)
	t.call.receives.Store(int64(began))
	defer t.call.receives.Store(0)
	if err := t.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if t.meter == nil {
		return nil
	}
	if err := t.turns.reflect(t.Context()); err != nil {
		return err
	}
	if t.meter.charge(0) { // before the answer is worked out
		return tooMany(t.Context(), "TOO_MUCH_REFLECTION", i18n.F("reflection without a token answers %d KiB a second; try again later, or send a token", "无令牌的反射查询限 %d KiB/秒；请稍后重试或携带令牌", reflectionRate>>10))
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (t *timed) SendMsg(m any) error {
	if answer, ok := m.(proto.Message); ok && t.meter != nil {
		t.meter.charge(proto.Size(answer))
	}
	defer t.call.served(t.call.wait(t.send))
	return t.ServerStream.SendMsg(m)
}

// meter is an allowance of bytes that calls share. Safe for concurrent use.
type meter struct {
	mu sync.Mutex
	bucket
}

// charge takes n bytes and reports whether more than the allowance is owed.
func (m *meter) charge(n int) (over bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spend(float64(n), time.Now()) > 0
}
