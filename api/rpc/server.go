// Package rpc is the gRPC face of a desk: who is asking, what is wrong with a request, and the
// services of package wangge.v1. It decides nothing.
package rpc

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"
	"wangge/dispatch/desk"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	wanggev1 "wangge/api/wangge/v1"
)

// MaxMessageBytes bounds a request: a batch of 100 reports at their largest is about 1.8 MiB.
const MaxMessageBytes = 4 << 20

// Config is what a server needs.
type Config struct {
	Desk   *desk.Desk
	Tokens *Tokens
	Clock  func() time.Time
	Log    *slog.Logger   // nil = slog.Default
	TLS    *tls.Config    // nil = plain text; see CheckListen
	Health *health.Server // nil = one that always serves

	MaxWatchers int // streams at once, beyond which RESOURCE_EXHAUSTED; 0 = 50,000
}

// workers is how many goroutines serve calls over and over, with stacks that have grown already;
// calls beyond them get one of their own.
const workers = 256

type server struct {
	desk   *desk.Desk
	tokens *Tokens
	now    func() time.Time
	log    *slog.Logger

	watchers    atomic.Int64
	maxWatchers int64
	proofs      atomic.Int64
	uploads     atomic.Int64
}

// New registers every service, health and reflection. The caller serves and stops it.
func New(cfg Config) *grpc.Server {
	s := &server{desk: cfg.Desk, tokens: cfg.Tokens, now: cfg.Clock, log: cfg.Log, maxWatchers: int64(cmp.Or(cfg.MaxWatchers, maxWatchers))}
	if s.log == nil {
		s.log = slog.Default()
	}
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessageBytes),
		grpc.NumStreamWorkers(workers),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
	}
	if cfg.TLS != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(cfg.TLS)))
	}
	g := grpc.NewServer(opts...)
	wanggev1.RegisterReportServiceServer(g, reports{server: s})
	wanggev1.RegisterCaseServiceServer(g, cases{server: s})
	wanggev1.RegisterSupervisionServiceServer(g, supervision{server: s})
	wanggev1.RegisterCityServiceServer(g, ground{server: s})
	wanggev1.RegisterPrecedentServiceServer(g, precedents{server: s})
	wanggev1.RegisterAdminServiceServer(g, &admin{server: s})
	if cfg.Health == nil {
		cfg.Health = health.NewServer()
	}
	healthv1.RegisterHealthServer(g, cfg.Health)
	reflection.Register(g)
	return g
}

// CheckListen refuses to offer plain text beyond this machine.
func CheckListen(addr string, hasTLS bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", addr, err)
	}
	ip := net.ParseIP(host)
	if hasTLS || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("listen address %q reaches beyond this machine and there is no TLS; give --tls-cert and --tls-key, or listen on 127.0.0.1", addr)
}
