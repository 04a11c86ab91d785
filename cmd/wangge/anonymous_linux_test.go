package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// What callers without a token may cost a server, in resident memory above what the same server holds
// under the same calls of others, at any moment of the load.
const anonymousBytes = 64 << 20

// A load without a token is made of raw HTTP/2 on many connections at once.
type anonymousLoad struct {
	name  string
	conns int
	// on runs over one connection again and again, each time over a new one, until the context ends or
	// an error: the server may cut a connection at any moment.
	on func(ctx context.Context, c *rawConn) error
	// gRPC is nil or what to call instead, again and again, as an ordinary client with a message of 4 MiB.
	gRPC []grpc.CallOption
}

const reportMethod = "/wangge.v1.ReportService/CreateReport"

var anonymousLoads = []anonymousLoad{
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
}

// A caller without a token costs a bounded amount of memory, whatever is sent, in plain text and with
// TLS; and others are still served. The ratio of their p99 to that without the load is printed.
// WANGGE_DEEP=1 lets each load last 30 s instead of one, and tries all of them with TLS, not every third.
func TestCallersWithoutATokenCostLittle(t *testing.T) {
	last, deep := time.Second, os.Getenv("WANGGE_DEEP") == "1"
	if deep {
		last = 30 * time.Second
	}
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "tls"}[secure], func(t *testing.T) {
			for i, load := range anonymousLoads {
				if secure && !deep && i%3 > 0 {
					continue
				}
				t.Run(load.name, func(t *testing.T) {
					s := startBounded(t, secure)
					calm := s.p99(t, last/2)
					before := s.resident(t, "VmRSS")
					s.resetPeak(t)
					worked := s.worked(t)
					ctx, stop := context.WithTimeout(t.Context(), last)
					defer stop()
					var wg sync.WaitGroup
					var sent atomic.Int64
					for range load.conns {
						wg.Go(func() {
							if load.gRPC != nil {
								s.anonymousCalls(ctx, &sent, load.gRPC)
								return
							}
							for ctx.Err() == nil {
								c, err := s.dial(ctx, &sent)
								if err == nil {
									err = load.on(ctx, c)
									_ = c.Close()
								}
								if err != nil {
									select { // a client that was cut comes back soon, but leaves this machine to the server
									case <-ctx.Done():
									case <-time.After(20 * time.Millisecond):
									}
								}
							}
						})
					}
					busy := s.p99(t, last-100*time.Millisecond)
					peak := s.resident(t, "VmHWM")
					worked = s.worked(t) - worked
					stop()
					wg.Wait()
					t.Logf("%d MiB sent or offered; resident %d MiB, at most %d MiB under the load: %d more; %v of processor time; p99 of others %v, before %v: %.1f times",
						sent.Load()>>20, before>>20, peak>>20, (peak-before)>>20, worked, busy, calm, float64(busy)/float64(calm))
					if peak-before > anonymousBytes {
						t.Errorf("the load costs %d MiB, want at most %d", (peak-before)>>20, anonymousBytes>>20)
					}
				})
			}
		})
	}
}

// bounded is a server of its own process.
type bounded struct {
	pid    int
	addr   string
	token  string
	conn   *grpc.ClientConn
	secure *tls.Config // nil = plain text
}

func startBounded(t *testing.T, secure bool) *bounded {
	t.Helper()
	binary, err := exec.LookPath("wangge")
	if err != nil {
		t.Fatal(err)
	}
	o := newOutside(t, 1, t.TempDir())
	args := []string{"serve", "--city", o.dir, "--data", o.data, "--listen", "127.0.0.1:0", "--notify-log=false"}
	s := &bounded{token: o.token}
	creds := insecure.NewCredentials()
	if secure {
		var cert, key string
		s.secure, cert, key = certificate(t)
		creds = credentials.NewTLS(s.secure)
		args = append(args, "--tls-cert", cert, "--tls-key", key)
	}
	cmd := exec.Command(binary, args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the server says %.2000s", log.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server says %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	s.pid, s.addr = cmd.Process.Pid, strings.TrimSpace(line[strings.LastIndex(line, " ")+1:])
	if s.conn, err = grpc.NewClient(s.addr, grpc.WithTransportCredentials(creds)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.conn.Close() })
	return s
}

// certificate makes a certificate of this machine and what trusts it.
func certificate(t *testing.T) (trust *tls.Config, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "c.pem"), filepath.Join(t.TempDir(), "k.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for path, data := range map[string][]byte{cert: public, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}}, cert, key
}

