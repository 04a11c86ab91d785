package conn

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"
)

// pacer hands out turns, so that much work that comes at once is begun piece by piece and leaves room for
// other work between the pieces. Safe for concurrent use.
type pacer struct {
	processors time.Duration // a turn that lasts so many times as long is booked for one

	mu   sync.Mutex
	free time.Time // when the next turn begins
}

func newPacer() *pacer { return &pacer{processors: time.Duration(runtime.GOMAXPROCS(0))} }

// book takes a turn that lasts so long on one processor, and returns how long it is until the turn begins.
func (p *pacer) book(long time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free.Before(now) {
		p.free = now
	}
	wait := p.free.Sub(now)
	p.free = p.free.Add(long / p.processors)
	return wait
}

// Pacers are the pacers of callers without a token: one for connections that come, up to the first call of
// each, and one for everything later, so that newcomers don't wait for those who stay.
type Pacers struct{ newcomers, anonymous *pacer }

// NewPacers returns pacers for the processors of this machine.
func NewPacers() Pacers { return Pacers{newPacer(), newPacer()} }

// pause waits, or less if the channel is closed first.
func pause(wait time.Duration, closed <-chan struct{}) error {
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-closed:
		return net.ErrClosed
	}
}

// TLS lets TLS handshakes begin one after the other: once the client has said hello, the keys and the
// signature are the server's work.
func (p Pacers) TLS(cfg *tls.Config) *tls.Config {
	cfg = cfg.Clone()
	next := cfg.GetConfigForClient
	cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if err := pause(p.newcomers.book(helloTurn, time.Now()), closing(hello.Conn)); err != nil {
			return nil, err
		}
		if next == nil {
			return nil, nil
		}
		return next(hello)
	}
	return cfg
}

// closing is closed when a connection is; nil if the listener handed out no seat.
func closing(conn net.Conn) <-chan struct{} {
	if s, ok := conn.(*seat); ok {
		return s.closed
	}
	return nil
}

// Reflect waits for the turn of one answer of reflection without a token.
func (p Pacers) Reflect(ctx context.Context) error {
	if pause(p.anonymous.book(reflectionTurn, time.Now()), ctx.Done()) != nil {
		return ctx.Err()
	}
	return nil
}
