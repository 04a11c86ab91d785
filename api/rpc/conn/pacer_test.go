package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/credentials/insecure"
)

// oneProcessor are Pacers whose turns last as long as they say.
func oneProcessor() Pacers { return Pacers{&pacer{processors: 1}, &pacer{processors: 1}} }

// Turns follow one another without overlap; one that comes to an idle pacer begins at once, and more
// processors have more turns.
func TestSeats_TurnsFollowOneAnother(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name       string
		processors time.Duration
		after      []time.Duration // when turns of 8 ms are booked
		begin      []time.Duration
	}{
		{"one", 1, []time.Duration{0}, []time.Duration{0}},
		{"at once", 1, []time.Duration{0, 0, 0}, []time.Duration{0, 8, 16}},
		{"at once on four processors", 4, []time.Duration{0, 0, 0}, []time.Duration{0, 2, 4}},
		{"far apart", 1, []time.Duration{0, 100, 200}, []time.Duration{0, 100, 200}},
		{"a queue that ends", 1, []time.Duration{0, 1, 2, 50}, []time.Duration{0, 8, 16, 50}},
	} {
		p := &pacer{processors: tt.processors}
		var got []time.Duration
		for _, at := range tt.after {
			got = append(got, at+p.book(8*time.Millisecond, now.Add(at*time.Millisecond))/time.Millisecond)
		}
		if !slices.Equal(got, tt.begin) {
			t.Errorf("%s: turns begin at %d ms, want %d", tt.name, got, tt.begin)
		}
	}
}

// What many connections without a token send at once is worked on one turn after the other; a connection's
// first call waits only for other newcomers, what comes before costs nothing, and a token lifts the turns.
func TestSeats_FramesWithoutAToken(t *testing.T) {
	const conns = 50
	call := func(f *http2.Framer, n uint32) {
		_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*n + 1, BlockFragment: make([]byte, 20), EndHeaders: true})
	}
	for name, tt := range map[string]struct {
		write func(f *http2.Framer)
		token bool
		want  time.Duration // until the last of all connections has been read
	}{
		"greetings": {write: func(f *http2.Framer) {
			for range maxGreetings {
				_ = f.WriteSettings()
			}
		}},
		"first calls":  {write: func(f *http2.Framer) { call(f, 0) }, want: (conns - 1) * firstCallTurn},
		"second calls": {write: func(f *http2.Framer) { call(f, 0); call(f, 1) }, want: conns * callTurn},
		"pings": {write: func(f *http2.Framer) {
			for range maxGreetings + 4 {
				_ = f.WritePing(false, [8]byte{})
			}
		}, want: 4 * conns * frameTurn},
		"resets": {write: func(f *http2.Framer) {
			call(f, 0)
			for range maxGreetings + 4 {
				_ = f.WriteRSTStream(1, http2.ErrCodeCancel)
			}
		}, want: 4 * conns * frameTurn},
		"with a token": {write: func(f *http2.Framer) {
			for n := range uint32(10) {
				call(f, n)
			}
		}, token: true},
		"nothing but preface": {write: func(*http2.Framer) {}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, turns := time.Now(), oneProcessor()
				seats := NewSeats(Limits{}.WithDefaults())
				var wg sync.WaitGroup
				for range conns {
					f := &feed{}
					f.WriteString(http2.ClientPreface)
					tt.write(http2.NewFramer(&f.Buffer, nil))
					s := seats.take(f, time.Now())
					if tt.token {
						s.prove()
					}
					g := newGuard(s, s, time.Minute, turns)
					wg.Go(func() {
						p := make([]byte, 16<<10)
						for _, err := g.Read(p); err == nil; _, err = g.Read(p) {
						}
						_ = s.Close()
					})
				}
				wg.Wait()
				// Calls of one connection may be behind those of another that are shorter by a turn.
				if took := time.Since(began); took > tt.want || took < tt.want-callTurn {
					t.Errorf("all was read after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// Newcomers don't wait for those who stay without a token.
func TestSeats_NewConnectionsHaveTurnsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := oneProcessor()
		for range 10_000 {
			turns.anonymous.book(callTurn, time.Now())
		}
		f := &feed{}
		f.WriteString(http2.ClientPreface)
		framer := http2.NewFramer(&f.Buffer, nil)
		_ = framer.WriteSettings()
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, EndHeaders: true})
		g, began := newGuard(f, nil, time.Minute, turns), time.Now()
		for _, err := g.Read(make([]byte, 1<<10)); err == nil; _, err = g.Read(make([]byte, 1<<10)) {
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("the first call of a connection waited %v", took)
		}
	})
}

