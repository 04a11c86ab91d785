package rpc

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	grpcgzip "google.golang.org/grpc/encoding/gzip"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"wangge/api/auth"
	"wangge/api/rpc/intercept"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch/city/roster"
	"wangge/storage/mem"
)

// newWorldLimited serves Harbin over memory with other bounds.
func newWorldLimited(t testing.TB, l Limits) *world {
	t.Helper()
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	lis := bufconn.Listen(1 << 20)
	return newWorldWith(t, c, mem.Open(), lis, Config{Limits: l}, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
}

// A token that ends takes its open streams with it, of every kind, within a second: revoked by this
// process or another, expired, its file gone, its line spoilt. The stream of another person goes on.
func TestStream_EndsWithItsToken(t *testing.T) {
	scope := map[string]func(context.Context, *world) (grpc.ClientStream, error){
		"WatchCases": func(ctx context.Context, w *world) (grpc.ClientStream, error) {
			return w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102"})
		},
		"WatchOverview": func(ctx context.Context, w *world) (grpc.ClientStream, error) {
			return wanggev1.NewSupervisionServiceClient(w.conn).WatchOverview(ctx, &wanggev1.WatchOverviewRequest{Scope: "areas/230102"})
		},
		"health": func(ctx context.Context, w *world) (grpc.ClientStream, error) {
			return healthv1.NewHealthClient(w.conn).Watch(ctx, &healthv1.HealthCheckRequest{})
		},
	}
	for how, end := range map[string]func(*world) error{
		"revoked": func(w *world) error { return w.tokens.Revoke("p-230102-leader", w.Now()) },
		"revoked by another process": func(w *world) error {
			other, err := auth.OpenTokens(w.tokens.Path)
			if err != nil {
				return err
			}
			return other.Revoke("p-230102-leader", w.Now())
		},
		"expired": func(*world) error { return nil },
		"its line is spoilt": func(w *world) error {
			data, err := os.ReadFile(w.tokens.Path)
			if err != nil {
				return err
			}
			lines := bytes.SplitAfter(data, []byte("\n"))
			for i, l := range lines {
				if bytes.Contains(l, []byte("p-230102-leader")) {
					lines[i] = append([]byte("{spoilt"), l...)
				}
			}
			return os.WriteFile(w.tokens.Path, bytes.Join(lines, nil), 0o600)
		},
	} {
		for name, open := range scope {
			t.Run(how+"/"+name, func(t *testing.T) {
				w := newWorld(t)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				start := func(p roster.PersonID, ttl time.Duration) grpc.ClientStream {
					secret, err := w.tokens.Issue(p, ttl, w.Now(), rand.Reader)
					if err != nil {
						t.Fatal(err)
					}
					stream, err := open(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+secret), w)
					if err != nil {
						t.Fatal(err)
					}
					if err := stream.RecvMsg(answerOf(name)); err != nil {
						t.Fatalf("the first message: %v", err)
					}
					return stream
				}
				ttl := time.Hour
				if how == "expired" {
					ttl = 700 * time.Millisecond
				}
				ends, stays := start("p-230102-leader", ttl), start("p-leader", time.Hour)
				if err := end(w); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err := untilEnd(ends, answerOf(name))
				if took := time.Since(began); status.Code(err) != codes.Unauthenticated || took > 3*time.Second {
					t.Errorf("the stream ended after %v with %v; want Unauthenticated within a second", took, err)
				}
				w.want(err, codes.Unauthenticated, "revoked", "wangge token")
				if name == "WatchCases" {
					w.file(w.light("after"))
					if err := stays.RecvMsg(answerOf(name)); err != nil {
						t.Errorf("the stream of another person: %v", err)
					}
				}
			})
		}
	}
}

func answerOf(stream string) any {
	switch stream {
	case "WatchCases":
		return &wanggev1.WatchCasesResponse{}
	case "WatchOverview":
		return &wanggev1.WatchOverviewResponse{}
	}
	return &healthv1.HealthCheckResponse{}
}

// untilEnd is how a stream ends.
func untilEnd(stream grpc.ClientStream, m any) error {
	for {
		if err := stream.RecvMsg(m); err != nil {
			return err
		}
	}
}

