package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wangge/dispatch/city/roster"
	"wangge/dispatch/notify"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a real SMTP server on a free port of this machine. It takes any message unless told otherwise.
type mailServer struct {
	addr string

	refuse map[string]error // by command: "auth", "mail", "rcpt", "data"

	mu   sync.Mutex
	mail []received
}

// received is one message that a mailServer has taken.
type received struct {
	header    mail.Header
	raw, body string
	tls       bool
	user      string
}

func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{server: s, conn: c}, nil
}

func (s *mailServer) taken() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mail)
}

type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	user   string
}

func (s *mailSession) Reset()                               {}
func (s *mailSession) Logout() error                        { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error { return s.server.refuse["mail"] }
func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error { return s.server.refuse["rcpt"] }
func (s *mailSession) AuthMechanisms() []string             { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "grid" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return s.server.refuse["auth"]
	}), nil
}

func (s *mailSession) Data(r io.Reader) error {
	if err := s.server.refuse["data"]; err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mail = append(s.server.mail, received{m.Header, string(raw), string(body), secure, s.user})
	return nil
}

// start runs s until the test ends: with STARTTLS when cert is given, with TLS from the first byte when implicit.
func (s *mailServer) start(t *testing.T, cert *tls.Certificate, implicit bool) *mailServer {
	t.Helper()
	srv := smtp.NewServer(s)
	srv.AllowInsecureAuth = true
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = lis.Addr().String()
	if cert != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
	}
	if implicit {
		lis = tls.NewListener(lis, srv.TLSConfig)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(lis) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	return s
}

