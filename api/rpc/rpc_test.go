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
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wangge/api/auth"
	"wangge/api/resource"
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
	now    time.Time
	desk   *desk.Desk
	tokens *auth.Tokens
	conn   *grpc.ClientConn
	log    *bytes.Buffer
	beats  *beats // nil: no timer ever fires
}

func (w *world) Now() time.Time { return w.now }

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
	w := &world{t: t, now: time.Date(2026, 3, 4, 9, 0, 0, 0, c.Location), log: &bytes.Buffer{}}
	d, err := desk.Open(t.Context(), desk.Config{Store: store, City: c, Clock: w})
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
		_ = store.Close()
	})
	return w
}

// as is a context that carries the person's own token.
func (w *world) as(person roster.PersonID, lang string) context.Context {
	secret, err := w.tokens.Issue(person, time.Hour, w.now, rand.Reader)
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
		ClientId: id, Category: "C0106", Source: wanggev1.Source_SOURCE_INSPECTOR, Text: "缺盖",
		Position:    &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84, AccuracyM: 8},
		CaptureTime: timestamppb.New(w.now.Add(-2 * time.Minute)),
	}
}

const inspector, otherInspector = "p-230102-inspector-1", "p-230110-inspector-1"

func (w *world) file(r *wanggev1.Report) *wanggev1.Case {
	w.t.Helper()
	resp, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: r})
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

