package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// anonymousLoad is what callers without a token do on many connections at once.
type anonymousLoad struct {
	name  string
	conns int
	// addresses is from how many addresses of this machine the connections come; 0 = one.
	addresses int
	tlsOnly   bool
	// raw is nil or what to do with connections before TLS and HTTP/2, each time with a new one.
	raw func(ctx context.Context, a *attacker, conn net.Conn) error
	// on runs over one connection again and again, each time over a new one, until the context ends or
	// an error: the server may cut a connection at any moment.
	on func(ctx context.Context, c *rawConn) error
	// gRPC is nil or what to call instead, again and again, as an ordinary client with a message of 4 MiB.
	gRPC []grpc.CallOption
}

const reportMethod = "/wangge.v1.ReportService/CreateReport"

var anonymousLoads = []anonymousLoad{
	{name: "nothing"}, // what the noise of a measurement is
	{name: "calls of 4 MiB by an ordinary client", conns: 8, gRPC: []grpc.CallOption{grpc.MaxCallSendMsgSize(8 << 20)}},
	{name: "compressed calls by an ordinary client", conns: 8, gRPC: []grpc.CallOption{grpc.MaxCallSendMsgSize(8 << 20), grpc.UseCompressor(gzip.Name)}},
	{name: "calls of 4 MiB", conns: 8, on: func(ctx context.Context, c *rawConn) error { return c.messages(ctx, reportMethod, 16<<10, true) }},
	{name: "calls of 4 MiB in frames of one byte", conns: 8, on: func(ctx context.Context, c *rawConn) error { return c.messages(ctx, reportMethod, 1, true) }},
	{name: "calls of 4 MiB to health", conns: 8, on: func(ctx context.Context, c *rawConn) error {
		return c.messages(ctx, "/grpc.health.v1.Health/Check", 16<<10, true)
	}},
	{name: "calls of 4 MiB to reflection in frames of one byte", conns: 8, on: func(ctx context.Context, c *rawConn) error {
		return c.messages(ctx, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", 1, true)
	}},
	{name: "messages that don't end", conns: 40, on: func(ctx context.Context, c *rawConn) error { return c.messages(ctx, reportMethod, 16<<10, false) }},
	{name: "messages to health that don't end", conns: 40, on: func(ctx context.Context, c *rawConn) error {
		return c.messages(ctx, "/grpc.health.v1.Health/Watch", 4<<10, false)
	}},
	{name: "headers of 15 MiB", conns: 20, on: func(ctx context.Context, c *rawConn) error { return c.headers(ctx, 15<<20) }},
	{name: "continuations without end", conns: 20, on: func(ctx context.Context, c *rawConn) error { return c.headers(ctx, 1<<40) }},
	{name: "calls that are reset", conns: 4, on: func(ctx context.Context, c *rawConn) error { return c.resets(ctx, "0S") }},
	{name: "calls with a far deadline that are reset", conns: 4, on: func(ctx context.Context, c *rawConn) error { return c.resets(ctx, "99999999H") }},
	{name: "pings and settings", conns: 4, on: func(ctx context.Context, c *rawConn) error { return c.control(ctx) }},
	{name: "answers that nobody reads", conns: 40, on: func(ctx context.Context, c *rawConn) error { return c.unread(ctx) }},
	{name: "connections that say nothing", conns: 1000, on: func(ctx context.Context, c *rawConn) error { <-ctx.Done(); return nil }},
	{name: "connections that come and go", conns: 20, on: func(context.Context, *rawConn) error { return io.EOF }},
	{name: "small calls", conns: 40, on: func(ctx context.Context, c *rawConn) error { return c.small(ctx, reportMethod) }},
	{name: "small calls with a false token", conns: 40, on: func(ctx context.Context, c *rawConn) error {
		return c.small(ctx, reportMethod, "authorization", "Bearer "+strings.Repeat("x", 43))
	}},
	{name: "small calls to health", conns: 40, on: func(ctx context.Context, c *rawConn) error { return c.small(ctx, "/grpc.health.v1.Health/Check") }},
	{name: "small calls to nothing", conns: 40, on: func(ctx context.Context, c *rawConn) error { return c.small(ctx, "/a/b") }},
	{name: "small calls from 200 addresses", conns: 400, addresses: 200, on: func(ctx context.Context, c *rawConn) error { return c.small(ctx, reportMethod) }},
	{name: "calls that are reset from 200 addresses", conns: 400, addresses: 200, on: func(ctx context.Context, c *rawConn) error { return c.resets(ctx, "0S") }},
	{name: "connections that come and go from 200 addresses", conns: 20, addresses: 200, on: func(context.Context, *rawConn) error { return io.EOF }},
	{name: "connections that bring no HTTP/2", conns: 20, raw: func(ctx context.Context, a *attacker, conn net.Conn) error {
		return greet(conn, bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 100))
	}},
	{name: "handshakes that are left", conns: 20, tlsOnly: true, raw: func(ctx context.Context, a *attacker, conn net.Conn) error { return greet(conn, hello()) }},
	{name: "handshakes that are left from 200 addresses", conns: 200, addresses: 200, tlsOnly: true, raw: func(ctx context.Context, a *attacker, conn net.Conn) error { return greet(conn, hello()) }},
}

