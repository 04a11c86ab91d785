package intercept

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"wangge/api/rpc/apierr"
	"wangge/api/rpc/conn"
	"wangge/dispatch/i18n"
)

// timed is the stream of a call. Each wait for the caller is bounded.
type timed struct {
	grpc.ServerStream
	call          *call
	receive, send time.Duration
	allowance     *allowance // nil, or what the answers are charged to
}

// allowance bounds answers to callers without a token.
type allowance struct {
	*conn.Meter             // of the bytes of answers
	turns       conn.Pacers // which each answer waits for
	reason      string      // of the refusal beyond the allowance
	text        i18n.Text
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
	a := t.allowance
	if a == nil {
		return nil
	}
	if err := a.turns.Reflect(t.Context()); err != nil {
		return err
	}
	if a.Charge(0) { // before the answer is worked out
		return apierr.TooMany(t.Context(), a.reason, a.text)
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (t *timed) SendMsg(m any) error {
	if answer, ok := m.(proto.Message); ok && t.allowance != nil {
		t.allowance.Charge(proto.Size(answer))
	}
	defer t.call.served(t.call.wait(t.send))
	return t.ServerStream.SendMsg(m)
}
