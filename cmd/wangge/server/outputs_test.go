package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"wangge/dispatch"
	"wangge/dispatch/city/citytest/testdir"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/desk"
	"wangge/dispatch/desk/auditlog"
	"wangge/dispatch/desk/fsck"
	"wangge/dispatch/desk/outbox"
	"wangge/dispatch/notify"
	"wangge/grid"
	"wangge/storage"
	"wangge/storage/bolt"
	"wangge/storage/mem"
)

// While the store takes no writes, because its disk is full or fails or because its file is gone, readiness is
// NOT_SERVING, also when nobody writes; it comes back by itself when writes succeed again.
func TestReadiness_StoreTakesNoWrites(t *testing.T) {
	t.Parallel()
	c, faults := compile.FS(testdir.Plain(t))
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	path := filepath.Join(t.TempDir(), storeName)
	engine, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	store := &refusing{Engine: engine}
	clock := &storyClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	file := func(id string) error {
		_, _, err := d.File(t.Context(), "b-leader", dispatch.Report{ClientID: id, Source: dispatch.SourceInspector, Category: "abandoned-bicycle/abandoned-bicycle", Position: grid.Position{Lat: 42.36, Lng: -71.06, Datum: grid.WGS84}})
		return err
	}
	is := func(when string, ready bool) {
		t.Helper()
		if got, _ := isReady(t.Context(), d); got != ready {
			t.Errorf("%s it is ready: %v, want %v", when, got, ready)
		}
	}
	is("at first", true)
	for _, with := range []error{storage.ErrFull, storage.ErrFailed, storage.ErrUncertain} {
		store.with.Store(&with)
		if err := file("r-1"); !errors.Is(err, with) {
			t.Fatalf("File = %v, want %v", err, with)
		}
		is(fmt.Sprintf("while commits end with %q", with), false)
		clock.now = clock.now.Add(readinessInterval)
		is(fmt.Sprintf("while commits still end with %q", with), false)
		store.with.Store(nil)
		clock.now = clock.now.Add(readinessInterval)
		is(fmt.Sprintf("after %q", with), true)
	}
	if err := file("r-1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	is("while the file is away, and nobody writes,", false)
	if err := file("r-2"); !errors.Is(err, storage.ErrFailed) {
		t.Errorf("File = %v, want ErrFailed", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); engine.Health(t.Context()) != nil && time.Since(began) < time.Minute; {
		runtime.Gosched()
	}
	clock.now = clock.now.Add(readinessInterval)
	is("when the file is back", true)
	if err := file("r-2"); err != nil {
		t.Error(err)
	}
}

// refusing is a store whose commits fail with an error while it has one.
type refusing struct {
	*bolt.Engine
	with atomic.Pointer[error]
}

func (r *refusing) Commit(ctx context.Context, b storage.Batch) (storage.Revision, error) {
	if err := r.with.Load(); err != nil {
		return 0, *err
	}
	return r.Engine.Commit(ctx, b)
}

// The figures that operators watch are those of the desk, and readiness ends while the scheduler is behind.
func TestMetrics_FiguresAndReadiness(t *testing.T) {
	t.Parallel()
	c, faults := compile.FS(testdir.Plain(t))
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	store := mem.Open()
	defer store.Close()
	clock := &storyClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Channels: []string{"log"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var last *dispatch.Case
	for i := range 3 {
		last, _, err = d.File(t.Context(), "b-leader", dispatch.Report{ClientID: fmt.Sprint("r-", i), Source: dispatch.SourceInspector, Category: "abandoned-bicycle/abandoned-bicycle", Position: grid.Position{Lat: 42.36, Lng: -71.06, Datum: grid.WGS84}})
		if err != nil {
			t.Fatal(err)
		}
	}
	relay := d.Relay(outbox.RelayConfig{Channels: []notify.Channel{notify.Log{Log: slog.New(slog.DiscardHandler)}}})
	told, _, err := relay.DeliverDue(t.Context(), clock.now) // of the dispatches
	if told == 0 || err != nil {
		t.Fatalf("DeliverDue = %d, %v", told, err)
	}
	scrape := func() string {
		w := httptest.NewRecorder()
		metricsOf(d).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		body, err := io.ReadAll(w.Body)
		if err != nil || w.Code != 200 {
			t.Fatalf("scrape: %d, %v", w.Code, err)
		}
		return string(body)
	}
	wants := func(lines ...string) {
		t.Helper()
		got := scrape()
		for _, line := range lines {
			if !strings.Contains(got, "\n"+line+"\n") {
				t.Errorf("no %q in\n%s", line, got)
			}
		}
	}
	ready := health.NewServer()
	state := func() healthv1.HealthCheckResponse_ServingStatus {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		watched, stop := context.WithCancel(t.Context())
		defer stop()
		seen := &watcher{ctx: watched, first: make(chan healthv1.HealthCheckResponse_ServingStatus, 8)}
		done := make(chan error, 1)
		ready.SetServingStatus(readiness, healthv1.HealthCheckResponse_UNKNOWN)
		go func() { _ = ready.Watch(&healthv1.HealthCheckRequest{Service: readiness}, seen) }()
		go func() { done <- updateReadiness(ctx, d, ready) }()
		for s := range seen.first {
			if s != healthv1.HealthCheckResponse_UNKNOWN {
				cancel()
				<-done
				return s
			}
		}
		return 0
	}
	wants("wangge_up 1", "wangge_open_cases 3", "wangge_timers_armed 3", "wangge_timer_lag_seconds 0", "wangge_outbox_age_seconds 0", "wangge_fallback_share 0")
	if got := state(); got != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("readiness is %v, want SERVING", got)
	}
	clock.now = last.NextAt.Add(5 * time.Minute)
	wants("wangge_timer_lag_seconds 300")
	if got := state(); got != healthv1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("readiness while the scheduler is behind is %v, want NOT_SERVING", got)
	}
	if n, _, err := d.FireDue(t.Context(), clock.now); n != 3 || err != nil {
		t.Fatalf("FireDue = %d, %v", n, err)
	}
	if _, err := d.Check(t.Context(), fsck.CheckOptions{}); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(time.Minute)
	wants("wangge_timer_lag_seconds 0", `wangge_steps_total{kind="escalated"} 3`, `wangge_outbox_notices{state="due"} 3`, "wangge_outbox_age_seconds 60", `wangge_check_findings{kind="any"} 0`)

	wants(`wangge_notice_channel{channel="log"} 1`, `wangge_notice_channel{channel="sms"} 0`, fmt.Sprintf(`wangge_notice_tries_total{channel="log",result="sent"} %d`, told))
	wants("wangge_audit_leaves 0", "wangge_audit_unlogged_acts 6", "wangge_audit_head_age_seconds 0")
	if got := scrape(); strings.Contains(got, "\nwangge_audit_verify") {
		t.Error("a verification is reported before there was one")
	}
	auditing, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.RunAudit(auditing) }()
	for s := (auditlog.AuditState{Unlogged: 1}); s.Unlogged > 0 || s.Size < 6; {
		st, err := d.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s = st.Audit
	}
	stop()
	<-ended
	wants("wangge_audit_leaves 6", "wangge_audit_unlogged_acts 0", "wangge_audit_lag_seconds 0", "wangge_audit_head_age_seconds 60")
	if r, err := d.VerifyAudit(t.Context(), auditlog.AuditHead{}); err != nil || !r.Whole() {
		t.Fatalf("VerifyAudit = %+v, %v", r, err)
	}
	wants("wangge_audit_verify_ok 1", "wangge_audit_verify_findings 0")
	if _, err := d.Act(t.Context(), "b-leader", last.ID, 0, "", dispatch.Command{Act: dispatch.ActComment, Note: "seen"}); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(7 * time.Second)
	wants("wangge_audit_unlogged_acts 1", "wangge_audit_lag_seconds 7", "wangge_audit_head_age_seconds 67")
	if r, err := d.VerifyAudit(t.Context(), auditlog.AuditHead{Size: 3}); err != nil || r.Whole() {
		t.Fatalf("VerifyAudit of another head = %+v, %v", r, err)
	}
	wants("wangge_audit_verify_ok 0", "wangge_audit_verify_findings 1")
}