// Without a token a Read ends with the frame or the header of the frame; with one it takes what is there.
func TestSeats_ReadWithoutATokenEndsWithTheFrame(t *testing.T) {
	f := &feed{}
	s := NewSeats(Limits{}.WithDefaults()).take(f, time.Now())
	defer s.Close()
	f.WriteString(http2.ClientPreface)
	framer := http2.NewFramer(&f.Buffer, nil)
	for range 3 {
		_ = framer.WriteData(1, false, make([]byte, 100))
	}
	g := newGuard(s, s, time.Minute, oneProcessor())
	p := make([]byte, 1<<10)
	for i, want := range []int{len(http2.ClientPreface), 9, 100, 9, 100 + 9 + 100} {
		if i == 4 {
			s.prove()
		}
		if n, err := g.Read(p); n != want || err != nil {
			t.Errorf("read %d gave %d bytes, %v; want %d", i, n, err, want)
		}
	}
}

// TLS handshakes that come at once begin one after the other; one whose connection is closed meanwhile
// ends at once. A configuration of the caller's own is asked afterwards.
func TestSeats_Handshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		own := &tls.Config{}
		cfg := oneProcessor().TLS(&tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return own, nil }})
		began := time.Now()
		var mu sync.Mutex
		var begun []time.Duration
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				c, err := cfg.GetConfigForClient(&tls.ClientHelloInfo{})
				if c != own || err != nil {
					t.Errorf("the configuration is %p, %v; want the caller's", c, err)
				}
				mu.Lock()
				defer mu.Unlock()
				begun = append(begun, time.Since(began))
			})
		}
		wg.Wait()
		for i, d := range slices.Sorted(slices.Values(begun)) {
			if want := time.Duration(i) * helloTurn; d != want {
				t.Errorf("handshake %d began after %v, want %v", i, d, want)
			}
		}
		s := NewSeats(Limits{}.WithDefaults()).take(&feed{}, time.Now())
		_, _ = cfg.GetConfigForClient(&tls.ClientHelloInfo{})
		_ = s.Close()
		if _, err := cfg.GetConfigForClient(&tls.ClientHelloInfo{Conn: s}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("of a closed connection: %v, want it to end", err)
		}
	})
}

// A connection takes its turn before the transport is set up for it, and gives up when it is closed.
func TestSeats_ConnectionSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		creds := guarded{insecure.NewCredentials(), time.Minute, oneProcessor()}
		began := time.Now()
		for i := range 10 {
			if _, _, err := creds.ServerHandshake(&feed{}); err != nil || time.Since(began) != time.Duration(i)*setUpTurn {
				t.Errorf("connection %d: after %v, %v", i, time.Since(began), err)
			}
		}
		s := NewSeats(Limits{}.WithDefaults()).take(&feed{}, time.Now())
		_ = s.Close()
		if _, _, err := creds.ServerHandshake(s); !errors.Is(err, net.ErrClosed) {
			t.Errorf("of a closed connection: %v, want it to end", err)
		}
	})
}

// Answers of reflection without a token are worked out one after the other; a call that ends waits no longer.
func TestSeats_Reflection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, began := oneProcessor(), time.Now()
		for i := range 10 {
			if err := turns.Reflect(t.Context()); err != nil || time.Since(began) != time.Duration(i)*reflectionTurn {
				t.Errorf("answer %d: after %v, %v", i, time.Since(began), err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := turns.Reflect(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("of a call that has ended: %v", err)
		}
	})
}