// A token whose hash stands in capitals in the file keeps its streams open, as any other does.
func TestStream_HashInCapitalsKeepsIt(t *testing.T) {
	w := newWorld(t)
	open := func(ctx context.Context) grpc.ServerStreamingClient[wanggev1.WatchCasesResponse] {
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102"})
		if err == nil {
			_, err = stream.Recv()
		}
		if err != nil {
			t.Fatal(err)
		}
		return stream
	}
	ends, stays := w.as("p-230102-leader", "en"), w.as("p-leader", "en")
	data, err := os.ReadFile(w.tokens.Path)
	if err != nil {
		t.Fatal(err)
	}
	capitals := regexp.MustCompile("[0-9a-f]{64}").ReplaceAllFunc(data, bytes.ToUpper)
	if err := os.WriteFile(w.tokens.Path, capitals, 0o600); err != nil {
		t.Fatal(err)
	}
	goes, stops := open(stays), open(ends)
	if err := w.tokens.Revoke("p-230102-leader", w.Now()); err != nil {
		t.Fatal(err)
	}
	w.want(untilEnd(stops, &wanggev1.WatchCasesResponse{}), codes.Unauthenticated) // a sweep has looked at both
	w.file(w.light("after"))
	if _, err := goes.Recv(); err != nil {
		t.Errorf("the stream that should go on: %v", err)
	}
}

// A call that ends while it waits for its caller says why, whatever the handler makes of the end.
func TestCall_WaitingForItsCallerSaysWhyItEnds(t *testing.T) {
	w := newWorld(t)
	ends := w.stall(t, "p-grid-office")
	w.want(<-ends, codes.ResourceExhausted) // the server has seen them all
	if err := w.tokens.Revoke("p-grid-office", w.Now()); err != nil {
		t.Fatal(err)
	}
	for range intercept.MaxPersonTransfers {
		err := <-ends
		w.want(err, codes.Unauthenticated, "revoked", "wangge token")
		if reason, _ := advice(err); reason != "TOKEN_ENDED" {
			t.Errorf("it says %q", reason)
		}
	}
}