// watcher is the stream of a health watch.
type watcher struct {
	healthv1.Health_WatchServer
	ctx   context.Context
	first chan healthv1.HealthCheckResponse_ServingStatus
}

func (w *watcher) Context() context.Context { return w.ctx }

func (w *watcher) Send(r *healthv1.HealthCheckResponse) error {
	select {
	case w.first <- r.GetStatus():
	default:
	}
	return nil
}

// A server that can tell nobody says NOT_SERVING under a name of its own, whatever the state of the store.
func TestHealth_NobodyToTell(t *testing.T) {
	t.Parallel()
	c, faults := compile.FS(testdir.Plain(t))
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	for _, tt := range []struct {
		out  outputs
		want healthv1.HealthCheckResponse_ServingStatus
	}{
		{outputs{}, healthv1.HealthCheckResponse_NOT_SERVING},
		{outputs{log: true}, healthv1.HealthCheckResponse_NOT_SERVING},
		{outputs{log: true, smtp: "127.0.0.1:25", from: "grid@city.example"}, healthv1.HealthCheckResponse_SERVING},
	} {
		store := mem.Open()
		channels, err := tt.out.channels()
		if err != nil {
			t.Fatal(err)
		}
		clock := &storyClock{now: time.Date(2011, 7, 11, 9, 0, 0, 0, c.Location)}
		d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: clock, Channels: names(channels), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		g, ready := new(errgroup.Group), health.NewServer()
		if err := tt.out.run(ctx, g, d, channels, ready); err != nil {
			t.Fatal(err)
		}
		got, err := ready.Check(ctx, &healthv1.HealthCheckRequest{Service: noticeHealth})
		if err != nil || got.GetStatus() != tt.want {
			t.Errorf("channels %v: %v, %v; want %v", names(channels), got.GetStatus(), err, tt.want)
		}
		stop()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		d.Close()
		_ = store.Close()
	}
}

// Files of gateways that can't be used are refused together, each fault with file and line, before the server starts.
func TestOutputs_RefusesGatewayFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	wecom, sms := filepath.Join(dir, "wecom.yaml"), filepath.Join(dir, "sms.yaml")
	for file, text := range map[string]string{wecom: "corp: ww1\nagent: 0\nsecret_file: none\n", sms: "url: ftp://sms.example/\nbody: '{{.Text}}{{.Phone}}'\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := (&outputs{wecom: wecom, sms: sms}).channels()
	if err == nil {
		t.Fatal("the files are taken")
	}
	for _, want := range []string{wecom + ":2: agent", wecom + ":3: the secret", sms + ":1: the URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