// greet sends the first bytes of a connection and leaves when the first of an answer comes.
func greet(conn net.Conn, greeting []byte) error {
	_, err := conn.Write(greeting)
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	if err == nil {
		err = io.EOF
	}
	return err
}

// hello is what a TLS client sends first: it costs a server its keys and a signature, and who sends it
// again nothing.
var hello = sync.OnceValue(func() []byte {
	var sent hellos
	_ = tls.Client(&sent, &tls.Config{ServerName: "127.0.0.1", MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}}).Handshake()
	return sent.Bytes()
})

// hellos is a connection that keeps what is sent and answers nothing.
type hellos struct {
	net.Conn
	bytes.Buffer
}

func (h *hellos) Read([]byte) (int, error)    { return 0, io.EOF }
func (h *hellos) Write(p []byte) (int, error) { return h.Buffer.Write(p) }
func (h *hellos) Close() error                { return nil }

// attacker throws loads at a server.
type attacker struct {
	addr   string
	secure *tls.Config   // nil = plain text
	rest   time.Duration // before a connection that was cut off is made again
	next   atomic.Int64  // address

	conns, sent atomic.Int64 // connections that were tried, and bytes
}

// run throws one load until the context ends.
func (a *attacker) run(ctx context.Context, load anonymousLoad) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for range load.conns {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := a.once(ctx, load); err != nil && a.rest > 0 {
					select {
					case <-ctx.Done():
					case <-time.After(a.rest):
					}
				}
			}
		})
	}
}

// once uses one connection until an error or the end of the context.
func (a *attacker) once(ctx context.Context, load anonymousLoad) error {
	if load.gRPC != nil {
		return a.calls(ctx, load.gRPC)
	}
	conn, err := a.tcp(ctx, load.addresses)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if load.raw != nil {
		return load.raw(ctx, a, conn)
	}
	c, err := a.http2(ctx, conn)
	if err != nil {
		return err
	}
	return load.on(ctx, c)
}

// tcp connects from the next of so many addresses.
func (a *attacker) tcp(ctx context.Context, addresses int) (net.Conn, error) {
	a.conns.Add(1)
	n := a.next.Add(1) % int64(max(1, addresses))
	d := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n>>8), byte(n))}}
	conn, err := d.DialContext(ctx, "tcp", a.addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(32 << 10) // what the server doesn't read is to hold this process up, not to fill its system
		_ = tcp.SetLinger(0)             // or closed connections fill the system's table of ports
	}
	return conn, nil
}

// http2 begins TLS, if any, and HTTP/2.
func (a *attacker) http2(ctx context.Context, conn net.Conn) (*rawConn, error) {
	if a.secure != nil {
		secure := a.secure.Clone()
		secure.ServerName = "127.0.0.1"
		c := tls.Client(conn, secure)
		if err := c.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = c
	}
	c := &rawConn{Conn: conn, sent: &a.sent, next: 1}
	// Frames go out many at a time: the load is to take the server's time and not that of this process.
	c.out = bufio.NewWriterSize(c, 16<<10)
	c.framer = http2.NewFramer(c.out, conn)
	_, err := io.WriteString(c, http2.ClientPreface)
	if err == nil {
		err = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	}
	if err == nil {
		err = c.out.Flush()
	}
	return c, err
}

// calls files large reports without a token over one connection until the context ends.
func (a *attacker) calls(ctx context.Context, opts []grpc.CallOption) error {
	creds := insecure.NewCredentials()
	if a.secure != nil {
		creds = credentials.NewTLS(a.secure)
	}
	conn, err := grpc.NewClient(a.addr, grpc.WithTransportCredentials(creds))
	if err != nil {
		return err
	}
	a.conns.Add(1)
	defer func() { _ = conn.Close() }()
	report := &wanggev1.CreateReportRequest{Report: &wanggev1.Report{Text: strings.Repeat("x", 4<<20-100)}}
	for ctx.Err() == nil {
		_, err := wanggev1.NewReportServiceClient(conn).CreateReport(ctx, report, opts...)
		a.sent.Add(int64(len(report.GetReport().GetText())))
		if status.Code(err) != codes.Unauthenticated { // cut, or over: the client backs off by itself
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return ctx.Err()
}