func TestCase_FromReportToClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("r-1"))
	if cs.GetStage() != wanggev1.Stage_STAGE_DISPATCHED || cs.GetOwner().GetUnit() != "departments/LIGHTING" || cs.GetDueTime() == nil {
		t.Fatalf("filed as %v", cs)
	}
	owner := personOf(cs.GetOwner().GetPerson())
	ctx := w.as(owner, "en")
	got, err := w.cases().GetCase(ctx, &wanggev1.GetCaseRequest{Name: cs.GetName()})
	if err != nil || !slices.Equal(actsOf(got), []dispatch.Act{"return", "start", "extend", "comment"}) {
		t.Fatalf("the owner may %v, %v; want return, start, extend and comment", got.GetOffers(), err)
	}
	started, err := w.act(ctx, cs, "a-1", caseAct("", &wanggev1.StartAct{}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.act(ctx, cs, "a-1", caseAct("", &wanggev1.StartAct{}))
	if err != nil || again.GetEtag() != started.GetEtag() {
		t.Errorf("the same request again = %v, %v; want the same case", again.GetEtag(), err)
	}
	after := strings.Repeat("ab", 32)
	_, err = w.act(ctx, cs, "a-2", caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{after}}))
	w.want(err, codes.Aborted, "moved on")
	resolved, err := w.act(ctx, started, "a-3", caseAct("", &wanggev1.ResolveAct{PhotoHashes: []string{after}}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.act(w.as(inspector, "en"), resolved, "a-4", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	w.want(err, codes.PermissionDenied, "acceptor")
	_, err = w.act(w.as("p-acceptor-1", "en"), resolved, "a-4", caseAct("", &wanggev1.CloseAct{Closing: strings.Repeat("x", 5000)}))
	w.want(err, codes.InvalidArgument, "4000", "outcome")
	_, err = w.act(w.as(inspector, "en"), resolved, "a-4", caseAct("", &wanggev1.CheckAct{}))
	w.want(err, codes.InvalidArgument, "passed")
	_, err = w.act(w.as("p-acceptor-1", "en"), resolved, "a-5", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	w.want(err, codes.FailedPrecondition, "check")
	checked, err := w.act(w.as(inspector, "en"), resolved, "a-6", caseAct("", &wanggev1.CheckAct{Passed: new(true), Position: cs.GetReport().GetPosition()}))
	if err != nil {
		t.Fatal(err)
	}
	closed, err := w.act(w.as("p-acceptor-1", "en"), checked, "a-7", caseAct("", &wanggev1.CloseAct{Closing: "done", Outcome: wanggev1.Outcome_OUTCOME_FIXED}))
	if err != nil || closed.GetStage() != wanggev1.Stage_STAGE_CLOSED || closed.GetOutcome() != wanggev1.Outcome_OUTCOME_FIXED {
		t.Fatalf("closed = %v, %v", closed, err)
	}
	events, err := w.cases().ListCaseEvents(ctx, &wanggev1.ListCaseEventsRequest{Parent: cs.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events.GetEvents() {
		kinds = append(kinds, eventWord(e.GetKind()))
	}
	if got, want := strings.Join(kinds, " "), "reported filed dispatched started resolved check_passed closed"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
}

func TestCase_HotlineIsAcceptedDispatchedAndReturned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("h-1")
	r.Source = wanggev1.Source_SOURCE_HOTLINE
	cs := w.file(r)
	if cs.GetStage() != wanggev1.Stage_STAGE_REPORTED || cs.GetOwner() != nil {
		t.Fatalf("filed as %v", cs)
	}
	accepted, err := w.act(w.as("p-acceptor-1", "en"), cs, "a-1", caseAct("", &wanggev1.AcceptAct{}))
	if err != nil {
		t.Fatal(err)
	}
	sent, err := w.act(w.as("p-dispatcher-1", "en"), accepted, "a-2", caseAct("", &wanggev1.DispatchAct{Unit: "departments/GREEN"}))
	if err != nil || sent.GetOwner().GetUnit() != "departments/GREEN" {
		t.Fatalf("dispatched to %v, %v", sent.GetOwner(), err)
	}
	owner := w.as(personOf(sent.GetOwner().GetPerson()), "en")
	_, err = w.act(owner, sent, "a-3", caseAct("", &wanggev1.ReturnAct{}))
	w.want(err, codes.InvalidArgument, "reason")
	back, err := w.act(owner, sent, "a-4", caseAct("", &wanggev1.ReturnAct{Reason: wanggev1.ReturnReason_RETURN_REASON_NOT_MY_LINE}))
	if err != nil || back.GetStage() != wanggev1.Stage_STAGE_RETURNED || back.GetReturns() != 1 {
		t.Fatalf("returned = %v, %v", back, err)
	}
}

func TestReport_SameIDSameReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.file(w.light("r-1"))
	if again := w.file(w.light("r-1")); again.GetName() != first.GetName() {
		t.Errorf("the same report became %s and %s", first.GetName(), again.GetName())
	}
	other := w.light("r-1")
	other.Text = "another"
	_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: other})
	w.want(err, codes.AlreadyExists, "text")
}

func TestRefusal_Codes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name  string
		spoil func(*wanggev1.Report)
		words []string
	}{
		{"a point outside says how far", func(r *wanggev1.Report) { r.Position.Latitude, r.Position.Longitude = 39.904, 116.407 }, []string{"outside", "m away", "bearing"}},
		{"swapped axes are guessed", func(r *wanggev1.Report) { r.Position.Latitude, r.Position.Longitude = 126.6, 45.7 }, []string{"swapped"}},
		{"an unknown category names the nearest", func(r *wanggev1.Report) { r.Category = "C010" }, []string{"C010", "nearest"}},
		{"a time that is none", func(r *wanggev1.Report) { r.CaptureTime = &timestamppb.Timestamp{Nanos: -1} }, []string{"capture_time", "not an instant"}},
		{"a phone's time that is none", func(r *wanggev1.Report) { r.PhoneTime = &timestamppb.Timestamp{Seconds: 1 << 60} }, []string{"phone_time", "not an instant"}},
		{
			"every fault at once", func(r *wanggev1.Report) {
				r.ClientId, r.Category, r.Position, r.PhotoHashes = "a b", "", nil, []string{"x"}
			},
			[]string{"client_id", "category", "position", "photo_hashes[0]"},
		},
	} {
		r := w.light("bad")
		tt.spoil(r)
		_, err := w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: r})
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.want(err, codes.InvalidArgument, tt.words...)
			var fields int
			for _, d := range status.Convert(err).Details() {
				if b, ok := d.(*errdetails.BadRequest); ok {
					fields = len(b.GetFieldViolations())
				}
			}
			if fields == 0 {
				t.Errorf("no field violations in %v", err)
			}
		})
	}
	w.t = t
	_, err := w.reports().CreateReport(context.Background(), &wanggev1.CreateReportRequest{Report: w.light("x")})
	w.want(err, codes.Unauthenticated, "wangge token")
	_, err = w.reports().CreateReport(metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer nonsense", "accept-language", "zh-CN"), &wanggev1.CreateReportRequest{Report: w.light("x")})
	w.want(err, codes.Unauthenticated, "令牌")
	big := w.light("big")
	big.Text = strings.Repeat("x", 20<<20)
	_, err = w.reports().CreateReport(w.as(inspector, "en"), &wanggev1.CreateReportRequest{Report: big})
	w.want(err, codes.ResourceExhausted, "larger than max")

	// A district can't see another's case; it is not even told that there is one.
	cs := w.file(w.light("mine"))
	_, err = w.cases().GetCase(w.as(otherInspector, "en"), &wanggev1.GetCaseRequest{Name: cs.GetName()})
	w.want(err, codes.NotFound)
	_, err = w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: "cases/20260101-999999"})
	w.want(err, codes.NotFound)
	_, err = wanggev1.NewSupervisionServiceClient(w.conn).SummarizeOverdue(w.as(otherInspector, "en"), &wanggev1.SummarizeOverdueRequest{Scope: "areas/230100"})
	w.want(err, codes.NotFound)
	if w.log.Len() > 0 {
		t.Errorf("refusals are the caller's, yet the log says %s", w.log)
	}
}

