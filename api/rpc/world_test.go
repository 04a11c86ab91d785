package rpc

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/rpc/convert"
	wanggev1 "wangge/api/wangge/v1"
	"wangge/dispatch"
	"wangge/dispatch/city"
	"wangge/dispatch/city/cities"
	"wangge/dispatch/city/compile"
	"wangge/dispatch/city/roster"
	"wangge/dispatch/desk"
	"wangge/dispatch/lifecycle"
	"wangge/storage"
	"wangge/storage/mem"
)

// world is a server in this process and a way to call it as a person.
type world struct {
	t      testing.TB
	nowMu  sync.Mutex
	now    time.Time // guarded by nowMu: a server's goroutines read the time
	desk   *desk.Desk
	tokens *auth.Tokens
	conn   *grpc.ClientConn
	log    *bytes.Buffer
	beats  *beats // nil: no timer ever fires
	deeds  int    // acts of doing
}

func (w *world) Now() time.Time {
	w.nowMu.Lock()
	defer w.nowMu.Unlock()
	return w.now
}

// setNow moves the clock, and fires no timer.
func (w *world) setNow(at time.Time) {
	w.nowMu.Lock()
	defer w.nowMu.Unlock()
	w.now = at
}

func (w *world) NewTimer(time.Duration) (<-chan time.Time, func() bool) {
	ch := make(chan time.Time, 1)
	if w.beats != nil {
		w.beats.mu.Lock()
		defer w.beats.mu.Unlock()
		w.beats.armed[ch] = true
		w.beats.more.Broadcast()
		return ch, func() bool {
			w.beats.mu.Lock()
			defer w.beats.mu.Unlock()
			delete(w.beats.armed, ch)
			return true
		}
	}
	return ch, func() bool { return true }
}

// beats fires timers when a test says so.
type beats struct {
	mu    sync.Mutex
	more  *sync.Cond
	armed map[chan time.Time]bool
}

func newBeats() *beats {
	b := &beats{armed: map[chan time.Time]bool{}}
	b.more = sync.NewCond(&b.mu)
	return b
}

// beat waits until so many timers are armed and fires them.
func (b *beats) beat(timers int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.armed) < timers {
		b.more.Wait()
	}
	for ch := range b.armed {
		ch <- time.Time{}
	}
	clear(b.armed)
}

// harbin is loaded once: a city is never changed.
var harbin = sync.OnceValues(func() (*city.City, error) {
	fsys, err := cities.FS("harbin")
	if err != nil {
		return nil, err
	}
	c, faults := compile.FS(fsys)
	if len(faults) > 0 {
		return nil, errors.New(faults[0].String())
	}
	return c, nil
})

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOver(t, mem.Open())
}

func newWorldOver(t testing.TB, store storage.Engine) *world {
	t.Helper()
	c, err := harbin()
	if err != nil {
		t.Fatal(err)
	}
	return newWorldOf(t, c, store)
}

// newWorldOf serves any city.
func newWorldOf(t testing.TB, c *city.City, store storage.Engine) *world {
	t.Helper()
	lis := bufconn.Listen(1 << 20)
	return newWorldOn(t, c, store, lis, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
}

// newWorldOn serves over a store, which it closes at the end, and a listener.
func newWorldOn(t testing.TB, c *city.City, store storage.Engine, lis net.Listener, dial ...grpc.DialOption) *world {
	t.Helper()
	return newWorldWith(t, c, store, lis, Config{}, dial...)
}

// newWorldWith is newWorldOn for a server that is configured otherwise.
func newWorldWith(t testing.TB, c *city.City, store storage.Engine, lis net.Listener, cfg Config, dial ...grpc.DialOption) *world {
	t.Helper()
	return newWorldDesk(t, desk.Config{Store: store, City: c}, lis, cfg, dial...)
}

// newWorldDesk is newWorldWith for a desk that is configured otherwise.
func newWorldDesk(t testing.TB, of desk.Config, lis net.Listener, cfg Config, dial ...grpc.DialOption) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 4, 9, 0, 0, 0, of.City.Location), log: &bytes.Buffer{}}
	of.Clock = w
	d, err := cfg.Desk, error(nil)
	if d == nil {
		d, err = desk.Open(t.Context(), of)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.desk = d
	if w.tokens, err = auth.OpenTokens(filepath.Join(t.TempDir(), "tokens")); err != nil {
		t.Fatal(err)
	}
	if cfg.Clock == nil {
		cfg.Clock = w.Now
	}
	cfg.Desk, cfg.Tokens, cfg.Log = d, w.tokens, slog.New(slog.NewTextHandler(io.MultiWriter(w.log), nil))
	srv := New(cfg)
	done := make(chan error, 1)
	go func() { done <- srv.Serve(lis) }()
	w.conn, err = grpc.NewClient("passthrough:///"+lis.Addr().String(), append(dial,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(64<<20)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.conn.Close()
		srv.Stop()
		<-done
		d.Close()
		_ = of.Store.Close()
	})
	return w
}

