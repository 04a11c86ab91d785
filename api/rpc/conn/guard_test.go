package conn

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"pgregory.net/rapid"
)

// Frames are followed whatever the pieces in which they are read.
func TestFrames_FollowedThroughAnyReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var wire bytes.Buffer
		wire.WriteString(http2.ClientPreface)
		framer := http2.NewFramer(&wire, nil)
		var want []string
		for range rapid.IntRange(0, 20).Draw(t, "frames") {
			id := uint32(rapid.IntRange(1, 1<<20).Draw(t, "id")*2 - 1)
			n := rapid.IntRange(0, 300).Draw(t, "bytes")
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				_ = framer.WriteData(id, n%2 == 0, make([]byte, n))
				want = append(want, fmt.Sprint(http2.FrameData, n%2 == 0, id, n))
			case 1:
				_ = framer.WriteRSTStream(id, http2.ErrCodeCancel)
				want = append(want, fmt.Sprint(http2.FrameRSTStream, false, id, 4))
			case 2:
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: make([]byte, n), EndHeaders: true})
				want = append(want, fmt.Sprint(http2.FrameHeaders, false, id, n))
			}
		}
		r := frames{skip: len(http2.ClientPreface)}
		var got []string
		for all := wire.Bytes(); len(all) > 0; {
			n := rapid.IntRange(1, len(all)).Draw(t, "read")
			r.pass(all[:n], func(f http2.FrameType, flags http2.Flags, id uint32, length int) {
				got = append(got, fmt.Sprint(f, flags.Has(http2.FlagDataEndStream), id, length))
			})
			all = all[n:]
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// feed is a connection from which frames are read; nothing blocks.
type feed struct {
	net.Conn
	bytes.Buffer
}

func (f *feed) Read(p []byte) (int, error)       { return f.Buffer.Read(p) }
func (f *feed) Write(p []byte) (int, error)      { return len(p), nil }
func (f *feed) Close() error                     { return nil }
func (f *feed) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1} }
func (f *feed) SetWriteDeadline(time.Time) error { return nil }

// What a peer sends beyond its allowance makes the peer wait: anonymous ones for anything, those with a
// token only for resets and for frames that carry next to nothing.
func TestPacer_PeerWaitsForItsExcess(t *testing.T) {
	write := map[string]func(f *http2.Framer, n uint32){
		"calls": func(f *http2.Framer, n uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*n + 1, BlockFragment: make([]byte, 100), EndHeaders: true})
			_ = f.WriteData(2*n+1, true, make([]byte, 100))
		},
		"uploads":      func(f *http2.Framer, _ uint32) { _ = f.WriteData(1, false, make([]byte, 16<<10)) },
		"resets":       func(f *http2.Framer, n uint32) { _ = f.WriteRSTStream(2*n+1, http2.ErrCodeCancel) },
		"small frames": func(f *http2.Framer, _ uint32) { _ = f.WriteData(1, false, []byte{1}) },
		"empty frames": func(f *http2.Framer, _ uint32) { _ = f.WriteData(1, false, nil) },
		"settings":     func(f *http2.Framer, _ uint32) { _ = f.WriteSettings() },
		"pings":        func(f *http2.Framer, _ uint32) { _ = f.WritePing(false, [8]byte{}) },
		"continuation": func(f *http2.Framer, _ uint32) { _ = f.WriteContinuation(1, false, make([]byte, 1000)) },
	}
	for name, waits := range map[string]bool{"calls": false, "uploads": false, "resets": true, "small frames": true, "empty frames": true, "settings": false, "pings": false, "continuation": false} {
		for _, proven := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/token ", proven), func(t *testing.T) {
				f := &feed{}
				s := NewSeats(Limits{}.WithDefaults()).take(f, time.Now())
				if proven {
					s.prove()
				}
				f.WriteString(http2.ClientPreface)
				framer := http2.NewFramer(&f.Buffer, nil)
				for n := range uint32(smallBurst + 2_000) {
					write[name](framer, n)
				}
				g := newGuard(s, s, time.Minute, NewPacers())
				p := make([]byte, 1<<20)
				var err error
				for err == nil && g.until.IsZero() && g.unproven.IsZero() {
					_, err = g.Read(p)
				}
				held := !g.unproven.IsZero() || errors.Is(err, errCrowded)
				if proven && !g.until.IsZero() != waits || held == proven {
					t.Errorf("with a token %v: waits %v, and as an anonymous one %v; %v", proven, !g.until.IsZero(), held, err)
				}
				_ = s.Close()
				if !g.until.IsZero() || !g.unproven.IsZero() {
					g.until = time.Now().Add(time.Hour) // the wait itself may be over by now
					if err := g.rest(); err == nil {
						t.Error("a connection that is closed goes on waiting to the end")
					}
				}
			})
		}
	}
}