func TestToken_Expired(t *testing.T) {
	w := newWorld(t)
	ctx := w.as(inspector, "en")
	w.now = w.now.Add(2 * time.Hour)
	_, err := wanggev1.NewCityServiceClient(w.conn).GetCity(ctx, &wanggev1.GetCityRequest{})
	w.want(err, codes.Unauthenticated, "expired")
}

func TestReport_BatchHasAResultForEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.light("b-2")
	bad.Category = "nothing"
	resp, err := w.reports().BatchCreateReports(w.as(inspector, "en"), &wanggev1.BatchCreateReportsRequest{Reports: []*wanggev1.Report{w.light("b-1"), bad, w.light("b-1")}})
	if err != nil {
		t.Fatal(err)
	}
	rs := resp.GetResults()
	if len(rs) != 3 || !rs[0].GetFiled().GetCreated() || rs[1].GetStatus().GetCode() != int32(codes.InvalidArgument) || rs[2].GetFiled().GetCreated() ||
		!proto.Equal(rs[0].GetFiled().GetCase(), rs[2].GetFiled().GetCase()) {
		t.Errorf("results %v", rs)
	}
}

func TestOverdue_ListAndSummary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cs := w.file(w.light("late"))
	w.now = cs.GetDueTime().AsTime().Add(time.Hour)
	sup := wanggev1.NewSupervisionServiceClient(w.conn)
	ctx := w.as("p-leader", "zh")
	list, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", State: wanggev1.CaseState_CASE_STATE_OVERDUE})
	if err != nil || len(list.GetCases()) != 1 || list.GetCases()[0].GetLate().AsDuration() != time.Hour {
		t.Fatalf("overdue %v, %v; want one case an hour late", list, err)
	}
	sum, err := sup.SummarizeOverdue(ctx, &wanggev1.SummarizeOverdueRequest{Scope: "areas/230100"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range sum.GetRows() {
		want := int32(0)
		if slices.Contains([]string{"areas/230102", "areas/230100", "departments/LIGHTING"}, r.GetUnit()) {
			want = 1
		}
		if r.GetOverdue() != want {
			t.Errorf("%s (%s): %d overdue, want %d", r.GetUnit(), r.GetDisplayName(), r.GetOverdue(), want)
		}
	}
}

// The second page belongs to the first one's instant, however late it is asked for.
func TestOverdue_GoesOnAfterThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 7 {
		w.file(w.light(fmt.Sprint("late-", i)))
	}
	w.now = w.now.Add(30 * 24 * time.Hour)
	seen := map[string]bool{}
	req := &wanggev1.ListCasesRequest{Scope: "areas/230102", State: wanggev1.CaseState_CASE_STATE_OVERDUE, PageSize: 3}
	for {
		page, err := w.cases().ListCases(w.as("p-230102-leader", "en"), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, cs := range page.GetCases() {
			seen[cs.GetName()] = true
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
		w.now = w.now.Add(time.Minute)
	}
	if len(seen) != 7 {
		t.Errorf("%d cases in all pages, want 7", len(seen))
	}
}

// A request that is wrong in a thousand places, at length, gets an answer that any client can take.
func TestRefusal_ErrorsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.light("bounded")
	long := strings.Repeat("灯", 300_000)
	r.ClientId, r.Category, r.Condition, r.Text = long, long, long, long
	for range 1000 {
		r.PhotoHashes = append(r.PhotoHashes, "x")
	}
	_, err := w.reports().CreateReport(w.as(inspector, "zh"), &wanggev1.CreateReportRequest{Report: r})
	w.want(err, codes.InvalidArgument, "client_id", "category", "condition", "text", "photo_hashes", "另有")
	if n := len(url.QueryEscape(status.Convert(err).Message())) + proto.Size(status.Convert(err).Proto())*4/3; n > 8<<10 {
		t.Errorf("the error takes %d bytes of metadata, want at most 8 KiB", n)
	}
	_, err = w.cases().GetCase(w.as(inspector, "en"), &wanggev1.GetCaseRequest{Name: long})
	w.want(err, codes.InvalidArgument, "…")
	_, err = w.cases().ListCases(w.as("p-230102-leader", "en"), &wanggev1.ListCasesRequest{Scope: "areas/230102", Category: "C9999", Stage: 99})
	w.want(err, codes.InvalidArgument, "nearest", "99 is not a stage")
}

func TestCity_Answers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := wanggev1.NewCityServiceClient(w.conn)
	ctx := w.as(inspector, "en")
	pos := &wanggev1.Position{Latitude: 45.755, Longitude: 126.600, Datum: wanggev1.Datum_DATUM_WGS84}
	at, err := c.Locate(ctx, &wanggev1.LocateRequest{Position: pos})
	if err != nil || len(at.GetPlace().GetAreas()) != 4 || at.GetPlace().GetAreas()[1].GetDisplayName() != "Daoli District" || at.GetPlace().GetBorderM() <= 0 {
		t.Errorf("Locate = %v, %v", at, err)
	}
	x, err := c.ExplainRoute(ctx, &wanggev1.ExplainRouteRequest{Position: pos, Category: "路灯井盖"})
	if err != nil || x.GetOwner().GetUnit() != "departments/LIGHTING" || !x.GetConsidered()[len(x.GetConsidered())-1].GetMatched() {
		t.Errorf("ExplainRoute = %v, %v", x, err)
	}
	if city, err := c.GetCity(ctx, &wanggev1.GetCityRequest{}); err != nil || city.GetCode() != "HRB" {
		t.Errorf("GetCity = %v, %v", city, err)
	}
	if h, err := healthv1.NewHealthClient(w.conn).Check(context.Background(), &healthv1.HealthCheckRequest{}); err != nil || h.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health without a token = %v, %v", h, err)
	}
}