// authority returns a certificate authority, and a certificate signed by the authority for a name or address.
func authority(t *testing.T, host string) (*x509.CertPool, *tls.Certificate) {
	t.Helper()
	sign := func(tmpl, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		tmpl.NotBefore, tmpl.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	caKey, key := newKey(), newKey()
	ca := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test CA"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	ca, err := x509.ParseCertificate(sign(ca, ca, caKey, caKey))
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{host}
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool, &tls.Certificate{Certificate: [][]byte{sign(leaf, ca, key, caKey)}, PrivateKey: key}
}

func newEmail(t *testing.T, c notify.EmailConfig) *notify.Email {
	t.Helper()
	c.From = "grid@city.example"
	e, err := notify.NewEmail(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func notice() notify.Message {
	return notify.Message{
		ID: "20260304-000001-5", To: roster.Person{ID: "p-1", Name: "王建国", Email: "wang@city.example"},
		At:   time.Date(2026, 3, 4, 11, 30, 0, 0, time.FixedZone("CST", 8*3600)),
		Text: notify.Text{Subject: "[杆塔倾倒] " + strings.Repeat("红灯：案件超时", 30), Body: "类别：杆塔倾倒\n地点：" + strings.Repeat("向阳社区", 60)},
	}
}

func smtpError(code int) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: "not today"}
}

// The headers and the body of a message survive the way: Chinese names, a subject of any length, and the Message-ID by
// which a mailbox recognizes a repeated delivery.
func TestEmail_Message(t *testing.T) {
	t.Parallel()
	pool, cert := authority(t, "127.0.0.1")
	srv := (&mailServer{}).start(t, cert, false)
	e := newEmail(t, notify.EmailConfig{Server: srv.addr, RootCAs: pool, User: "grid", Password: "secret"})
	m := notice()
	for range 2 {
		if err := e.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := srv.taken()
	if len(got) != 2 {
		t.Fatalf("%d messages, want 2", len(got))
	}
	h := got[0].header
	for key, want := range map[string]string{
		"Message-Id": "<20260304-000001-5@city.example>", "Date": "Wed, 04 Mar 2026 11:30:00 +0800", "Auto-Submitted": "auto-generated",
		"Mime-Version": "1.0", "From": "<grid@city.example>", "Content-Transfer-Encoding": "base64", "X-Mailer": "", "User-Agent": "",
	} {
		if v := h.Get(key); v != want {
			t.Errorf("%s: %q, want %q", key, v, want)
		}
	}
	if id := got[1].header.Get("Message-Id"); id != h.Get("Message-Id") {
		t.Errorf("the second delivery has the Message-ID %s, the first %s", id, h.Get("Message-Id"))
	}
	if media, params, err := mime.ParseMediaType(
		h.Get("Content-Type"),
	); media != "text/plain" || !strings.EqualFold(params["charset"], "utf-8") ||
		err != nil {
		t.Errorf("Content-Type %q", h.Get("Content-Type"))
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); subject != m.Text.Subject || err != nil {
		t.Errorf("subject %q, want %q (%v)", subject, m.Text.Subject, err)
	}
	if to, err := h.AddressList("To"); err != nil || len(to) != 1 || to[0].Name != "王建国" || to[0].Address != "wang@city.example" {
		t.Errorf("To: %v (%v)", to, err)
	}
	if want := strings.ReplaceAll(m.Text.Body, "\n", "\r\n") + "\r\n"; got[0].body != want {
		t.Errorf("body %q, want %q", got[0].body, want)
	}
	for line := range strings.Lines(got[0].raw) {
		if len(line) > 78+2 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("line of %d bytes: %q, want ASCII of at most 78", len(line), line)
		}
	}
	if !got[0].tls || got[0].user != "grid" {
		t.Errorf("tls %v, user %q; want TLS, signed in as grid", got[0].tls, got[0].user)
	}
}

// TLS is required unless the operator allows clear text: a server without TLS, with a certificate that is not valid, or
// behind somebody who strips STARTTLS from its answer gets nothing.
func TestEmail_TLS(t *testing.T) {
	t.Parallel()
	pool, cert := authority(t, "127.0.0.1")
	other, otherName := authority(t, "mail.example")
	for name, tt := range map[string]struct {
		cert     *tls.Certificate // nil = the server offers no TLS
		implicit bool
		strip    bool
		config   notify.EmailConfig
		taken    bool
		secure   bool
		noTLS    bool // ErrNoTLS
		want     string
	}{
		"STARTTLS":                          {cert: cert, config: notify.EmailConfig{RootCAs: pool}, taken: true, secure: true},
		"STARTTLS, required by name":        {cert: cert, config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSRequired}, taken: true, secure: true},
		"STARTTLS is used when optional":    {cert: cert, config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSOptional}, taken: true, secure: true},
		"TLS from the first byte":           {cert: cert, implicit: true, config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSImplicit}, taken: true, secure: true},
		"TLS from the first byte, unknown":  {cert: cert, implicit: true, config: notify.EmailConfig{RootCAs: other, TLS: notify.TLSImplicit}, want: "certificate"},
		"no TLS":                            {config: notify.EmailConfig{RootCAs: pool}, noTLS: true, want: "allow clear text"},
		"no TLS, implicit":                  {config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSImplicit}, want: "tls:"},
		"no TLS, allowed":                   {config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSOptional}, taken: true},
		"stripped":                          {cert: cert, strip: true, config: notify.EmailConfig{RootCAs: pool}, noTLS: true, want: "offers no STARTTLS"},
		"stripped, allowed":                 {cert: cert, strip: true, config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSOptional}, taken: true},
		"another authority":                 {cert: cert, config: notify.EmailConfig{RootCAs: other}, want: "certificate"},
		"another authority, optional":       {cert: cert, config: notify.EmailConfig{RootCAs: other, TLS: notify.TLSOptional}, want: "certificate"},
		"a certificate of another name":     {cert: otherName, config: notify.EmailConfig{RootCAs: other}, want: "certificate"},
		"no password over a stripped line":  {cert: cert, strip: true, config: notify.EmailConfig{RootCAs: pool, User: "grid", Password: "secret"}, noTLS: true, want: "offers no STARTTLS"},
		"a password over TLS, first byte":   {cert: cert, implicit: true, config: notify.EmailConfig{RootCAs: pool, TLS: notify.TLSImplicit, User: "grid", Password: "secret"}, taken: true, secure: true},
		"a password in clear, this machine": {config: notify.EmailConfig{TLS: notify.TLSOptional, User: "grid", Password: "secret"}, taken: true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := (&mailServer{}).start(t, tt.cert, tt.implicit)
			tt.config.Server = srv.addr
			if tt.strip {
				tt.config.Server = strip(t, srv.addr)
			}
			err := newEmail(t, tt.config).Send(t.Context(), notice())
			got := srv.taken()
			if (err == nil) != tt.taken || (len(got) == 1) != tt.taken || notify.IsPermanent(err) || errors.Is(err, notify.ErrNoTLS) != tt.noTLS {
				t.Fatalf("%d messages, %v; want taken %v, to be tried again, ErrNoTLS %v", len(got), err, tt.taken, tt.noTLS)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q in the error", err, tt.want)
			}
			if tt.taken && (got[0].tls != tt.secure || got[0].user != tt.config.User) {
				t.Errorf("tls %v, user %q; want tls %v, user %q", got[0].tls, got[0].user, tt.secure, tt.config.User)
			}
		})
	}
}

// strip listens in front of a mail server and takes STARTTLS out of what the server offers, as somebody on the way can.
func strip(t *testing.T, addr string) string {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = lis.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			in, err := lis.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", addr)
			if err != nil {
				_ = in.Close()
				return
			}
			wg.Go(func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			})
			wg.Go(func() {
				buf := make([]byte, 64<<10)
				for {
					n, err := out.Read(buf)
					if _, werr := io.WriteString(in, strings.ReplaceAll(string(buf[:n]), "STARTTLS", "XNOTHING")); err != nil || werr != nil {
						_ = in.Close()
						return
					}
				}
			})
		}
	})
	return lis.Addr().String()
}