// anonymousCalls files large reports without a token over one connection until the context ends.
func (s *bounded) anonymousCalls(ctx context.Context, sent *atomic.Int64, opts []grpc.CallOption) {
	creds := insecure.NewCredentials()
	if s.secure != nil {
		creds = credentials.NewTLS(s.secure)
	}
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(creds))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	report := &wanggev1.CreateReportRequest{Report: &wanggev1.Report{Text: strings.Repeat("x", 4<<20-100)}}
	for ctx.Err() == nil {
		_, err := wanggev1.NewReportServiceClient(conn).CreateReport(ctx, report, opts...)
		sent.Add(int64(len(report.GetReport().GetText())))
		if status.Code(err) != codes.Unauthenticated { // cut, or over: the client backs off by itself
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
}

// resident is a figure of the server's memory as the system tells it.
func (s *bounded) resident(t *testing.T, figure string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == figure+":" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("no %s in %s", figure, text)
	return 0
}

// worked is the processor time that the server has taken.
func (s *bounded) worked(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	var ticks int64
	for _, f := range strings.Fields(rest)[11:13] { // of user and system, a hundredth of a second each
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// resetPeak lets VmHWM begin anew.
func (s *bounded) resetPeak(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// p99 has four people with a token read for a while and returns the slowest answer but one in a hundred.
func (s *bounded) p99(t *testing.T, long time.Duration) time.Duration {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+s.token)
	city := wanggev1.NewCityServiceClient(s.conn)
	var mu sync.Mutex
	took := []time.Duration{0}
	var wg sync.WaitGroup
	end := time.Now().Add(long)
	for range 4 {
		wg.Go(func() {
			for time.Now().Before(end) {
				began := time.Now()
				_, err := city.GetCity(ctx, &wanggev1.GetCityRequest{}, grpc.WaitForReady(true))
				if err != nil {
					t.Errorf("a call with a token: %v", err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took[len(took)*99/100]
}

// rawConn is HTTP/2 by hand.
type rawConn struct {
	net.Conn
	framer *http2.Framer
	out    *bufio.Writer
	sent   *atomic.Int64
	next   uint32 // id of the next call
}

// Write counts what is sent.
func (c *rawConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

func (s *bounded) dial(ctx context.Context, sent *atomic.Int64) (*rawConn, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok { // what the server doesn't read is to hold this process up, not to fill its system
		_ = tcp.SetWriteBuffer(32 << 10)
	}
	if s.secure != nil {
		secure := s.secure.Clone()
		secure.ServerName = "127.0.0.1"
		c := tls.Client(conn, secure)
		if err := c.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = c
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	c := &rawConn{Conn: conn, sent: sent, next: 1}
	// Frames go out many at a time: the load is to take the server's time and not that of this process.
	c.out = bufio.NewWriterSize(c, 16<<10)
	c.framer = http2.NewFramer(c.out, conn)
	_, err = io.WriteString(c, http2.ClientPreface)
	if err == nil {
		err = c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	}
	if err == nil {
		err = c.out.Flush()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// drain reads and drops what comes, and answers settings.
func (c *rawConn) drain() {
	go func() { _, _ = io.Copy(io.Discard, c.Conn) }()
}

// open begins a call.
func (c *rawConn) open(method, timeout string) (uint32, error) {
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "POST"}, {":scheme", "http"}, {":path", method}, {":authority", "x"}, {"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", timeout}} {
		if f[1] != "" && f[1] != "0S" {
			_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
	}
	id := c.next
	c.next += 2
	return id, c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
}

// messages sends messages of 4 MiB, as far as the first window lets it, again and again.
func (c *rawConn) messages(ctx context.Context, method string, frame int, ends bool) error {
	c.drain()
	for ctx.Err() == nil {
		id, err := c.open(method, "")
		if err != nil {
			return err
		}
		data := append([]byte{0, 0, 0x40, 0, 0}, make([]byte, 60<<10)...)
		if !ends {
			data = data[:len(data)-1]
		}
		for part := range slices.Chunk(data, frame) {
			if err := c.framer.WriteData(id, false, part); err != nil {
				return err
			}
		}
		if err := c.out.Flush(); err != nil {
			return err
		}
		if !ends && c.next > 40 { // this many stay open
			<-ctx.Done()
		}
	}
	return nil
}

// headers sends one header of so many bytes.
func (c *rawConn) headers(ctx context.Context, size int) error {
	c.drain()
	var block bytes.Buffer
	enc := hpack.NewEncoder(&block)
	_ = enc.WriteField(hpack.HeaderField{Name: "x-much", Value: strings.Repeat("x", 12<<10), Sensitive: true})
	part := block.Bytes()
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: part}); err != nil {
		return err
	}
	for n := 0; n < size && ctx.Err() == nil; n += len(part) {
		if err := c.framer.WriteContinuation(1, false, part); err != nil {
			return err
		}
	}
	if err := c.framer.WriteContinuation(1, true, nil); err != nil {
		return err
	}
	return c.out.Flush()
}

// resets begins calls and resets them.
func (c *rawConn) resets(ctx context.Context, timeout string) error {
	c.drain()
	for ctx.Err() == nil {
		id, err := c.open(reportMethod, timeout)
		if err == nil {
			err = c.framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// control sends frames that belong to no call.
func (c *rawConn) control(ctx context.Context) error {
	c.drain()
	for n := byte(0); ctx.Err() == nil; n++ {
		err := c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 100})
		if err == nil && n%100 == 99 {
			err = c.framer.WritePing(false, [8]byte{n})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unread asks reflection for the schema and reads nothing.
func (c *rawConn) unread(ctx context.Context) error {
	for ctx.Err() == nil {
		id, err := c.open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "")
		if err != nil {
			return err
		}
		const symbol = "wangge.v1.CaseService" // field 4: file_containing_symbol
		message := append([]byte{4<<3 | 2, byte(len(symbol))}, symbol...)
		if err := c.framer.WriteData(id, true, append([]byte{0, 0, 0, 0, byte(len(message))}, message...)); err != nil {
			return err
		}
	}
	return nil
}
