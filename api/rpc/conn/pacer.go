package conn

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"
)

// pacer spreads a burst of work over time: each piece of work books a turn and starts when its turn comes, which leaves
// room for other work between the pieces. Safe for concurrent use.
type pacer struct {
	processors time.Duration // a turn of length d occupies the pacer for d / processors

	mu   sync.Mutex
	free time.Time // when the next turn begins
}

func newPacer() *pacer { return &pacer{processors: time.Duration(runtime.GOMAXPROCS(0))} }

// book takes a turn that needs one processor for long, and returns the wait until the turn begins.
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

// Pacers are the pacers of callers without a token: one for new connections, up to the first call of each, and one for
// everything later, so that a new connection does not wait for connections that stay.
type Pacers struct{ newcomers, anonymous *pacer }

// NewPacers returns pacers for the processors of this machine.
func NewPacers() Pacers { return Pacers{newPacer(), newPacer()} }

// pause waits. It returns net.ErrClosed at once when the channel is closed.
func pause(wait time.Duration, closed <-chan struct{}) error {
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait) //nolint:forbidigo // paces connections by the time of the machine
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-closed:
		return net.ErrClosed
	}
}

// TLS returns a configuration whose handshakes begin one after the other. The wait comes after the client's hello and
// before the server computes keys and the signature.
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

// closing returns a channel that is closed with the connection, or nil for a connection without a seat.
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
