package intercept

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wangge/api/auth"
	"wangge/api/rpc/conn"
	"wangge/dispatch/city/roster"
)

// alone is a call without a transport: a status ends the context.
func alone(t *testing.T) (context.Context, answer) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, cutBy(cancel)
}

type cutBy context.CancelCauseFunc

func (f cutBy) WriteStatus(s *status.Status) error { f(s.Err()); return nil }

// The stream of somebody who leaves the service ends as with a revocation.
func TestCalls_StreamEndsWhenItsPersonLeaves(t *testing.T) {
	ended := false
	now, tokens := someTokens(t)
	c := &call{caller: auth.Caller{Person: "p"}, began: now, wall: time.Now(), token: auth.Session{Person: "p", Expires: now.Add(time.Hour)}}
	c.Context, c.answer = alone(t)
	s := New(Config{Limits: conn.Limits{}.WithDefaults(), Auth: auth.Authenticator{Tokens: tokens, Active: func(roster.PersonID, time.Time) bool { return !ended }}})
	s.sweeping = true
	if err := s.enter(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	secret, err := tokens.Issue("p", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.token.Token = hashOf(secret)
	if s.sweepOnce(time.Now()); c.Err() != nil {
		t.Fatalf("ended at once: %v", c.ended.Load())
	}
	if ended = true; !s.sweepOnce(time.Now()) || c.ended.Load() != &endedByToken {
		t.Errorf("ended %v, want with the token", c.ended.Load())
	}
	if s.leave(c); s.sweepOnce(time.Now()) {
		t.Error("the sweep goes on without a call")
	}
}

// stalled is a stream whose caller neither sends nor reads.
type stalled struct {
	grpc.ServerStream
	ctx     context.Context
	waiting chan<- struct{}
}

func (s stalled) RecvMsg(any) error { s.waiting <- struct{}{}; <-s.ctx.Done(); return s.ctx.Err() }
func (s stalled) SendMsg(any) error { return s.RecvMsg(nil) }

// A call that waits for its caller ends when the time is over and not before; one that the service
// works on does not. Of the messages of one person that come in slowly so many go on.
func TestCalls_StalledCallerIsCutOff(t *testing.T) {
	limits := conn.Limits{}.WithDefaults()
	noon, tokens := someTokens(t)
	secret, err := tokens.Issue("p-leader", 100*time.Hour, noon, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{Limits: limits, Auth: auth.Authenticator{Tokens: tokens, Active: func(roster.PersonID, time.Time) bool { return true }}})
	s.sweeping = true
	begin := func() *call {
		c := &call{caller: auth.Caller{Person: "p-leader"}, began: noon, wall: time.Now(), token: auth.Session{Person: "p-leader", Token: hashOf(secret), Expires: noon.Add(100 * time.Hour)}}
		c.Context, c.answer = alone(t)
		if err := s.enter(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	var wg sync.WaitGroup
	waiting := make(chan struct{})
	stall := func(c *call, f func(grpc.ServerStream) error) {
		wg.Go(func() {
			_ = f(&timed{ServerStream: stalled{ctx: c, waiting: waiting}, call: c, receive: limits.Receive, send: limits.Send})
		})
		<-waiting
	}
	works, sends, receives := begin(), begin(), begin()
	stall(sends, func(ss grpc.ServerStream) error { return ss.SendMsg(nil) })
	stall(receives, func(ss grpc.ServerStream) error { return ss.RecvMsg(nil) })
	now := time.Now()
	for _, tt := range []struct {
		after time.Duration
		ended []*call
		open  []*call
	}{
		{limits.Send - time.Second, nil, []*call{works, sends, receives}},
		{limits.Send + time.Second, []*call{sends}, []*call{works, receives}},
		{limits.Receive + time.Second, []*call{sends, receives}, []*call{works}},
		{24 * time.Hour, []*call{sends, receives}, []*call{works}},
	} {
		s.sweepOnce(now.Add(tt.after))
		for i, c := range tt.ended {
			if err := context.Cause(c); status.Code(err) != codes.DeadlineExceeded {
				t.Errorf("after %v call %d has ended with %v", tt.after, i, err)
			}
		}
		for i, c := range tt.open {
			if c.Err() != nil {
				t.Errorf("after %v call %d has ended with %v", tt.after, i, c.Err())
			}
		}
	}
	wg.Wait()
	s.leave(sends)
	s.leave(receives)
	var slow []*call
	for range slowReceives + 3 {
		c := begin()
		slow = append(slow, c)
		stall(c, func(ss grpc.ServerStream) error { return ss.RecvMsg(nil) })
	}
	s.sweepOnce(time.Now().Add(time.Second))
	cut := 0
	for _, c := range slow {
		if c.ended.Load() == &endedByMany {
			cut++
		}
	}
	if cut != 3 {
		t.Errorf("of %d slow messages %d were cut, want 3", len(slow), cut)
	}
	for _, c := range slow {
		c.end(&endedByTime)
	}
	wg.Wait()
}

// hashOf is the hash under which a token is known.
func hashOf(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// someTokens returns an instant and tokens without a token.
func someTokens(t *testing.T) (time.Time, *auth.Tokens) {
	t.Helper()
	tokens, err := auth.OpenTokens(filepath.Join(t.TempDir(), "tokens"))
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), tokens
}
