package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
)

// The demo says what to try once the server listens, and at the address where it does; a port that is
// taken is an error and nothing to try.
func TestDemo_ListensBeforeItSaysWhatToTry(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	out, says := wangge(t, exitWrong, "demo", "--data", t.TempDir(), "--listen", taken.Addr().String())
	if strings.Contains(out, "Try it") || strings.Contains(out, "wangge report") || !strings.Contains(says, "in use") {
		t.Errorf("on a port that is taken the demo printed %q and said %q", out, says)
	}
	ctx, stop := context.WithCancel(t.Context())
	rd, wr := io.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() {
		run(ctx, []string{"demo", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, wr, io.Discard)
		_ = wr.Close()
	})
	lines := bufio.NewScanner(rd)
	address := ""
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "serves on "); ok {
			address = after
		}
		if _, after, ok := strings.Cut(lines.Text(), "wangge report "); ok {
			if address == "" || !strings.Contains(after, "--server "+address+" ") || strings.HasSuffix(address, ":0") {
				t.Errorf("the demo serves on %q and says to try %q", address, after)
			}
			if conn, err := net.Dial("tcp", address); err != nil {
				t.Errorf("nothing listens where the demo says: %v", err)
			} else {
				_ = conn.Close()
			}
			break
		}
	}
	stop()
	_, _ = io.Copy(io.Discard, rd)
	wg.Wait()
}

// A client that differs from the server in TLS is told what to do, in both languages.
func TestClient_TLSMismatchIsExplained(t *testing.T) {
	binary := shippedBinary(t)
	s := startBounded(t, binary, true)
	plain := startBounded(t, binary, false)
	_, cert, _ := certificate(t) // of another authority
	for name, tt := range map[string]struct {
		server string
		args   []string
		en, zh string
	}{
		"TLS server without --ca":         {s.addr, nil, "speaks TLS: give --ca FILE", "请用 --ca"},
		"TLS server of another authority": {s.addr, []string{"--ca", cert}, "is not trusted", "不受信任"},
		"plain server with --ca":          {plain.addr, []string{"--ca", cert}, "does not speak TLS: leave out --ca", "去掉 --ca"},
		"nobody listens":                  {"127.0.0.1:1", nil, "no server answers", "服务无应答"},
	} {
		t.Run(name, func(t *testing.T) {
			for lang, want := range map[string]string{"en": tt.en, "zh": tt.zh} {
				var out, says bytes.Buffer
				args := append([]string{"case", "list", "--scope", "person:b-leader", "--server", tt.server, "--token", "x", "--lang", lang, "--timeout", "10s"}, tt.args...)
				if code := run(t.Context(), args, &out, &says); code != exitWrong || !strings.Contains(says.String(), want) || strings.Contains(says.String(), "EOF") {
					t.Errorf("exit %d, %q; want %q", code, says.String(), want)
				}
			}
		})
	}
	if _, err := os.Stat(cert); err != nil {
		t.Error(err)
	}
}
