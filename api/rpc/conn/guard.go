package conn

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"wangge/api/auth"
)

// Guard is a net.Conn between TLS (if any) and the HTTP/2 transport. It parses the headers of the frames that pass and
// delays the next read when a peer exceeds a limit; calls are not aborted. A peer that reads no bytes is disconnected.
type Guard struct {
	net.Conn
	seat  *seat // nil if the listener handed out none
	send  time.Duration
	turns Pacers

	mu      sync.Mutex
	open    map[uint32]struct{} // calls of an anonymous connection that are not answered whole
	written frames              // used by the one goroutine that writes, while the connection is anonymous

	// Used by the one goroutine that reads.
	frames    frames
	anonymous bucket
	resets    bucket
	small     bucket
	until     time.Time     // when reading goes on
	unproven  time.Time     // and when, while no token has come
	crowded   bool          // more calls are open than an anonymous connection may have
	called    bool          // a call has begun
	greetings int           // frames before
	turn      time.Duration // until what has been read may be worked on
	last      auth.LastToken
}

func newGuard(conn net.Conn, s *seat, send time.Duration, turns Pacers) *Guard {
	return &Guard{
		Conn: conn, seat: s, send: send, turns: turns, frames: frames{skip: len(http2.ClientPreface)}, open: map[uint32]struct{}{},
		anonymous: bucket{burst: anonymousBurst, rate: anonymousRate}, resets: bucket{burst: resetBurst, rate: resetRate},
		small: bucket{burst: smallBurst, rate: smallRate},
	}
}

func (g *Guard) proven() bool { return g.seat != nil && g.seat.proven.Load() }

var errCrowded = fmt.Errorf("more than %d calls without a token on one connection", anonymousConnCalls)

// Read waits while the peer is over a limit. Before a valid token has come, one Read returns at most one frame, after
// the frame's turn: when the transport calls Read again, it has processed the whole frame and seen a token in it.
func (g *Guard) Read(p []byte) (int, error) {
	if !g.until.IsZero() || !g.unproven.IsZero() {
		if err := g.rest(); err != nil {
			return 0, err
		}
	}
	if g.proven() {
		n, err := g.Conn.Read(p)
		g.frames.pass(p[:n], g.count)
		return n, err
	}
	if g.crowded {
		return 0, errCrowded
	}
	n, err := g.Conn.Read(p[:min(len(p), g.frames.left())])
	g.frames.pass(p[:n], g.count)
	if wait := g.turn; wait > 0 && err == nil {
		g.turn = 0
		err = pause(wait, g.closing())
	}
	return n, err
}

func (g *Guard) closing() <-chan struct{} {
	if g.seat == nil {
		return nil
	}
	return g.seat.closed
}

// rest waits until the peer is within its limits again. The transport has processed all that was read: a token in it
// has been seen.
func (g *Guard) rest() error {
	if g.unproven.After(g.until) && !g.proven() {
		g.until = g.unproven
	}
	wait := time.Until(g.until)
	g.until, g.unproven = time.Time{}, time.Time{}
	return pause(wait, g.closing())
}

// count charges one frame to the allowances of the connection.
func (g *Guard) count(f http2.FrameType, flags http2.Flags, stream uint32, length int) {
	if !g.proven() {
		g.follow(f == http2.FrameHeaders, f == http2.FrameRSTStream, stream)
		now := time.Now()
		if wait := g.anonymous.spend(float64(length+frameCost), now); wait > 0 {
			g.unproven = now.Add(wait)
		}
		g.turn = g.book(f == http2.FrameHeaders, now)
	}
	var spent *bucket
	// The other frames have no allowance of their own.
	//exhaustive:ignore
	switch f {
	case http2.FrameRSTStream:
		spent = &g.resets
	case http2.FrameHeaders:
		g.small.spent = max(0, g.small.spent-smallPerCall)
	case http2.FrameData:
		if length < smallFrame && !flags.Has(http2.FlagDataEndStream) {
			spent = &g.small
		}
	}
	if spent == nil {
		return
	}
	now := time.Now()
	if wait := spent.spend(1, now); wait > 0 && now.Add(wait).After(g.until) {
		g.until = now.Add(wait)
	}
}