// An anonymous connection with too many open calls is closed; answered and reset ones don't count, and
// a token lifts the bound.
func TestGuard_AnonymousConnectionHasFewCalls(t *testing.T) {
	for name, tt := range map[string]struct {
		answer, reset, token bool
		closed               bool
	}{"open": {closed: true}, "answered": {answer: true}, "reset": {reset: true}, "with a token": {token: true}} {
		t.Run(name, func(t *testing.T) {
			f := &feed{}
			s := NewSeats(Limits{}.WithDefaults()).take(f, time.Now())
			g := newGuard(s, s, time.Minute, NewPacers())
			if tt.token {
				s.prove()
			}
			f.WriteString(http2.ClientPreface)
			framer := http2.NewFramer(&f.Buffer, nil)
			var out bytes.Buffer
			answers := http2.NewFramer(&out, nil)
			p := make([]byte, 1<<10)
			_, err := g.Read(p) // what comes before any frame
			for n := range uint32(2 * anonymousConnCalls) {
				_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*n + 1, EndHeaders: true})
				if tt.reset {
					_ = framer.WriteRSTStream(2*n+1, http2.ErrCodeCancel)
				}
				if _, err = g.Read(p); err != nil {
					break
				}
				if tt.answer {
					_ = answers.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*n + 1, EndHeaders: true, EndStream: true})
					_, _ = g.Write(out.Bytes())
					out.Reset()
				}
			}
			if errors.Is(err, errCrowded) != tt.closed {
				t.Errorf("ended with %v; want closed %v", err, tt.closed)
			}
		})
	}
}

type from struct {
	feed
	ip string
}

func (f *from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.ParseIP(f.ip), Port: 1} }

// Connections are bounded in all and by address; anonymous ones give way when they are old; a token
// frees the place and gives the newcomer's cost back.
func TestGuard_ConnectionsAreBounded(t *testing.T) {
	now := time.Now()
	comes := func(s *Seats, ip string) *seat { return s.take(&from{ip: ip}, now) }
	t.Run("in all", func(t *testing.T) {
		s := NewSeats(Limits{Connections: 3}.WithDefaults())
		for i := range 3 {
			comes(s, fmt.Sprint("10.0.0.", i)).prove()
		}
		if comes(s, "10.0.0.9") != nil {
			t.Error("a fourth connection of three is accepted")
		}
	})
	t.Run("of an address", func(t *testing.T) {
		s := NewSeats(Limits{AddressConnections: 2}.WithDefaults())
		first := comes(s, "10.0.0.1")
		first.prove()
		comes(s, "10.0.0.1").prove()
		if comes(s, "10.0.0.1") != nil || comes(s, "10.0.0.2") == nil {
			t.Error("want the third of one address refused and that of another accepted")
		}
		_ = first.Close()
		_ = first.Close() // twice counts once
		if comes(s, "10.0.0.1") == nil || comes(s, "10.0.0.1") != nil {
			t.Error("want the place of one that was closed given away once")
		}
	})
	t.Run("IPv6 by network", func(t *testing.T) {
		s := NewSeats(Limits{AddressConnections: 1}.WithDefaults())
		comes(s, "2001:db8::1")
		if comes(s, "2001:db8::2") != nil || comes(s, "2001:db8:0:1::1") == nil || comes(s, "::ffff:10.0.0.1") == nil || comes(s, "10.0.0.1") != nil {
			t.Error("want one address a /64, and an IPv4 address once however it is written")
		}
	})
	t.Run("anonymous ones give way", func(t *testing.T) {
		s := NewSeats(Limits{Anonymous: 3, AddressAnonymous: 2}.WithDefaults())
		old := comes(s, "10.0.0.1")
		comes(s, "10.0.0.1")
		if comes(s, "10.0.0.1") != nil {
			t.Error("a third anonymous connection at once is accepted")
		}
		now = now.Add(anonymousGrace)
		if comes(s, "10.0.0.1") == nil {
			t.Error("an old one does not give way")
		}
		select {
		case <-old.closed:
		default:
			t.Error("the oldest one is still open")
		}
		third := comes(s, "10.0.0.2") // takes a place that is free
		if third != nil && comes(s, "10.0.0.3") != nil {
			t.Error("two places are given away at once")
		}
		now = now.Add(givesEvery)
		if third == nil || comes(s, "10.0.0.3") == nil {
			t.Error("in all: want the oldest one of any address to give way")
		}
		if now = now.Add(givesEvery); comes(s, "10.0.0.4") != nil {
			t.Error("one that is new gives way")
		}
		third.prove()
		if comes(s, "10.0.0.5") == nil {
			t.Error("a token frees no place")
		}
	})
	t.Run("coming and going", func(t *testing.T) {
		s := NewSeats(Limits{}.WithDefaults())
		for range anonymousComes {
			_ = comes(s, "10.0.0.1").Close()
		}
		_ = comes(s, "10.0.0.1").Close()
		if comes(s, "10.0.0.1") != nil || comes(s, "10.0.0.2") == nil {
			t.Error("want an address slowed that comes and goes, and no other")
		}
		now = now.Add(time.Minute)
		for range 2 * anonymousComes {
			n := comes(s, "10.0.0.1")
			if n == nil {
				t.Fatal("an address whose connections carry tokens is slowed")
			}
			n.prove()
			_ = n.Close()
		}
	})
}
