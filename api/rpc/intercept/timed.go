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
	meter         *conn.Meter // nil, or what the answers are charged to,
	turns         conn.Pacers // and what each waits for
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
	if err := t.turns.Reflect(t.Context()); err != nil {
		return err
	}
	if t.meter.Charge(0) { // before the answer is worked out
		return apierr.TooMany(t.Context(), "TOO_MUCH_REFLECTION",
			i18n.F("reflection without a token answers %d KiB a second; try again later, or send a token", "无令牌的反射查询限 %d KiB/秒；请稍后重试或携带令牌",
				reflectionRate>>10))
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (t *timed) SendMsg(m any) error {
	if answer, ok := m.(proto.Message); ok && t.meter != nil {
		t.meter.Charge(proto.Size(answer))
	}
	defer t.call.served(t.call.wait(t.send))
	return t.ServerStream.SendMsg(m)
}