// A refusal of the message (5xx) is for good. A refusal for now (4xx), a sign-in that fails and a server without
// sign-in are tried again: the operator can mend them.
func TestEmail_Refusals(t *testing.T) {
	t.Parallel()
	pool, cert := authority(t, "127.0.0.1")
	for name, tt := range map[string]struct {
		refuse    map[string]error
		password  string
		permanent bool
		want      string
	}{
		"no such mailbox":          {refuse: map[string]error{"rcpt": smtpError(550)}, permanent: true, want: "550"},
		"mailbox full for now":     {refuse: map[string]error{"rcpt": smtpError(452)}, want: "452"},
		"sender refused":           {refuse: map[string]error{"mail": smtpError(553)}, permanent: true, want: "553"},
		"sign-in required":         {refuse: map[string]error{"mail": smtpError(530)}, want: "530"},
		"greylisted":               {refuse: map[string]error{"mail": smtpError(451)}, want: "451"},
		"content refused":          {refuse: map[string]error{"data": smtpError(554)}, permanent: true, want: "554"},
		"content refused for now":  {refuse: map[string]error{"data": smtpError(451)}, want: "451"},
		"a wrong password":         {password: "wrong", want: "535"},
		"an account that is off":   {refuse: map[string]error{"auth": smtpError(454)}, password: "secret", want: "454"},
		"an account that was shut": {refuse: map[string]error{"auth": smtpError(535)}, password: "secret", want: "535"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := (&mailServer{refuse: tt.refuse}).start(t, cert, false)
			c := notify.EmailConfig{Server: srv.addr, RootCAs: pool}
			if tt.password != "" {
				c.User, c.Password = "grid", tt.password
			}
			err := newEmail(t, c).Send(t.Context(), notice())
			if err == nil || notify.IsPermanent(err) != tt.permanent || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q and permanent %v", err, tt.want, tt.permanent)
			}
			if len(srv.taken()) != 0 {
				t.Error("the server has taken the message")
			}
		})
	}
}

// A server that hangs, at any point of the conversation, ends with the context; each connection is closed.
func TestEmail_ServerHangs(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"before the greeting": nil,
		"after EHLO":          {"220 mail.example ESMTP"},
		"in the handshake":    {"220 mail.example ESMTP", "250-mail.example\r\n250 STARTTLS", "220 go ahead"},
		"after MAIL":          {"220 mail.example ESMTP", "250 mail.example"},
		"after DATA":          {"220 mail.example ESMTP", "250 mail.example", "250 ok", "250 ok", "354 go ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			lis, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			closed := make(chan error, 1)
			hangs := make(chan struct{})
			go func() {
				conn, err := lis.Accept()
				if err != nil {
					closed <- err
					return
				}
				buf := make([]byte, 64<<10)
				for i, line := range lines {
					if i > 0 {
						_, _ = conn.Read(buf)
					}
					_, _ = io.WriteString(conn, line+"\r\n")
				}
				close(hangs)
				_, err = io.Copy(io.Discard, conn) // ends when the client closes
				_ = conn.Close()
				closed <- err
			}()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-hangs
				cancel()
			}()
			c := notify.EmailConfig{Server: lis.Addr().String()}
			if name == "after MAIL" || name == "after DATA" {
				c.TLS = notify.TLSOptional
			}
			if err := newEmail(t, c).Send(ctx, notice()); !errors.Is(err, context.Canceled) || notify.IsPermanent(err) {
				t.Errorf("%v, want the end of the context, to be tried again", err)
			}
			<-closed
			_ = lis.Close()
		})
	}
}

// The answer to a message counts; what the server does after the answer does not.
func TestEmail_TakenThenGone(t *testing.T) {
	t.Parallel()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lis.Close() }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := lis.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		buf := make([]byte, 64<<10)
		answer := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
		answer("220 mail.example ESMTP")
		for _, line := range []string{"250 mail.example", "250 ok", "250 ok", "354 go ahead"} {
			_, _ = conn.Read(buf)
			answer(line)
		}
		var letter []byte
		for !strings.HasSuffix(string(letter), "\r\n.\r\n") {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			letter = append(letter, buf[:n]...)
		}
		answer("250 taken")
	}()
	e := newEmail(t, notify.EmailConfig{Server: lis.Addr().String(), TLS: notify.TLSOptional})
	if err := e.Send(t.Context(), notice()); err != nil {
		t.Errorf("a message that the server has taken: %v", err)
	}
	<-done
}
