package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"wangge/api/rpc"
	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	wanggev1 "wangge/api/wangge/v1"
)

// client is the connection of a command to a server: its flags, and what the server said of its city.
type client struct {
	o             *cli.Options
	server, token string
	ca            string
	timeout       time.Duration
	city          *time.Location // the server's city, once asked
}

// flags adds the flags that name the server and the caller.
func (c *client) flags(cmd *cobra.Command) {
	server := os.Getenv("WANGGE_SERVER")
	if server == "" {
		server = cli.DefaultListen
	}
	cmd.PersistentFlags().StringVar(&c.server, "server", server, "address of the server (WANGGE_SERVER)")
	cmd.PersistentFlags().StringVar(&c.token, "token", "", "bearer token (default WANGGE_TOKEN)")
	cmd.PersistentFlags().StringVar(&c.ca, "ca", "", "certificate authority file (PEM); turns TLS on, which it is for any server beyond this machine")
	cli.SpanFlag(cmd.PersistentFlags(), &c.timeout, "timeout", 30*time.Second, time.Millisecond, "longest wait")
}

// withServer connects, calls f with the token attached to the context, and closes the connection. Any error status is put into words.
func (c *client) withServer(cmd *cobra.Command, f func(context.Context, *grpc.ClientConn) error) error {
	if err := checkServer(c.server); err != nil {
		return err
	}
	token := c.token
	if token == "" {
		token = os.Getenv("WANGGE_TOKEN")
	}
	creds := insecure.NewCredentials()
	if rpc.CheckListen(c.server, false) != nil { // a token never leaves this machine in plain text
		creds = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13})
	}
	if c.ca != "" {
		pem, err := os.ReadFile(c.ca)
		if err != nil {
			return cli.Failure(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return cli.Failure(i18n.Errorf("%s holds no certificate", "%s 中没有证书", c.ca))
		}
		creds = credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13})
	}
	conn, err := grpc.NewClient(c.server, grpc.WithTransportCredentials(creds))
	if err != nil {
		return cli.Failure(err)
	}
	ctx := cmd.Context()
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "accept-language", c.o.Lang)
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	err = f(ctx, conn)
	if st, ok := status.FromError(err); ok && st.Code() != codes.OK {
		err = cli.Failure(cli.ServerError(cmd, st))
		if hint := c.explainTLS(cmd.Context(), st, creds.Info().SecurityProtocol == "tls"); hint != nil {
			err = cli.Failure(hint)
		}
	}
	return errors.Join(err, conn.Close())
}

// probeTime bounds the probe whether a server speaks TLS.
const probeTime = 3 * time.Second

// explainTLS returns what to do if client and server differ in TLS; nil if that is not the cause of the status.
func (c *client) explainTLS(ctx context.Context, st *status.Status, secure bool) error {
	if st.Code() != codes.Unavailable || len(st.Details()) > 0 {
		return nil
	}
	switch said := st.Message(); {
	case !secure && speaksTLS(ctx, c.server):
		return i18n.Errorf("the server at %s speaks TLS: give --ca FILE, the authority that signed the server's certificate, or that certificate", "%s 上的服务使用 TLS：请用 --ca 给出签发其证书的机构证书文件，或该证书本身", c.server)
	case secure && strings.Contains(said, "first record does not look like a TLS handshake") && rpc.CheckListen(c.server, false) == nil:
		return i18n.Errorf("the server at %s does not speak TLS: leave out --ca", "%s 上的服务未使用 TLS：请去掉 --ca", c.server)
	case secure && strings.Contains(said, "first record does not look like a TLS handshake"):
		return i18n.Errorf("the server at %s does not speak TLS, without which no token goes beyond this machine: start the server with --tls-cert and --tls-key", "%s 上的服务未使用 TLS，而令牌不得以明文离开本机：请以 --tls-cert 和 --tls-key 启动服务", c.server)
	case secure && strings.Contains(said, "x509:"):
		_, why, _ := strings.Cut(said, "x509: ")
		return i18n.Errorf("the certificate of the server at %[1]s is not trusted (%[2]s): give --ca FILE, the authority that signed the certificate", "%[1]s 上服务的证书不受信任：请用 --ca 给出签发该证书的机构证书文件（%[2]s）", c.server, strings.TrimSuffix(why, `"`))
	}
	return nil
}

// speaksTLS reports whether a server answers a TLS handshake. Nothing is sent after the handshake, so the certificate is not checked.
func speaksTLS(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	conn, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}).DialContext(ctx, "tcp", server)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// cityZone is the time zone of the server's city, which is asked once.
func (c *client) cityZone(ctx context.Context, conn *grpc.ClientConn) (*time.Location, error) {
	if c.city == nil {
		city, err := wanggev1.NewCityServiceClient(conn).GetCity(ctx, &wanggev1.GetCityRequest{})
		if err != nil {
			return nil, err
		}
		if c.city, err = time.LoadLocation(city.GetTimeZone()); err != nil {
			return nil, err
		}
	}
	return c.city, nil
}

// checkServer refuses an address without a host or without a valid port.
func checkServer(server string) error {
	_, port, err := net.SplitHostPort(server)
	if n, bad := strconv.ParseUint(port, 10, 16); server == "" || err == nil && !strings.Contains(server, ":/") && (bad != nil || n == 0) {
		return i18n.Errorf("--server %q: write HOST:PORT, as in 127.0.0.1:7443", "--server %q：应写作 主机:端口，如 127.0.0.1:7443", server)
	}
	return nil
}

// noteEmpty notes that a list is empty if n is 0; with --json an empty list prints nothing.
func (c *client) noteEmpty(cmd *cobra.Command, n int) error {
	if n == 0 && !c.o.JSON {
		c.o.Note(cmd, nil, i18n.F("none", "无"))
	}
	return nil
}
