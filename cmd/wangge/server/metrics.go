package server

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wangge/dispatch/city"
	"wangge/dispatch/desk"
)

// metricsOf is the handler of scrapes.
func metricsOf(d *desk.Desk) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), deskCollector{d})
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{Timeout: 10 * time.Second})
}

// deskCollector reads the desk once for each scrape.
type deskCollector struct{ d *desk.Desk }

var (
	descUp       = newDesc("wangge_up", "1 when the desk could be read for this scrape")
	descRevision = newDesc("wangge_store_revision", "commits in the store")
	descCases    = newDesc("wangge_open_cases", "cases in which somebody must act")
	descArmed    = newDesc("wangge_timers_armed", "open cases whose next step has an instant")
	descStuck    = newDesc("wangge_timers_stuck", "timers that failed and are tried again every minute")
	descLag      = newDesc("wangge_timer_lag_seconds", "how long the oldest due timer has waited")
	descSteps    = newDesc("wangge_steps_total", "steps that the scheduler has fired since the start", "kind")
	descFallback = newDesc("wangge_fallback_share", "share of open cases whose owner the last rule gave")
	descQueued   = newDesc("wangge_outbox_notices", "notices by state, counted up to 100000", "state")
	descChannel  = newDesc("wangge_notice_channel", "1 for a channel by which this server sends notices, else 0; the log tells nobody", "channel")
	descTries    = newDesc("wangge_notice_tries_total", "notices that were tried by a channel since the start, by result", "channel", "result")
	descOutAge   = newDesc("wangge_outbox_age_seconds", "how long the oldest due notice has waited")
	descFound    = newDesc("wangge_check_findings", "what the last self-check found and nobody mended", "kind")
	descLeaves   = newDesc("wangge_audit_leaves", "acts in the audit log")
	descUnlogged = newDesc("wangge_audit_unlogged_acts", "acts that the audit log has not taken in, counted over at most 2000 commits")
	descLogLag   = newDesc("wangge_audit_lag_seconds", "how long the oldest act that the audit log has not taken in has waited")
	descHeadAge  = newDesc("wangge_audit_head_age_seconds", "how long ago the act happened that the audit log took in last")
	descVerified = newDesc("wangge_audit_verify_timestamp_seconds", "when the last verification of the audit log came to its end")
	descWhole    = newDesc("wangge_audit_verify_ok", "1 when the last verification found the record as it was logged")
	descWrong    = newDesc("wangge_audit_verify_findings", "what the last verification found")
	descChecked  = newDesc("wangge_check_timestamp_seconds", "when the last self-check came to its end")
)

// newDesc describes a metric and names the labels that vary.
func newDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c deskCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descUp, descRevision, descCases, descArmed, descStuck, descLag, descSteps, descFallback, descQueued,
		descChannel, descTries, descOutAge, descFound, descChecked, descLeaves, descUnlogged, descLogLag, descHeadAge, descVerified,
		descWhole, descWrong,
	} {
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
	for kind, n := range map[string]int64{
		"escalated": s.Escalated, "skipped": s.Skipped, "nudged": s.Reminded, "receipt_missed": s.ReceiptsMissed,
	} {
		ch <- prometheus.MustNewConstMetric(descSteps, prometheus.CounterValue, float64(n), kind)
	}
	if s.Owned > 0 {
		gauge(descFallback, float64(s.Fallback)/float64(s.Owned))
	}
	gauge(descQueued, float64(s.Outbox.Queued), "queued")
	gauge(descQueued, float64(s.Outbox.Due), "due")
	gauge(descQueued, float64(s.Outbox.DeadLetters), "parked")
	gauge(descQueued, float64(s.Outbox.NoAddress), "no_address")
	for _, name := range city.Channels {
		has := 0.0
		if slices.Contains(c.d.Channels(), name) {
			has = 1
		}
		gauge(descChannel, has, name)
	}
	for _, name := range c.d.Channels() {
		n := s.Tries[name]
		for result, n := range map[string]int64{"sent": n.Sent, "failed": n.Failed, "given_up": n.GivenUp} {
			ch <- prometheus.MustNewConstMetric(descTries, prometheus.CounterValue, float64(n), name, result)
		}
	}
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