func TestToken_OfAnotherProcessIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	serving, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	clerk, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	secret, err := clerk.Issue("someone", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := serving.Person(secret, now); !ok || p != "someone" {
		t.Errorf("Person = %s, %v; want someone", p, ok)
	}
	if _, ok := serving.Person(secret+"x", now); ok {
		t.Error("a wrong token is taken")
	}
}

// A write that was cut leaves no trace, and a revoked token is refused at once.
func TestToken_SurvivesACutWriteAndRevocation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	tokens, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	first, err := tokens.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"sha256":"12`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	other, err := auth.OpenTokens(path)
	if err != nil {
		t.Fatalf("a cut line: %v, want it left out", err)
	}
	second, err := other.Issue("p-1", time.Hour, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{first, second} {
		if p, ok := tokens.Person(secret, now.Add(time.Minute)); !ok || p != "p-1" {
			t.Errorf("Person = %q, %v; want p-1", p, ok)
		}
	}
	if err := other.Revoke("p-1", now); err != nil {
		t.Fatal(err)
	}
	if p, ok := tokens.Person(first, now.Add(2*time.Minute)); ok {
		t.Errorf("a revoked token is still %s's", p)
	}
}

func TestWatch_Cases(t *testing.T) {
	w := newWorld(t)
	w.file(w.light("w-1"))
	begin := uint64(0)
	ctx, cancel := context.WithCancel(w.as("p-230102-leader", "en"))
	defer cancel()
	stream, err := w.cases().WatchCases(ctx, &wanggev1.WatchCasesRequest{Scope: "areas/230102", AfterRevision: &begin})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	for err == nil && len(first.GetCases()) == 0 {
		first, err = stream.Recv()
	}
	if err != nil || first.GetCases()[0].GetCategory() != "C0106" {
		t.Fatalf("first = %v, %v", first, err)
	}
	w.file(w.light("w-2"))
	second, err := stream.Recv()
	if err != nil || len(second.GetCases()) != 1 || second.GetRevision() <= first.GetRevision() {
		t.Errorf("second = %v, %v", second, err)
	}
	overview, err := wanggev1.NewSupervisionServiceClient(w.conn).WatchOverview(ctx, &wanggev1.WatchOverviewRequest{Scope: "areas/230102"})
	if err != nil {
		t.Fatal(err)
	}
	if o, err := overview.Recv(); err != nil || o.GetRows()[0].GetOpen() != 2 {
		t.Errorf("overview = %v, %v; want two open", o, err)
	}
	ahead := uint64(1 << 40)
	for _, tt := range []struct {
		person roster.PersonID
		req    *wanggev1.WatchCasesRequest
		code   codes.Code
	}{
		{"p-230110-leader", &wanggev1.WatchCasesRequest{Scope: "areas/230102"}, codes.NotFound},
		{"p-leader", &wanggev1.WatchCasesRequest{Scope: "areas/230102", AfterRevision: &ahead}, codes.OutOfRange},
		{"p-leader", &wanggev1.WatchCasesRequest{Scope: "nowhere", BookmarkInterval: durationpb.New(time.Second)}, codes.InvalidArgument},
	} {
		stream, err := w.cases().WatchCases(w.as(tt.person, "en"), tt.req)
		if err == nil {
			_, err = stream.Recv()
		}
		w.want(err, tt.code)
	}
}