// as is a context that carries the person's own token.
func (w *world) as(person roster.PersonID, lang string) context.Context {
	secret, err := w.tokens.Issue(person, time.Hour, w.Now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+secret, "accept-language", lang)
}

func (w *world) reports() wanggev1.ReportServiceClient {
	return wanggev1.NewReportServiceClient(w.conn)
}
func (w *world) cases() wanggev1.CaseServiceClient { return wanggev1.NewCaseServiceClient(w.conn) }

// light is a missing lamp-post lid in 道里区, seen by its inspector two minutes ago.
func (w *world) light(id string) *wanggev1.Report {
	return &wanggev1.Report{
		ClientId: id, Category: "C0106", Condition: "1", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "缺盖",
		Position:    &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CaptureTime: timestamppb.New(w.Now().Add(-2 * time.Minute)),
	}
}

const inspector, otherInspector = "p-230102-inspector-1", "p-230110-inspector-1"

func (w *world) file(r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	return w.fileAs(inspector, r)
}

// fileAs files a report as a person.
func (w *world) fileAs(person roster.PersonID, r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(person, "en"), &wanggev1.CreateReportRequest{Report: r})
	if err != nil {
		w.t.Fatalf("CreateReport: %v", err)
	}
	return resp.GetCase()
}

// want checks the code of an error and that its words say what is needed.
func (w *world) want(err error, code codes.Code, words ...string) {
	w.t.Helper()
	st := status.Convert(err)
	if st.Code() != code {
		w.t.Errorf("got %v %q, want %v", st.Code(), st.Message(), code)
	}
	for _, word := range words {
		if !strings.Contains(st.Message(), word) {
			w.t.Errorf("message %q lacks %q", st.Message(), word)
		}
	}
}

// act does an act on a case as it was read: a case that has moved on refuses.
func (w *world) act(ctx context.Context, cs *wanggev1.Case, requestID string, act *wanggev1.CaseAct) (*wanggev1.Case, error) {
	return w.cases().ActOnCase(ctx, &wanggev1.ActOnCaseRequest{Name: cs.GetName(), Etag: cs.GetEtag(), RequestId: requestID, Act: act})
}

// actOn does an act on a case, whatever its etag.
func (w *world) actOn(ctx context.Context, name, requestID string, act *wanggev1.CaseAct) (*wanggev1.Case, error) {
	return w.cases().ActOnCase(ctx, &wanggev1.ActOnCaseRequest{Name: name, RequestId: requestID, Act: act})
}

// caseAct is an act with a note, of the message that holds the fields of the act.
func caseAct(note string, message proto.Message) *wanggev1.CaseAct {
	out := &wanggev1.CaseAct{Note: note}
	fields := out.ProtoReflect().Descriptor().Oneofs().ByName("act").Fields()
	for i := range fields.Len() {
		if f := fields.Get(i); f.Message() == message.ProtoReflect().Descriptor() {
			out.ProtoReflect().Set(f, protoreflect.ValueOfMessage(message.ProtoReflect()))
			return out
		}
	}
	panic(fmt.Sprintf("%T is no act", message))
}

// actsOf are the acts that a case offers to its reader.
func actsOf(cs *wanggev1.Case) []dispatch.Act {
	var out []dispatch.Act
	for _, o := range cs.GetOffers() {
		for _, act := range lifecycle.PersonsActs() {
			if convert.Act(act) == o.GetAct() {
				out = append(out, act)
			}
		}
	}
	return out
}
