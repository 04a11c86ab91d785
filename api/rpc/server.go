package rpc

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // callers may compress; the bound on a message is that of what comes out
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"wangge/api/auth"
	"wangge/api/rpc/campaigns"
	"wangge/api/rpc/conn"
	"wangge/api/rpc/convert"
	"wangge/api/rpc/intercept"
	"wangge/api/rpc/request"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
)

// MaxMessageBytes bounds a request: a batch of 100 reports at their largest is about 1.8 MiB.
const MaxMessageBytes = 4 << 20

// Config is what a server needs.
type Config struct {
	Desk   *desk.Desk
	Tokens *auth.Tokens
	Clock  func() time.Time
	Log    *slog.Logger   // nil = slog.Default
	TLS    *tls.Config    // nil = plain text; see CheckListen
	Health *health.Server // nil = one that always serves
	Limits Limits
}

// workers is the number of goroutines that serve one call after the other, so that their stacks need not grow again.
// Further calls get a goroutine each.
const workers = 256

type server struct {
	desk *desk.Desk
	now  func() time.Time
	log  *slog.Logger

	calls  *intercept.Calls
	proofs atomic.Int64
}

// Limits bounds what callers may hold of a server; see [conn.Limits].
type Limits = conn.Limits

// city is the revision of the city that a call sees; see [intercept.Calls.City].
func (s *server) city(ctx context.Context) *city.City { return s.calls.City(ctx) }

// read returns a reader of the request of a call.
func (s *server) read(ctx context.Context) *request.Reader {
	return request.New(ctx, s.city(ctx), s.now())
}

// viewer renders for the caller of a call.
func (s *server) viewer(ctx context.Context, view wanggev1.CaseView) convert.Viewer {
	return convert.New(ctx, s.city(ctx), s.now(), view)
}

// full is viewer with the full view of cases.
func (s *server) full(ctx context.Context) convert.Viewer {
	return s.viewer(ctx, wanggev1.CaseView_CASE_VIEW_FULL)
}

// Server is a gRPC server whose connections are bounded.
type Server struct {
	*grpc.Server
	seats *conn.Seats
	calls *intercept.Calls
}

// Serve accepts connections until Stop or GracefulStop, as grpc.Server does.
func (s *Server) Serve(lis net.Listener) error {
	return s.Server.Serve(s.seats.Listen(lis))
}

// Stop ends all calls at once, as grpc.Server does, and the server's own goroutines.
func (s *Server) Stop() {
	s.Server.Stop()
	s.calls.Close()
}

// GracefulStop waits for the calls that are open, as grpc.Server does, and ends the server's own goroutines.
func (s *Server) GracefulStop() {
	s.Server.GracefulStop()
	s.calls.Close()
}

// registrar registers every method as a stream. A stream handler runs before the first message is received, so that a
// call is admitted or refused before its request costs memory.
type registrar struct {
	*grpc.Server
	serve func(method string, next grpc.StreamHandler) grpc.StreamHandler
}

// RegisterService implements grpc.ServiceRegistrar.
func (r registrar) RegisterService(d *grpc.ServiceDesc, impl any) {
	all := *d
	all.Methods, all.Streams = nil, slices.Clone(d.Streams)
	for _, m := range d.Methods {
		all.Streams = append(all.Streams, grpc.StreamDesc{StreamName: m.MethodName, Handler: func(impl any, ss grpc.ServerStream) error {
			answer, err := m.Handler(impl, ss.Context(), ss.RecvMsg, nil)
			if err != nil {
				return err
			}
			return ss.SendMsg(answer)
		}})
	}
	for i := range all.Streams {
		m := &all.Streams[i]
		m.Handler = r.serve("/"+d.ServiceName+"/"+m.StreamName, m.Handler)
	}
	r.Server.RegisterService(&all, impl)
}

// New returns a server with every service, health and reflection. The caller serves and stops the server.
func New(cfg Config) *Server {
	limits, turns := cfg.Limits.WithDefaults(), conn.NewPacers()
	s := &server{desk: cfg.Desk, now: cfg.Clock, log: cfg.Log}
	if s.log == nil {
		s.log = slog.Default()
	}
	cfg.Tokens.Report(func(fault error) { s.log.Warn("token file", "err", fault) })
	s.calls = intercept.New(intercept.Config{
		Limits: limits, Clock: cfg.Clock, City: cfg.Desk.City, Log: s.log, Turns: turns, Open: openTo,
		Auth: auth.Authenticator{Tokens: cfg.Tokens, Active: func(p roster.PersonID,
			at time.Time,
		) bool {
			return cfg.Desk.City().Roster.Active(p, at)
		}},
	})
	creds := insecure.NewCredentials()
	if cfg.TLS != nil {
		creds = credentials.NewTLS(turns.TLS(cfg.TLS))
	}
	options := append(conn.Options(limits, creds, turns), grpc.InTapHandle(s.calls.Begin), grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.NumStreamWorkers(workers))
	g := registrar{serve: s.calls.Handler, Server: grpc.NewServer(options...)}
	wanggev1.RegisterReportServiceServer(g, reportService{server: s})
	wanggev1.RegisterCaseServiceServer(g, caseService{server: s})
	wanggev1.RegisterSupervisionServiceServer(g, supervisionService{server: s})
	wanggev1.RegisterCityServiceServer(g, cityService{server: s})
	wanggev1.RegisterPrecedentServiceServer(g, precedentService{server: s})
	wanggev1.RegisterCampaignServiceServer(g, campaigns.New(cfg.Desk, s.calls, cfg.Clock))
	wanggev1.RegisterFormServiceServer(g, newFormService(s))
	wanggev1.RegisterAdminServiceServer(g, &adminService{server: s})
	wanggev1.RegisterTokenServiceServer(g, tokenService{server: s, tokens: cfg.Tokens})
	if cfg.Health == nil {
		cfg.Health = health.NewServer()
	}
	for name := range g.GetServiceInfo() {
		cfg.Health.SetServingStatus(name, healthv1.HealthCheckResponse_SERVING)
	}
	healthv1.RegisterHealthServer(g, cfg.Health)
	reflection.Register(g)
	return &Server{g.Server, conn.NewSeats(limits), s.calls}
}