// book takes the turn of one frame of an anonymous connection. The frames before the first call need no turn: setting
// the connection up has taken one.
func (g *Guard) book(call bool, now time.Time) time.Duration {
	switch {
	case call && !g.called:
		g.called = true
		return g.turns.newcomers.book(firstCallTurn, now)
	case call:
		return g.turns.anonymous.book(callTurn, now)
	case g.greetings < maxGreetings:
		g.greetings++
		return 0
	}
	return g.turns.anonymous.book(frameTurn, now)
}

// follow tracks the calls that are open on an anonymous connection.
func (g *Guard) follow(begins, ends bool, stream uint32) {
	if !begins && !ends {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if ends {
		delete(g.open, stream)
		return
	}
	g.open[stream] = struct{}{}
	g.crowded = len(g.open) > anonymousConnCalls
}

// answered notes what the transport writes: the last frame of an answer ends its call.
func (g *Guard) answered(f http2.FrameType, flags http2.Flags, stream uint32, _ int) {
	last := f == http2.FrameRSTStream || (f == http2.FrameHeaders || f == http2.FrameData) && flags.Has(http2.FlagHeadersEndStream)
	g.follow(false, last, stream)
}

// armAgain is the age at which a write deadline is set anew. Setting one for each write would cost more time than the
// write.
const armAgain = 5 * time.Second

// Write fails when the peer takes nothing for the time that one answer may wait.
func (g *Guard) Write(p []byte) (int, error) {
	if g.seat != nil {
		if now := time.Now(); now.UnixNano()-g.seat.armed.Load() > int64(armAgain) {
			if err := g.SetWriteDeadline(now.Add(g.send + armAgain)); err != nil {
				return 0, err
			}
			g.seat.armed.Store(now.UnixNano())
		}
	}
	if !g.proven() {
		g.written.pass(p, g.answered)
	}
	return g.Conn.Write(p)
}

// frames follows the frames of an HTTP/2 connection through reads of any size.
type frames struct {
	skip int // bytes to the next frame header
	have int
	head [9]byte
}

// left returns the bytes that are missing to the end of the present frame or frame header.
func (r *frames) left() int {
	if r.skip > 0 {
		return r.skip
	}
	return len(r.head) - r.have
}

// pass parses the bytes of one read and calls f for every frame whose header ends in them.
func (r *frames) pass(p []byte, f func(t http2.FrameType, flags http2.Flags, stream uint32, length int)) {
	for len(p) > 0 {
		if r.skip > 0 {
			n := min(r.skip, len(p))
			r.skip -= n
			p = p[n:]
			continue
		}
		n := copy(r.head[r.have:], p)
		r.have += n
		p = p[n:]
		if r.have == len(r.head) {
			r.have = 0
			length := int(binary.BigEndian.Uint32(r.head[:4]) >> 8)
			r.skip = length
			f(http2.FrameType(r.head[3]), http2.Flags(r.head[4]), binary.BigEndian.Uint32(r.head[5:])&(1<<31-1), length)
		}
	}
}

// guarded are credentials that put a guard over each connection.
type guarded struct {
	credentials.TransportCredentials
	send  time.Duration
	turns Pacers
}

// guardedInfo carries the guard to the calls of its connection.
type guardedInfo struct {
	credentials.AuthInfo
	guard *Guard
}

// ServerHandshake implements credentials.TransportCredentials.
func (c guarded) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := c.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	if err := pause(c.turns.newcomers.book(setUpTurn, time.Now()), closing(raw)); err != nil {
		return nil, nil, err
	}
	s, _ := raw.(*seat)
	g := newGuard(conn, s, c.send, c.turns)
	return g, guardedInfo{info, g}, nil
}

// Clone implements credentials.TransportCredentials.
func (c guarded) Clone() credentials.TransportCredentials {
	return guarded{c.TransportCredentials.Clone(), c.send, c.turns}
}

// LastToken is the last valid token that came over the connection. It is used by one goroutine, which reads
// the headers of the connection.
func (g *Guard) LastToken() *auth.LastToken { return &g.last }

// Prove notes that a valid token has come over the connection, which lifts the bounds of anonymous ones.
func (g *Guard) Prove() {
	if g.seat != nil {
		g.seat.prove()
	}
}

// Of is the guard of a call's connection; one that guards nothing when there is none.
func Of(ctx context.Context) *Guard {
	if p, ok := peer.FromContext(ctx); ok {
		if i, ok := p.AuthInfo.(guardedInfo); ok {
			return i.guard
		}
	}
	return &Guard{}
}