// Watches of one person and calls of one person are bounded, and those of others are not touched.
func TestCall_WatchesAndCallsOfAPersonAreBounded(t *testing.T) {
	w := newWorldLimited(t, Limits{PersonWatches: 3, PersonCalls: 5})
	open := func(p roster.PersonID) (context.CancelFunc, error) {
		ctx, cancel := context.WithCancel(w.as(p, "en"))
		t.Cleanup(cancel)
		stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102"})
		if err == nil {
			_, err = stream.Recv()
		}
		return cancel, err
	}
	var ends []context.CancelFunc
	for range 3 {
		end, err := open("p-230102-leader")
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	_, err := open("p-230102-leader")
	w.want(err, codes.ResourceExhausted, "3 watches of one person", "end one")
	if reason, retry := advice(err); reason != "TOO_MANY_WATCHES" || retry == 0 {
		t.Errorf("it says %q, again after %v", reason, retry)
	}
	if _, err := open("p-leader"); err != nil {
		t.Errorf("a watch of another person: %v", err)
	}
	ends[0]()
	for _, err = open("p-230102-leader"); status.Code(err) == codes.ResourceExhausted; _, err = open("p-230102-leader") { // until the server has seen the end
	}
	if err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	// Two more calls that wait, and the person has all five.
	for range 2 {
		stream, err := wanggev1.NewCityServiceClient(w.conn).PlanCity(w.as("p-230102-leader", "en"))
		if err != nil {
			t.Fatal(err)
		}
		_ = stream
	}
	h := healthv1.NewHealthClient(w.conn)
	held, err := h.Watch(w.as("p-230102-leader", "en"), &healthv1.HealthCheckRequest{})
	if err == nil {
		_, err = held.Recv()
	}
	again, err2 := h.Watch(w.as("p-230102-leader", "en"), &healthv1.HealthCheckRequest{})
	if err2 == nil {
		_, err2 = again.Recv()
	}
	third, err3 := h.Watch(w.as("p-230102-leader", "en"), &healthv1.HealthCheckRequest{})
	if err3 == nil {
		_, err3 = third.Recv()
	}
	if err != nil || err2 != nil {
		t.Errorf("the fourth and fifth call: %v, %v", err, err2)
	}
	w.want(err3, codes.ResourceExhausted, "5 calls of one person")
	if _, err := w.city().GetCity(w.as("p-leader", "en"), &wanggev1.GetCityRequest{}); err != nil {
		t.Errorf("a call of another person: %v", err)
	}
}

// Uploads that stall lock out their person alone.
func TestUpload_StalledLocksNobodyOut(t *testing.T) {
	w := newWorldLimited(t, Limits{Receive: time.Hour, Transfer: time.Hour})
	w.want(<-w.stall(t, "p-grid-office"), codes.ResourceExhausted, "2 city directories of one person")
	w.want(w.upload(t, "p-grid-office"), codes.ResourceExhausted, "2 city directories of one person")
	if n := w.upload(t, "p-dispatcher-1"); n != nil && status.Code(n) != codes.PermissionDenied {
		t.Errorf("another person's upload: %v", n)
	}
}

// Uploads that stall are ended after a while, and give their places back.
func TestUpload_StalledEnds(t *testing.T) {
	w := newWorldLimited(t, Limits{Receive: time.Second, Transfer: 3 * time.Second})
	ends := w.stall(t, "p-grid-office")
	w.want(<-ends, codes.ResourceExhausted, "2 city directories of one person")
	for range intercept.MaxPersonTransfers {
		w.want(<-ends, codes.DeadlineExceeded)
	}
	err := w.upload(t, "p-grid-office")
	for status.Code(err) == codes.ResourceExhausted { // an end is told a moment before the place is free
		err = w.upload(t, "p-grid-office")
	}
	if err != nil {
		t.Errorf("after the stalled ones have ended: %v", err)
	}
}

// stall begins one upload more than a person may have at once and goes on with none, and yields how each ends: first
// the one that is refused, whichever that is, and each of the others when the service ends it, at the latest with the
// test.
func (w *world) stall(t *testing.T, p roster.PersonID) <-chan error {
	t.Helper()
	ctx, cancel := context.WithCancel(w.as(p, "en"))
	t.Cleanup(cancel)
	ends := make(chan error, intercept.MaxPersonTransfers+1)
	for range intercept.MaxPersonTransfers + 1 {
		stream, err := w.city().CheckCity(ctx)
		if err != nil {
			t.Fatal(err)
		}
		go func() { ends <- untilEnd(stream, &wanggev1.CheckCityResponse{}) }()
	}
	return ends
}

// upload checks a small directory.
func (w *world) upload(t *testing.T, p roster.PersonID) error {
	t.Helper()
	stream, err := w.city().CheckCity(w.as(p, "en"))
	if err != nil {
		return err
	}
	if err := stream.Send(&wanggev1.CheckCityRequest{Part: &wanggev1.FilePart{Name: "city.yaml", Data: []byte("name: x")}}); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	_, err = stream.CloseAndRecv()
	return err
}

// A compressed call is taken, and its bound is that of what comes out; without a token it is refused
// before anything comes out.
func TestCall_Compressed(t *testing.T) {
	w := newWorld(t)
	zip := grpc.UseCompressor(grpcgzip.Name)
	if _, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: w.light("zip")}, zip); err != nil {
		t.Errorf("a compressed report: %v", err)
	}
	bomb := w.light("bomb")
	bomb.Text = strings.Repeat("0", MaxMessageBytes+1)
	_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: bomb}, zip)
	w.want(err, codes.ResourceExhausted, "larger than max")
	h := healthv1.NewHealthClient(w.conn)
	_, err = h.Check(context.Background(), &healthv1.HealthCheckRequest{Service: strings.Repeat("0", MaxMessageBytes)}, zip)
	w.want(err, codes.InvalidArgument, "uncompressed")
	if _, err := h.Check(w.as(inspector, "en"), &healthv1.HealthCheckRequest{}, zip); err != nil {
		t.Errorf("a compressed check with a token: %v", err)
	}
}

// Each service answers for itself under health; a service that is not there is not found.
func TestHealth_OfANamedService(t *testing.T) {
	w := newWorld(t)
	h := healthv1.NewHealthClient(w.conn)
	for _, name := range []string{"", "wangge.v1.ReportService", "wangge.v1.CaseService", "wangge.v1.SupervisionService", "wangge.v1.CityService", "wangge.v1.PrecedentService", "wangge.v1.CampaignService", "wangge.v1.AdminService", "wangge.v1.TokenService"} {
		if r, err := h.Check(t.Context(), &healthv1.HealthCheckRequest{Service: name}); err != nil || r.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q = %v, %v; want SERVING", name, r, err)
		}
	}
	for _, name := range []string{"wangge.v1.Nothing", "CaseService", "wangge.v1"} {
		_, err := h.Check(t.Context(), &healthv1.HealthCheckRequest{Service: name})
		w.want(err, codes.NotFound)
	}
}
