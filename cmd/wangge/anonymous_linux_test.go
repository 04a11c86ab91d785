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
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	wanggev1 "wangge/api/wangge/v1"
)

// What callers without a token may cost a server, in resident memory above what the same server holds
// under the same calls of others, at any moment of the load.
const anonymousBytes = 64 << 20

// A caller without a token costs a bounded amount of memory, whatever is sent, in plain text and with
// TLS; and others are still served. How long others wait then is measured by BenchmarkOthersUnderAnonymousLoad.
// A load lasts a second, or until the server has worked half of one on it, and the others call 100 times a second each.
// WANGGE_DEEP is how long each load lasts, as in 1s, whatever the server works, and the others call without a pause.
// WANGGE_DEEP=1 is 30 s, and tries all loads with TLS, not every third.
func TestAnonymous_MemoryIsBounded(t *testing.T) {
	last, first, c := time.Second, 200*time.Millisecond, calls{pause: 10 * time.Millisecond, enough: 500 * time.Millisecond}
	text := os.Getenv("WANGGE_DEEP")
	all := text == "1"
	if all {
		text = "30s"
	}
	if text != "" {
		var err error
		if last, err = time.ParseDuration(text); err != nil || last < 200*time.Millisecond {
			t.Fatalf("WANGGE_DEEP = %q is no duration of a load; write 1 or a duration from 200ms on", text)
		}
		first, c = last/2, calls{enough: time.Hour}
	}
	binary := shippedBinary(t)
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "plain", true: "tls"}[secure], func(t *testing.T) {
			for i, load := range anonymousLoads {
				if load.tlsOnly && !secure || !load.tlsOnly && secure && !all && i%3 > 0 {
					continue
				}
				t.Run(load.name, func(t *testing.T) {
					s := startBounded(t, binary, secure)
					s.served(t, first, c)
					before := s.resident(t, "VmRSS")
					s.resetPeak(t)
					worked := s.worked(t)
					ctx, stop := context.WithTimeout(t.Context(), last)
					defer stop()
					a := &attacker{addr: s.addr, secure: s.secure, rest: 20 * time.Millisecond} // leaves this machine to the server
					var wg sync.WaitGroup
					wg.Go(func() { a.run(ctx, load) })
					s.served(t, last-100*time.Millisecond, c)
					peak := s.resident(t, "VmHWM")
					worked = s.worked(t) - worked
					stop()
					wg.Wait()
					t.Logf("%d MiB sent or offered; resident %d MiB, at most %d MiB under the load: %d more; %v of processor time",
						a.sent.Load()>>20, before>>20, peak>>20, (peak-before)>>20, worked)
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
	cert   string      // file
}

// shippedBinary is the program as it is shipped. That is this one, unless it was built with the race detector, whose own
// memory would be measured, too: then the program is built again without.
func shippedBinary(t testing.TB) string {
	t.Helper()
	info, _ := debug.ReadBuildInfo()
	if !slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		binary, err := exec.LookPath("wangge")
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	binary := filepath.Join(t.TempDir(), "wangge")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "wangge/cmd/wangge").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// startBounded starts a server of a program.
func startBounded(t testing.TB, binary string, secure bool, env ...string) *bounded {
	t.Helper()
	o := newOutside(t, 1, t.TempDir())
	args := []string{"serve", "--city", o.dir, "--data", o.data, "--listen", "127.0.0.1:0", "--notify-log=false"}
	s := &bounded{token: o.token}
	creds := insecure.NewCredentials()
	if secure {
		var key string
		s.secure, s.cert, key = certificate(t)
		creds = credentials.NewTLS(s.secure)
		args = append(args, "--tls-cert", s.cert, "--tls-key", key)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
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
func certificate(t testing.TB) (trust *tls.Config, cert, key string) {
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

// resident is a figure of the server's memory as the system tells it.
func (s *bounded) resident(t testing.TB, figure string) int64 {
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
func (s *bounded) worked(t testing.TB) time.Duration {
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
func (s *bounded) resetPeak(t testing.TB) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
}

// calls is how people with a token call meanwhile.
type calls struct {
	pause  time.Duration // at least so long from one call of a person to the next; zero: none
	enough time.Duration // the calls end when the server has worked so long
}

// served has four people with a token read for a while, or until the server has worked enough.
func (s *bounded) served(t *testing.T, long time.Duration, c calls) {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+s.token)
	city := wanggev1.NewCityServiceClient(s.conn)
	var wg sync.WaitGroup
	most := s.worked(t) + c.enough
	now := make(chan time.Time) // always ready
	close(now)
	during, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	for range 4 {
		wg.Go(func() {
			var next <-chan time.Time = now
			if c.pause > 0 {
				tick := time.NewTicker(c.pause)
				defer tick.Stop()
				next = tick.C
			}
			for ; during.Err() == nil; <-next {
				if _, err := city.GetCity(ctx, &wanggev1.GetCityRequest{}, grpc.WaitForReady(true)); err != nil {
					t.Errorf("a call with a token: %v", err)
					return
				}
			}
		})
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for during.Err() == nil && s.worked(t) < most {
		<-look.C
	}
	stop()
	wg.Wait()
}
