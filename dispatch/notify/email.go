package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Email sends a message to a person's address over SMTP. The Message-ID is the message's id, so that
// a mailbox knows one that comes again.
type Email struct {
	server, from string
	auth         smtp.Auth
}

// NewEmail returns a channel over a server, "host:port". With a user it signs in, which a server is
// only trusted with over TLS or on this machine.
func NewEmail(server, from, user, password string) (*Email, error) {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: write host:port", server)
	}
	if a, err := mail.ParseAddress(from); err != nil || a.Address != from {
		return nil, fmt.Errorf("mail sender %q: write one plain address", from)
	}
	e := &Email{server: server, from: from}
	if user != "" {
		e.auth = smtp.PlainAuth("", user, password, host)
	}
	return e, nil
}

// Name implements Channel.
func (e *Email) Name() string { return "email" }

// Digests implements Channel.
func (e *Email) Digests() bool { return true }

// Send implements Channel.
func (e *Email) Send(ctx context.Context, m Message) error {
	if a, err := mail.ParseAddress(m.To.Email); err != nil || a.Address != m.To.Email {
		return Permanent(fmt.Errorf("email: %q is no address of %s", m.To.Email, m.To.ID))
	}
	if err := e.send(ctx, m.To.Email, e.letter(m)); err != nil {
		var told *textproto.Error
		if errors.As(err, &told) && told.Code >= 500 && told.Code != 530 && told.Code != 535 { // not of the mailbox, but of the sign-in
			return Permanent(fmt.Errorf("email: %w", err))
		}
		return fmt.Errorf("email: %w", err)
	}
	return nil
}

func (e *Email) send(ctx context.Context, to string, letter []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	host, _, _ := net.SplitHostPort(e.server)
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if e.auth != nil {
		if err := c.Auth(e.auth); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Mail(e.from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(letter); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the message is taken; what the server says to a good-bye changes nothing
	return nil
}

// letter writes the message as RFC 5322 has it.
func (e *Email) letter(m Message) []byte {
	_, domain, _ := strings.Cut(e.from, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", e.from},
		{"To", m.To.Email},
		{"Subject", mime.BEncoding.Encode("utf-8", m.Text.Subject)},
		{"Date", m.At.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "base64"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(m.Text.Body, "\n", "\r\n") + "\r\n"))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}
