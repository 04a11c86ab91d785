package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"wangge/api/rpc"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
)

// outlets is what leaves a server besides its answers: notices, metrics, readiness.
type outlets struct {
	log           bool
	webhook       string
	smtp, from    string
	smtpTLS       string
	link, metrics string
	gap           time.Duration
}

func (o *outlets) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.log, "notify-log", true, "notices to the log")
	f.StringVar(&o.webhook, "notify-webhook", "", "URL for notices, as CloudEvents signed by Standard Webhooks; the secret (whsec_…) is WANGGE_WEBHOOK_SECRET")
	f.StringVar(&o.smtp, "notify-smtp", "", "mail server host:port for notices to people with an email in people.csv; WANGGE_SMTP_USER and WANGGE_SMTP_PASSWORD sign in")
	f.StringVar(&o.smtpTLS, "notify-smtp-tls", string(notify.TLSRequired), "encryption on the way to the mail server: required (port 465 from the first byte, any other by STARTTLS; a server without TLS is refused), implicit (from the first byte on any port) or optional (clear text to a server without TLS)")
	f.StringVar(&o.from, "notify-from", "", "sender of mail")
	f.StringVar(&o.link, "notify-link", "", "where the pages of this service are, for links in messages")
	spanFlag(f, &o.gap, "notify-gap", time.Minute, 0, "time between two messages to one person by one channel; severity A does not wait")
	f.StringVar(&o.metrics, "metrics", "", "address for Prometheus, on this machine: GET /metrics (default none)")
}

// channels makes the channels that were asked for.
func (o *outlets) channels() ([]notify.Channel, error) {
	var out []notify.Channel
	if o.log {
		out = append(out, notify.Log{Log: slog.Default()})
	}
	if o.webhook != "" {
		w, err := notify.NewWebhook(o.webhook, os.Getenv("WANGGE_WEBHOOK_SECRET"))
		if err != nil {
			return nil, fmt.Errorf("--notify-webhook: %w", err)
		}
		out = append(out, w)
	}
	if o.smtp != "" {
		e, err := notify.NewEmail(notify.EmailConfig{
			Server: o.smtp, From: o.from, User: os.Getenv("WANGGE_SMTP_USER"), Password: os.Getenv("WANGGE_SMTP_PASSWORD"), TLS: notify.TLSPolicy(o.smtpTLS),
		})
		if err != nil {
			return nil, fmt.Errorf("--notify-smtp, --notify-smtp-tls, --notify-from: %w", err)
		}
		out = append(out, e)
	}
	if o.metrics != "" {
		if err := rpc.CheckListen(o.metrics, false); err != nil {
			return nil, fmt.Errorf("--metrics: %w", err)
		}
	}
	return out, nil
}

func names(channels []notify.Channel) []string {
	var out []string
	for _, ch := range channels {
		out = append(out, ch.Name())
	}
	return out
}

// run delivers notices, answers scrapes and keeps the readiness, until ctx ends.
func (o *outlets) run(ctx context.Context, g *errgroup.Group, d *desk.Desk, channels []notify.Channel, ready *health.Server) error {
	if len(channels) > 0 {
		post := d.Postman(outbox.PostConfig{Channels: channels, Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())), Gap: o.gap, Link: o.link})
		g.Go(func() error { return untilCancelled(post.Deliver(ctx)) })
	}
	g.Go(func() error { return untilCancelled(keepReady(ctx, d, ready)) })
	if o.metrics == "" {
		return nil
	}
	lis, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsOf(d))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	g.Go(func() error {
		if err := srv.Serve(lis); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		return srv.Close()
	})
	slog.Info("metrics", "at", "http://"+lis.Addr().String()+"/metrics")
	return nil
}

func untilCancelled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// readiness is the name under which grpc.health says whether the keeper keeps up and the store takes writes.
// The overall name "" says that the server answers.
const readiness = "readiness"

const lookReady = 5 * time.Second

// keepReady says NOT_SERVING under readiness while timers wait longer than they should, or while the store takes
// no writes because its disk is full or fails. It looks each lookReady; a look takes at most as long.
func keepReady(ctx context.Context, d *desk.Desk, ready *health.Server) error {
	tick := time.NewTicker(lookReady)
	defer tick.Stop()
	for {
		state := healthv1.HealthCheckResponse_SERVING
		if !isReady(ctx, d) {
			state = healthv1.HealthCheckResponse_NOT_SERVING
		}
		ready.SetServingStatus(readiness, state)
		select {
		case <-ctx.Done():
			ready.SetServingStatus(readiness, healthv1.HealthCheckResponse_NOT_SERVING)
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func isReady(ctx context.Context, d *desk.Desk) bool {
	ctx, cancel := context.WithTimeout(ctx, lookReady)
	defer cancel()
	s, err := d.Status(ctx)
	return err == nil && s.Lag <= desk.Behind && d.Writes(ctx) == nil
}

// metricsOf answers a scrape.
func metricsOf(d *desk.Desk) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), deskCollector{d})
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{Timeout: 10 * time.Second})
}

