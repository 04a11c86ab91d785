package remote

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

	"wangge/cmd/wangge/cli"
	"wangge/dispatch/i18n"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wangge/api/auth"
	wanggev1 "wangge/api/wangge/v1"
)

// A Server is the server that the flags of a command name. It is for one run of one command.
type Server struct {
	Options *cli.Options  // set by the maker
	Timeout time.Duration // of Call, as --timeout says; 0 is none

	address, token, ca string
	city               *wanggev1.City // the server's city, once asked
	zone               *time.Location // of the city
}

// Flags adds the flags that name the server and the caller.
func (s *Server) Flags(cmd *cobra.Command) {
	server := os.Getenv("WANGGE_SERVER")
	if server == "" {
		server = cli.DefaultListen
	}
	cmd.PersistentFlags().StringVar(&s.address, "server", server, "address of the server (WANGGE_SERVER)")
	cmd.PersistentFlags().StringVar(&s.token, "token", "", "bearer token (default WANGGE_TOKEN)")
	cmd.PersistentFlags().StringVar(&s.ca, "ca", "", "certificate authority file (PEM); turns TLS on, which it is for any server beyond this machine")
	cli.SpanFlag(cmd.PersistentFlags(), &s.Timeout, "timeout", 30*time.Second, time.Millisecond, "longest wait")
}

// Call connects, calls f with the token attached to the context, and closes the connection. Any error status is put into words.
func (s *Server) Call(cmd *cobra.Command, f func(context.Context, *grpc.ClientConn) error) error {
	if err := checkServer(s.address); err != nil {
		return err
	}
	token := s.token
	if token == "" {
		token = os.Getenv("WANGGE_TOKEN")
	}
	creds := insecure.NewCredentials()
	if auth.CheckListen(s.address, false) != nil { // a token never leaves this machine in plain text
		creds = credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13})
	}
	if s.ca != "" {
		pem, err := os.ReadFile(s.ca)
		if err != nil {
			return cli.Failure(err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return cli.Failure(i18n.Errorf("%s holds no certificate", "%s 中没有证书", s.ca))
		}
		creds = credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13})
	}
	conn, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(creds))
	if err != nil {
		return cli.Failure(err)
	}
	ctx := cmd.Context()
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.Timeout)
		defer cancel()
	}
	ctx = metadata.AppendToOutgoingContext(ctx, "accept-language", s.Options.Lang)
	if token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	}
	err = f(ctx, conn)
	if st, ok := status.FromError(err); ok && st.Code() != codes.OK {
		err = cli.Failure(cli.ServerError(cmd, st))
		if hint := s.explainTLS(cmd.Context(), st, creds.Info().SecurityProtocol == "tls"); hint != nil {
			err = cli.Failure(hint)
		}
	}
	return errors.Join(err, conn.Close())
}

// probeTime bounds the probe whether a server speaks TLS.
const probeTime = 3 * time.Second

// explainTLS returns what to do if client and server differ in TLS; nil if that is not the cause of the status.
func (s *Server) explainTLS(ctx context.Context, st *status.Status, secure bool) error {
	if st.Code() != codes.Unavailable || len(st.Details()) > 0 {
		return nil
	}
	switch said := st.Message(); {
	case !secure && speaksTLS(ctx, s.address):
		return i18n.Errorf("the server at %s speaks TLS: give --ca FILE, the authority that signed the server's certificate, or that certificate", "%s 上的服务使用 TLS：请用 --ca 给出签发其证书的机构证书文件，或该证书本身", s.address)
	case secure && strings.Contains(said, "first record does not look like a TLS handshake") && auth.CheckListen(s.address, false) == nil:
		return i18n.Errorf("the server at %s does not speak TLS: leave out --ca", "%s 上的服务未使用 TLS：请去掉 --ca", s.address)
	case secure && strings.Contains(said, "first record does not look like a TLS handshake"):
		return i18n.Errorf("the server at %s does not speak TLS, without which no token goes beyond this machine: start the server with --tls-cert and --tls-key", "%s 上的服务未使用 TLS，而令牌不得以明文离开本机：请以 --tls-cert 和 --tls-key 启动服务", s.address)
	case secure && strings.Contains(said, "x509:"):
		_, why, _ := strings.Cut(said, "x509: ")
		return i18n.Errorf("the certificate of the server at %[1]s is not trusted (%[2]s): give --ca FILE, the authority that signed the certificate", "%[1]s 上服务的证书不受信任：请用 --ca 给出签发该证书的机构证书文件（%[2]s）", s.address, strings.TrimSuffix(why, `"`))
	}
	return nil
}

// speaksTLS reports whether a server answers a TLS handshake. Nothing is sent after the handshake, so the certificate is not checked.
func speaksTLS(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	probe := tls.Dialer{Config: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // see above
		NextProtos:         []string{"h2"},
	}}
	conn, err := probe.DialContext(ctx, "tcp", server)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// CityZone is the time zone of the server's city, which is asked once.
func (s *Server) CityZone(ctx context.Context, conn *grpc.ClientConn) (*time.Location, error) {
	if s.zone == nil {
		city, err := s.City(ctx, conn)
		if err != nil {
			return nil, err
		}
		if s.zone, err = time.LoadLocation(city.GetTimeZone()); err != nil {
			return nil, err
		}
	}
	return s.zone, nil
}

// City is the server's city, which is asked once.
func (s *Server) City(ctx context.Context, conn *grpc.ClientConn) (*wanggev1.City, error) {
	if s.city == nil {
		city, err := wanggev1.NewCityServiceClient(conn).GetCity(ctx, &wanggev1.GetCityRequest{})
		if err != nil {
			return nil, err
		}
		s.city = city
	}
	return s.city, nil
}

// checkServer refuses an address without a host or without a valid port.
func checkServer(server string) error {
	_, port, err := net.SplitHostPort(server)
	if n, bad := strconv.ParseUint(port, 10, 16); server == "" || err == nil && !strings.Contains(server, ":/") && (bad != nil || n == 0) {
		return i18n.Errorf("--server %q: write HOST:PORT, as in 127.0.0.1:7443", "--server %q：应写作 主机:端口，如 127.0.0.1:7443", server)
	}
	return nil
}

// NoteEmpty notes that a list is empty if n is 0; with --json an empty list prints nothing.
func (s *Server) NoteEmpty(cmd *cobra.Command, n int) error {
	if n == 0 && !s.Options.JSON {
		s.Options.Note(cmd, nil, i18n.F("none", "无"))
	}
	return nil
}