// nameOf is the name on the wire of a unit or a person that a test names as kind:ID.
func nameOf(text string) string {
	if id, ok := strings.CutPrefix(text, "person:"); ok {
		return resource.Person(roster.PersonID(id))
	}
	u, err := roster.ParseUnit(text)
	if err != nil {
		panic(err)
	}
	return resource.Unit(u)
}

// wardOf is a unit as a test names it, by its name on the wire.
func wardOf(name string) string {
	u, ok := resource.ParseUnit(name)
	if !ok {
		return name
	}
	return u.String()
}

// personOf is the id of a person by the name on the wire.
func personOf(name string) roster.PersonID {
	id, _ := resource.ParsePerson(name)
	return id
}

// eventWord is the kind of an event as the domain has it.
func eventWord(k wanggev1.EventKind) string { return dispatch.EventKind(k).String() }

func TestLists_Filters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.file(w.light("f-1"))
	stall := w.light("f-2")
	stall.Category = "E0401"
	w.file(stall)
	ctx := w.as("p-leader", "en")
	w.now = w.now.Add(30 * time.Minute)
	for filter, want := range map[string]int{
		`category = C0106`: 1, `category = "C*"`: 1, `NOT category = C0106`: 1, `severity = A OR severity = B`: 2, `stage = dispatched AND overdue = false`: 2, `overdue = true`: 0,
		`owner = "departments/LIGHTING"`: 1, `person = "people/p-lighting-owner"`: 1, `reporter != "people/p-1"`: 2, `create_time > "2026-03-04T00:00:00+08:00"`: 2,
		`due_time < "2026-03-04T00:00:00+08:00"`: 0, `escalation_step >= 1`: 0, `light = red`: 0, `light = LIGHT_RED`: 0,
	} {
		for _, open := range []wanggev1.CaseState{wanggev1.CaseState_CASE_STATE_UNSPECIFIED, wanggev1.CaseState_CASE_STATE_OPEN} {
			page, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", State: open, Filter: filter})
			if err != nil || len(page.GetCases()) != want {
				t.Errorf("%s, open %v: %d cases, %v; want %d", filter, open, len(page.GetCases()), err, want)
			}
		}
	}
	for filter, words := range map[string]string{
		`stage = sleeping`: "not a stage", `colour = red`: "not a field", `severity < A`: "write = or !=", `due_time < yesterday`: "not a time", `person = nobody`: "write people/p-17", `person = "people/nobody"`: "not a person", `reporter = "p-1"`: "write people/p-17", `owner = "department:LIGHTING"`: "write areas/230102", `area = "departments/LIGHTING"`: "write areas/ID",
		`stage`: "compares nothing", `((`: "can't be read", `category = C9999`: "nearest", `light = blue`: "green", strings.Repeat("x", 2000): "at most",
	} {
		_, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", Filter: filter})
		w.want(err, codes.InvalidArgument, words)
	}
	_, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", OrderBy: "colour"})
	w.want(err, codes.InvalidArgument, "create_time desc")
	newest, err := w.cases().ListCases(ctx, &wanggev1.ListCasesRequest{Scope: "areas/230100", OrderBy: "create_time desc"})
	if err != nil || newest.GetCases()[0].GetCategory() != "E0401" {
		t.Errorf("newest first: %v, %v", newest, err)
	}
}

func FuzzCreateReport(f *testing.F) {
	w := newWorld(f)
	seed, err := proto.Marshal(w.light("seed"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	ctx := w.as(inspector, "zh")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &wanggev1.Report{}
		if proto.Unmarshal(data, r) != nil {
			return
		}
		_, err := w.reports().CreateReport(ctx, &wanggev1.CreateReportRequest{Report: r})
		if c := status.Code(err); c == codes.Internal || c == codes.Unknown {
			t.Errorf("CreateReport(%v) = %v", r, err)
		}
	})
}

// BenchmarkCreateReport is a report over gRPC in one process, into the store in memory;
// BenchmarkCreateReportCeilingEmptyRPC, a health check, is its ceiling.
