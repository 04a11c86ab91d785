package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"

	"wangge/dispatch/i18n"

	"github.com/wneessen/go-mail"
)

// TLSPolicy says how mail is encrypted on its way to the server, and whether mail may leave without encryption.
type TLSPolicy string

const (
	// TLSRequired speaks TLS from the first byte on port 465 and upgrades by STARTTLS on any other port. A server that
	// offers no TLS is refused. It is the policy of an empty string.
	TLSRequired TLSPolicy = "required"
	// TLSImplicit speaks TLS from the first byte on any port.
	TLSImplicit TLSPolicy = "implicit"
	// TLSOptional is TLSRequired, but sends in clear text to a server that offers no TLS. An attacker between the two
	// machines can then read the mail, and can make the server appear to offer no TLS.
	TLSOptional TLSPolicy = "optional"
)

// ErrNoTLS is wrapped by the error of Email.Send when TLS is required and the server offers none.
var ErrNoTLS = errors.New(
	"the mail server offers no STARTTLS, and TLS is required: name a port with TLS, or allow clear text by the TLS policy optional")

// implicitTLSPort is the port on which mail servers speak TLS from the first byte (RFC 8314).
const implicitTLSPort = "465"

// EmailConfig describes a mail server and how to use the server.
type EmailConfig struct {
	Server   string         // host:port
	From     string         // one plain address, such as "grid@city.example"
	User     string         // "" = no sign-in
	Password string         // sent over TLS, or to a server on this machine; never otherwise
	TLS      TLSPolicy      // "" = TLSRequired
	RootCAs  *x509.CertPool // nil = the certificate authorities that the system trusts
}

// Email sends a message to a person's address over SMTP. The Message-ID is the message's id, so that a mailbox
// recognizes a message that is delivered again. Each message has a connection of its own; Email is safe for concurrent
// use.
type Email struct {
	server, host string
	from         netmail.Address
	implicit     bool // TLS from the first byte
	tls          *tls.Config
	options      []mail.Option
}

// NewEmail returns a channel to a mail server. It refuses a configuration that cannot work; it does not connect.
func NewEmail(c EmailConfig) (*Email, error) {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil || host == "" || port == "" {
		return nil, i18n.Errorf("mail server %q: write host:port", "邮件服务器 %q：请写成 主机:端口", c.Server)
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil || from.Address != c.From {
		return nil, i18n.Errorf("mail sender %q: write one plain address", "发件人 %q：请写一个不带姓名的邮箱地址", c.From)
	}
	e := &Email{server: c.Server, host: host, from: *from, implicit: port == implicitTLSPort || c.TLS == TLSImplicit}
	e.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs}
	e.options = []mail.Option{
		mail.WithHELO("localhost"), mail.WithTimeout(sendTimeout), mail.WithoutNoop(), mail.WithTLSConfig(e.tls),
	}
	switch c.TLS {
	case TLSRequired, TLSImplicit, "":
		e.options = append(e.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case TLSOptional:
		e.options = append(e.options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		return nil, i18n.Errorf("TLS policy %q of the mail server: write %s, %s or %s", "邮件服务器的 TLS 策略 %q：请写 %s、%s 或 %s",
			string(c.TLS), string(TLSRequired), string(TLSImplicit), string(TLSOptional))
	}
	if e.implicit {
		e.options = append(e.options, mail.WithSSL())
	}
	if c.User != "" {
		e.options = append(e.options,
			mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	return e, nil
}

// Name implements Channel.
func (e *Email) Name() string { return "email" }

// Digests implements Channel.
func (e *Email) Digests() bool { return true }

// Send implements Channel. One try takes at most ten seconds. The error wraps ErrNoTLS when the server offers no TLS
// and TLS is required; it is Permanent when the address is malformed or the server refuses the message for good.
func (e *Email) Send(ctx context.Context, m Message) error {
	if a, err := netmail.ParseAddress(m.To.Email); err != nil || a.Address != m.To.Email {
		return Permanent(fmt.Errorf("email: %q is no address of %s", m.To.Email, m.To.ID))
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err := e.send(ctx, e.letter(m))
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // the connection was closed because ctx ended: the error of the connection explains nothing
		return fmt.Errorf("email: %s has not taken the message: %w", e.server, ctx.Err())
	case refusedForGood(err):
		return Permanent(fmt.Errorf("email: %w", err))
	default:
		return fmt.Errorf("email: %w", err)
	}
}

// send hands the letter to the server. The connection is closed when send returns and as soon as ctx ends.
func (e *Email) send(ctx context.Context, letter *mail.Msg) error {
	conn, err := e.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	opened := mail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil })
	client, err := mail.NewClient(e.host, append(slices.Clip(e.options), opened)...)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if strings.Contains(err.Error(), "does not support STARTTLS") { // the library has no error value for this case
			return fmt.Errorf("%s: %w", e.server, ErrNoTLS)
		}
		return err
	}
	if err := client.SendWithSMTPClient(session, letter); err != nil && !letter.IsDelivered() {
		return err
	}
	_ = client.CloseWithSMTPClient(session) // the server has taken the message: the answer to QUIT changes nothing
	return nil
}

// dial opens the connection, with TLS on it when the server speaks TLS from the first byte.
func (e *Email) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.server)
	if err != nil || !e.implicit {
		return conn, err
	}
	secure := tls.Client(conn, e.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// refusedForGood reports whether the server answered with a permanent refusal (5xx) of the message. A refusal of the
// sign-in (530, 535) is not one: the password can be corrected.
func refusedForGood(err error) bool {
	code := 0
	var sending *mail.SendError
	var answer *textproto.Error
	switch {
	case errors.As(err, &sending):
		code = sending.ErrorCode()
	case errors.As(err, &answer):
		code = answer.Code
	}
	return code >= 500 && code != 530 && code != 535
}

// letter writes the message in the form of RFC 5322.
func (e *Email) letter(m Message) *mail.Msg {
	_, domain, _ := strings.Cut(e.from.Address, "@")
	l := mail.NewMsg(mail.WithEncoding(mail.EncodingB64), mail.WithNoDefaultUserAgent())
	l.FromMailAddress(&e.from)
	l.ToMailAddress(&netmail.Address{Name: m.To.Name, Address: m.To.Email})
	l.Subject(m.Text.Subject)
	l.SetDateWithValue(m.At)
	l.SetMessageIDWithValue(m.ID + "@" + domain)
	l.SetGenHeader("Auto-Submitted", "auto-generated")
	l.SetBodyString(mail.TypeTextPlain, strings.ReplaceAll(m.Text.Body, "\n", "\r\n")+"\r\n")
	return l
}