// deskCollector reads the desk once a scrape.
type deskCollector struct{ d *desk.Desk }

var (
	descUp       = prometheus.NewDesc("wangge_up", "1 when the desk could be read for this scrape", nil, nil)
	descRevision = prometheus.NewDesc("wangge_store_revision", "commits in the store", nil, nil)
	descCases    = prometheus.NewDesc("wangge_open_cases", "cases in which somebody must act", nil, nil)
	descArmed    = prometheus.NewDesc("wangge_timers_armed", "open cases whose next step has an instant", nil, nil)
	descStuck    = prometheus.NewDesc("wangge_timers_stuck", "timers that failed and are tried again every minute", nil, nil)
	descLag      = prometheus.NewDesc("wangge_timer_lag_seconds", "how long the oldest due timer has waited", nil, nil)
	descSteps    = prometheus.NewDesc("wangge_steps_total", "what the keeper fired since the start", []string{"kind"}, nil)
	descFallback = prometheus.NewDesc("wangge_fallback_share", "share of open cases whose owner the last rule gave", nil, nil)
	descQueued   = prometheus.NewDesc("wangge_outbox_notices", "notices by state, counted up to 100000", []string{"state"}, nil)
	descOutAge   = prometheus.NewDesc("wangge_outbox_age_seconds", "how long the oldest due notice has waited", nil, nil)
	descFound    = prometheus.NewDesc("wangge_check_findings", "what the last self-check found and nobody mended", []string{"kind"}, nil)
	descLeaves   = prometheus.NewDesc("wangge_audit_leaves", "acts in the audit log", nil, nil)
	descUnlogged = prometheus.NewDesc("wangge_audit_unlogged_acts", "acts that the audit log has not taken in, counted over at most 2000 commits", nil, nil)
	descLogLag   = prometheus.NewDesc("wangge_audit_lag_seconds", "how long the oldest act that the audit log has not taken in has waited", nil, nil)
	descHeadAge  = prometheus.NewDesc("wangge_audit_head_age_seconds", "how long ago the act happened that the audit log took in last", nil, nil)
	descVerified = prometheus.NewDesc("wangge_audit_verify_timestamp_seconds", "when the last verification of the audit log came to its end", nil, nil)
	descWhole    = prometheus.NewDesc("wangge_audit_verify_ok", "1 when the last verification found the record as it was logged", nil, nil)
	descWrong    = prometheus.NewDesc("wangge_audit_verify_findings", "what the last verification found", nil, nil)
	descChecked  = prometheus.NewDesc("wangge_check_timestamp_seconds", "when the last self-check came to its end", nil, nil)
)

// Describe implements prometheus.Collector.
func (c deskCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descRevision, descCases, descArmed, descStuck, descLag, descSteps, descFallback, descQueued, descOutAge, descFound, descChecked, descLeaves, descUnlogged, descLogLag, descHeadAge, descVerified, descWhole, descWrong} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c deskCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s, err := c.d.Status(ctx)
	if err != nil {
		gauge(descUp, 0)
		return
	}
	gauge(descUp, 1)
	gauge(descRevision, float64(s.Revision))
	gauge(descCases, float64(s.Open))
	gauge(descArmed, float64(s.Armed))
	gauge(descStuck, float64(s.Stuck))
	gauge(descLag, s.Lag.Seconds())
	for kind, n := range map[string]int64{"escalated": s.Escalated, "skipped": s.Skipped, "nudged": s.Nudged} {
		ch <- prometheus.MustNewConstMetric(descSteps, prometheus.CounterValue, float64(n), kind)
	}
	if s.Owned > 0 {
		gauge(descFallback, float64(s.Fallback)/float64(s.Owned))
	}
	gauge(descQueued, float64(s.Outbox.Queued), "queued")
	gauge(descQueued, float64(s.Outbox.Due), "due")
	gauge(descQueued, float64(s.Outbox.Parked), "parked")
	gauge(descOutAge, s.Outbox.Oldest.Seconds())
	gauge(descLeaves, float64(s.Audit.Size))
	gauge(descUnlogged, float64(s.Audit.Unlogged))
	gauge(descLogLag, s.Audit.Lag.Seconds())
	gauge(descHeadAge, s.Audit.HeadAge.Seconds())
	if !s.Audit.Verified.IsZero() { // none yet is no result: an alarm on a missing series says so
		ok := 0.0
		if s.Audit.Whole {
			ok = 1
		}
		gauge(descVerified, float64(s.Audit.Verified.Unix()))
		gauge(descWhole, ok)
		gauge(descWrong, float64(s.Audit.Found))
	}
	if r, ok := c.d.LastCheck(); ok {
		gauge(descChecked, float64(r.At.Unix()))
		for kind, n := range r.ByKind {
			gauge(descFound, float64(n), strings.ToLower(string(kind)))
		}
		if r.Found == 0 {
			gauge(descFound, 0, "any")
		}
	}
}
